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
        raise ValueError(f"one column at a time, not {values.ndim} dimensions; a DataFrame is taken column by column")
    return values


def _repeats(index: Any) -> bool:
    return index.dtype.kind == "M" and bool(index.has_duplicates)


def like(series: T, function: Callable[[Floats], Floats]) -> T:
    """Apply ``function`` to each column and give back what came: array, Series with its index, or DataFrame.

    Raises :class:`ValueError` where instants repeat: then several instruments stand in one column.
    """
    frame: Any = series
    if getattr(getattr(frame, "index", None), "dtype", None) is not None and _repeats(frame.index):
        raise ValueError(
            "instants repeat in the index, so this is more than one instrument's series; take one of them, such as "
            'desk.bars("binance:BTC-USDT-PERP"), or group by "instrument" first'
        )
    if hasattr(frame, "columns"):
        new = frame.astype("float64")
        for place in range(frame.shape[1]):
            new.isetitem(place, function(vector(frame.iloc[:, place])))
        return new  # type: ignore[no-any-return]  # the frame's own type
    result = function(vector(frame))
    if hasattr(frame, "index") and hasattr(frame, "to_numpy"):
        return type(frame)(result, index=frame.index, name=frame.name)  # type: ignore[no-any-return]  # a Series
    return result  # type: ignore[return-value]  # an array for an array or a list
