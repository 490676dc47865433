"""The columns of bars and metrics with their units: docs, tables, page and reports are made from this one list."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """A column's name, unit and one-line meaning."""

    name: str
    unit: str
    meaning: str


BAR_COLUMNS: tuple[Column, ...] = (
    Column("open", "USD", "first trade by (ts_event, venue_id)"),
    Column("high", "USD", "highest trade"),
    Column("low", "USD", "lowest trade"),
    Column("close", "USD", "last trade by (ts_event, venue_id); the last close where nothing traded"),
    Column("ret", "ln", "ln(close / previous close)"),
    Column("vol_base", "coin", "volume"),
    Column("vol_usd", "USD", "volume"),
    Column("n_trades", "count", "trades as the venue counts them on this stream"),
    Column("buy_usd", "USD", "taker buys"),
    Column("sell_usd", "USD", "taker sells"),
    Column("delta", "USD", "taker buys minus taker sells"),
    Column("cvd", "USD", "sum of delta since 00:00 UTC or the last gap"),
    Column("taker_imb", "[-1, 1]", "(buys - sells) / (buys + sells)"),
    Column("ln_vol", "ln", "ln(vol_usd); missing where nothing traded"),
    Column("spread_bp", "bp", "(ask - bid) / mid at the close"),
    Column("obi_5", "[-1, 1]", "book imbalance over 5 levels at the close"),
    Column("mark", "USD", "mark price at the close"),
    Column("index", "USD", "index price at the close"),
    Column("premium", "fraction", "(mark - index) / index"),
    Column("funding_8h", "fraction / 8 h", "predicted funding, scaled to 8 h"),
    Column("funding_apr", "fraction / year", "predicted funding, simple"),
    Column("oi_base", "coin", "open interest, one side"),
    Column("oi_usd", "USD", "oi_base x mark"),
    Column("oi_dlog", "ln", "ln(oi_base / previous bar's oi_base)"),
    Column("ln_ls_acct_global", "ln", "accounts long / short, all traders"),
    Column("ln_ls_acct_top", "ln", "accounts long / short, top 20 %"),
    Column("ln_ls_pos_top", "ln", "positions long / short, top 20 %"),
    Column("ln_taker_ratio", "ln", "taker buys / sells as the venue states it"),
    Column("liq_long_usd", "USD", "longs liquidated; at least, where the venue samples"),
    Column("liq_short_usd", "USD", "shorts liquidated; at least, where the venue samples"),
)

#: Columns judged by a Z-score (metrics reference 14). ``funding_8h`` from 1h up: below it is piecewise constant.
JUDGED = (
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

#: Bars in a Z-score's baseline. A new window is a migration: each has columns of its own.
Z_WINDOWS = (20, 60, 240)

#: The one people are shown first, and alerts judge unless they are told otherwise.
USUAL_WINDOW = 60

Z_COLUMNS = tuple(f"z_{column}_{window}" for column in JUDGED for window in Z_WINDOWS)

#: Everything a metrics row holds, in order.
METRIC_COLUMNS = ("rsi_14", "atr_14", *Z_COLUMNS)

#: The columns of a metrics row with unit and meaning, in the order of :data:`METRIC_COLUMNS`.
METRICS: tuple[Column, ...] = (
    Column("rsi_14", "0 to 100", "Wilder's RSI over 14 bars: the seed is the mean of the first 14 changes"),
    Column("atr_14", "USD", "Wilder's ATR over 14 bars: the seed is the mean of the first 14 true ranges"),
    *(
        Column(f"z_{column}_{window}", "sd", f"Z-score of {column} against the {window} bars before")
        for column in JUDGED
        for window in Z_WINDOWS
    ),
)

_BAR = {column.name: column for column in BAR_COLUMNS}

#: The columns of a summary row with unit and meaning; those of the bar are the bar's.
SUMMARY_COLUMNS: tuple[Column, ...] = (
    Column("last", "USD", "close of the bar"),
    *(
        _BAR[name]
        for name in (
            "high", "low", "ret", "vol_usd", "delta", "taker_imb", "oi_usd", "oi_dlog", "funding_8h", "premium",
            "liq_long_usd", "liq_short_usd",
        )
    ),
    Column("loudest", "–", "the metric with the largest |Z| of the bar"),
    Column("loudest_z", "sd", "that Z"),
    Column("mean_abs_z", "sd", "mean of all |Z| that exist"),
    Column("n_z", "count", "how many Z exist"),
    Column("coverage", "share", "of the slot outside gaps of trades"),
    Column("source", "–", "own, venue or none, as the bar's"),
    Column("reason", "–", "why there is no Z at all"),
    Column("score_long", "[0, 1]", "confluence: share of the weight of valid conditions met on the long side"),
    Column("score_short", "[0, 1]", "the same for the short side, every threshold mirrored"),
    Column("bias", "–", "long or short: the side with more weight met; none where neither has; empty: no score"),
    Column("conditions", "JSON", "conditions met: [[side, column, value, threshold], ...]"),
)  # fmt: skip
