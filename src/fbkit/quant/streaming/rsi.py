"""Wilder's relative strength index, one close at a time."""

from __future__ import annotations

from math import isfinite

from fbkit.quant.reading import NAN, NOTHING_YET, Reading, needed


class RSI:
    """Wilder's relative strength index, 0 to 100.

    Parameters
    ----------
    window : int
        Length n: the averages are seeded with the mean of the first n changes, then ``(avg * (n - 1) + x) / n``.
    min_coverage : float
        Share of the last n bars that must have a change.

    Notes
    -----
    First value at index n. No losses: 100; no moves at all: 50. A missing close (NaN) gives no change, neither into
    the gap nor out of it, and leaves the averages alone; after n bars without one the index begins anew (``gap``).
    Twin: :func:`fbkit.quant.frames.rsi`.

    Examples
    --------
    >>> rsi = RSI(window=3)
    >>> [round(rsi.update(x).value, 6) for x in (10, 11, 10.5, 11.5, 12, 11, 11.2)][3:]
    [80.0, 84.615385, 50.0, 55.465587]
    """

    __slots__ = ("_close", "_down", "_filled", "_full", "_mask", "_need", "_up", "reading", "seen", "window")

    def __init__(self, window: int = 14, *, min_coverage: float = 0.8) -> None:
        if not 1 <= window <= 62:
            raise ValueError(f"an RSI looks at 1 to 62 bars, not {window}")
        self.window = window
        self._need = needed(window, min_coverage, least=1)
        self._full = (1 << window) - 1
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been heard."""
        self.reading = NOTHING_YET
        self._close = NAN
        self._up = self._down = 0.0
        self.seen = self._mask = 0
        self._filled = False

    @property
    def unsettled(self) -> bool:
        """Whether the seed still shows: fewer than ten lengths seen."""
        return self.seen < 10 * self.window

    @property
    def state(self) -> tuple[float, float, int, int, bool, float]:
        """Average gain and loss, changes seen, mask of the last bars, whether ever filled, last close."""
        return self._up, self._down, self.seen, self._mask, self._filled, self._close

    @state.setter
    def state(self, state: tuple[float, float, int, int, bool, float]) -> None:
        self._up, self._down, self.seen, self._mask, self._filled, self._close = state

    def update(self, close: float) -> Reading:
        """Take the close of the next bar (NaN when missing)."""
        self.push(float(close))
        self.reading = self._read()
        return self.reading

    def push(self, x: float) -> None:
        """As :meth:`update`, without reading."""
        change = x - self._close
        self._close = x
        n = self.window
        if not isfinite(change):
            self._mask = self._mask << 1 & self._full
            if not self._mask:
                self.seen, self._up, self._down = 0, 0.0, 0.0
            return
        self._mask = (self._mask << 1 | 1) & self._full
        up = max(0.0, change)
        down = max(0.0, -change)
        self.seen += 1
        if self.seen > n:
            self._up = (self._up * (n - 1) + up) / n
            self._down = (self._down * (n - 1) + down) / n
            return
        self._up += up
        self._down += down
        if self.seen == n:
            self._up /= n
            self._down /= n
            self._filled = True

    def _read(self) -> Reading:
        there = self._mask.bit_count()
        coverage = there / self.window
        if self.seen < self.window:
            return Reading(NAN, "gap" if self._filled else "warmup", self.seen, coverage)
        if there < self._need or not self._mask & 1:
            return Reading(NAN, "gap", self.seen, coverage)
        value = self._index()
        return (
            Reading(value, "", self.seen, coverage)
            if isfinite(value)
            else Reading(NAN, "unsupported", self.seen, coverage)
        )

    def _index(self) -> float:
        if self._down == 0.0:
            return 100.0 if self._up > 0.0 else 50.0
        return 100.0 - 100.0 / (1.0 + self._up / self._down)
