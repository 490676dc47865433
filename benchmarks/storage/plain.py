"""The plain way: one table with ``seq`` as its key, SQLAlchemy Core with a dictionary an event, ``pandas.read_sql``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from storage.made import FIRST_SEQ, INSTRUMENTS, Cpu, batches, columns, name_of, trades

from fbkit.model import Trade
from fbkit.store.sqlite.driver import library

METADATA = sa.MetaData()
TRADES = sa.Table(
    "trades",
    METADATA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    *(
        sa.Column(name, sa.Float if name in ("price", "size") else sa.BigInteger)
        for name in ("instrument", "ts_event", "ts_recv", "venue_id", "price", "size", "side")
    ),
)
_INSERT = "INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def engine_of(path: Path) -> sa.Engine:
    """Their engine, with the library and the journal we use."""
    engine = sa.create_engine(f"sqlite:///{path.as_posix()}", module=library())
    with engine.connect() as connection:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
    METADATA.create_all(engine)
    return engine


def write(engine: sa.Engine, n: int, size: int) -> float:
    """CPU µs a row by Core dictionaries."""
    cpu = Cpu()
    numbers = {name_of(number): number for number in range(INSTRUMENTS)}
    for start, many in batches(n, size):
        events = trades(start, many)
        with cpu, engine.begin() as connection:
            connection.execute(sa.insert(TRADES), [_row(event, numbers) for event in events])
    return cpu.seconds / n * 1e6


def _row(trade: Trade, numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "seq": trade.seq,
        "instrument": numbers[trade.instrument],
        "ts_event": trade.ts_event,
        "ts_recv": trade.ts_recv,
        "venue_id": trade.venue_id,
        "price": trade.price,
        "size": trade.size,
        "side": int(trade.side),
    }


def fill(engine: sa.Engine, since: int, total: int) -> None:
    """The rest of the rows, quickly, and the index a reader wants."""
    for start, many in batches(total - since, 100_000):
        with engine.begin() as connection:
            seqs = range(FIRST_SEQ + since + start, FIRST_SEQ + since + start + many)
            rows = zip(seqs, *columns(since + start, many), strict=True)
            connection.connection.cursor().executemany(_INSERT, rows)
    with engine.begin() as connection:
        sa.Index("trades_time", TRADES.c.instrument, TRADES.c.ts_event).create(connection)


def read(engine: sa.Engine, number: int) -> tuple[int, float]:
    """Rows of an instrument as a frame, and the CPU seconds that took."""
    cpu = Cpu()
    query = sa.select(TRADES).where(TRADES.c.instrument == number).order_by(TRADES.c.ts_event)
    with cpu, engine.connect() as connection:
        frame = pd.read_sql(query, connection)
        frame.index = pd.DatetimeIndex(frame["ts_event"].to_numpy().view("M8[ns]"), tz="UTC")
    return len(frame), cpu.seconds
