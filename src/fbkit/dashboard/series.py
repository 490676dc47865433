"""The chosen instrument's bars as the charts take them: a whole grid of slots, with Z-scores and a CVD that goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fbkit.model import BAR_COLUMNS, NS_DAY, NS_MS, TIMEFRAMES
from fbkit.quant.reading import UNSUPPORTED
from fbkit.widgets import SERIES_FIELDS, TABLE_JUDGED, TABLE_WINDOWS

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.quant.frames import ZColumn

Floats = NDArray[np.float64]

#: Bars shown, and bars read: what is shown first has a whole window before it.
BARS_SHOWN = 480
BARS_READ = BARS_SHOWN + max(TABLE_WINDOWS)

#: What of a bar it takes.
_TAKEN = {*SERIES_FIELDS, *TABLE_JUDGED}
SERIES_COLUMNS = ("t1", *(one.name for one in BAR_COLUMNS if one.name in _TAKEN), "coverage")

_CVD = SERIES_FIELDS.index("cvd")

#: Sums of the same trades in another order differ by less than this share of what was traded.
_ROUNDING = 1e-6


def series(
    instrument: str,
    tf: str,
    bars: Mapping[str, Any] | pd.DataFrame,
    *,
    kind: str = "classic",
    windows: Iterable[int] = TABLE_WINDOWS,
    shown: int = BARS_SHOWN,
) -> Floats:
    """``(slots, SERIES_FIELDS)`` from bars of one instrument, oldest first; slots without a bar are NaN.

    ``kind`` and ``windows`` say which Z-scores are computed; ``shown`` how many of the newest slots are kept.

    >>> series("binance:BTC-USDT-PERP", "1m", {"t1": []}).shape == (0, len(SERIES_FIELDS))
    True
    """
    if not len(bars["t1"]):
        return np.empty((0, len(SERIES_FIELDS)))
    length = TIMEFRAMES[tf]
    slots = np.asarray(bars["t1"], np.int64) // length
    places = slots - slots[0]
    out = np.full((int(places[-1]) + 1, len(SERIES_FIELDS)), np.nan)
    judged = judge(instrument, tf, bars, TABLE_JUDGED, windows, kind)
    for j, field in enumerate(SERIES_FIELDS):
        if field in judged:
            out[places, j] = judged[field].value
        elif field in bars:
            out[places, j] = np.asarray(bars[field], np.float64)
    out[:, 0] = (np.arange(len(out)) + slots[0] - 1) * (length / NS_MS)
    out = out[-shown:]
    out[:, _CVD] = cvd_along(out, length)
    return out


def judge(
    instrument: str,
    tf: str,
    bars: Mapping[str, Any] | pd.DataFrame,
    columns: Iterable[str],
    windows: Iterable[int],
    kind: str,
) -> dict[str, ZColumn]:
    """Z-scores by ``z_<column>_<window>`` over bars of one instrument, with reasons and counts, whatever their kind.

    The classic ones are the bits the engine gives live.
    """
    from fbkit.quant.frames.metrics import is_judged

    slots = np.asarray(bars["t1"], np.int64) // TIMEFRAMES[tf]
    places = slots - slots[0]
    found = {}
    for column in columns:
        whole = np.full(int(places[-1]) + 1, np.nan)
        if is_judged(column, tf) and column in bars:
            whole[places] = np.asarray(bars[column], np.float64)
        for window in windows:
            judged = _at(places, _judged(kind, instrument, whole, window, int(slots[0])))
            if not is_judged(column, tf):
                judged = judged._replace(code=np.full(len(places), UNSUPPORTED, np.int8))
            found[f"z_{column}_{window}"] = judged
    return found


def bars_behind(kind: str, window: int) -> int:
    """How many bars a Z-score of the newest one needs: the window and itself; for EWMA sixteen halflives.

    >>> bars_behind("classic", 60), bars_behind("ewma", 60)
    (61, 480)
    """
    return 8 * window if kind == "ewma" else window + 1


def _judged(kind: str, instrument: str, x: Floats, window: int, first: int) -> ZColumn:
    from fbkit.quant.frames import ewma_zscore_readings, robust_zscore_readings, zscore_readings
    from fbkit.quant.frames.metrics import stagger
    from fbkit.quant.reading import needed

    if kind == "robust":
        return robust_zscore_readings(x, window)
    if kind == "ewma":
        return ewma_zscore_readings(x, window / 2, least=needed(window, 0.8))
    return zscore_readings(x, window, offset=first + stagger(instrument, window))


def _at(places: NDArray[np.int64], judged: ZColumn) -> ZColumn:
    return type(judged)(judged.value[places], judged.code[places], judged.n[places])


def cvd_along(matrix: Floats, length: int) -> Floats:
    """CVD (USD) that goes on over midnight and begins anew where trades were missed; ``length`` of a bar in ns.

    A stored ``cvd`` counts from 00:00 UTC, or from the last gap. What stands first keeps its count: it is anchored at
    the midnight before. A bar whose count does not follow from the one before had a gap in it, and is kept as it is.
    """
    column = {field: matrix[:, SERIES_FIELDS.index(field)] for field in ("t0_ms", "vol_usd", "delta", "cvd")}
    midnight = (column["t0_ms"] * NS_MS).astype(np.int64) % NS_DAY < max(length, 1)
    out = column["cvd"].copy()
    steps = zip(column["cvd"].tolist(), column["delta"].tolist(), column["vol_usd"].tolist(), midnight, strict=True)
    before = stored_before = np.nan
    for i, (stored, delta, volume, new_day) in enumerate(steps):
        if not np.isnan(before) and not np.isnan(stored):
            goes_on = abs(stored - (stored_before + delta)) <= _ROUNDING * (abs(stored) + volume)
            out[i] = before + stored if new_day else before + delta if goes_on else stored
        before, stored_before = float(out[i]), stored
    return out


def anchors(matrix: Floats, tf: str) -> list[int]:
    """Instants (UTC ns) from which CVD counts in a series: the midnight before its first, and the end of each hole."""
    known = np.isfinite(matrix[:, _CVD])
    begins = np.flatnonzero(known & ~np.concatenate(([False], known[:-1])))
    starts = [int(matrix[i, 0]) * NS_MS for i in begins]
    if starts and begins[0] == 0:
        starts[0] -= starts[0] % max(NS_DAY, TIMEFRAMES[tf])
    return starts
