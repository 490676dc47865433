"""A bar close of a panel of Z-scores compiled by numba: the bits of the numpy way, in one pass over the instruments."""

from __future__ import annotations

from math import isfinite, nan, sqrt
from typing import Any

import numpy as np
from numba import njit

from fbkit.quant.frames.compiled import HUGE, TINY, quotient
from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR

_compile = njit(error_model="numpy", cache=True)

#: So many numbers of each array at a time stay in the nearest cache with everything made of them.
_STRETCH = 512

#: So many slots of one instrument at a time do, too.
_SLOTS = 64


@_compile
def _quick(x: Any, window: int, panel: Any, z: Any) -> bool:
    """Judge all at once; whether each is a value, of a full baseline, that plain division gives, too."""
    tail_s, tail_q, s, q, n, anchor, anchored = panel
    m, less = float(window), float(window - 1)
    per_m, per_less = 1.0 / m, 1.0 / less
    good = True
    for c in range(len(x)):
        total = tail_s[c] + s[c]
        var = quotient(tail_q[c] + q[c] - quotient(total * total, m, per_m), less, per_less)
        value = ((x[c] - anchor[c]) - quotient(total, m, per_m)) / sqrt(var)
        z[c] = value
        good &= (var > TINY) & (var < HUGE) & (abs(value) < HUGE) & ((abs(total) > TINY) | (total == 0.0))
    for c in range(len(x)):
        good &= (n[c] == window) & anchored[c]
    return good


@_compile
def _plain(x: Any, need: int, panel: Any, filled: Any, answer: Any) -> None:
    """The same by division, with reasons."""
    tail_s, tail_q, s, q, n, anchor, _ = panel
    z, code = answer
    for c in range(len(x)):
        count, total = n[c], tail_s[c] + s[c]
        enough = count >= need
        if enough:
            filled[c] = True
        z[c], code[c] = nan, GAP if filled[c] else WARMUP
        if enough and isfinite(x[c]):
            var = (tail_q[c] + q[c] - total * total / count) / (count - 1)
            value = ((x[c] - anchor[c]) - total / count) / sqrt(var)
            if 0.0 < var < np.inf and isfinite(value):
                z[c], code[c] = value, 0
            else:
                code[c] = ZERO_VAR if var <= 0.0 else UNSUPPORTED


