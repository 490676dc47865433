"""Z-scores of many columns of many instruments, one bar close at a time, as one set of arrays."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.driver import panel_kernels
from fbkit.quant.panel.columns import Bools, Columns, Floats, Index, Ints
from fbkit.quant.reading import GAP, NAN, UNSUPPORTED, WARMUP, ZERO_VAR, needed


class ZPanel(Columns):
    """:class:`fbkit.quant.streaming.RollingZScore` for ``width`` columns of each instrument, to the bit.

    ``place[i]`` is how many slots of the current block have passed; the columns of one instrument share it. ``ring``
    holds the last ``window`` values: the current block's, and behind them what is still needed of the one before.
    """

    place: Ints
    ring: Floats
    suffix_s: Floats
    suffix_q: Floats
    suffix_m: NDArray[np.int32]
    s: Floats
    q: Floats
    m: Ints
    anchor: Floats
    anchored: Bools
    filled: Bools

    def __init__(self, window: int, width: int, min_coverage: float = 0.8, *, driver: str = "auto") -> None:
        super().__init__()
        self._compiled = panel_kernels(driver)
        self.window, self.width = window, width
        self._need = needed(window, min_coverage)
        self.declare("place", 0, np.int64)
        self.declare("ring", NAN, shape=(window, width))
        for name in ("suffix_s", "suffix_q"):
            self.declare(name, 0.0, shape=(window + 1, width), derived=True)
        self.declare("suffix_m", 0, np.int32, shape=(window + 1, width), derived=True)
        for name in ("s", "q", "anchor"):
            self.declare(name, 0.0, shape=(width,))
        self.declare("m", 0, np.int64, shape=(width,))
        self.declare("anchored", fill=False, dtype=np.bool_, shape=(width,))
        self.declare("filled", fill=False, dtype=np.bool_, shape=(width,))

    def begin(self, i: int, slot: int) -> None:
        """Instrument ``i`` begins with slot number ``slot`` (its stagger added)."""
        self.clear(i)
        self.place[i] = slot % self.window

    def close(self, rows: Index, x: Floats) -> tuple[Floats, NDArray[np.int8], Ints]:
        """Judge ``x`` (instruments × columns) against the baselines, then make it part of them.

        Returns values (NaN where there is none), reason codes, and values behind each.
        """
        if self._compiled is not None:
            return self._close_compiled(self._compiled, rows, x)
        answer = self._judge(rows, x)
        self._push(rows, x)
        return answer

    def _close_compiled(self, compiled: Any, rows: Index, x: Floats) -> tuple[Floats, NDArray[np.int8], Ints]:
        size, shape = x.size, x.shape
        z, code, n = np.empty(size), np.empty(size, np.int8), np.empty(size, np.int64)
        suffixes, sums = (self.suffix_s, self.suffix_q, self.suffix_m), (self.s, self.q, self.m)
        state = (self.place, self.anchor, self.anchored, self.filled)
        given = np.ascontiguousarray(rows, np.int64), np.ascontiguousarray(x, np.float64)
        compiled.close(*given, self._need, (self.ring, suffixes, sums, state), (z, code, n))
        return z.reshape(shape), code.reshape(shape), n.reshape(shape)

    def usual(self, rows: Index) -> Floats:
        """The mean of each baseline as it stands (instruments × columns), for people to read; NaN where empty."""
        at = (rows, self.place[rows])
        with np.errstate(all="ignore"):
            mean: Floats = (self.suffix_s[at] + self.s[rows]) / (self.suffix_m[at] + self.m[rows])
        return self.anchor[rows] + mean

    def peek(self, i: int, column: int, x: float) -> float:
        """The Z that ``x`` would have as instrument ``i``'s next value, NaN where there is none. Nothing changes."""
        at = (i, self.place[i], column)
        m = int(self.suffix_m[at] + self.m[i, column])
        if m < self._need:
            return NAN
        s, q = float(self.suffix_s[at] + self.s[i, column]), float(self.suffix_q[at] + self.q[i, column])
        var = (q - s * s / m) / (m - 1)
        if not 0.0 < var < np.inf:
            return NAN
        z = ((x - float(self.anchor[i, column])) - s / m) / sqrt(var)
        return z if isfinite(z) else NAN

    def _judge(self, rows: Index, x: Floats) -> tuple[Floats, NDArray[np.int8], Ints]:
        at = (rows, self.place[rows])
        m = self.suffix_m[at] + self.m[rows]
        s = self.suffix_s[at] + self.s[rows]
        q = self.suffix_q[at] + self.q[rows]
        enough = m >= self._need
        filled = self.filled[rows] | enough
        self.filled[rows] = filled
        with np.errstate(all="ignore"):
            var = (q - s * s / m) / (m - 1)
            z = ((x - self.anchor[rows]) - s / m) / np.sqrt(var)
            good = enough & (var > 0.0) & (var < np.inf) & np.isfinite(z)
            if good.all():
                return z, np.zeros(z.shape, np.int8), m
            code = np.where(filled, GAP, WARMUP).astype(np.int8)
            judged = enough & np.isfinite(x)
            code[judged] = UNSUPPORTED
            code[judged & (var <= 0.0)] = ZERO_VAR
        code[good] = 0
        return np.where(good, z, NAN), code, m

    def _push(self, rows: Index, x: Floats) -> None:
        finite = np.isfinite(x)
        turning = self.place[rows] == self.window
        if turning.any():
            self._turn(rows[turning], finite[turning])
        fresh = finite & ~self.anchored[rows]
        if fresh.any():
            r, c = np.nonzero(fresh)
            self._rebuild(rows[r], c, x[r, c])
            self.anchored[rows[r], c] = True
        with np.errstate(all="ignore"):
            d = np.where(finite, x - self.anchor[rows], 0.0)
            self.s[rows] += d
            self.q[rows] += d * d
        self.m[rows] += finite
        self.ring[rows, self.place[rows]] = x
        self.place[rows] += 1

    def _turn(self, rows: Index, finite: Bools) -> None:
        """These instruments' blocks are full: they become the previous ones."""
        for zeroed in (self.s, self.q, self.m, self.place):
            zeroed[rows] = 0
        self.anchored[rows] = False
        r, c = np.nonzero(~finite)
        if r.size:
            block = self.ring[rows[r], :, c]
            there = np.isfinite(block)
            final = self.window - 1 - there[:, ::-1].argmax(axis=1)
            self._rebuild(rows[r], c, np.where(there.any(axis=1), block[np.arange(r.size), final], 0.0))

    def _rebuild(self, i: Index, c: Index, anchor: Floats) -> None:
        """Sums over the ends of the previous blocks, newest to oldest, as distances from ``anchor``.

        Those from where a current block begins no more are not asked for again.
        """
        self.anchor[i, c] = anchor
        newest_first = self.ring[i, :, c][:, ::-1]
        there = np.isfinite(newest_first)
        with np.errstate(all="ignore"):
            d = np.where(there, newest_first - anchor[:, None], 0.0)
            # accumulate adds one by one, in order: the bits of a loop
            self.suffix_s[i, : self.window, c] = np.add.accumulate(d, axis=1)[:, ::-1]
            self.suffix_q[i, : self.window, c] = np.add.accumulate(d * d, axis=1)[:, ::-1]
        self.suffix_m[i, : self.window, c] = np.add.accumulate(there, axis=1, dtype=np.int32)[:, ::-1]

    def dump(self) -> dict[str, NDArray[Any]]:
        """As :meth:`Columns.dump`; a ring is told column by column, however it lies in memory."""
        return {name: np.swapaxes(a, 1, 2) if name == "ring" else a for name, a in super().dump().items()}

    def load_state(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take arrays as :meth:`dump` gave them, or their first rows."""
        laid = {name: np.ascontiguousarray(np.swapaxes(a, 1, 2)) if name == "ring" else a for name, a in arrays.items()}
        super().load_state(laid)

    def derive(self) -> None:
        """The sums over the previous blocks: every value's own, whenever they were made."""
        i, c = (at.ravel() for at in np.indices((self.capacity, self.width)))
        self._rebuild(i, c, self.anchor[i, c])

    def run(self, i: int, x: Floats) -> None:
        """Make many slots of instrument ``i`` (slots × columns) part of its baselines at once, judging none.

        Only the last two blocks are kept, so only they are computed; ``filled`` looks at every slot.
        """
        n = self.window
        place = int(self.place[i])
        lost = np.full((place, self.width), NAN)
        series = np.concatenate((lost, self.ring[i, place:], self.ring[i, :place], x))
        self._note_filled(i, series, len(x))
        passed = place + len(x)
        # A full block turns only when the next value comes.
        turns = (passed - 1) // n if passed else 0
        inside = passed - turns * n
        self.ring[i] = series[turns * n : turns * n + n]
        old = self.ring[i].copy()
        self.ring[i, :inside] = series[turns * n + n :]
        self.place[i] = inside
        self._sum_up(i, inside, old)

    def _note_filled(self, i: int, series: Floats, new: int) -> None:
        count = np.zeros((len(series) + 1, self.width), np.int64)
        np.add.accumulate(np.isfinite(series), axis=0, dtype=np.int64, out=count[1:])
        behind = count[len(series) - new : -1] - count[len(series) - new - self.window : -1 - self.window]
        self.filled[i] |= (behind >= self._need).any(axis=0)

    def _sum_up(self, i: int, inside: int, old: Floats) -> None:
        """Anchor, suffixes and prefix sums of one instrument from its two blocks, ``old`` being the one before."""
        block = self.ring[i, :inside]
        there = np.isfinite(block)
        anchored = there.any(axis=0)
        known = np.isfinite(old)
        final = self.window - 1 - known[::-1].argmax(axis=0)
        across = np.arange(self.width)
        anchor = np.where(known.any(axis=0), old[final, across], 0.0)
        if inside:
            anchor = np.where(anchored, block[there.argmax(axis=0), across], anchor)
        self._rebuild(np.full(self.width, i), across, anchor)
        with np.errstate(all="ignore"):
            d = np.where(there, block - anchor, 0.0)
            zero = np.zeros((1, self.width))
            self.s[i] = np.add.accumulate(np.vstack((zero, d)), axis=0)[-1]
            self.q[i] = np.add.accumulate(np.vstack((zero, d * d)), axis=0)[-1]
        self.m[i] = there.sum(axis=0)
        self.anchored[i] = anchored
