"""The tables only SQLite has: where events lie. A change here wants a migration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table

metadata = MetaData()


def _i(name: str, **options: Any) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), nullable=False, **options)


#: The newest events: a row for each commit and kind, its values in ``data`` (:mod:`fbkit.store.sqlite.packing`).
TAIL = Table(
    "tail",
    metadata,
    _i("seq_min", primary_key=True, autoincrement=False),
    _i("seq_max"),
    _i("kind"),
    _i("ts_min"),
    _i("ts_max"),
    _i("recv_max"),
    _i("n"),
    Column("data", LargeBinary, nullable=False),
)
# What is asked of rows and chunks without opening them stands in an index: each of them is pages long.
Index("tail_facts", *(TAIL.c[name] for name in ("kind", "seq_min", "seq_max", "recv_max", "ts_max", "ts_min", "n")))

#: Folded events, one blob a row. ``level`` is -1 once a chunk is big enough; the others are merged level by level.
CHUNKS = Table(
    "chunks",
    metadata,
    _i("id", primary_key=True, autoincrement=True),
    _i("kind"),
    _i("instrument"),
    _i("seq_min"),
    _i("seq_max"),
    _i("ts_min"),
    _i("ts_max"),
    _i("n"),
    _i("level"),
    _i("codec"),
    Column("data", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("chunks_time", CHUNKS.c.kind, CHUNKS.c.instrument, CHUNKS.c.ts_max, CHUNKS.c.ts_min, CHUNKS.c.n)
Index("chunks_seq", CHUNKS.c.seq_min, CHUNKS.c.seq_max)
Index(
    "chunks_open",
    *(CHUNKS.c[name] for name in ("kind", "instrument", "level", "n", "ts_min", "ts_max")),
    sqlite_where=CHUNKS.c.level >= 0,
)
