"""Whole columns of Z-scores compiled by numba (the extra ``numba``): the bits of the numpy way, several times as fast.

The order of operations is the metrics reference's (8), one IEEE operation at a time: no fast-math, nothing fused. Where
nothing is missing, ``s / m`` with a whole ``m`` is made of a product and two fused multiply-adds. That is the same
correctly rounded quotient (Markstein: the remainder is exact for a small whole divisor, and no quotient lies near
enough to a tie) as long as nothing is tiny or huge, which every value is checked for; else the block divides plainly.

This module needs numba; :mod:`fbkit.quant.driver` knows whether it is there.
"""

from __future__ import annotations

from math import isfinite, nan, sqrt
from typing import Any

import numpy as np
from numba import njit
from numba import types as numba_types
from numba.extending import intrinsic

from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR

types: Any = numba_types  # partly typed
_compile = njit(error_model="numpy", cache=True)

#: Between these, a quotient made of products is that of division.
TINY, HUGE = 1e-280, 1e280


def _fused(_context: Any, _a: Any, _b: Any, _c: Any) -> Any:
    def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), emit


#: ``a * b + c``, rounded once.
_fma: Any = intrinsic(_fused)


@_compile
def quotient(a: float, b: float, reciprocal: float) -> float:
    """``a / b`` for a whole ``b``: correctly rounded where it is neither tiny nor huge."""
    near = a * reciprocal
    exact: float = _fma(_fma(-near, b, a), reciprocal, near)
    return exact


@_compile
def _running(x: Any, begin: int, window: int, end: int, work: Any) -> None:
    """Sums of block ``[begin, begin + window)`` up to ``end`` and of the block before, as ``work``'s four rows.

    Prefixes oldest to newest, suffixes newest to oldest: four chains that do not wait for each other.
    """
    anchor = x[begin]
    s = q = 0.0
    for j in range(end - begin):
        d = x[begin + j] - anchor
        s += d
        q += d * d
        work[0, j], work[1, j] = s, q
    s = q = 0.0
    work[2, window - 1] = work[3, window - 1] = 0.0
    for j in range(window - 1, 0, -1):
        d = x[begin - window + j] - anchor
        s += d
        q += d * d
        work[2, j - 1], work[3, j - 1] = s, q


@_compile
def _quick(x: Any, anchor: float, window: int, work: Any, z: Any) -> bool:
    """Judge ``x`` against the sums of ``work``; whether every one is a value that plain division gives, too."""
    m, less = float(window), float(window - 1)
    per_m, per_less = 1.0 / m, 1.0 / less
    good = True
    for j in range(len(z)):
        s = work[0, j] + work[2, j]
        q = work[1, j] + work[3, j]
        var = quotient(q - quotient(s * s, m, per_m), less, per_less)
        value = ((x[j] - anchor) - quotient(s, m, per_m)) / sqrt(var)
        z[j] = value
        good &= (var > TINY) & (var < HUGE) & (abs(value) < HUGE) & ((abs(s) > TINY) | (s == 0.0))
    return good


@_compile
def _plain(x: Any, anchor: float, window: int, work: Any, z: Any, code: Any) -> None:
    """The same by division, with reasons (``code`` may be empty)."""
    m = float(window)
    for j in range(len(z)):
        s = work[0, j] + work[2, j]
        q = work[1, j] + work[3, j]
        var = (q - s * s / m) / (m - 1.0)
        value = ((x[j] - anchor) - s / m) / sqrt(var)
        good = 0.0 < var < np.inf and isfinite(value)
        z[j] = value if good else nan
        if code.size:
            code[j] = 0 if good else GAP if not isfinite(x[j]) else ZERO_VAR if var <= 0.0 else UNSUPPORTED


