"""The chosen instrument's bars as the charts take them: a whole grid of slots, with Z-scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.sheet import z_columns
from fbkit.model import NS_MS, TIMEFRAMES
from fbkit.widgets import SERIES_FIELDS, TABLE_WINDOWS

if TYPE_CHECKING:
    import pandas as pd

#: Bars shown, and bars read: what is shown first has a whole window before it.
BARS_SHOWN = 480
BARS_READ = BARS_SHOWN + max(TABLE_WINDOWS)


def series(instrument: str, tf: str, bars: pd.DataFrame) -> NDArray[np.float64]:
    """``(slots, SERIES_FIELDS)`` from bars of one instrument, oldest first; slots without a bar are NaN.

    >>> import pandas as pd
    >>> series("binance:BTC-USDT-PERP", "1m", pd.DataFrame({"t1": []})).shape == (0, len(SERIES_FIELDS))
    True
    """
    if not len(bars):
        return np.empty((0, len(SERIES_FIELDS)))
    length = TIMEFRAMES[tf]
    slots = bars["t1"].to_numpy(np.int64) // length
    places = slots - slots[0]
    out = np.full((int(places[-1]) + 1, len(SERIES_FIELDS)), np.nan)
    judged = z_columns(instrument, tf, bars)
    for j, field in enumerate(SERIES_FIELDS):
        if field in judged:
            out[places, j] = judged[field].value
        elif field in bars:
            out[places, j] = bars[field].to_numpy(np.float64)
    out[:, 0] = (np.arange(len(out)) + slots[0] - 1) * (length / NS_MS)
    return out[-BARS_SHOWN:]
