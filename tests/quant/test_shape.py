"""What comes in goes out; two instruments in one column do not come in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fbkit
from fbkit.quant.frames.shape import like


def test_two_instruments_in_one_column_are_refused_and_one_of_them_is_not() -> None:
    minutes = pd.date_range("2026-11-22", periods=30, freq="min", tz="UTC")
    frame = pd.DataFrame({"instrument": ["a"] * 30 + ["b"] * 30, "ret": np.arange(60.0)}, index=minutes.append(minutes))
    with pytest.raises(ValueError, match="more than one instrument"):
        fbkit.zscore(frame["ret"], window=5)
    with pytest.raises(ValueError, match="more than one instrument"):
        fbkit.zscore(frame[["ret"]], window=5)
    alone = frame[frame["instrument"] == "b"]["ret"]
    assert len(fbkit.zscore(alone, window=5)) == 30
    grouped = frame.groupby("instrument")["ret"].transform(lambda one: fbkit.zscore(one, window=5))
    assert grouped.notna().sum() == 2 * (30 - 4), "four of five are enough for a baseline"


def test_numbers_that_repeat_in_a_plain_index_are_nobodys_business() -> None:
    series = pd.Series([1.0, 2.0], index=[7, 7])
    assert like(series, lambda x: x * 2).tolist() == [2.0, 4.0]
