"""The tail of events becomes one table of packed rows; what the tails of 0001 hold is folded into chunks.

PostgreSQL begins here: its events are typed rows in tables of their own (``0002_postgres.sql``).
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0002"
down_revision = "0001"

#: The tails of 0001: kind, its number, its columns but ``instrument ts_event ts_recv … seq origin``.
_TAILS = {
    "trade": 1,
    "quote": 2,
    "mark": 3,
    "funding": 4,
    "open_interest": 5,
    "liquidation": 6,
    "ratio": 7,
    "day": 8,
    "bar": 9,
    "listing": 10,
    "gap": 11,
    "setting": 12,
}


def _i(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, **options)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _begin_postgres()
    else:
        _pack_the_tail()


def _begin_postgres() -> None:
    """What 0001 made for SQLite alone is empty here."""
    from fbkit.store.postgres.timescale import create_events

    for table in (*(f"tail_{name}" for name in _TAILS), "chunks"):
        op.drop_table(table)
    create_events(op.get_bind(), Path(__file__).with_name("0002_postgres.sql").read_text("utf-8"))


def _pack_the_tail() -> None:
    for name, number in _TAILS.items():
        _fold(name, number)
        op.drop_table(f"tail_{name}")
    op.create_table(
        "tail",
        _i("seq_min", primary_key=True, autoincrement=False),
        _i("seq_max"),
        _i("kind"),
        _i("ts_min"),
        _i("ts_max"),
        _i("recv_max"),
        _i("n"),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("tail_facts", "tail", ["kind", "seq_min", "seq_max", "recv_max", "ts_max", "ts_min", "n"])


def _fold(name: str, number: int) -> None:
    """Rows of each instrument as one open chunk: codec 0, their msgpack without its head, under zstd."""
    connection = op.get_bind()
    tail = sa.Table(f"tail_{name}", sa.MetaData(), autoload_with=connection)
    chunks = sa.Table("chunks", sa.MetaData(), autoload_with=connection)
    apart: dict[int, list[list[Any]]] = defaultdict(list)
    for row in connection.execute(sa.select(tail).order_by(tail.c.seq)):
        apart[row.instrument].append(list(row))
    for instrument, rows in apart.items():
        seqs = [row[-2] for row in rows]
        times = [row[1] for row in rows]
        packed = msgspec.msgpack.encode(rows)
        body = packed[1 if len(rows) < 16 else 3 if len(rows) < 65_536 else 5 :]
        connection.execute(
            sa.insert(chunks).values(
                kind=number, instrument=instrument, seq_min=seqs[0], seq_max=seqs[-1], ts_min=min(times),
                ts_max=max(times), n=len(rows), level=0, codec=0,
                data=zstandard.ZstdCompressor(level=1, write_checksum=True).compress(body),
            )
        )  # fmt: skip  # one row
