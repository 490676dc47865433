"""Closed days lie in files: which file holds what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _i(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), **options)


def upgrade() -> None:
    op.create_table(
        "archived",
        *(_i(name, primary_key=True, autoincrement=False) for name in ("kind", "day", "part")),
        *(_i(name, nullable=False) for name in ("n", "seq_min", "seq_max", "ts_min", "ts_max", "bytes")),
        sa.Column("sha256", sa.Text, nullable=False),
        _i("ts", nullable=False),
        sqlite_with_rowid=False,
    )
