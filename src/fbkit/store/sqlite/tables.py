"""The tables only SQLite has: where events lie. A change here wants a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table

from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.schema import BEATS, event_column

metadata = MetaData()

_INT = BigInteger().with_variant(Integer, "sqlite")


def _tail(kind: Kind) -> Table:
    """The newest events of a kind, by ``seq`` and nothing else: an index would cost six times the insert."""
    return Table(f"tail_{kind.name}", metadata, *map(event_column, kind.fields))


#: The tail of each kind, by its name.
TAILS: dict[str, Table] = {name: BEATS if name == "beat" else _tail(kind) for name, kind in KIND_TABLE.items()}

#: Folded events, one blob a row. ``level`` is -1 once a chunk is big enough; the others are merged level by level.
CHUNKS = Table(
    "chunks",
    metadata,
    Column("id", _INT, primary_key=True, autoincrement=True),
    Column("kind", _INT, nullable=False),
    Column("instrument", _INT, nullable=False),
    Column("seq_min", _INT, nullable=False),
    Column("seq_max", _INT, nullable=False),
    Column("ts_min", _INT, nullable=False),
    Column("ts_max", _INT, nullable=False),
    Column("n", _INT, nullable=False),
    Column("level", _INT, nullable=False),
    Column("codec", _INT, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
# What is asked of chunks without opening them stands in an index: their rows are a page each.
Index("chunks_time", CHUNKS.c.kind, CHUNKS.c.instrument, CHUNKS.c.ts_max, CHUNKS.c.ts_min, CHUNKS.c.n)
Index("chunks_seq", CHUNKS.c.seq_min, CHUNKS.c.seq_max)
Index(
    "chunks_open",
    *(CHUNKS.c[name] for name in ("kind", "instrument", "level", "n", "ts_min", "ts_max")),
    sqlite_where=CHUNKS.c.level >= 0,
)
