"""Correlation and lead-lag against scipy, and what must have no value."""

from math import atanh, isnan, nan, sqrt, tanh

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from fbkit.quant.frames import (
    correlation,
    correlations,
    cross_correlations,
    lead_lag,
    rolling_correlation,
)
from fbkit.quant.interval import interval, rounded
from fbkit.quant.streaming import Correlation


def series(seed, length=400):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(length) * 1e-3
    return x, 0.6 * x + rng.standard_normal(length) * 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_correlation_agrees_with_scipy(seed):
    x, y = series(seed)
    found, want = correlation(x, y), pearsonr(x, y)
    assert found.r == pytest.approx(want.statistic, rel=1e-12)
    low, high = (tanh(atanh(found.r) + sign * 1.96 / sqrt(400 - 3)) for sign in (-1, 1))
    assert found[1:] == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12), 400)
    assert found[1:3] == pytest.approx(tuple(want.confidence_interval(0.95)), abs=1e-4)


@pytest.mark.parametrize("window", [30, 60, 77])
def test_a_rolling_correlation_agrees_with_scipy_in_every_window(window):
    x, y = series(8)
    rolling = rolling_correlation(x, y, window)
    for t in range(window - 1, len(x)):
        want = pearsonr(x[t - window + 1 : t + 1], y[t - window + 1 : t + 1]).statistic
        assert rolling[t] == pytest.approx(want, rel=1e-11, abs=1e-13)


def test_pairs_with_a_missing_side_are_left_out():
    x, y = series(2)
    x[5], y[9], y[10] = nan, np.inf, nan
    there = np.isfinite(x) & np.isfinite(y)
    assert correlation(x, y) == correlation(x[there], y[there])
    assert correlation(x, y).n == 397


def test_a_bad_print_leaves_with_its_window():
    x, y = series(3)
    bad = x.copy()
    bad[100] = 1e12
    assert np.abs(rolling_correlation(bad, y, 60)[161:] - rolling_correlation(x, y, 60)[161:]).max() < 1e-12


@pytest.mark.parametrize("flat", [0.0, 3.7, 1e9, -1e-300])
def test_a_side_that_does_not_move_has_no_correlation(flat):
    x, _ = series(1)
    still = np.full(400, flat)
    assert isnan(correlation(x, still).r)
    assert isnan(correlation(still, still).low)
    assert np.isnan(rolling_correlation(x, still, 60)).all()


def test_fewer_than_thirty_pairs_are_too_few():
    x, y = series(1)
    assert isnan(correlation(x[:29], y[:29]).r)
    assert correlation(x[:29], y[:29]).n == 29
    assert not isnan(correlation(x[:30], y[:30]).r)
    for make in (Correlation, lambda window: rolling_correlation(x, y, window)):
        with pytest.raises(ValueError, match="at least 30 pairs, not 29"):
            make(29)


def test_the_interval_is_that_of_the_last_reading():
    x, y = series(5)
    one = Correlation(60)
    assert all(isnan(end) for end in one.interval)
    for pair in zip(x, y, strict=True):
        one.update(*pair)
    assert one.interval == interval(one.reading.value, 60)
    low, high = one.interval
    assert low < one.reading.value < high


def test_perfect_correlations_are_one_and_never_more():
    x, _ = series(6)
    for scale in (2.0, 1 / 3, 1e-7, 1e9):
        assert 1 - 1e-12 < correlation(x, scale * x).r <= 1.0
        assert -1.0 <= correlation(x, -scale * x).r < -1 + 1e-12
        assert np.nanmax(np.abs(rolling_correlation(x, scale * x, 30))) <= 1.0
    assert interval(1.0, 50) == (1.0, 1.0)
    assert interval(-1.0, 50) == (-1.0, -1.0)
    assert isnan(rounded(1.0 + 1e-6))
    assert all(isnan(end) for end in interval(nan, 50))


def test_the_matrix_holds_what_each_pair_says():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.standard_normal((200, 5)), columns=list("abcde"))
    frame["b"] += frame["a"]
    frame.loc[50:70, "c"] = nan
    frame["d"] = 7.0
    found = correlations(frame)
    for a in frame:
        for b in frame:
            want = correlation(frame[a], frame[b])
            here = [matrix.loc[a, b] for matrix in found]
            if a == b and a != "d":
                assert here == [1.0, 1.0, 1.0, want.n]
            else:
                assert here == pytest.approx(list(want), rel=1e-12, nan_ok=True)
    assert found.n.loc["a", "c"] == 179
    assert np.isnan(found.r["d"]).all()
    pd.testing.assert_frame_equal(found.r, correlations({name: frame[name].to_numpy() for name in frame}).r)


def test_the_first_series_leads_where_the_lag_is_positive():
    x, noise = series(7)
    later = np.concatenate((np.full(3, nan), -x[:-3])) + 0.1 * noise
    found = lead_lag(x, later)
    assert (found.lag, found.n) == (3, 397)
    assert found.r < -0.9
    assert found.low < found.r < found.high
    assert lead_lag(later, x).lag == -3
    lags, every = cross_correlations(x, later)
    assert lags.tolist() == list(range(-10, 11))
    assert every.r[13] == found.r
    assert np.nanmax(np.abs(every.r)) == abs(found.r)


def test_of_equal_correlations_the_nearest_lag_is_named():
    k = np.arange(120.0)
    wave = (k % 6).astype(float)
    assert lead_lag(wave, wave, most=12).lag == 0
    assert lead_lag(np.zeros(50), np.zeros(50)).lag == 0
    assert isnan(lead_lag(np.zeros(50), np.zeros(50)).r)
    assert lead_lag([], []).n == 0
    with pytest.raises(ValueError, match="0 or more"):
        lead_lag(wave, wave, most=-1)
    with pytest.raises(ValueError, match="as many rows"):
        lead_lag(wave, wave[1:])


@pytest.mark.parametrize("rows", [0, 1, 4, 9, 10, 11, 25])
def test_fewer_rows_than_lags_are_no_number_with_a_reason(rows):
    x, y = (column[:rows] for column in series(3))
    found = lead_lag(x, y, most=10)
    assert (found.lag, found.n, found.reason) == (0, rows, "warmup")
    assert isnan(found.r)
    _, every = cross_correlations(x, y, most=10)
    assert every.n.tolist() == [max(0, rows - abs(k)) for k in range(-10, 11)]


def test_a_column_that_does_not_move_is_no_number_with_another_reason():
    assert lead_lag(np.zeros(50), series(3)[0][:50]).reason == "zero_var"
    assert lead_lag(*series(3)).reason == ""


@pytest.mark.parametrize("odd", [np.full(50, 1e200), np.linspace(-1.0, 1.0, 50) * 1e308, np.full(50, np.inf)])
def test_numbers_beyond_float64_give_no_correlation_and_no_exception(odd):
    for other in (odd, np.arange(50.0)):
        assert not np.isinf(correlation(odd, other).r)
        assert not np.isinf(rolling_correlation(odd, other, 30)).any()
