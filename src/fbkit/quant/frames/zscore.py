"""The Z-score of a whole column, to the bit what :class:`fbkit.quant.streaming.RollingZScore` says step by step."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fbkit.quant.driver import kernels
from fbkit.quant.frames.shape import filled, vector
from fbkit.quant.reading import GAP, UNSUPPORTED, WARMUP, ZERO_VAR, needed

T = TypeVar("T")
Floats = NDArray[np.float64]

#: So many values at a time stay in the cache with everything made of them.
_STRETCH = 32_768

#: Where only values are wanted.
_NO_CODE, _NO_N = np.empty(0, np.int8), np.empty(0, np.int64)


class ZColumn(NamedTuple):
    """A column of readings: values, reason codes (:data:`fbkit.quant.reading.REASONS`), values behind each."""

    value: Floats
    code: NDArray[np.int8]
    n: NDArray[np.int64]


def zscore(  # noqa: PLR0913 - one statistic's options, all but the series with a default
    series: T,
    window: int = 240,
    *,
    min_coverage: float = 0.8,
    offset: int = 0,
    include_current: bool = False,
    axis: int | None = None,
    out: Floats | None = None,
    driver: str = "auto",
) -> T:
    """Distance of each value from the ``window`` values before it, in standard deviations.

    Parameters
    ----------
    series : numpy array, pandas Series or DataFrame
        One row a slot, oldest first, NaN where a slot is missing; a DataFrame is judged column by column, an array of
        two dimensions needs ``axis``.
    window, min_coverage, offset, include_current
        As :class:`fbkit.quant.streaming.RollingZScore`; ``offset`` is the number of the first slot.
    axis : int
        The dimension of an array along which time passes: 1 for instruments × bars.
    out : array of float64 of the same shape
        Written to and given back: a second use costs no new memory, which is most of the time of a large one. Quickest
        where the values of one series lie together.
    driver : {"auto", "numpy", "numba"}
        Who does the sums; the bits are the same. ``auto`` takes numba for large ones, where it is installed.

    Returns
    -------
    The same type and shape; NaN where there is no value (:func:`zscore_readings` says why).

    Examples
    --------
    >>> zscore(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), window=4).round(6)
    array([      nan,       nan,       nan,       nan, 75.523175])
    """
    task = _task(window, min_coverage, offset, include_current=include_current)
    given: Any = series
    compiled = kernels(driver, int(np.size(given)))

    def write(x: Floats, into: Floats) -> None:
        _into(compiled, x, task, ZColumn(into, _NO_CODE, _NO_N))

    return filled(series, write, out, axis)


def zscore_readings(
    x: Any,
    window: int = 240,
    *,
    min_coverage: float = 0.8,
    offset: int = 0,
    include_current: bool = False,
    driver: str = "auto",
) -> ZColumn:
    """As :func:`zscore` of one column, with the reasons and counts."""
    values = np.ascontiguousarray(vector(x))
    size = len(values)
    task = _task(window, min_coverage, offset, include_current=include_current)
    out = ZColumn(np.empty(size), np.zeros(size, np.int8), np.empty(size, np.int64))
    _into(kernels(driver, size), values, task, out)
    return out


class _Task(NamedTuple):
    """A window; slots of its first block before the column; 1 where a value counts itself; how many it needs."""

    window: int
    lead: int
    now: int
    need: int


def _task(window: int, min_coverage: float, offset: int, *, include_current: bool) -> _Task:
    if window < 2:
        raise ValueError(f"a baseline needs at least 2 values, not {window}")
    return _Task(window, offset % window, int(include_current), needed(window, min_coverage))


def _into(compiled: Any | None, values: Floats, task: _Task, out: ZColumn) -> None:
    if compiled is None:
        _by_numpy(values, task, out)
    else:
        compiled.zscore_into(values, *task, tuple(out))


def agrees(compiled: Any) -> bool:
    """Whether compiled kernels give numpy's bits on this machine, on a column with everything in it."""
    x = np.sin(np.arange(400.0) ** 1.5) * 10.0 + 1e5
    x[[130, 131, 250, 300]] = np.nan, np.inf, 1e12, 1e200
    x[330:360] = x[330]
    same = []
    for task in (_Task(7, 0, 0, 6), _Task(20, 3, 1, 16), _Task(60, 0, 0, 48)):
        ours, theirs = (ZColumn(np.empty(400), np.zeros(400, np.int8), np.empty(400, np.int64)) for _ in range(2))
        _by_numpy(x, task, ours)
        compiled.zscore_into(x, *task, tuple(theirs))
        same += [ours[k].tobytes() == theirs[k].tobytes() for k in range(3)]
    return all(same)


