"""Who may write: a lease row whose ``epoch`` is checked in the transaction of every write.

The operating system's lock on ``<db>.lock`` is the first door; it falls with its process. The lease is the second, for
when the first is bypassed (a network file system, a copied lock): a holder that slept past its lease finds a newer
epoch in the row and stops.
"""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from fbkit.clock import Clock, iso
from fbkit.errors import LeaseLost, StoreHeld
from fbkit.model.timeframe import NS_S
from fbkit.store.schema import WRITER

#: A lease not renewed for this long may be taken. Every write renews it; a collector writes each second.
TTL_NS = 10 * NS_S


class Lease(NamedTuple):
    """Our right to write, and how far writing had come when we got it."""

    epoch: int
    commit_number: int
    last_seq: int


def take_lease(
    connection: Connection, clock: Clock, holder: str, *, where: str, locked: bool, ttl_ns: int = TTL_NS
) -> Lease:
    """Take the lease, inside the caller's transaction.

    With the file lock in hand (``locked``) whoever wrote before is gone. Without it a lease that is still fresh is
    respected: :class:`StoreHeld`.
    """
    now = clock.now()
    row = connection.execute(select(WRITER)).mappings().one()
    age = now - row["renewed"]
    if not locked and row["epoch"] and 0 <= age < row["ttl"]:
        raise held_by(where, row["holder"], row["pid"], row["started"])
    epoch = row["epoch"] + 1
    connection.execute(
        update(WRITER).values(
            epoch=epoch,
            holder=holder,
            pid=os.getpid(),
            host=socket.gethostname(),
            started=now,
            renewed=now,
            ttl=ttl_ns,
        )
    )
    return Lease(epoch, row["commit_number"], row["last_seq"])


def held_by(where: str, holder: str, pid: int, started: int, doing: str = "writing it") -> StoreHeld:
    """The sentence for whoever comes second."""
    return StoreHeld(
        where,
        f"{holder} (pid {pid}, since {iso(started)}) is {doing}",
        "stop it first (`fbkit status` shows it), or use another database",
    )


def renew(connection: Connection, clock: Clock, lease: Lease, *, where: str) -> None:
    """Renew the lease and note how far we are, or raise :class:`LeaseLost`."""
    done = connection.execute(
        update(WRITER)
        .where(WRITER.c.epoch == lease.epoch)
        .values(renewed=clock.now(), commit_number=lease.commit_number, last_seq=lease.last_seq)
    ).rowcount
    if done == 1:
        return
    row = connection.execute(select(WRITER)).mappings().one()
    raise LeaseLost(
        where,
        f"our lease (epoch {lease.epoch}) was taken by {row['holder']} (pid {row['pid']}, epoch {row['epoch']})",
        "this collector stops; what it had not written is not written",
    )


def give_back(connection: Connection, lease: Lease) -> None:
    """Let the next one in at once."""
    connection.execute(update(WRITER).where(WRITER.c.epoch == lease.epoch).values(ttl=0))
