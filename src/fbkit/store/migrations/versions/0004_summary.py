"""Z over 240 bars, and the confluence of a summary. What was written before says that nobody computed them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from fbkit.store.schema import Exact

revision = "0004"
down_revision = "0003"

_JUDGED = (
    "ret",
    "ln_vol",
    "taker_imb",
    "oi_dlog",
    "funding_8h",
    "premium",
    "ln_ls_acct_global",
    "ln_ls_pos_top",
    "obi_5",
)

#: Reasons lie side by side: RSI, ATR, then each judged column over 20 and 60 bars, and from here on over 240.
_FIRST, _WINDOWS = 2, 2


def _i(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"))


def _f(name: str) -> sa.Column[float]:
    return sa.Column(name, Exact)


def _s(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), **options)


def upgrade() -> None:
    for name in _JUDGED:
        op.add_column("metrics", _f(f"z_{name}_240"))
    for name in _JUDGED:
        op.add_column("metrics", _i(f"n_z_{name}_240"))
    _say_why()
    for column in (_f("score_long"), _f("score_short"), _s("bias"), _s("conditions")):
        op.add_column("summary", column)
    op.execute("UPDATE summary SET bias = '', conditions = '[]'")


def _say_why() -> None:
    """Nothing stood behind a column of 240 bars that nobody computed: ``unsupported``."""
    connection = op.get_bind()
    metrics = sa.table("metrics", sa.column("reasons"), *(sa.column(f"n_z_{name}_240") for name in _JUDGED))
    told = op.create_table("told", _s("old", primary_key=True), _s("new"), prefixes=["TEMPORARY"])
    texts = connection.execute(sa.select(metrics.c.reasons).distinct()).scalars().all()
    if texts:
        connection.execute(sa.insert(told), [{"old": text, "new": _with_240(text)} for text in texts])
    new = sa.select(told.c.new).where(told.c.old == metrics.c.reasons).scalar_subquery()
    nothing: dict[str, Any] = {f"n_z_{name}_240": 0 for name in _JUDGED}
    connection.execute(sa.update(metrics).values(reasons=new, **nothing))
    op.drop_table("told")


def _with_240(text: str) -> str:
    """The reasons of a row with one more for each judged column."""
    old = text.split(",") if text else [""] * (_FIRST + _WINDOWS * len(_JUDGED))
    new = old[:_FIRST]
    for k in range(len(_JUDGED)):
        place = _FIRST + _WINDOWS * k
        new += [*old[place : place + _WINDOWS], "unsupported"]
    return ",".join(new)
