"""Bars → metrics: the state of every metric of one timeframe, and one call a bar close."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import Bars, Floats
from fbkit.model import JUDGED, METRIC_COLUMNS, TIMEFRAMES, USUAL_WINDOW, Z_WINDOWS
from fbkit.quant.frames.metrics import is_judged, stagger
from fbkit.quant.panel import ATRPanel, Columns, RSIPanel, Scores, ZPanel
from fbkit.quant.panel.columns import Bools, Index, Ints
from fbkit.quant.reading import UNSUPPORTED, WARMUP

#: RSI and ATR come before the Z columns in a metrics row.
FIRST_Z = METRIC_COLUMNS.index(f"z_{JUDGED[0]}_{Z_WINDOWS[0]}")


class Metrics(NamedTuple):
    """Values, reason codes and counts (instruments × :data:`fbkit.model.METRIC_COLUMNS`), and who is unsettled.

    ``usual`` is the mean of the usual baseline of each judged column, NaN where there is none.
    """

    values: Floats
    code: NDArray[np.int8]
    n: Ints
    unsettled: Bools
    usual: Floats


class Judge:
    """The metrics of one timeframe. A metric is a function of closed bars only."""

    def __init__(self, tf: str, min_coverage: float) -> None:
        self.tf, self.length = tf, TIMEFRAMES[tf]
        self.z = ZPanel(Z_WINDOWS, len(JUDGED), min_coverage)
        self._scores = self.z.room(0)
        self.rsi, self.atr = RSIPanel(14, min_coverage), ATRPanel(14, min_coverage)
        self._unjudged = [k for k, column in enumerate(JUDGED) if not is_judged(column, tf)]

    def grow(self, capacity: int) -> None:
        """Make room for ``capacity`` instruments."""
        for panel in self.panels().values():
            panel.grow(capacity)

    def panels(self) -> dict[str, Columns]:
        """Every set of arrays by name."""
        return {"z": self.z, "rsi": self.rsi, "atr": self.atr}

    def begin(self, i: int, instrument: str, t1: int) -> None:
        """Instrument ``i`` begins with the bar that ends at ``t1``."""
        self.z.begin(i, t1 // self.length, [stagger(instrument, window) for window in Z_WINDOWS])

    def close(self, rows: Index, bars: Bars, why: NDArray[np.int8]) -> Metrics:
        """Judge the bars that closed; ``why`` (instruments × judged columns) is the reason of each missing input."""
        x = self._inputs(bars)
        shape = (len(rows), len(METRIC_COLUMNS))
        values, code, n = np.empty(shape), np.empty(shape, np.int8), np.empty(shape, np.int64)
        values[:, 0], code[:, 0], n[:, 0] = self.rsi.close(rows, bars["close"])
        values[:, 1], code[:, 1], n[:, 1] = self.atr.close(rows, bars["high"], bars["low"], bars["close"])
        usual = self.z.usual(rows, USUAL_WINDOW)
        z = self.z.close(rows, x, self._room(len(rows)))
        why[:, self._unjudged] = UNSUPPORTED
        told = ~np.isfinite(x) & ((why == UNSUPPORTED) | (z.code != WARMUP))
        for table, found in ((values, z.z), (code, np.where(told, why, z.code)), (n, z.n)):
            table[:, FIRST_Z:].reshape(len(rows), len(JUDGED), -1)[...] = found.transpose(1, 2, 0)
        return Metrics(values, code, n, self.rsi.unsettled(rows), usual)

    def _room(self, many: int) -> Scores:
        """The memory the last bar close used, if it was of as many instruments."""
        if self._scores.z.shape[1] != many:
            self._scores = self.z.room(many)
        return self._scores

    def peek(self, i: int, column: str, x: float) -> float:
        """The Z over :data:`fbkit.model.USUAL_WINDOW` bars that ``x`` would have, were the open bar closed now."""
        return self.z.peek(i, JUDGED.index(column), x, USUAL_WINDOW)

    def run(self, i: int, bars: Bars) -> None:
        """Take a stretch of one instrument's bars, judging none."""
        self.z.run(i, self._inputs(bars))
        high, low, close = (bars[name].tolist() for name in ("high", "low", "close"))
        self.rsi.run(i, close)
        self.atr.run(i, high, low, close)

    def _inputs(self, bars: Bars) -> Floats:
        x = np.stack([bars[name] for name in JUDGED], axis=1)
        x[:, self._unjudged] = np.nan
        return x

    def dump(self) -> dict[str, NDArray[Any]]:
        """Every array, by panel and name."""
        return {f"{p}.{name}": array for p, panel in self.panels().items() for name, array in panel.dump().items()}

    def load_state(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take arrays as :meth:`dump` gave them."""
        for p, panel in self.panels().items():
            panel.load_state({name.partition(".")[2]: a for name, a in arrays.items() if name.partition(".")[0] == p})
