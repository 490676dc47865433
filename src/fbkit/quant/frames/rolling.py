"""Rolling correlation of whole columns, to the bit what :class:`fbkit.quant.streaming.Correlation` says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.frames.shape import vector
from fbkit.quant.frames.zscore import ZColumn
from fbkit.quant.interval import LEAST_PAIRS, rounded
from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR, needed

Floats = NDArray[np.float64]


def rolling_correlation(x: Any, y: Any, window: int = 240, *, min_coverage: float = 0.8) -> Floats:
    """Pearson's correlation over the last ``window`` pairs at each row; NaN where there is none.

    Two columns of changes on one grid (log returns, ``oi_dlog``), NaN where missing.
    Twin of :class:`fbkit.quant.streaming.Correlation`.

    >>> k = np.arange(31.0)
    >>> rolling_correlation(k % 7, k % 7 + k % 3, window=30)[-2:].round(4)
    array([0.927 , 0.9206])
    """
    return rolling_correlation_readings(x, y, window, min_coverage=min_coverage).value


def rolling_correlation_readings(x: Any, y: Any, window: int = 240, *, min_coverage: float = 0.8) -> ZColumn:
    """As :func:`rolling_correlation`, with reason codes and pairs behind each."""
    if window < LEAST_PAIRS:
        raise ValueError(f"a correlation needs at least {LEAST_PAIRS} pairs, not {window}")
    a, b = vector(x), vector(y)
    (sx, sy, sxx, syy, sxy), m = _sums(a, b, window)
    with np.errstate(all="ignore"):
        vx, vy = sxx - sx * sx / m, syy - sy * sy / m
        spread = np.sqrt(vx) * np.sqrt(vy)
        r = np.where(spread > 0.0, (sxy - sx * sy / m) / spread, np.nan)
        for row in np.flatnonzero(np.abs(r) > 1.0):
            r[row] = rounded(float(r[row]))
        enough = m >= needed(window, min_coverage, least=LEAST_PAIRS)
        code = np.where(np.logical_or.accumulate(enough), GAP, WARMUP).astype(np.int8)
        code[enough] = np.where(np.isfinite(r), 0, UNSUPPORTED)[enough]
        code[enough & ((vx <= 0.0) | (vy <= 0.0))] = ZERO_VAR
    return ZColumn(np.where(code == 0, r, np.nan), code, m)


def _sums(a: Floats, b: Floats, window: int) -> tuple[list[Floats], NDArray[np.int64]]:
    """Σx Σy Σx² Σy² Σxy of each window as distances from its anchor, and its complete pairs.

    Blocks are rows; a window is a prefix of its block and a suffix of the block before.
    """
    blocks = -(-len(a) // window) or 1
    x, y = (_in_blocks(column, blocks, window) for column in (a, b))
    there = np.isfinite(x) & np.isfinite(y)
    first = np.where(there.any(axis=1), there.argmax(axis=1), window)
    here = np.arange(blocks), np.minimum(first, window - 1)
    anchor = [np.where(first < window, column[here], 0.0) for column in (x, y)]
    sums, m = _running(x, y, there, anchor)
    if blocks > 1:
        later = [k[1:] for k in anchor]
        _add_tails(sums, m, (x[:-1], y[:-1], there[:-1]), later)
        _wait(sums, (x[:-1], y[:-1], there[:-1]), first[1:])
    return [total.reshape(-1)[: len(a)] for total in sums], m.reshape(-1)[: len(a)]


def _in_blocks(column: Floats, blocks: int, window: int) -> Floats:
    padded = np.full(blocks * window, np.nan)
    padded[: len(column)] = column
    return padded.reshape(blocks, window)


def _running(
    x: Floats, y: Floats, there: NDArray[np.bool_], anchor: list[Any]
) -> tuple[list[Floats], NDArray[np.int64]]:
    """Running sums along the rows. ``add.accumulate`` adds one by one, in order."""
    with np.errstate(all="ignore"):
        dx, dy = (np.where(there, column - k[:, None], 0.0) for column, k in zip((x, y), anchor, strict=True))
        sums = [np.add.accumulate(term, axis=1) for term in (dx, dy, dx * dx, dy * dy, dx * dy)]
    return sums, np.add.accumulate(there, axis=1, dtype=np.int64)


Blocks = tuple[Floats, Floats, NDArray[np.bool_]]


def _tails(before: Blocks, anchor: list[Any]) -> tuple[list[Floats], NDArray[np.int64]]:
    """Sums to the end of each block, newest to oldest, of the suffixes that begin at places 1, 2, ..."""
    x, y, there = before
    sums, m = _running(x[:, :0:-1], y[:, :0:-1], there[:, :0:-1], anchor)
    return [total[:, ::-1] for total in sums], m[:, ::-1]


def _add_tails(sums: list[Floats], m: NDArray[np.int64], before: Blocks, anchor: list[Any]) -> None:
    tails, count = _tails(before, anchor)
    with np.errstate(all="ignore"):
        for total, tail in zip(sums, tails, strict=True):
            total[1:, :-1] += tail
    m[1:, :-1] += count


def _wait(sums: list[Floats], before: Blocks, first: NDArray[np.int64]) -> None:
    """While a block has no pair yet, the anchor is the last pair of the block before."""
    late = np.flatnonzero(first > 0)
    if not late.size:
        return
    x, y, there = before[0][late], before[1][late], before[2][late]
    final = there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    at = np.arange(late.size), final
    anchor = [np.where(there.any(axis=1), column[at], 0.0) for column in (x, y)]
    tails, _ = _tails((x, y, there), anchor)
    waiting = np.arange(there.shape[1])[None, :] < first[late][:, None]
    for total, tail in zip(sums, tails, strict=True):
        whole = np.hstack((tail, np.zeros((late.size, 1))))
        total[late + 1] = np.where(waiting, whole, total[late + 1])