def _by_numpy(values: Floats, task: _Task, out: ZColumn) -> None:
    window, lead, now, need = task
    head = 3 * window - lead
    if len(values) <= head or not np.isfinite(values).all():
        _put(out, slice(None), _any(values, window, lead, now, need))
        return
    _put(out, slice(head), _any(values[:head], window, lead, now, need))
    out.n[head:] = window
    # From the third block on every baseline is full: no masks, no counts, a stretch that stays in the cache.
    step = max(1, _STRETCH // window) * window
    for start in range(head, len(values), step):
        end = min(start + step, len(values))
        _full(values[start - 2 * window : end], window, now, out.value[start:end], out.code[start:end])


def _put(out: ZColumn, at: slice, found: ZColumn) -> None:
    out.value[at] = found.value
    if out.code.size:
        out.code[at], out.n[at] = found.code, found.n


def _any(values: Floats, window: int, lead: int, now: int, need: int) -> ZColumn:
    """A column with whatever holes it has; ``now`` is 1 where the value itself counts into its baseline."""
    anchor, s, q, m = _baselines(values, window, lead)
    # The baseline of a slot is what stood after the slot before it.
    at = slice(lead + now, lead + now + len(values))
    anchor, s, q, m = anchor[at], s[at], q[at], m[at]
    with np.errstate(all="ignore"):
        var = (q - s * s / m) / (m - 1)
        z = ((values - anchor) - s / m) / np.sqrt(var)
    return ZColumn(*_explained(values, z, var, m, need))


def _full(values: Floats, window: int, now: int, z: Floats, code: NDArray[np.int8]) -> None:
    """Write the Z of all but the first two blocks; ``values`` begin with a block and have no holes."""
    blocks = -(-len(values) // window)
    x = np.zeros(blocks * window)
    x[: len(values)] = values
    x = x.reshape(blocks, window)  # type: ignore[assignment]  # one dimension, then two
    anchor = x[1:, :1]
    at = slice(window - 1 + now, window - 1 + now + len(z))
    with np.errstate(all="ignore"):
        d = x[1:] - anchor
        s, q = np.add.accumulate(d, axis=1), np.add.accumulate(np.multiply(d, d, out=d), axis=1)
        e = x[:-1, :0:-1] - anchor
        s[:, :-1] += np.add.accumulate(e, axis=1)[:, ::-1]
        q[:, :-1] += np.add.accumulate(np.multiply(e, e, out=e), axis=1)[:, ::-1]
        s, q = s.reshape(-1)[at], q.reshape(-1)[at]
        var = np.multiply(s, s)
        var /= window
        np.subtract(q, var, out=var)
        var /= window - 1
        s /= window
        np.subtract(values[2 * window :], np.repeat(anchor, window)[at], out=z)
        z -= s
        z /= np.sqrt(var, out=q)
        if var.min() > 0.0 and var.max() < np.inf and z.min() > -np.inf and z.max() < np.inf:
            return  # nothing is missing, as nearly always; a NaN would fail every comparison
        good = (var > 0.0) & (var < np.inf) & np.isfinite(z)
        if code.size:
            code[~good] = np.where(var[~good] <= 0.0, ZERO_VAR, UNSUPPORTED)
        z[~good] = np.nan


def _explained(values: Floats, z: Floats, var: Floats, m: NDArray[np.int64], need: int) -> tuple[Any, Any, Any]:
    enough = m >= need
    filled = np.logical_or.accumulate(enough)
    code = np.where(filled, GAP, WARMUP).astype(np.int8)
    judged = enough & np.isfinite(values)
    code[judged] = 0
    with np.errstate(invalid="ignore"):
        code[judged & (var <= 0.0)] = ZERO_VAR
        code[judged & ~(var <= 0.0) & ~((var < np.inf) & np.isfinite(z))] = UNSUPPORTED
    return np.where(code == 0, z, np.nan), code, m


def _baselines(values: Floats, window: int, lead: int) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Anchor, sum, sum of squares and count after each slot; entry 0 is before the first block's first slot.

    Blocks are rows. The window after place p of a block is its prefix up to p and the suffix of the block before
    from p + 1; both as distances from one anchor inside the window.
    """
    blocks = -(-(lead + len(values)) // window) or 1
    padded = np.full(blocks * window, np.nan)
    padded[lead : lead + len(values)] = values
    x = padded.reshape(blocks, window)
    there = np.isfinite(x)
    any_there = there.any(axis=1)
    first = np.where(any_there, there.argmax(axis=1), window)
    anchor = np.where(any_there, x[np.arange(blocks), np.minimum(first, window - 1)], 0.0)

    s, q, m = _prefix(x, there, anchor)
    tail_s, tail_q, tail_m = _suffix(x[:-1], there[:-1], anchor[1:])
    s[1:, :-1] += tail_s
    q[1:, :-1] += tail_q
    m[1:, :-1] += tail_m
    anchors = np.repeat(anchor[:, None], window, axis=1)

    # While a block has no value yet, the last value of the block before is the anchor.
    late = np.flatnonzero(first[1:] > 0) + 1
    if late.size:
        before, known = x[late - 1], there[late - 1]
        final = window - 1 - known[:, ::-1].argmax(axis=1)
        other = np.where(known.any(axis=1), before[np.arange(late.size), final], 0.0)
        tail_s, tail_q, _ = _suffix(before, known, other)
        waiting = np.arange(window)[None, :] < first[late][:, None]
        zero = np.zeros((late.size, 1))
        s[late] = np.where(waiting, np.hstack((tail_s, zero)), s[late])
        q[late] = np.where(waiting, np.hstack((tail_q, zero)), q[late])
        anchors[late] = np.where(waiting, other[:, None], anchors[late])
    none = np.zeros(1)
    flat = (np.concatenate((none, a.reshape(-1))) for a in (anchors, s, q))
    return (*flat, np.concatenate((np.zeros(1, np.int64), m.reshape(-1))))  # type: ignore[return-value]  # three and one


def _prefix(x: Floats, there: NDArray[np.bool_], anchor: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Sums from the block's first place, oldest to newest. ``add.accumulate`` adds one by one, in order."""
    with np.errstate(all="ignore"):
        d = x - anchor[:, None]
        if not there.all():
            d[~there] = 0.0
        return (
            np.add.accumulate(d, axis=1),
            np.add.accumulate(d * d, axis=1),
            np.add.accumulate(there, axis=1, dtype=np.int64),
        )


def _suffix(x: Floats, there: NDArray[np.bool_], anchor: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Sums to the block's last place, newest to oldest, of the suffixes that begin at places 1, 2, ..."""
    s, q, m = _prefix(x[:, :0:-1], there[:, :0:-1], anchor)
    return s[:, ::-1], q[:, ::-1], m[:, ::-1]
