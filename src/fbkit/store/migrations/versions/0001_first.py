"""The first schema, as it was. Later ones are steps from here; this file does not change again."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from fbkit.store.schema import Exact

revision = "0001"
down_revision = None


def _i(name: str, **options: Any) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), **options)


def _f(name: str) -> sa.Column[float]:
    return sa.Column(name, Exact)


def _s(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), **options)


def _b(name: str, **options: Any) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, **options)


def upgrade() -> None:
    op.create_table(
        "accounts",
        _i("run", primary_key=True, autoincrement=False),
        _s("venue", primary_key=True),
        _s("channel", primary_key=True),
        _i("received"),
        _i("stored"),
        _i("conflated"),
        _i("duplicate"),
        _i("ignored"),
        _i("quarantined"),
        _i("dropped"),
        _i("in_flight"),
        _i("late"),
        _i("control"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        _i("alert_id", primary_key=True, autoincrement=False),
        _i("ts"),
        _i("instrument"),
        _s("tf"),
        _i("t1"),
        _i("tier"),
        _s("rule"),
        _s("direction"),
        _s("column"),
        _f("value"),
        _f("threshold"),
        _i("n"),
        _f("coverage"),
        _s("sentence"),
        _s("inputs"),
        _i("stamp"),
        _i("commit_number", nullable=False),
    )
    op.create_index("alerts_commit", "alerts", ["commit_number"])
    op.create_index("alerts_ts", "alerts", ["ts"])
    op.create_table(
        "bars",
        _i("instrument", primary_key=True, autoincrement=False),
        _s("tf", primary_key=True),
        _i("t0"),
        _i("t1", primary_key=True, autoincrement=False),
        _f("open"),
        _f("high"),
        _f("low"),
        _f("close"),
        _f("ret"),
        _f("vol_base"),
        _f("vol_usd"),
        _i("n_trades"),
        _f("buy_usd"),
        _f("sell_usd"),
        _f("delta"),
        _f("cvd"),
        _f("taker_imb"),
        _f("ln_vol"),
        _f("spread_bp"),
        _f("obi_5"),
        _f("mark"),
        _f("index"),
        _f("premium"),
        _f("funding_8h"),
        _f("funding_apr"),
        _f("oi_base"),
        _f("oi_usd"),
        _f("oi_dlog"),
        _f("ln_ls_acct_global"),
        _f("ln_ls_acct_top"),
        _f("ln_ls_pos_top"),
        _f("ln_taker_ratio"),
        _f("liq_long_usd"),
        _f("liq_short_usd"),
        _f("coverage"),
        _s("source"),
        _i("stamp"),
        _i("commit_number", nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("bars_commit", "bars", ["commit_number"])
    op.create_table(
        "beats",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _i("n"),
        _i("last"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_index("beats_ts_event", "beats", ["ts_event"])
    op.create_index("beats_ts_recv", "beats", ["ts_recv"])
    op.create_table(
        "checkpoints",
        _i("seq", primary_key=True, autoincrement=False),
        _i("ts"),
        _s("code"),
        _i("stamp"),
        _b("state"),
    )
    op.create_table(
        "chunks",
        _i("id", primary_key=True, autoincrement=True),
        _i("kind", nullable=False),
        _i("instrument", nullable=False),
        _i("seq_min", nullable=False),
        _i("seq_max", nullable=False),
        _i("ts_min", nullable=False),
        _i("ts_max", nullable=False),
        _i("n", nullable=False),
        _i("level", nullable=False),
        _i("codec", nullable=False),
        _b("data", nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "chunks_open",
        "chunks",
        ["kind", "instrument", "level", "n", "ts_min", "ts_max"],
        sqlite_where=sa.text("level >= 0"),
    )
    op.create_index("chunks_seq", "chunks", ["seq_min", "seq_max"])
    op.create_index("chunks_time", "chunks", ["kind", "instrument", "ts_max", "ts_min", "n"])
    op.create_table(
        "engine_runs",
        _i("run", primary_key=True, autoincrement=False),
        _i("ts_start"),
        _i("seq_start"),
        _i("stamp"),
        _s("code"),
        _s("settings"),
        _s("python"),
        _s("numpy"),
        _i("pid"),
        _s("host"),
        _i("from_checkpoint"),
        _i("ts_stop"),
    )
    op.create_table(
        "gaps",
        _i("gap_id", primary_key=True, autoincrement=False),
        _i("instrument"),
        _s("venue"),
        _s("channel"),
        _s("phase"),
        _s("cause"),
        _i("t0"),
        _i("t1"),
        _i("missing"),
        _i("seq"),
        _i("commit_number", nullable=False),
    )
    op.create_index("gaps_commit", "gaps", ["commit_number"])
    op.create_index("gaps_t0", "gaps", ["t0"])
    op.create_table(
        "health",
        _i("ts"),
        _s("venue", primary_key=True),
        _s("channel", primary_key=True),
        _s("state"),
        _s("reason"),
        _s("sentence"),
        _f("age_s"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "health_history",
        _i("id", primary_key=True, autoincrement=True),
        _i("ts"),
        _s("venue"),
        _s("channel"),
        _s("state"),
        _s("reason"),
        _s("sentence"),
        _f("age_s"),
    )
    op.create_index("health_history_ts", "health_history", ["ts"])
    op.create_table(
        "instruments",
        _i("id", primary_key=True, autoincrement=False),
        _s("name", nullable=False, unique=True),
        _i("seq"),
        _s("venue_symbol"),
        _s("base"),
        _s("quote"),
        _s("settle"),
        _f("contract_size"),
        _f("unit_mult"),
        _f("tick"),
        _f("step"),
        _i("expiry"),
        _i("inverse"),
        _s("status"),
        _i("assumed"),
    )
    op.create_table(
        "meta",
        _s("key", primary_key=True),
        _s("value", nullable=False),
    )
    op.create_table(
        "metrics",
        _i("instrument", primary_key=True, autoincrement=False),
        _s("tf", primary_key=True),
        _i("t1", primary_key=True, autoincrement=False),
        _f("rsi_14"),
        _f("atr_14"),
        _f("z_ret_20"),
        _f("z_ret_60"),
        _f("z_ln_vol_20"),
        _f("z_ln_vol_60"),
        _f("z_taker_imb_20"),
        _f("z_taker_imb_60"),
        _f("z_oi_dlog_20"),
        _f("z_oi_dlog_60"),
        _f("z_funding_8h_20"),
        _f("z_funding_8h_60"),
        _f("z_premium_20"),
        _f("z_premium_60"),
        _f("z_ln_ls_acct_global_20"),
        _f("z_ln_ls_acct_global_60"),
        _f("z_ln_ls_pos_top_20"),
        _f("z_ln_ls_pos_top_60"),
        _f("z_obi_5_20"),
        _f("z_obi_5_60"),
        _i("n_rsi_14"),
        _i("n_atr_14"),
        _i("n_z_ret_20"),
        _i("n_z_ret_60"),
        _i("n_z_ln_vol_20"),
        _i("n_z_ln_vol_60"),
        _i("n_z_taker_imb_20"),
        _i("n_z_taker_imb_60"),
        _i("n_z_oi_dlog_20"),
        _i("n_z_oi_dlog_60"),
        _i("n_z_funding_8h_20"),
        _i("n_z_funding_8h_60"),
        _i("n_z_premium_20"),
        _i("n_z_premium_60"),
        _i("n_z_ln_ls_acct_global_20"),
        _i("n_z_ln_ls_acct_global_60"),
        _i("n_z_ln_ls_pos_top_20"),
        _i("n_z_ln_ls_pos_top_60"),
        _i("n_z_obi_5_20"),
        _i("n_z_obi_5_60"),
        _s("reasons"),
        _f("coverage"),
        _i("unsettled"),
        _i("stamp"),
        _i("commit_number", nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("metrics_commit", "metrics", ["commit_number"])
    op.create_table(
        "quarantine",
        _i("id", primary_key=True, autoincrement=True),
        _i("ts_recv"),
        _s("venue"),
        _s("channel"),
        _s("instrument"),
        _s("reason"),
        _b("sample"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stamps",
        _i("stamp", primary_key=True, autoincrement=True),
        _s("code", nullable=False),
        _s("settings", nullable=False),
        _i("ts", nullable=False),
    )
    op.create_index("stamps_content", "stamps", ["code", "settings"], unique=True)
    op.create_table(
        "summary",
        _i("instrument", primary_key=True, autoincrement=False),
        _s("tf", primary_key=True),
        _i("t1"),
        _f("last"),
        _f("high"),
        _f("low"),
        _f("ret"),
        _f("vol_usd"),
        _f("delta"),
        _f("taker_imb"),
        _f("oi_usd"),
        _f("oi_dlog"),
        _f("funding_8h"),
        _f("premium"),
        _f("liq_long_usd"),
        _f("liq_short_usd"),
        _s("loudest"),
        _f("loudest_z"),
        _f("mean_abs_z"),
        _i("n_z"),
        _f("coverage"),
        _s("source"),
        _s("reason"),
        _i("stamp"),
        _i("commit_number", nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tail_bar",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _s("tf"),
        _f("open"),
        _f("high"),
        _f("low"),
        _f("close"),
        _f("vol_base"),
        _f("vol_usd"),
        _f("buy_usd"),
        _i("n_trades"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_day",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _f("last"),
        _f("change"),
        _f("vol_base"),
        _f("vol_usd"),
        _i("n_trades"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_funding",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _f("rate"),
        _f("funding_hours"),
        _f("mark"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_gap",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _i("gap_id"),
        _s("venue"),
        _s("channel"),
        _s("phase"),
        _s("cause"),
        _i("t0"),
        _i("t1"),
        _i("missing"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_liquidation",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _s("liquidated"),
        _f("price"),
        _f("size"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_listing",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _s("venue_symbol"),
        _s("base"),
        _s("quote"),
        _s("settle"),
        _f("contract_size"),
        _f("unit_mult"),
        _f("tick"),
        _f("step"),
        _i("expiry"),
        _i("inverse"),
        _s("status"),
        _i("assumed"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_mark",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _f("mark"),
        _f("index"),
        _f("funding_rate"),
        _f("funding_hours"),
        _i("ts_funding"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_open_interest",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _f("oi_base"),
        _f("oi_usd"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_quote",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _i("venue_id"),
        _f("bid"),
        _f("bid_size"),
        _f("ask"),
        _f("ask_size"),
        _i("levels"),
        _f("depth_bid"),
        _f("depth_ask"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_ratio",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _s("ratio_kind"),
        _f("value"),
        _i("period_s"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_setting",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _s("key"),
        _s("value"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "tail_trade",
        _i("instrument"),
        _i("ts_event"),
        _i("ts_recv"),
        _i("venue_id"),
        _f("price"),
        _f("size"),
        _i("side"),
        _i("seq", primary_key=True, autoincrement=False),
        _i("origin"),
    )
    op.create_table(
        "writer",
        _i("id", primary_key=True, autoincrement=False),
        _i("epoch", nullable=False),
        _s("holder", nullable=False),
        _i("pid", nullable=False),
        _s("host", nullable=False),
        _i("started", nullable=False),
        _i("renewed", nullable=False),
        _i("ttl", nullable=False),
        _i("commit_number", nullable=False),
        _i("last_seq", nullable=False),
    )
