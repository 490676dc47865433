"""Values worked out elsewhere (metrics reference 13), types in and out, and an exact oracle."""

from fractions import Fraction
from math import ceil, isnan, nan, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.model import JUDGED
from fbkit.quant import atr, rsi, zscore
from fbkit.quant.frames import atr_readings, metrics, zscore_readings
from fbkit.quant.frames.metrics import stagger
from fbkit.quant.reading import needed
from fbkit.quant.streaming import ATR, RSI, RollingZScore

CLOSES = (10, 11, 10.5, 11.5, 12, 11, 11.2)
BARS = tuple(zip((10, 12, 9, 11, 10, 13, 8), (8, 9, 7, 9, 8, 10, 6), (9, 11, 8, 10, 9, 12, 7), strict=True))


def test_rsi():
    assert rsi(np.array(CLOSES), 3) == pytest.approx(
        [nan, nan, nan, 80, 84.615385, 50, 55.465587], abs=1e-6, nan_ok=True
    )


def test_rsi_without_losses_is_100_and_without_moves_50():
    assert rsi(np.arange(6.0), 3)[-1] == 100.0
    assert rsi(np.full(6, 4.2), 3)[-1] == 50.0
    assert rsi(np.arange(6.0, 0.0, -1.0), 3)[-1] == 0.0


def test_atr():
    high, low, close = (np.array(column, float) for column in zip(*BARS, strict=True))
    assert atr(high, low, close, 3) == pytest.approx(
        [nan, nan, nan, 3.333333, 2.888889, 3.259259, 4.172840], abs=1e-6, nan_ok=True
    )


def test_z_of_a_hundred_after_one_two_three_four():
    x = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    assert zscore(x, 4)[-1] == pytest.approx(75.523175, abs=1e-6)
    inside = zscore(x, 5, include_current=True)[-1]
    assert inside == pytest.approx(1.788267, abs=1e-6)
    assert inside * sqrt(5 / 4) == pytest.approx(1.999343, abs=1e-6)  # ddof 0


def test_including_the_value_itself_caps_its_score():
    for n in (5, 7, 20):
        x = np.append(np.random.default_rng(n).standard_normal(n - 1), 1e9)
        assert zscore(x, n, include_current=True)[-1] <= (n - 1) / sqrt(n)


def exact(baseline, x):
    """The Z of ``x`` as a fraction of exact numbers, rounded once."""
    there = [Fraction(v) for v in baseline if np.isfinite(v)]
    mean = sum(there) / len(there)
    var = sum((v - mean) ** 2 for v in there) / (len(there) - 1)
    return float(Fraction(x) - mean) / sqrt(var) if var else nan


@pytest.mark.parametrize("kind", ["returns", "price", "huge with tiny steps", "bad print", "holes"])
@pytest.mark.parametrize("window", [2, 5, 20, 60])
def test_z_is_exact_on_every_phase(kind, window):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(3 * window + 5) * 1e-3
    if kind == "price":
        x = np.round(65_000 + np.cumsum(x) * 15_000, 1)
    elif kind == "huge with tiny steps":
        x = 1e9 + np.round(x * 1e3) / 8
    elif kind == "bad print":
        x = 100 + x
        x[window + 1] = 1e12
    elif kind == "holes":
        x[rng.random(len(x)) < 0.1] = nan
    for offset in range(0, window, 1 if window <= 5 else 7 if window <= 20 else 29):
        z, _, n = zscore_readings(x, window, offset=offset)
        for t in range(len(x)):
            baseline = x[max(0, t - window) : t]
            assert n[t] == np.isfinite(baseline).sum()
            enough = n[t] >= max(2, ceil(0.8 * window))
            if not enough or not np.isfinite(x[t]):
                assert isnan(z[t])
                continue
            want = exact(baseline.tolist(), float(x[t]))
            near_bad = kind == "bad print" and (np.abs(baseline) > 1e6).any()
            if isnan(want):
                assert isnan(z[t])
            elif not near_bad:
                assert z[t] == pytest.approx(want, rel=1e-11, abs=1e-11)


