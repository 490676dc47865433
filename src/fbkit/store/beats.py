"""Beats, which stay rows in every database: health and uptime ask for them by time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec
from sqlalchemy import Connection, delete, func, select

from fbkit.model.events import Event
from fbkit.store.kinds import KIND_TABLE
from fbkit.store.log import Arrays
from fbkit.store.rows import Inserting
from fbkit.store.schema import BEATS
from fbkit.store.statements import Insert, tuples

BEAT = KIND_TABLE["beat"]

_INTO = Insert(BEATS)


def append(connection: Connection, insert: Inserting, beats: Sequence[Event], ids: Mapping[str, int]) -> int:
    """Keep beats; returns how many were new."""
    flat = list(chain.from_iterable(map(msgspec.structs.astuple, beats)))
    width = len(BEAT.fields)
    for place, field in enumerate(BEAT.fields):
        if field.revive is not None:
            flat[place::width] = list(map(int, flat[place::width]))
    flat[::width] = [ids[name] for name in flat[::width]]
    return insert(connection, _INTO, flat)


def by_time(connection: Connection, since: int, until: int) -> Arrays:
    """Beats with ``ts_event`` in ``[since, until)``, by ``seq``."""
    return BEAT.arrays(
        tuples(
            connection, select(BEATS).where(BEATS.c.ts_event >= since, BEATS.c.ts_event < until).order_by(BEATS.c.seq)
        )
    )


def by_seq(connection: Connection, start: int, end: int) -> Arrays:
    """Beats with ``start <= seq < end``, by ``seq``."""
    return BEAT.arrays(
        tuples(connection, select(BEATS).where(BEATS.c.seq >= start, BEATS.c.seq < end).order_by(BEATS.c.seq))
    )


def first_from(connection: Connection, at: int) -> int | None:
    """The lowest ``seq`` of a beat not below ``at``."""
    found: int | None = connection.execute(select(func.min(BEATS.c.seq)).where(BEATS.c.seq >= at)).scalar()
    return found


def newest(connection: Connection) -> Arrays:
    """The newest beat, or none."""
    return BEAT.arrays(tuples(connection, select(BEATS).order_by(BEATS.c.seq.desc()).limit(1)))


def count(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(select(func.count()).select_from(BEATS)).scalar_one())


def forget(connection: Connection, before: int, below_seq: int, limit: int) -> int:
    """Remove beats with ``ts_event < before`` and ``seq < below_seq``, the oldest first, at most ``limit``."""
    old = (
        select(BEATS.c.seq).where(BEATS.c.ts_event < before, BEATS.c.seq < below_seq).order_by(BEATS.c.seq).limit(limit)
    )
    return connection.execute(delete(BEATS).where(BEATS.c.seq.in_(old))).rowcount
