"""What uptime is counted from: heartbeats, and how the whole was at each change."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from fbkit.store.schema import BEATS, HEALTH_HISTORY

#: Every so many Beats is a heartbeat.
_EVERY = 10


def heartbeats(connection: Connection, since: int, until: int) -> list[int]:
    """``ts_recv`` (UTC ns) of the heartbeats in ``[since, until)``, in order."""
    ts = BEATS.c.ts_recv
    query = select(ts).where(ts >= since, ts < until, BEATS.c.n % _EVERY == 0).order_by(ts)
    return list(connection.execute(query).scalars())


def first_heartbeat(connection: Connection) -> int | None:
    """``ts_recv`` (UTC ns) of the first heartbeat there is."""
    ts = BEATS.c.ts_recv
    found: int | None = connection.execute(select(func.min(ts)).where(BEATS.c.n % _EVERY == 0)).scalar()
    return found


def states(connection: Connection, since: int, until: int) -> list[tuple[int, str]]:
    """The whole's state at each of its changes in ``[since, until)``, and at the last before: (UTC ns, state)."""
    table = HEALTH_HISTORY.c
    of_the_whole = select(table.ts, table.state).where(table.venue == "", table.channel == "*")
    before = connection.execute(of_the_whole.where(table.ts < since).order_by(table.ts.desc()).limit(1)).all()
    within = connection.execute(of_the_whole.where(table.ts >= since, table.ts < until).order_by(table.ts)).all()
    return [(int(ts), str(state)) for ts, state in [*before, *within]]
