"""A bar close of a panel of Z-scores compiled by numba: the bits of the numpy way, in one pass over the instruments."""

from __future__ import annotations

from math import isfinite, nan, sqrt
from typing import Any

import numpy as np
from numba import njit

from fbkit.quant.frames.compiled import HUGE, TINY, quotient
from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR

_compile = njit(error_model="numpy", cache=True)


@_compile
def _quick(window: int, work: Any, n: Any, z: Any) -> bool:
    """Judge all at once; whether each is a value, of a full baseline, that plain division gives, too."""
    m, less = float(window), float(window - 1)
    per_m, per_less = 1.0 / m, 1.0 / less
    good = True
    for k in range(len(z)):
        s, q = work[0, k], work[1, k]
        var = quotient(q - quotient(s * s, m, per_m), less, per_less)
        value = (work[2, k] - quotient(s, m, per_m)) / sqrt(var)
        z[k] = value
        good &= (var > TINY) & (var < HUGE) & (abs(value) < HUGE) & ((abs(s) > TINY) | (s == 0.0))
    for k in range(len(n)):
        good &= n[k] == window
    return good


@_compile
def _plain(x: Any, work: Any, filled: Any, need: int, answer: Any) -> None:
    """The same by division, one instrument, with reasons."""
    z, code, n = answer
    for c in range(len(x)):
        count, s = n[c], work[0, c]
        enough = count >= need
        if enough:
            filled[c] = True
        z[c], code[c] = nan, GAP if filled[c] else WARMUP
        if enough and isfinite(x[c]):
            var = (work[1, c] - s * s / count) / (count - 1)
            value = (work[2, c] - s / count) / sqrt(var)
            if 0.0 < var < np.inf and isfinite(value):
                z[c], code[c] = value, 0
            else:
                code[c] = ZERO_VAR if var <= 0.0 else UNSUPPORTED


@_compile
def _judge(rows: Any, x: Any, need: int, panel: Any, work: Any, answer: Any) -> None:
    """Judge ``x`` against the baselines in ``work``."""
    z, code, n = answer
    ring, _, _, (_, _, _, filled) = panel
    width = x.shape[1]
    if need <= ring.shape[1] and _quick(ring.shape[1], work, n, z):
        code[:] = 0
        for r in range(len(rows)):
            for c in range(width):
                filled[rows[r], c] = True
        return
    for r in range(len(rows)):
        at = slice(r * width, (r + 1) * width)
        _plain(x[r], work[:, at], filled[rows[r]], need, (z[at], code[at], n[at]))


@_compile
def _rebuild(ring: Any, suffixes: Any, c: int, anchor: float) -> None:
    """Sums over the end of the previous block of one column, newest to oldest, as distances from ``anchor``."""
    tail_s, tail_q, tail_m = suffixes
    s = q = 0.0
    m = 0
    for j in range(len(ring) - 1, -1, -1):
        if isfinite(ring[j, c]):
            d = ring[j, c] - anchor
            s += d
            q += d * d
            m += 1
        tail_s[j, c], tail_q[j, c], tail_m[j, c] = s, q, m


@_compile
def _rebuild_all(ring: Any, suffixes: Any, anchor: Any) -> bool:
    """The same for all columns side by side; False where something is missing: then it is to be done again."""
    tail_s, tail_q, tail_m = suffixes
    window, width = ring.shape
    whole = True
    for j in range(window - 1, -1, -1):
        for c in range(width):
            d = ring[j, c] - anchor[c]
            whole &= abs(ring[j, c]) < np.inf
            tail_s[j, c] = tail_s[j + 1, c] + d
            tail_q[j, c] = tail_q[j + 1, c] + d * d
            tail_m[j, c] = window - j
    return whole


@_compile
def _turn(x: Any, ring: Any, suffixes: Any, anchor: Any) -> None:
    """A block is full: columns without a value now look back from the last value of it."""
    for c in range(len(x)):
        if not isfinite(x[c]):
            anchor[c] = 0.0
            for j in range(len(ring) - 1, -1, -1):
                if isfinite(ring[j, c]):
                    anchor[c] = ring[j, c]
                    break
            _rebuild(ring, suffixes, c, anchor[c])


@_compile
def _anchor(x: Any, ring: Any, suffixes: Any, anchor: Any, anchored: Any) -> None:
    """Columns whose block has its first value look back from that."""
    fresh = 0
    for c in range(len(x)):
        fresh += isfinite(x[c]) and not anchored[c]
    if fresh == len(x):
        anchor[:] = x
        anchored[:] = True
        if _rebuild_all(ring, suffixes, anchor):
            return
        anchored[:] = False
    for c in range(len(x) if fresh else 0):
        if isfinite(x[c]) and not anchored[c]:
            anchor[c], anchored[c] = x[c], True
            _rebuild(ring, suffixes, c, x[c])


@_compile
def _prepare(i: Any, x: Any, panel: Any) -> None:
    """Where a block is full or a column has no anchor in it yet, look back anew."""
    ring, (suffix_s, suffix_q, suffix_m), (s, q, m), (place, anchor, anchored, _) = panel
    suffixes = suffix_s[i], suffix_q[i], suffix_m[i]
    if place[i] == ring.shape[1]:
        place[i] = 0
        s[i], q[i], m[i], anchored[i] = 0.0, 0.0, 0, False
        _turn(x, ring[i], suffixes, anchor[i])
    _anchor(x, ring[i], suffixes, anchor[i], anchored[i])


@_compile
def _move(rows: Any, x: Any, panel: Any, work: Any, n: Any) -> None:
    """Write down the baselines as they stand (s, q, distance from the anchor), then make ``x`` part of them.

    One pass, in which every array is taken apart once: a call an instrument would cost more than what it does.
    """
    ring, (suffix_s, suffix_q, suffix_m), (s, q, m), (place, anchor, anchored, _) = panel
    # Unsigned, an index is not asked whether it counts from the end.
    window, width = np.uintp(ring.shape[1]), np.uintp(x.shape[1])
    for r in range(np.uintp(len(rows))):
        i, begin = np.uintp(rows[r]), r * width
        at = np.uintp(place[i])
        easy = 0 < at < window
        for c in range(width):
            work[0, begin + c] = suffix_s[i, at, c] + s[i, c]
            work[1, begin + c] = suffix_q[i, at, c] + q[i, c]
            work[2, begin + c] = x[r, c] - anchor[i, c]
            n[begin + c] = suffix_m[i, at, c] + m[i, c]
            easy &= anchored[i, c]
        if not easy:
            _prepare(i, x[r], panel)
            at = np.uintp(place[i])
        for c in range(width):
            there = abs(x[r, c]) < np.inf
            d = x[r, c] - anchor[i, c] if there else 0.0
            s[i, c] += d
            q[i, c] += d * d
            m[i, c] += there
            ring[i, at, c] = x[r, c]
        place[i] += 1


@_compile
def close(rows: Any, x: Any, need: int, panel: Any, answer: Any) -> None:
    """Judge ``x`` (instruments × columns) of ``rows``, each once, then make it part of the baselines.

    ``panel`` are the arrays of :class:`fbkit.quant.panel.ZPanel`: ring, suffixes, sums, and place, anchor, anchored,
    filled; ``answer`` takes values, reason codes and counts, flat.
    """
    work = np.empty((3, x.size))
    _move(rows, x, panel, work, answer[2])
    _judge(rows, x, need, panel, work, answer)
