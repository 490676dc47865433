"""Closed bars made up for rules: what a Beat closes, from columns by name."""

from __future__ import annotations

from functools import cache
from math import nan
from types import SimpleNamespace
from typing import Any

import numpy as np

from fbkit.model import BAR_COLUMNS, JUDGED, METRIC_COLUMNS, NS_MIN, TIMEFRAMES, BarRow, MetricRow

BTC, ETH, SOL = (f"binance:{coin}-USDT-PERP" for coin in ("BTC", "ETH", "SOL"))

_BARS = frozenset(column.name for column in BAR_COLUMNS)

#: What turns its sign in a mirror: everything with two sides.
ODD = (*(c for c in METRIC_COLUMNS if c.startswith("z_")), "obi_5", "ln_ls_acct_global", "delta", "funding_8h", "ret")


def closed(
    minute: int, rows: dict[str, dict[str, float]], *, tf: str = "1m", coverage: float = 1.0, n: int = 60
) -> Any:
    """What a Beat closed at a minute: columns of bars and metrics by instrument; others are missing."""
    t1 = minute * NS_MIN
    bars, metrics = [], []
    for name, columns in rows.items():
        values = tuple(columns.get(c, nan) for c in METRIC_COLUMNS)
        metrics.append(MetricRow(name, tf, t1, values, (n,) * len(values), ("",) * len(values), coverage))
        own = {c: x for c, x in columns.items() if c in _BARS}
        bars.append(BarRow(name, tf, t1 - TIMEFRAMES[tf], t1, source="own", coverage=coverage, **own))
    return SimpleNamespace(bars=bars, metrics=metrics, usual=[(0.0,) * len(JUDGED)] * len(metrics))


def joined(*parts: Any) -> Any:
    """Several bar ends of one Beat."""
    return SimpleNamespace(**{
        name: [row for part in parts for row in getattr(part, name)] for name in ("bars", "metrics", "usual")
    })  # fmt: skip


def mirrored(part: Any, flipped: tuple[str, ...] = ODD) -> Any:
    """The same with long for short: signs turned, marks on the other side of 100."""

    def turn(bar: BarRow) -> BarRow:
        changes = {c: -getattr(bar, c) for c in flipped if c in _BARS} | {"mark": 10_000.0 / bar.mark}
        return BarRow(**{f: changes.get(f, getattr(bar, f)) for f in bar.__struct_fields__})

    odd = [METRIC_COLUMNS.index(c) for c in flipped if c in METRIC_COLUMNS]
    metrics = [
        MetricRow(
            row.instrument, row.tf, row.t1, tuple(-x if k in odd else x for k, x in enumerate(row.values)),
            row.n, row.reasons, row.coverage,
        )
        for row in part.metrics
    ]  # fmt: skip
    return SimpleNamespace(bars=[turn(bar) for bar in part.bars], metrics=metrics, usual=part.usual)


VENUES = ("binance", "bybit", "okx")
COINS = ("BTC", "ETH", "SOL", "XRP")


@cache
def noisy(seed: int, minutes: int, *, gaps: float = 0.05) -> list[Any]:
    """A tape with loud minutes for every rule: shocks common to all coins, venues that part, missing values."""
    rng = np.random.default_rng(seed)
    names = [f"{venue}:{coin}-USDT-PERP" for coin in COINS for venue in VENUES]
    tape = []
    for minute in range(1, minutes + 1):
        common = rng.normal(0.0, 2.2) if rng.random() < 0.2 else 0.0
        rows: dict[str, dict[str, float]] = {}
        for name in names:
            columns = {
                c: float(x) for c, x in zip(METRIC_COLUMNS, rng.normal(0, 1.2, len(METRIC_COLUMNS)), strict=True)
            }
            side = common + rng.normal(0.0, 0.8)
            columns |= {
                "z_oi_dlog_60": 2.2 * side, "ln_ls_acct_global": 0.7 * side, "obi_5": float(np.clip(0.3 * side, -1, 1)),
                "delta": 1e5 * side, "oi_dlog": 0.01 * side, "funding_8h": 0.0004 * side,
                "ret": 0.001 * side, "close": 100.0,
                "mark": 100.0 * float(np.exp(rng.normal(0, 2e-4) + (5e-3 * (rng.random() < 0.02)))),
            }  # fmt: skip
            rows[name] = {c: (nan if rng.random() < gaps else x) for c, x in columns.items()}
        tape.append((minute * NS_MIN, closed(minute, rows)))
    return tape
