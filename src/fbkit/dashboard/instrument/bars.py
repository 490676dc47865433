"""The bars of one instrument, judged: what its charts, key numbers and sentences are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.series import judge, series
from fbkit.model import JUDGED, NS_MS, TIMEFRAMES
from fbkit.widgets import SERIES_FIELDS

if TYPE_CHECKING:
    import pandas as pd


class Bars(NamedTuple):
    """Bars of one instrument, oldest first, the charts' matrix of them, and the Z-scores of the newest.

    ``matrix`` is ``(slots, SERIES_FIELDS)``; ``z`` by column, ``why`` one is missing (``""``: it is not); ``covered``
    the share of the window before the newest bar that was not inside a gap.
    """

    name: str
    tf: str
    window: int
    kind: str
    bars: pd.DataFrame
    matrix: NDArray[np.float64]
    z: dict[str, float]
    why: dict[str, str]
    covered: float

    @property
    def asked(self) -> tuple[str, str, int, str]:
        """Instrument, timeframe, window and kind of Z."""
        return self.name, self.tf, self.window, self.kind

    @property
    def newest(self) -> dict[str, Any]:
        """The newest closed bar by column; nothing where there is none."""
        return dict(self.bars.iloc[-1]) if len(self.bars) else {}

    def column(self, field: str) -> NDArray[np.float64]:
        """One of the charts' columns."""
        found: NDArray[np.float64] = self.matrix[:, SERIES_FIELDS.index(field)]
        return found

    def frame(self) -> pd.DataFrame:
        """What the charts show, by the beginning of the bars (UTC); columns without a number are left out."""
        import pandas as pd

        begins = pd.DatetimeIndex((self.matrix[:, 0] * NS_MS).astype("M8[ns]"), tz="UTC", name="t0")
        frame = pd.DataFrame(self.matrix[:, 1:], index=begins, columns=list(SERIES_FIELDS[1:]))
        frame = frame.dropna(axis=1, how="all")
        frame.insert(0, "instrument", self.name)
        return frame


def judged(name: str, tf: str, window: int, kind: str, shown: int, bars: pd.DataFrame) -> Bars:
    """Judge bars of one instrument, of which the newest ``shown`` slots are drawn. Takes a moment: in a thread."""
    from fbkit.quant.frames.metrics import is_judged
    from fbkit.quant.reading import REASONS

    matrix = series(name, tf, bars, kind=kind, windows=(window,), shown=shown)
    if not len(bars):
        return Bars(name, tf, window, kind, bars, matrix, {}, {}, float("nan"))
    found = judge(name, tf, bars, JUDGED, (window,), kind)
    z, why = {}, {}
    for column in JUDGED:
        one = found[f"z_{column}_{window}"]
        z[column] = float(one.value[-1])
        why[column] = REASONS[int(one.code[-1])] if is_judged(column, tf) else "unsupported"
    return Bars(name, tf, window, kind, bars, matrix, z, why, _covered(tf, window, bars))


def _covered(tf: str, window: int, bars: pd.DataFrame) -> float:
    slots = bars["t1"].to_numpy(np.int64) // TIMEFRAMES[tf]
    inside = (slots < slots[-1]) & (slots >= slots[-1] - window)
    return float(np.nansum(bars["coverage"].to_numpy(np.float64)[inside])) / window


def newest_volume(name: str, tf: str, window: int, kind: str, bars: pd.DataFrame) -> tuple[dict[str, Any], float]:
    """The newest bar, and the Z of its volume."""
    if not len(bars):
        return {}, float("nan")
    found = judge(name, tf, bars, ("ln_vol",), (window,), kind)
    return dict(bars.iloc[-1]), float(found[f"z_ln_vol_{window}"].value[-1])
