"""Robust and exponentially weighted Z: golden values (metrics reference 13), scipy, plain recursions."""

from math import isnan, nan, sqrt
from statistics import fmean, median

import numpy as np
import pandas as pd
import pytest
from scipy.stats import median_abs_deviation

from fbkit.quant.frames import ewma_zscore, ewma_zscore_readings, robust_zscore, robust_zscore_readings
from fbkit.quant.reading import REASONS
from fbkit.quant.streaming import EwmaZScore, RobustZScore

OF_NINE_TENTHS = -1 / np.log2(0.9)


def test_robust_z_of_a_hundred_after_one_two_three_four():
    assert robust_zscore(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), 4)[-1] == pytest.approx(65.762751, abs=1e-6)


def test_ewma_z_of_six_values():
    x = np.array([0.0, 1.0, -1.0, 2.0, 0.0, 3.0])
    want = [nan, nan, -3.666667, 4.612470, -0.261247, 4.063637]
    assert ewma_zscore(x, OF_NINE_TENTHS) == pytest.approx(want, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("window", [2, 5, 20, 61])
def test_robust_z_agrees_with_the_mad_of_scipy(window):
    x = np.random.default_rng(window).standard_normal(300)
    z = robust_zscore(x, window)
    for t in range(window, 300):
        baseline = x[t - window : t]
        want = 0.67448975 * (x[t] - np.median(baseline)) / median_abs_deviation(baseline)
        assert z[t] == pytest.approx(want, rel=1e-12)


def test_where_most_of_the_baseline_is_equal_the_mean_deviation_steps_in():
    baseline = [1.0] * 7 + [2.0, 4.0]
    z = robust_zscore(np.array([*baseline, 5.0]), 9)[-1]
    assert z == pytest.approx((5.0 - median(baseline)) / (1.253314 * fmean([0.0] * 7 + [1.0, 3.0])), rel=1e-12)
    assert robust_zscore_readings([*[1.0] * 9, 5.0], 9).code[-1] == REASONS.index("zero_var")


def test_one_bad_print_hardly_moves_a_robust_z():
    x = np.random.default_rng(5).standard_normal(200)
    bad = x.copy()
    bad[100] = 1e12
    assert robust_zscore(bad, 60)[100] > 1e11
    assert np.abs(robust_zscore(bad, 60)[101:] - robust_zscore(x, 60)[101:]).max() < 1.0


def test_missing_slots_count_against_the_coverage_of_a_robust_z():
    x = np.random.default_rng(5).standard_normal(100)
    x[40:45] = nan
    value, code, n = robust_zscore_readings(x, 20)
    assert [REASONS[code[t]] for t in (10, 16, 42, 44, 45, 61)] == ["warmup", "", "gap", "gap", "gap", ""]
    assert n[45] == 15
    assert isnan(value[45])


def test_a_missing_value_leaves_the_weighted_mean_as_it_is():
    x = np.random.default_rng(9).standard_normal(80)
    with_holes = np.insert(x, [20, 20, 50], nan)
    holes = np.isnan(with_holes)
    value, code, n = ewma_zscore_readings(with_holes, 10.0)
    assert value[~holes].tobytes() == ewma_zscore(x, 10.0).tobytes()
    assert {REASONS[c] for c in code[holes]} == {"gap"}
    assert n[holes].tolist() == [20, 20, 50]


def test_a_weighted_z_is_the_recursion_of_the_reference():
    x = 100 + np.random.default_rng(2).standard_normal(500)
    keep = 2 ** (-1 / 30)
    m, v = x[0], 0.0
    for t, found in enumerate(ewma_zscore(x, 30.0)):
        if t >= 2:
            assert found == pytest.approx((x[t] - m) / sqrt(v), rel=1e-12)
        d = x[t] - m
        m += (1 - keep) * d
        v = keep * (v + (1 - keep) * d * d)


def test_a_weighted_z_needs_as_many_values_as_it_is_told():
    x = np.arange(30.0) ** 2
    code = ewma_zscore_readings(x, 10.0, least=16).code
    assert [REASONS[c] for c in code[[0, 15, 16]]] == ["warmup", "warmup", ""]


def test_a_value_too_large_to_square_is_left_out_and_the_rest_recovers():
    x = np.random.default_rng(1).standard_normal(60)
    x[30] = 1e200
    value, code, _ = ewma_zscore_readings(x, 10.0)
    assert REASONS[code[30]] == "unsupported"
    assert np.isfinite(value[31:]).all()


def test_pandas_comes_back_as_pandas():
    frame = pd.DataFrame(np.random.default_rng(1).standard_normal((60, 2)), columns=["a", "b"])
    for function in (lambda x: robust_zscore(x, 20), lambda x: ewma_zscore(x, 10.0)):
        assert function(frame)["b"].to_numpy().tobytes() == function(frame["b"].to_numpy()).tobytes()


@pytest.mark.parametrize(
    "make",
    [
        lambda: RobustZScore(1),
        lambda: robust_zscore(np.ones(5), 1),
        lambda: EwmaZScore(0.0),
        lambda: EwmaZScore(nan),
        lambda: EwmaZScore(-3.0),
        lambda: ewma_zscore(np.ones(5), 0.0),
        lambda: EwmaZScore(10.0, least=1),
    ],
)
def test_a_window_or_halflife_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError, match="not"):
        make()