def test_a_bad_print_leaves_with_its_window():
    x = np.random.default_rng(2).standard_normal(300)
    bad = x.copy()
    bad[100] = 1e12
    clean, after = zscore(x, 20), zscore(bad, 20)
    assert np.abs(after[121:] - clean[121:]).max() < 1e-13


@given(st.floats(-1e12, 1e12), st.integers(2, 30), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_flat_is_exactly_flat(level, window, offset):
    z, code, _ = zscore_readings(np.full(3 * window, level), window, offset=offset)
    assert np.isnan(z).all()
    assert set(code[window:].tolist()) == {2}


def test_what_comes_in_as_pandas_goes_out_as_pandas():
    index = pd.date_range("2026-01-01", periods=30, freq="min", tz="UTC", name="ts")
    x = np.random.default_rng(1).standard_normal((30, 2))
    series, frame = pd.Series(x[:, 0], index, name="a"), pd.DataFrame(x, index, columns=["a", "b"])
    for function in (lambda s: zscore(s, 5), lambda s: rsi(s, 5)):
        want = function(x[:, 0])
        found = function(series)
        pd.testing.assert_series_equal(found, pd.Series(want, index, name="a"))
        both = function(frame)
        assert isinstance(both, pd.DataFrame)
        pd.testing.assert_series_equal(both["a"], found)
        assert list(both.columns) == ["a", "b"]
        assert series.equals(pd.Series(x[:, 0], index, name="a"))  # what was given stays
    assert isinstance(atr(series + 1, series - 1, series, 5), pd.Series)
    assert zscore(pd.Series([1, 2, 3, 4, pd.NA], dtype="Int64"), 2).isna().tolist() == [True, True, False, False, True]
    twins = pd.DataFrame(x, columns=["a", "a"])
    assert zscore(twins, 5).shape == (30, 2)


def test_two_dimensions_without_names_are_refused():
    with pytest.raises(ValueError, match="DataFrame"):
        zscore(np.zeros((3, 3)))


@pytest.mark.parametrize("make", [lambda: RollingZScore(1), lambda: RSI(0), lambda: RSI(63), lambda: ATR(0)])
def test_a_window_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError, match="not"):
        make()


def test_how_many_values_are_needed_is_not_a_matter_of_binary_fractions():
    for window in range(2, 400):
        assert needed(window, 0.8) == max(2, -(-8 * window // 10))


def test_slots_without_a_row_count_as_missing():
    rng = np.random.default_rng(3)
    ends = np.arange(1000, 1200) * 60_000_000_000
    values = {name: rng.random(200) + 1 for name in ("high", "low", "close", *JUDGED)}
    gone = np.isin(np.arange(200), (50, 51, 120))
    holes = {name: np.where(gone, nan, column) for name, column in values.items()}
    cut = {name: column[~gone] for name, column in values.items()}
    whole, sparse = metrics("x:A-B-PERP", "1m", ends, holes), metrics("x:A-B-PERP", "1m", ends[~gone], cut)
    for name, column in whole.items():
        assert np.array_equal(column[~gone], sparse[name], equal_nan=True), name
    assert metrics("x:A-B-PERP", "1m", [], {}).keys() == whole.keys()


def test_blocks_are_staggered_by_instrument():
    shifts = {stagger(f"binance:C{i}-USDT-PERP", 20) for i in range(90)}
    assert len(shifts) > 15
    x = np.random.default_rng(0).standard_normal(100)
    assert np.nanmax(np.abs(zscore(x, 20) - zscore(x, 20, offset=7))) < 1e-12


def test_a_bar_with_one_missing_price_has_no_range_and_counts_as_missing():
    high, low, close = np.full(30, 3.0), np.full(30, 1.0), np.full(30, 2.0)
    high[20] = nan
    value, _, seen = atr_readings(high, low, close, 5)
    assert isnan(value[20])
    assert value[21] == 2.0
    assert (seen[19], seen[20], seen[21]) == (19, 19, 20)
