"""Z-scores of many columns of many instruments over several windows, one bar close at a time, as one set of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.driver import panel_kernels
from fbkit.quant.panel.columns import Bools, Columns, Floats, Index, Ints
from fbkit.quant.reading import GAP, NAN, UNSUPPORTED, WARMUP, ZERO_VAR, needed


class Scores(NamedTuple):
    """Windows × instruments × columns: values (NaN where there is none), reason codes, and values behind each."""

    z: Floats
    code: NDArray[np.int8]
    n: Ints


class ZPanel(Columns):
    """:class:`fbkit.quant.streaming.RollingZScore` for ``width`` columns of each instrument, to the bit.

    An instrument's values lie one behind the other (place ``slot mod longest window`` of ``ring``), to be looked back
    at. Blocks begin at different slots (``turn``, by window and instrument); still, slots are absolute, so that what
    one slot reads of all instruments lies side by side: row ``slot mod window`` of ``tail``, for each window the sums
    (of distances and of their squares) over the end of the previous block, from that slot on. Nothing is summed in the
    slot that begins a block: its row is 0.
    """

    slot: Ints
    turn: Ints
    ring: Floats
    filled: Bools
    tail: Floats
    s: Floats
    q: Floats
    m: Ints
    anchor: Floats
    anchored: Bools

    def __init__(self, windows: Sequence[int], width: int, min_coverage: float = 0.8, *, driver: str = "auto") -> None:
        super().__init__()
        self._compiled = panel_kernels(driver)
        self.windows, self.width = np.array(windows, np.int64), width
        self._need = np.array([needed(window, min_coverage) for window in windows], np.int64)
        self._first_row = np.cumsum(self.windows) - self.windows
        many, self._longest = len(windows), max(windows)
        self._work = np.empty((4, many, 0, width))
        self.declare("slot", 0, np.int64)
        self.declare("turn", 0, np.int64, shape=(many,), axis=1)
        self.declare("ring", NAN, shape=(self._longest, width))
        self.declare("filled", fill=False, dtype=np.bool_, shape=(many, width), axis=1)
        self.declare("tail", 0.0, shape=(sum(windows), 2, width), axis=2, derived=True)
        for name in ("s", "q", "anchor"):
            self.declare(name, 0.0, shape=(many, width), axis=1, derived=True)
        self.declare("m", 0, np.int64, shape=(many, width), axis=1, derived=True)
        self.declare("anchored", fill=False, dtype=np.bool_, shape=(many, width), axis=1, derived=True)

    def begin(self, i: int, slot: int, shifts: Sequence[int]) -> None:
        """Instrument ``i`` begins with slot number ``slot``; ``shifts`` stagger its blocks, one for each window."""
        if self.slot[i]:  # at slot 0 it is as it was declared: nothing was ever closed there
            self.clear(i)
        self.slot[i] = slot
        self.turn[:, i] = -np.array(shifts) % self.windows

    def close(self, rows: Index, x: Floats, out: Scores | None = None) -> Scores:
        """Judge ``x`` (instruments × columns) of ``rows``, each once, then make it part of the baselines.

        ``out``, of the right shape and contiguous, is written to and given back: memory that is new each time costs as
        much as the sums.
        """
        x = np.ascontiguousarray(x, np.float64)
        out = self.room(len(x)) if out is None else out
        if self._compiled is not None:
            self._compiled.close(np.ascontiguousarray(rows, np.int64), x, *self._state(), tuple(out))
            return out
        slots = self.slot[rows]
        if len(rows) and (slots == slots[0]).all():
            self._close(rows, x, out)
            return out
        for slot in np.unique(slots):  # rare: some are behind
            asked = np.flatnonzero(slots == slot)
            part = self.room(len(asked))
            self._close(rows[asked], x[asked], part)
            out.z[:, asked], out.code[:, asked], out.n[:, asked] = part
        return out

    def room(self, many: int) -> Scores:
        """Memory for what :meth:`close` answers about so many instruments."""
        shape = (len(self.windows), many, self.width)
        return Scores(np.empty(shape), np.empty(shape, np.int8), np.empty(shape, np.int64))

    def _state(self) -> tuple[Any, ...]:
        """What the compiled way reads and writes: the ring and its clock, sums, and what describes the windows."""
        sums = (self.tail, self.s, self.q, self.m, self.anchor, self.anchored, self.filled)
        return (self.slot, self.turn, self.ring), sums, (self.windows, self._need, self._first_row)

    def _close(self, rows: Index, x: Floats, out: Scores) -> None:
        """The same of instruments whose next slot is one and the same."""
        slot, at, there = int(self.slot[rows[0]]), _side_by_side(rows), np.isfinite(x)
        whole = bool(there.all())
        with np.errstate(all="ignore"):
            d, full = self._judge(slot, at, x, out)
            if not whole:
                d[:, ~there] = 0.0
            self.s[:, at] += d
            d *= d
            self.q[:, at] += d
        if not (whole and full):
            for k, window in enumerate(self.windows.tolist()):
                leaving = self.ring[at, (slot - window) % self._longest]
                self.m[k, at] += there.astype(np.int64) - np.isfinite(leaving)
        self._begin_blocks(slot, rows, at, x)
        self.ring[at, slot % self._longest] = x
        self.slot[at] += 1

    def _judge(self, slot: int, at: Index | slice, x: Floats, out: Scores) -> tuple[Floats, bool]:
        """Write ``out``; distances from the anchors, and whether all baselines are full.

        All in memory that is there already: what is new each time costs more than the sums.
        """
        d, s, q, var = self._room(len(x))
        np.subtract(x, self.anchor[:, at], out=d)
        for k, row in enumerate((self._first_row + slot % self.windows).tolist()):
            np.add(self.tail[row, 0, at], self.s[k, at], out=s[k])
            np.add(self.tail[row, 1, at], self.q[k, at], out=q[k])
        np.copyto(out.n, self.m[:, at])
        full = bool((out.n == _column(self.windows)).all())
        # Whole numbers are exact as floats; where all have the same, one a window will do.
        m = _column(self.windows.astype(np.float64)) if full else out.n.astype(np.float64)
        np.multiply(s, s, out=var)
        var /= m
        np.subtract(q, var, out=var)
        var /= m - 1.0
        s /= m
        np.subtract(d, s, out=out.z)
        np.divide(out.z, np.sqrt(var, out=q), out=out.z)
        if full and (self._need <= self.windows).all() and _all_values(var, out.z):
            self.filled[:, at] = True
            out.code[...] = 0
        else:
            self._explain(at, x, out, var)
        return d, full

    def _room(self, many: int) -> Floats:
        """Four times the numbers of so many instruments, to work in."""
        if self._work.shape[2] < many:
            self._work = np.empty((4, len(self.windows), many, self.width))
        room: Floats = self._work[:, :, :many]
        return room

    def _explain(self, at: Index | slice, x: Floats, found: Scores, var: Floats) -> Scores:
        """Why there is none where there is none."""
        enough = found.n >= _column(self._need)
        filled = self.filled[:, at] | enough
        self.filled[:, at] = filled
        good = enough & (var > 0.0) & (var < np.inf) & np.isfinite(found.z)
        judged = enough & np.isfinite(x)
        found.code[...] = np.where(filled, GAP, WARMUP)
        found.code[judged] = UNSUPPORTED
        found.code[judged & (var <= 0.0)] = ZERO_VAR
        found.code[good] = 0
        found.z[~good] = NAN
        return found

    def _begin_blocks(self, slot: int, rows: Index, at: Index | slice, x: Floats) -> None:
        """Where a block begins, or has its first value, look back anew."""
        turning = self.turn[:, at] == (slot % self.windows)[:, None]
        for k in np.flatnonzero(turning.any(axis=1)).tolist():
            now = turning[k]
            self._turn(k, slot, rows[now], x[now])
        fresh = np.isfinite(x) & ~self.anchored[:, at]
        if fresh.any():
            for k in range(len(self.windows)):
                r, c = np.nonzero(fresh[k])
                self._begin_late(k, slot, (rows[r], c), x[r, c])

    def _turn(self, k: int, slot: int, i: Index, x: Floats) -> None:
        """Blocks of window ``k`` begin with ``x``; where that is missing, they look back from the last value before."""
        there, old = np.isfinite(x), self._before(k, slot, i)
        if not there.all():
            known = np.isfinite(old)
            last = np.take_along_axis(old, known.argmax(axis=0)[None], axis=0)[0]
            x = np.where(there, x, np.where(known.any(axis=0), last, 0.0))
        self._anchor(k, (i,), x, there=there)
        self._look_back(k, slot, (i,), old)

    def _begin_late(self, k: int, slot: int, where: tuple[Index, Index], x: Floats) -> None:
        """Blocks of which columns have their first value, ``x``: they look back from that.

        Where nothing else is in the window, all its sums are 0 as they stand.
        """
        self._anchor(k, where, x, there=True)
        more = self.m[(k, *where)] > 1
        if more.any():
            i, c = where[0][more], where[1][more]
            window = int(self.windows[k])
            begun = slot - (slot - self.turn[k, i]) % window
            old = self.ring[i, (begun - np.arange(1, window)[:, None]) % self._longest, c]
            self._look_back(k, begun, (i, c), old)

    def _anchor(self, k: int, where: tuple[Index, ...], anchor: Floats, *, there: Bools | bool) -> None:
        """Sums of window ``k`` are distances from ``anchor``: none yet of the block."""
        at: Any = (k, *where)
        self.anchor[at], self.anchored[at] = anchor, there
        self.s[at] = self.q[at] = 0.0

    def _before(self, k: int, slot: int, i: Index) -> Floats:
        """Values before a slot, the newest first, as many as window ``k`` has but one (slots × instruments × columns).

        Whatever the ring holds by now: where that is newer, nobody asks for its sums again.
        """
        back = (slot - np.arange(1, self.windows[k])) % self._longest
        values: Floats = self.ring.reshape(-1, self.width).take(i * self._longest + back[:, None], axis=0)
        return values

    def _look_back(self, k: int, begun: Any, where: tuple[Index, ...], old: Floats) -> None:
        """Sums over ``old``, the ends of the blocks before those begun at slots ``begun``, newest to oldest."""
        window = int(self.windows[k])
        to = int(self._first_row[k]) + (begun - np.arange(1, window)[:, None]) % window
        with np.errstate(all="ignore"):
            d = old - self.anchor[(k, *where)]
            np.copyto(d, 0.0, where=~np.isfinite(old))
            # accumulate adds one by one, in order: the bits of a loop
            self.tail[(to, 0, *where)] = np.add.accumulate(d, axis=0)
            d *= d
            self.tail[(to, 1, *where)] = np.add.accumulate(d, axis=0)

    def usual(self, rows: Index, window: int) -> Floats:
        """The mean of each baseline as it stands (instruments × columns), for people to read; NaN where empty."""
        k = self.windows.tolist().index(window)
        tail = self.tail[int(self._first_row[k]) + self.slot[rows] % window, 0, rows]
        with np.errstate(all="ignore"):
            mean: Floats = self.anchor[k, rows] + (tail + self.s[k, rows]) / self.m[k, rows]
        return mean

    def peek(self, i: int, column: int, x: float, window: int) -> float:
        """The Z that ``x`` would have as instrument ``i``'s next value, NaN where there is none. Nothing changes."""
        k = self.windows.tolist().index(window)
        m = int(self.m[k, i, column])
        if m < self._need[k]:
            return NAN
        tail = self.tail[int(self._first_row[k]) + int(self.slot[i]) % window, :, i, column]
        s, q = float(tail[0] + self.s[k, i, column]), float(tail[1] + self.q[k, i, column])
        var = (q - s * s / m) / (m - 1)
        if not 0.0 < var < np.inf:
            return NAN
        z = ((x - float(self.anchor[k, i, column])) - s / m) / sqrt(var)
        return z if isfinite(z) else NAN

    def run(self, i: int, x: Floats) -> None:
        """Make many slots of instrument ``i`` (slots × columns) part of its baselines at once, judging none.

        Only what the ring can hold is kept; ``filled`` looks at every slot.
        """
        slot, longest = int(self.slot[i]), self._longest
        series = np.concatenate((self.ring[i, np.arange(slot - longest, slot) % longest], x))
        self._note_filled(i, series, len(x))
        slot += len(x)
        self.ring[i, np.arange(slot - longest, slot) % longest] = series[len(x) :]
        self.slot[i] = slot
        self._sum_up(i)

    def _note_filled(self, i: int, series: Floats, new: int) -> None:
        count = np.zeros((len(series) + 1, self.width), np.int64)
        np.add.accumulate(np.isfinite(series), axis=0, dtype=np.int64, out=count[1:])
        first = len(series) - new
        for k, (window, need) in enumerate(zip(self.windows.tolist(), self._need.tolist(), strict=True)):
            behind = count[first:-1] - count[first - window : -1 - window]
            self.filled[k, i] |= (behind >= need).any(axis=0)

    def derive(self) -> None:
        """Everything but the ring and what was ever filled: to the bit as it was, whenever it was made."""
        for i in range(self.capacity):
            self._sum_up(i)

    def _sum_up(self, i: int) -> None:
        """Sums of one instrument from its ring."""
        slot, longest = int(self.slot[i]), self._longest
        held, one = self.ring[i, np.arange(slot - longest, slot) % longest], np.array([i])
        for k, window in enumerate(self.windows.tolist()):
            # A full block turns only when the next value comes.
            inside = (slot - 1 - int(self.turn[k, i])) % window + 1
            self._sum_block(k, i, held[longest - window :], inside)
            self._look_back(k, slot - inside, (one,), self._before(k, slot - inside, one))

    def _sum_block(self, k: int, i: int, held: Floats, inside: int) -> None:
        """Anchor and sums of a block of which ``inside`` slots have passed; ``held`` is all of the window."""
        there = np.isfinite(held)
        block, come = held[-inside:], there[-inside:]
        across = np.arange(self.width)
        anchored = come.any(axis=0)
        last = len(held) - 1 - there[::-1].argmax(axis=0)
        before = np.where(there.any(axis=0), held[last, across], 0.0)
        anchor = np.where(anchored, block[come.argmax(axis=0), across], before)
        with np.errstate(all="ignore"):
            d = np.where(come, block - anchor, 0.0)
            self.s[k, i], self.q[k, i] = np.add.accumulate(d, axis=0)[-1], np.add.accumulate(d * d, axis=0)[-1]
        self.anchor[k, i], self.anchored[k, i], self.m[k, i] = anchor, anchored, there.sum(axis=0)


def _column(each: NDArray[Any]) -> NDArray[Any]:
    """One number a window, beside windows × instruments × columns."""
    return each[:, None, None]


def _all_values(var: Floats, z: Floats) -> bool:
    """Whether there is a Z everywhere, as nearly always; a NaN fails every comparison."""
    return bool(var.min() > 0.0 and var.max() < np.inf and z.min() > -np.inf and z.max() < np.inf)


def _side_by_side(rows: Index) -> Index | slice:
    """Instruments as a slice, where they lie one behind the other: then nothing is copied to be read."""
    first = int(rows[0])
    return slice(first, first + len(rows)) if (rows == np.arange(first, first + len(rows))).all() else rows
