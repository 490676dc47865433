"""What one Z-score is judged against: the mean and spread of its window, and what the other kinds of Z say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.scene import Z_KINDS
from fbkit.dashboard.series import bars_behind, judge
from fbkit.model import TIMEFRAMES, Z_WINDOWS
from fbkit.widgets import TABLE_JUDGED

Floats = NDArray[np.float64]

NAN = float("nan")


class Asked(NamedTuple):
    """Whose baseline: instrument, judged column, timeframe, window."""

    instrument: str
    column: str
    tf: str
    window: int

    @property
    def bars(self) -> int:
        """How many bars it takes, for the slowest kind."""
        return max(bars_behind(kind, self.window) for kind in Z_KINDS)


def asked_of(question: str) -> Asked | None:
    """What a table's ``asked`` means; ``None`` where it means nothing.

    >>> asked_of("binance:BTC-USDT-PERP ret 5m 60 1767225600000")
    Asked(instrument='binance:BTC-USDT-PERP', column='ret', tf='5m', window=60)
    """
    words = question.rsplit(" ", 4)
    if len(words) != 5 or words[1] not in TABLE_JUDGED or words[2] not in TIMEFRAMES:
        return None
    if words[3] not in {str(window) for window in Z_WINDOWS}:
        return None
    return Asked(words[0], words[1], words[2], int(words[3]))


def baseline(asked: Asked, bars: Mapping[str, Any]) -> dict[str, float]:
    """The newest bar against those before it; missing numbers are left out.

    ``bars`` holds ``t1`` (UTC ns, rising) and the judged column. ``mean`` and ``spread`` are of the finite values of
    the window before the newest bar, ``next_mean`` and ``next_spread`` of the window up to it: the open bar's.
    """
    slots = np.asarray(bars["t1"], np.int64) // TIMEFRAMES[asked.tf]
    if not len(slots):
        return {}
    x = np.full(int(slots[-1] - slots[0]) + 1, np.nan)
    x[slots - slots[0]] = np.asarray(bars[asked.column], np.float64)
    found = dict(zip(("mean", "spread"), _mean_spread(x[:-1], asked.window), strict=True))
    found |= dict(zip(("next_mean", "next_spread"), _mean_spread(x, asked.window), strict=True))
    for kind in Z_KINDS:
        judged = judge(asked.instrument, asked.tf, bars, [asked.column], [asked.window], kind)
        found[kind] = float(judged[f"z_{asked.column}_{asked.window}"].value[-1])
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _mean_spread(x: Floats, window: int) -> tuple[float, float]:
    known = x[-window:][np.isfinite(x[-window:])]
    return (float(known.mean()), float(known.std(ddof=1))) if len(known) > 1 else (NAN, NAN)