@_compile
def _tail(x: Any, begin: int, window: int, anchor: float, work: Any, m: Any) -> None:
    """Sums of the block before ``begin`` from each place on, newest to oldest; it may have holes, or begin later."""
    s = q = 0.0
    count = 0
    work[2, window] = work[3, window] = 0.0
    m[window] = 0
    for j in range(window - 1, -1, -1):
        t = begin - window + j
        if t >= 0 and isfinite(x[t]):
            d = x[t] - anchor
            s += d
            q += d * d
            count += 1
        work[2, j], work[3, j], m[j] = s, q, count


@_compile
def _last(x: Any, begin: int, window: int) -> float:
    """The last finite value of the block before ``begin``, 0 where there is none."""
    for t in range(begin - 1, max(begin - window, 0) - 1, -1):
        if isfinite(x[t]):
            return float(x[t])
    return 0.0


@_compile
def _with_holes(x: Any, span: Any, task: Any, filled: int, scratch: Any, out: Any) -> int:
    """One block, whatever is missing of it and of the one before; whether the window was ever filled."""
    (begin, end), (window, now, need), (work, m) = span, task, scratch
    z, code, n = out
    anchor, anchored = _last(x, begin, window), False
    _tail(x, begin, window, anchor, work, m)
    s = q = 0.0
    head = 0
    for j in range(end - begin):
        if begin + j >= 0 and isfinite(x[begin + j]):
            if not anchored:
                anchored, anchor = True, x[begin + j]
                _tail(x, begin, window, anchor, work, m)
            d = x[begin + j] - anchor
            s += d
            q += d * d
            head += 1
        t = begin + j + 1 - now
        if t < 0 or t >= len(x):
            continue
        count = m[j + 1] + head
        enough = count >= need
        filled = 1 if enough else filled
        reason, value = GAP if filled else WARMUP, nan
        if enough and isfinite(x[t]):
            total, squares = s + work[2, j + 1], q + work[3, j + 1]
            var = (squares - total * total / count) / (count - 1)
            value = ((x[t] - anchor) - total / count) / sqrt(var)
            good = 0.0 < var < np.inf and isfinite(value)
            reason = 0 if good else ZERO_VAR if var <= 0.0 else UNSUPPORTED
        z[t] = value if reason == 0 else nan
        if code.size:
            code[t], n[t] = reason, count
    return filled


@_compile
def _whole(x: Any, start: int, end: int) -> bool:
    """Whether nothing is missing of these rows."""
    whole = True
    for t in range(start, end):
        whole &= abs(x[t]) < np.inf
    return whole


_COLUMN, _CODE, _N = (
    types.Array(types.float64, 1, "C"),
    types.Array(types.int8, 1, "C"),
    types.Array(types.int64, 1, "C"),
)
_GIVEN = types.Array(types.float64, 1, "C", readonly=True)  # one kernel for what may be written to and what may not
_INTO = types.void(_GIVEN, *(types.int64,) * 4, types.Tuple((_COLUMN, _CODE, _N)))


@njit(_INTO, error_model="numpy", cache=True)  # type: ignore[untyped-decorator]  # numba's are
def zscore_into(x: Any, window: int, lead: int, now: int, need: int, out: Any) -> None:
    """Write ``out = (z, code, n)`` of a column; ``code`` and ``n`` may be empty, then only values are written."""
    z, code, n = out
    work, m = np.empty((4, window + 1)), np.empty(window + 1, np.int64)
    if now == 0 and len(x):
        z[0] = nan
        if code.size:
            code[0], n[0] = WARMUP, 0
    filled, before = 0, False
    for begin in range(-lead, len(x), window):
        end = min(begin + window, len(x))
        here = begin >= 0 and _whole(x, begin, end)
        if not (here and before and window >= need):
            filled = _with_holes(x, (begin, end), (window, now, need), filled, (work, m), out)
            before = here
            continue
        filled, first = 1, begin + 1 - now
        until = min(end + 1 - now, len(x))
        _running(x, begin, window, end, work)
        if not _quick(x[first:until], x[begin], window, work, z[first:until]):
            _plain(x[first:until], x[begin], window, work, z[first:until], code[first:until])
        elif code.size:
            code[first:until] = 0
        if code.size:
            n[first:until] = window
