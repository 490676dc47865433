"""Who may write: a lease row whose ``epoch`` is checked in the transaction of every write.

The operating system's lock on ``<db>.lock`` is the first door; it falls with its process. The lease is the second, for
when the first is bypassed (a network file system, a copied lock): a holder that slept past its lease finds a newer
epoch in the row and stops.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Literal, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from fbkit.clock import Clock, iso
from fbkit.errors import LeaseLost, MarketMismatch, StoreHeld
from fbkit.model.market import Market
from fbkit.model.timeframe import NS_S
from fbkit.store.schema import META, WRITER
from fbkit.store.statements import Prepared

#: A lease not renewed for this long may be taken. Every write renews it; a collector writes each second.
TTL_NS = 10 * NS_S


#: How long a connection waits for another's lock before it says ``StoreBusy``.
BUSY_MS = 5_000

Synchronous = Literal["NORMAL", "FULL"]


class Claim(NamedTuple):
    """What :func:`fbkit.store.open_writer` was asked for."""

    market: Market
    seed: int | None
    clock: Clock
    holder: str
    synchronous: Synchronous = "NORMAL"
    busy_ms: int = BUSY_MS
    locked: bool = True  # False: there is no lock to hold, the lease alone must do
    ttl_ns: int = TTL_NS


class Lease(NamedTuple):
    """Our right to write, and how far writing had come when we got it."""

    epoch: int
    commit_number: int
    last_seq: int


def refuse_another(connection: Connection, claim: Claim, where: str, other: Callable[[str], str]) -> None:
    """Raise :class:`~fbkit.errors.MarketMismatch` where tables exist that hold another market, or another seed.

    ``other`` makes of a name (``"live"``) the URL of another database beside this one.
    """
    meta = facts(connection)
    there = meta.get("market", "")
    market, seed = claim.market, claim.seed
    if not meta or (there == market and (market is not Market.SIMULATED or meta.get("seed") == str(seed))):
        return
    holds = f"{there} (seed {meta['seed']})" if "seed" in meta else there
    wants = f"{market} (seed {seed})" if market is Market.SIMULATED else str(market)
    name = f"simulated-{seed}" if market is Market.SIMULATED else market.lower()
    raise MarketMismatch(
        where, f"holds market {holds}, not {wants}", f"a database holds one market: use --db {other(name)}"
    )


def facts(connection: Connection) -> dict[str, str]:
    """What the database says of itself: ``market``, ``seed``, ``id``, ``created``; nothing while it is new."""
    return dict(connection.execute(select(META.c.key, META.c.value)).all())


def enter(connection: Connection, claim: Claim, where: str) -> Lease:
    """Write down what this database is, if it is new, and take the lease; inside the caller's transaction."""
    if not facts(connection):
        now = str(claim.clock.now())
        new = {"market": str(claim.market), "id": secrets.token_hex(16), "created": now}
        if claim.seed is not None and claim.market is Market.SIMULATED:
            new["seed"] = str(claim.seed)
        connection.execute(insert(META), [{"key": key, "value": value} for key, value in new.items()])
        unused = dict.fromkeys(("epoch", "pid", "started", "renewed", "ttl", "commit_number", "last_seq"), 0)
        connection.execute(insert(WRITER).values(id=1, holder="", host="", **unused))
    return take_lease(connection, claim.clock, claim.holder, where=where, locked=claim.locked, ttl_ns=claim.ttl_ns)


def take_lease(
    connection: Connection, clock: Clock, holder: str, *, where: str, locked: bool, ttl_ns: int = TTL_NS
) -> Lease:
    """Take the lease, inside the caller's transaction.

    With the lock in hand (``locked``) whoever wrote before is gone. Without it a lease that is still fresh is
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


_RENEWED = Prepared(
    update(WRITER)
    .where(WRITER.c.epoch == bindparam("ours"))
    .values(renewed=bindparam("now"), commit_number=bindparam("commit"), last_seq=bindparam("seq"))
)


def renew(connection: Connection, clock: Clock, lease: Lease, *, where: str) -> None:
    """Renew the lease and note how far we are, or raise :class:`LeaseLost`."""
    facts = {"ours": lease.epoch, "now": clock.now(), "commit": lease.commit_number, "seq": lease.last_seq}
    with closing(_RENEWED.run(connection, facts)) as cursor:
        if cursor.rowcount == 1:
            return
    row = connection.execute(select(WRITER)).mappings().one()
    raise LeaseLost(
        where,
        f"our lease (epoch {lease.epoch}) was taken by {row['holder']} (pid {row['pid']}, epoch {row['epoch']})",
        "this collector stops; what it had not written is not written",
    )


def holder_of(connection: Connection, where: str, doing: str) -> StoreHeld:
    """Who holds the lease, as an error to raise."""
    row = connection.execute(select(WRITER)).mappings().one()
    return held_by(where, row["holder"], row["pid"], row["started"], doing=doing)


class Held(NamedTuple):
    """Who wrote last, since when, and when the lease was last renewed (UTC ns). ``ttl`` is 0 once it was given back."""

    holder: str
    pid: int
    host: str
    epoch: int
    started: int
    renewed: int
    ttl: int


def look(connection: Connection) -> Held:
    """The lease as it stands."""
    row = connection.execute(select(WRITER)).mappings().one()
    return Held(**{name: row[name] for name in Held._fields})


def give_back(connection: Connection, lease: Lease) -> None:
    """Let the next one in at once."""
    connection.execute(update(WRITER).where(WRITER.c.epoch == lease.epoch).values(ttl=0))