@_compile
def _push(x: Any, ring: Any, leaving: Any, panel: Any) -> None:
    """Make ``x`` part of the sums of its blocks; ``leaving`` says where the ring has the values that leave."""
    (_, _, s, q, n, anchor, _), (first, row), width = panel, leaving, ring.shape[2]
    for c in range(len(x)):
        there = abs(x[c]) < np.inf
        old = ring[first + c // width, row, c % width]
        d = x[c] - anchor[c] if there else 0.0
        s[c] += d
        q[c] += d * d
        n[c] += np.int64(there) - np.int64(abs(old) < np.inf)


@_compile
def _push_whole(x: Any, s: Any, q: Any, anchor: Any) -> None:
    """The same where nothing is missing, neither of what comes nor of what leaves."""
    for c in range(len(x)):
        d = x[c] - anchor[c]
        s[c] += d
        q[c] += d * d


@_compile
def _look_back(ring: Any, tail: Any, begun: int, window: int, span: Any, anchor: Any) -> None:
    """Sums over the end of the block before the one begun at slot ``begun``, newest to oldest, of some columns.

    ``span``: the instrument and its columns. Some slots at a time, column by column, so that each row of the tail, far
    from the next, is fetched once. Unsigned, an index is not asked whether it counts from the end.
    """
    i, begin, end = span
    sums = np.zeros((2, end - begin))
    longest, size, left = np.uintp(ring.shape[1]), np.uintp(window), np.uintp(window - 1)
    of_ring, of_tail = np.uintp(begun % ring.shape[1]), np.uintp(begun % window)
    first = i * ring.shape[2]
    while left > np.uintp(0):
        of_ring, of_tail = of_ring or longest, of_tail or size
        few = min(left, np.uintp(_SLOTS), of_ring, of_tail)
        for c in range(end - begin):
            s, q, own, column = sums[0, c], sums[1, c], np.uintp(begin + c), np.uintp(first + begin + c)
            for j in range(np.uintp(1), few + np.uintp(1)):
                value = ring[i, of_ring - j, own]
                d = value - anchor[column] if abs(value) < np.inf else 0.0
                s += d
                q += d * d
                tail[of_tail - j, 0, column], tail[of_tail - j, 1, column] = s, q
            sums[0, c], sums[1, c] = s, q
        of_ring, of_tail, left = of_ring - few, of_tail - few, left - few


@_compile
def _last(ring: Any, i: int, c: int, slot: int, window: int) -> float:
    """The last finite value of a column before ``slot``, 0 where its window has none."""
    for j in range(1, window):
        value = ring[i, (slot - j) % ring.shape[1], c]
        if isfinite(value):
            return float(value)
    return 0.0


@_compile
def _turn(x: Any, ring: Any, slot: int, window: int, i: int, sums: Any) -> None:
    """Instrument ``i``'s block begins with ``x``; columns without a value look back from the last one before."""
    tail, s, q, _, anchor, anchored = sums
    begin = i * len(x)
    for c in range(len(x)):
        there = isfinite(x[c])
        anchor[begin + c] = x[c] if there else _last(ring, i, c, slot, window)
        s[begin + c] = q[begin + c] = 0.0
        anchored[begin + c] = there
    _look_back(ring, tail, slot, window, (i, 0, len(x)), anchor)


@_compile
def _anchor(x: Any, ring: Any, begun: int, window: int, i: int, sums: Any) -> None:
    """Columns of instrument ``i`` whose block has its first value look back from that, if there is another."""
    tail, s, q, m, anchor, anchored = sums
    for own in range(len(x)):
        c = i * len(x) + own
        if isfinite(x[own]) and not anchored[c]:
            anchor[c], anchored[c] = x[own], True
            s[c] = q[c] = 0.0
            if m[c] > 1:
                _look_back(ring, tail, begun, window, (i, own, own + 1), anchor)


@_compile
def _stretch(place: Any, x: Any, clock: Any, sums: Any, window: Any, answer: Any) -> None:
    """Some instruments side by side, one window of them; ``place``: the first of them, and columns of each."""
    (first, width), (slot, turn, ring), (tail, s, q, m, anchor, anchored, filled) = place, clock, sums
    window, need = window
    z, code, n = answer
    at = slice(first * width, first * width + len(x))
    row = slot % window
    panel = (tail[row, 0, at], tail[row, 1, at], s[at], q[at], m[at], anchor[at], anchored[at])
    quick = need <= window and _quick(x, window, panel, z)
    if quick:
        code[:], n[:], filled[at] = 0, window, True
        _push_whole(x, s[at], q[at], anchor[at])
    else:
        n[:] = m[at]
        _plain(x, need, panel, filled[at], (z, code))
        _push(x, ring, (first, (slot - window) % ring.shape[1]), panel)
    sums = (tail, s, q, m, anchor, anchored)
    for i in range(first, first + len(x) // width):
        if turn[i] == row:
            _turn(x[(i - first) * width :][:width], ring, slot, window, i, sums)
        elif not quick:
            begun = slot - (slot - turn[i]) % window
            _anchor(x[(i - first) * width :][:width], ring, begun, window, i, sums)


@_compile
def close(rows: Any, x: Any, clock: Any, sums: Any, windows: Any, answer: Any) -> None:
    """Judge ``x`` (instruments × columns) of ``rows``, each once, then make it part of the baselines.

    The arrays are those of :class:`fbkit.quant.panel.ZPanel`; ``answer`` takes windows × instruments × columns.
    """
    (slots, turn, ring), (tail, s, q, m, anchor, anchored, filled) = clock, sums
    (sizes, needs, first_row), (z, code, n) = windows, answer
    many, width, apart = len(sizes), x.shape[1], max(1, _STRETCH // x.shape[1])
    tails = tail.reshape(len(tail), 2, -1)
    values = x.reshape(-1)
    begin = 0
    while begin < len(rows):
        first, slot, end = rows[begin], slots[rows[begin]], begin + 1
        while end < len(rows) and end - begin < apart and rows[end] == rows[end - 1] + 1 and slots[rows[end]] == slot:
            end += 1
        here, there = slice(begin * width, end * width), slice(begin, end)
        for k in range(many):
            window = sizes[k]
            block = (tails[first_row[k] : first_row[k] + window], s[k].reshape(-1), q[k].reshape(-1), m[k].reshape(-1))
            sums_k = (*block, anchor[k].reshape(-1), anchored[k].reshape(-1), filled[k].reshape(-1))
            found = (z[k, there].reshape(-1), code[k, there].reshape(-1), n[k, there].reshape(-1))
            _stretch((first, width), values[here], (slot, turn[k], ring), sums_k, (window, needs[k]), found)
        for i in range(first, first + end - begin):
            for c in range(width):
                ring[i, slot % ring.shape[1], c] = x[begin + i - first, c]
            slots[i] += 1
        begin = end
