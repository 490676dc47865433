"""What comes in as numpy or pandas goes out as the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Floats = NDArray[np.float64]


def vector(x: Any) -> Floats:
    """One column as float64, missing values as NaN.

    >>> vector([1, 2])
    array([1., 2.])
    """
    if hasattr(x, "to_numpy"):
        x = x.to_numpy(dtype="float64", na_value=np.nan)
    values = np.asarray(x, np.float64)
    if values.ndim != 1:
        raise ValueError(
            f"one column at a time, not {values.ndim} dimensions; a DataFrame is taken column by column, and a Z-score "
            "of an array needs axis=, the dimension along which time passes"
        )
    return values


def _repeats(index: Any) -> bool:
    return index.dtype.kind == "M" and bool(index.has_duplicates)


def like(series: T, function: Callable[[Floats], Floats]) -> T:
    """Apply ``function`` to each column and give back what came: array, Series with its index, or DataFrame.

    Raises :class:`ValueError` where instants repeat: then several instruments stand in one column.
    """

    def write(x: Floats, out: Floats) -> None:
        out[:] = function(x)

    return filled(series, write)


def filled(series: T, write: Callable[[Floats, Floats], None], out: Floats | None = None, axis: int | None = None) -> T:
    """As :func:`like`, a column at a time, with ``write(x, out)`` writing its answer to ``out``.

    An array of two dimensions needs ``axis``, the one along which time passes. ``out`` is an array of float64 of the
    same shape that is written to and comes back.
    """
    frame: Any = series
    if getattr(getattr(frame, "index", None), "dtype", None) is not None and _repeats(frame.index):
        raise ValueError(
            "instants repeat in the index, so this is more than one instrument's series; take one of them, such as "
            'desk.bars("binance:BTC-USDT-PERP"), or group by "instrument" first'
        )
    if hasattr(frame, "columns"):
        result = _room(frame.shape, out, by_column=True)
        for place, lane in enumerate(result.T):
            _write(vector(frame.iloc[:, place]), lane, write)
        return type(frame)(result, index=frame.index, columns=frame.columns, copy=False)  # type: ignore[no-any-return]  # a DataFrame
    if axis is not None and not hasattr(frame, "to_numpy"):
        return _along(np.asarray(frame, np.float64), axis, write, out)  # type: ignore[return-value]  # an array
    x = vector(frame)
    result = _room(x.shape, out)
    _write(x, result, write)
    if hasattr(frame, "index") and hasattr(frame, "to_numpy"):
        return type(frame)(result, index=frame.index, name=frame.name, copy=False)  # type: ignore[no-any-return]  # a Series
    return result  # type: ignore[return-value]  # an array for an array or a list


def _along(x: Floats, axis: int, write: Callable[[Floats, Floats], None], out: Floats | None) -> Floats:
    if x.ndim not in {1, 2} or not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis is a dimension of an array of one or two, not {axis} of {x.ndim}")
    result = _room(x.shape, out, by_column=axis % x.ndim == 0)
    for column, lane in zip(np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]), _lanes(result, axis), strict=True):
        _write(column, lane, write)
    return result


def _lanes(x: Floats, axis: int) -> list[Floats]:
    return [x] if x.ndim == 1 else list(np.moveaxis(x, axis, -1))


def _room(shape: tuple[int, ...], out: Floats | None, *, by_column: bool = False) -> Floats:
    """``out`` if it fits, else a new array whose columns lie together in memory."""
    if out is None:
        return np.empty(shape, order="F" if by_column else "C")
    if getattr(out, "dtype", None) != np.float64 or out.shape != shape:
        raise ValueError(f"out is an array of float64 of shape {shape}")
    return out


def _write(x: Floats, lane: Floats, write: Callable[[Floats, Floats], None]) -> None:
    """Let ``write`` see nothing but contiguous arrays."""
    whole = np.ascontiguousarray(x)
    if lane.flags.c_contiguous and not np.may_share_memory(whole, lane):
        write(whole, lane)
        return
    room = np.empty(lane.shape)
    write(whole, room)
    lane[:] = room
