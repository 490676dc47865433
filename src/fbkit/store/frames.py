"""Arrays as frames. Nobody else here knows pandas: a page that reads arrays does without its 35 MB."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.store.columns import distinct
from fbkit.store.kinds import MISSING, Kind
from fbkit.store.query import RowTable


def to_frame(kind: Kind, arrays: dict[str, NDArray[Any]], names: dict[int, str]) -> pd.DataFrame:
    """Arrays as a frame: UTC index ``time`` (of ``ts_event``), units in the names, instants also in ns."""
    numbers, codes = distinct(arrays["instrument"])
    words = pd.Index([names[number] for number in numbers.tolist()])
    columns: dict[str, Any] = {"instrument": pd.Categorical.from_codes(codes, categories=words)}
    for field in kind.fields[1:]:
        name = f"{field.name}_{field.unit}" if field.unit else field.name
        columns[name] = _nullable(arrays[field.name]) if field.optional else arrays[field.name]
    return pd.DataFrame(columns, index=utc_index(arrays["ts_event"]), copy=False)


def rows_frame(table: RowTable, columns: dict[str, Any]) -> pd.DataFrame:
    """Columns as a frame; a table's time is its index (UTC, named ``time``) and stays a column in ns."""
    frame = pd.DataFrame(columns, copy=False)
    if table.time is not None:
        frame.index = utc_index(columns[table.time])
    return frame


def utc_index(ts: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DatetimeIndex:
    """UTC ns as the index of a frame."""
    return pd.DatetimeIndex(ts.view("M8[ns]"), tz="UTC", name="time")


def _nullable(array: NDArray[Any]) -> Any:
    if array.dtype != np.int64:
        return array
    missing = array == MISSING
    return pd.arrays.IntegerArray(array, missing) if missing.any() else array
