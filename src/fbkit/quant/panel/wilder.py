"""Wilder's RSI and ATR of many instruments, one bar close at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.panel.columns import Bools, Columns, Floats, Index, Ints
from fbkit.quant.reading import GAP, NAN, UNSUPPORTED, WARMUP, needed
from fbkit.quant.streaming import ATR, RSI

Answer = tuple[Floats, NDArray[np.int8], Ints]


class _Averages(Columns):
    """``width`` Wilder averages of each instrument that are missing together."""

    level: Floats
    seen: Ints
    mask: Ints
    filled: Bools
    before: Floats

    def __init__(self, window: int, width: int, min_coverage: float) -> None:
        super().__init__()
        if not 1 <= window <= 62:
            raise ValueError(f"1 to 62 bars, not {window}")
        self.window = window
        self._need = needed(window, min_coverage, least=1)
        self._full = (1 << window) - 1
        self.declare("level", 0.0, shape=(width,))
        self.declare("seen", 0, np.int64)
        self.declare("mask", 0, np.int64)
        self.declare("filled", fill=False, dtype=np.bool_)
        self.declare("before", NAN)

    def unsettled(self, rows: Index) -> Bools:
        """Whether the seed still shows: fewer than ten lengths seen."""
        return self.seen[rows] < 10 * self.window

    def _push(self, rows: Index, x: Floats, there: Bools) -> None:
        n = self.window
        mask = (self.mask[rows] << 1 | there) & self._full
        anew = mask == 0
        seen = np.where(anew, 0, self.seen[rows] + there)
        level = self.level[rows]
        on = seen[:, None] > n
        with np.errstate(all="ignore"):
            new = np.where(on, (level * (n - 1) + x) / n, level + x)
            new = np.where(seen[:, None] == n, new / n, new)
        new = np.where(there[:, None], new, level)
        new[anew] = 0.0
        self.level[rows], self.seen[rows], self.mask[rows] = new, seen, mask
        self.filled[rows] |= seen >= n

    def _answer(self, rows: Index, value: Floats) -> Answer:
        seen, mask = self.seen[rows], self.mask[rows]
        good = (seen >= self.window) & (np.bitwise_count(mask) >= self._need) & ((mask & 1) == 1)
        code = np.where(self.filled[rows], GAP, WARMUP).astype(np.int8)
        code[good] = np.where(np.isfinite(value[good]), 0, UNSUPPORTED)
        return np.where(code == 0, value, NAN), code, seen


class RSIPanel(_Averages):
    """:class:`fbkit.quant.streaming.RSI` for each instrument, to the bit."""

    def __init__(self, window: int = 14, min_coverage: float = 0.8) -> None:
        super().__init__(window, 2, min_coverage)
        self._one = RSI(window, min_coverage=min_coverage)

    def close(self, rows: Index, close: Floats) -> Answer:
        """Values, reason codes and changes seen, after the bars that closed."""
        with np.errstate(all="ignore"):
            change = close - self.before[rows]
            there = np.isfinite(change)
            up = np.where(change > 0.0, change, 0.0)
            down = np.where(change < 0.0, -change, 0.0)
            self._push(rows, np.stack((up, down), axis=1), there)
            self.before[rows] = close
            gain, loss = self.level[rows].T
            value = 100.0 - 100.0 / (1.0 + gain / loss)
        return self._answer(rows, np.where(loss == 0.0, np.where(gain > 0.0, 100.0, 50.0), value))

    def run(self, i: int, close: list[float]) -> None:
        """Take many closes of one instrument, oldest first."""
        one = self._one
        one.state = (
            *self.level[i].tolist(),
            int(self.seen[i]),
            int(self.mask[i]),
            bool(self.filled[i]),
            float(self.before[i]),
        )
        for x in close:
            one.push(x)
        up, down, self.seen[i], self.mask[i], self.filled[i], self.before[i] = one.state
        self.level[i] = up, down


class ATRPanel(_Averages):
    """:class:`fbkit.quant.streaming.ATR` for each instrument, to the bit."""

    def __init__(self, window: int = 14, min_coverage: float = 0.8) -> None:
        super().__init__(window, 1, min_coverage)
        self._one = ATR(window, min_coverage=min_coverage)

    def close(self, rows: Index, high: Floats, low: Floats, close: Floats) -> Answer:
        """Values, reason codes and true ranges seen, after the bars that closed."""
        before = self.before[rows]
        with np.errstate(all="ignore"):
            there = np.isfinite(high - low + close + before)
            reach = np.maximum(np.maximum(high - low, np.abs(high - before)), np.abs(low - before))
            self._push(rows, reach[:, None], there)
        self.before[rows] = close
        return self._answer(rows, self.level[rows][:, 0])

    def run(self, i: int, high: list[float], low: list[float], close: list[float]) -> None:
        """Take many bars of one instrument, oldest first."""
        one = self._one
        one.state = (
            float(self.level[i, 0]),
            int(self.seen[i]),
            int(self.mask[i]),
            bool(self.filled[i]),
            float(self.before[i]),
        )
        for bar in zip(high, low, close, strict=True):
            one.push(*bar)
        self.level[i, 0], self.seen[i], self.mask[i], self.filled[i], self.before[i] = one.state
