"""Every metric of a series of stored bars: the values the engine gave live, to the bit, whenever they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from fbkit.model import JUDGED, METRIC_COLUMNS, NS_HOUR, TIMEFRAMES, Z_WINDOWS
from fbkit.quant.frames.atr import atr_readings
from fbkit.quant.frames.ewma import ewma_zscore_readings
from fbkit.quant.frames.robust import robust_zscore_readings
from fbkit.quant.frames.rsi import rsi_readings
from fbkit.quant.frames.zscore import zscore_readings
from fbkit.quant.reading import needed

Floats = NDArray[np.float64]


#: Kinds of Z by the prefix of their columns (metrics reference 14).
KINDS = {"classic": "z", "robust": "zr", "ewma": "ze"}


def metrics(
    instrument: str, tf: str, t1: Any, bars: Mapping[str, Any], *, min_coverage: float = 0.8, kind: str = "classic"
) -> dict[str, Floats]:
    """The metrics of bars of one instrument and timeframe.

    Parameters
    ----------
    t1 : int64 array
        Ends of the bars, UTC ns, rising. A slot without a row counts as missing.
    bars : mapping or DataFrame
        At least ``high low close`` and the judged columns, one row for each ``t1``.
    kind : {"classic", "robust", "ewma"}
        ``classic``: the columns of :data:`fbkit.model.METRIC_COLUMNS`, RSI and ATR among them. ``robust``:
        ``zr_<column>_<n>`` by median and MAD of n bars. ``ewma``: ``ze_<column>_<n>`` with a halflife of n / 2 bars,
        from as many values on as a window of n needs.

    Returns
    -------
    One array a metric, aligned with ``t1``; NaN where there is no value.

    Examples
    --------
    >>> ends = np.arange(1, 100) * TIMEFRAMES["1m"]
    >>> bars = dict.fromkeys(("high", "low", "close", *JUDGED), np.arange(1.0, 100.0))
    >>> metrics("binance:BTC-USDT-PERP", "1m", ends, bars)["rsi_14"][-1]
    np.float64(100.0)
    >>> round(float(metrics("binance:BTC-USDT-PERP", "1m", ends, bars, kind="robust")["zr_ret_20"][-1]), 6)
    1.416428
    """
    if kind not in KINDS:
        raise ValueError(f"a Z-score is {', '.join(KINDS)}, not {kind!r}")
    names = METRIC_COLUMNS if kind == "classic" else _columns(KINDS[kind])
    slots = np.asarray(t1, np.int64) // TIMEFRAMES[tf]
    if not len(slots):
        return {name: np.empty(0) for name in names}
    rows = slots - slots[0]

    def column(name: str) -> Floats:
        whole = np.full(int(rows[-1]) + 1, np.nan)
        whole[rows] = np.asarray(bars[name], np.float64)
        return whole

    found = _wilder(column, min_coverage) if kind == "classic" else {}
    for judged in JUDGED:
        x = column(judged) if is_judged(judged, tf) else np.full(int(rows[-1]) + 1, np.nan)
        for window in Z_WINDOWS:
            offset = int(slots[0]) + stagger(instrument, window)
            found[f"{KINDS[kind]}_{judged}_{window}"] = _z(kind, x, window, min_coverage, offset)
    return {name: found[name][rows] for name in names}


def _columns(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{judged}_{window}" for judged in JUDGED for window in Z_WINDOWS)


def _wilder(column: Callable[[str], Floats], min_coverage: float) -> dict[str, Floats]:
    close = column("close")
    return {
        "rsi_14": rsi_readings(close, 14, min_coverage=min_coverage)[0],
        "atr_14": atr_readings(column("high"), column("low"), close, 14, min_coverage=min_coverage)[0],
    }


def _z(kind: str, x: Floats, window: int, min_coverage: float, offset: int) -> Floats:
    if kind == "robust":
        return robust_zscore_readings(x, window, min_coverage=min_coverage).value
    if kind == "ewma":
        return ewma_zscore_readings(x, window / 2, least=needed(window, min_coverage)).value
    return zscore_readings(x, window, min_coverage=min_coverage, offset=offset).value


def stagger(instrument: str, window: int) -> int:
    """By how many slots an instrument's blocks are shifted, so that not all are rebuilt at one bar.

    >>> stagger("binance:BTC-USDT-PERP", 20)
    3
    """
    return crc32(instrument.encode()) % window


def is_judged(column: str, tf: str) -> bool:
    """Whether a column gets a Z on a timeframe: predicted funding only from 1h up, below it is piecewise constant.

    >>> is_judged("funding_8h", "15m"), is_judged("funding_8h", "1h")
    (False, True)
    """
    return column != "funding_8h" or TIMEFRAMES[tf] >= NS_HOUR
