"""The formulas of the metrics reference: golden values (13), no value rather than a bad one, arrays as numbers."""

from fractions import Fraction
from math import inf, isnan, log, nan, sqrt

import numpy as np
import pytest
from scipy.stats import binomtest

from fbkit.engine.sample import per_8h as per_8h_of_the_engine
from fbkit.quant.formulas import (
    basis,
    flow,
    funding,
    interest,
    liquidations,
    performance,
    pnl,
    profile,
    ratios,
    spread,
)

RETURNS = [0.01, -0.005, 0.02, -0.01, 0.003]

ELEMENTWISE = {
    funding.per_8h: (0.0001, 8.0),
    funding.apr: (0.0001, 8.0),
    funding.apy: (0.0001, 8.0),
    funding.spend: (0.0001, 1e9),
    basis.premium: (101.0, 100.0),
    basis.basis: (61_200.0, 60_000.0),
    basis.annualised: (61_200.0, 60_000.0, 90.0),
    flow.taker_imb: (3.0, 1.0),
    flow.obi: (3.0, 1.0),
    flow.micro: (100.0, 3.0, 101.0, 1.0),
    flow.cvd_oi: (1.0, 2.0),
    interest.base: (10.0, 0.1),
    interest.base_of_inverse: (10.0, 100.0, 50_000.0),
    interest.usd: (10.0, 100.0),
    interest.dlog: (11.0, 10.0),
    ratios.ratio: (3.0, 2.0),
    ratios.log_ratio: (1.5,),
    liquidations.net: (1.0, 3.0),
    pnl.price_linear: (2.0, 100.0, 110.0),
    pnl.price_inverse: (10_000.0, 50_000.0, 52_000.0),
    pnl.fee: (0.0005, 420.0),
    pnl.funding: (2.0, 105.0, 0.0001),
}
FORMULAS = pytest.mark.parametrize(
    "formula", ELEMENTWISE, ids=lambda f: f"{f.__module__.rpartition('.')[2]}.{f.__name__}"
)


# golden values: metrics reference 13


def test_funding_of_one_basis_point_every_8_hours():
    assert funding.apr(0.0001, 8) == pytest.approx(0.1095, abs=1e-12)
    assert funding.apy(0.0001, 8) == pytest.approx(0.115714, abs=5e-7)


def test_funding_of_three_venues_weighted_by_open_interest():
    f8h = funding.per_8h([0.0001, 0.00005, -0.00002], [8, 1, 4])
    assert funding.oi_weighted([1e9, 5e8, 2.5e8], f8h) == pytest.approx(0.000165714, abs=5e-10)


def test_basis_of_a_quarterly_future():
    assert basis.annualised(61_200, 60_000, 90) == pytest.approx(0.081111, abs=5e-7)


def test_book_of_three_against_one():
    assert flow.obi(3.0, 1.0) == 0.5
    assert flow.micro(100.0, 3.0, 101.0, 1.0) == 100.75


def test_a_long_with_fees_and_funding_adds_up():
    price = pnl.price_linear(2.0, 100.0, 110.0)
    fees = pnl.fee(0.0005, 2 * 100.0) + pnl.fee(0.0005, 2 * 110.0)
    paid = pnl.funding(2.0, 105.0, 0.0001)
    assert (price, fees, paid) == pytest.approx((20.0, -0.21, -0.021), abs=1e-12)
    assert pnl.net(price, fees, paid) == pytest.approx(19.769, abs=1e-12)


def test_an_inverse_long():
    assert pnl.price_inverse(10_000, 50_000, 52_000) == pytest.approx(0.007692308, abs=5e-10)


def test_five_returns():
    assert performance.sharpe(RETURNS) == pytest.approx(5.765626, abs=5e-7)
    assert performance.sortino(RETURNS) == pytest.approx(13.755581, abs=5e-7)
    assert performance.max_drawdown(performance.equity(RETURNS)) == pytest.approx(-0.01, abs=1e-12)


# no value rather than a bad one


@FORMULAS
@pytest.mark.parametrize("bad", [nan, inf, -inf, None])
def test_what_is_no_number_gives_nan_wherever_it_stands(formula, bad):
    good = ELEMENTWISE[formula]
    assert np.isfinite(formula(*good))
    for place in range(len(good)):
        assert isnan(formula(*good[:place], bad, *good[place + 1 :]))


@FORMULAS
@pytest.mark.parametrize("odd", [0.0, -0.0, -1.0, 1e308, -1e308, 5e-324])
def test_odd_numbers_give_a_finite_value_or_nan_but_never_an_exception(formula, odd):
    good = ELEMENTWISE[formula]
    for place in range(len(good)):
        assert not np.isinf(formula(*good[:place], odd, *good[place + 1 :]))
    assert not np.isinf(formula(*[odd] * len(good)))


@FORMULAS
def test_an_array_says_what_its_numbers_say_to_the_bit(formula):
    rng = np.random.default_rng(3)
    columns = [x * (1 + rng.standard_normal(50) / 7) for x in ELEMENTWISE[formula]]
    columns[0][7] = nan
    whole = formula(*columns)
    assert whole.shape == (50,)
    assert whole.tobytes() == np.array([formula(*row) for row in zip(*columns, strict=True)]).tobytes()
    assert formula(*[np.empty(0)] * len(columns)).shape == (0,)


@pytest.mark.parametrize(
    "formula",
    [funding.per_8h, funding.apr, funding.apy, basis.premium, basis.basis, flow.cvd_oi, ratios.ratio, interest.dlog],
)
@pytest.mark.parametrize("bottom", [0.0, -0.0, -8.0])
def test_nothing_is_divided_by_zero_or_less(formula, bottom):
    assert isnan(formula(0.0001, bottom))


def test_an_expiry_within_a_day_is_not_annualised():
    assert isnan(basis.annualised(101, 100, 0.999))
    assert basis.annualised(101, 100, 1.0) == pytest.approx(3.65)


def test_a_book_without_a_side_and_a_bar_without_volume_have_no_imbalance():
    assert isnan(flow.obi(0.0, 4.0))
    assert isnan(flow.taker_imb(0.0, 0.0))
    assert isnan(flow.taker_imb(-1.0, 3.0))
    assert (flow.taker_imb(0.0, 3.0), flow.taker_imb(3.0, 0.0)) == (-1.0, 1.0)


# the signs, and the engine's own bits


def test_contango_and_forced_buying_and_longs_who_pay_are_positive():
    assert basis.premium(101, 100) > 0
    assert liquidations.net(long_usd=0.0, short_usd=5.0) == 5.0
    assert pnl.funding(1.0, 100.0, 0.001) < 0 < pnl.funding(-1.0, 100.0, 0.001)
    assert pnl.fee(-0.0001, -500.0) == 0.05


def test_funding_is_scaled_as_the_engine_scales_it():
    for f, h in zip(np.random.default_rng(1).standard_normal(100) / 7e3, [1, 2, 4, 8] * 25, strict=True):
        assert (funding.per_8h(f, h), funding.apr(f, h)) == per_8h_of_the_engine(f, h)


def test_a_change_of_open_interest_is_the_logarithm_of_the_ratio():
    assert interest.dlog(11.0, 10.0) == log(11.0 / 10.0)
    assert interest.dlog(10.0, 11.0) == pytest.approx(-interest.dlog(11.0, 10.0), abs=1e-15)
    assert ratios.log_ratio(0.5) == -ratios.log_ratio(2.0)


def test_delta_is_buys_less_sells_and_a_gap_gives_the_running_sum_a_new_anchor():
    assert flow.delta([1, 1, -1], [1.0, 2.0, 1.0], [100.0, 101.0, 99.0]) == 203.0
    assert flow.delta([], [], []) == 0.0
    assert isnan(flow.delta([1, 1], [1.0, nan], [100.0, 100.0]))
    assert flow.cvd([1.0, nan, 2.0, 3.0]).tolist()[2:] == [2.0, 5.0]


# venues


def test_venues_that_lack_an_input_are_left_out():
    assert funding.oi_weighted([1e9, 5e8, nan, 1e9, -1.0], [1e-4, 3e-4, 9.0, nan, 9.0]) == pytest.approx(5e-4 / 3)
    assert isnan(funding.oi_weighted([nan], [1e-4]))
    assert isnan(funding.oi_weighted([0.0, 0.0], [1e-4, 1e-4]))
    assert isnan(funding.oi_weighted([], []))
    assert interest.total([1.0, nan, 2.0]) == 3.0
    assert isnan(interest.total([nan, nan]))
    assert isnan(interest.total([]))
    assert interest.volume_weighted([4e9, 1e9, 7e9], [2e9, 1e9, nan]) == 3e9


def test_mappings_by_venue_are_summed_in_the_order_of_the_names():
    oi = {"okx": 0.1, "bybit": 0.7, "binance": 0.3}
    assert interest.total(oi) == (0.3 + 0.7) + 0.1
    f8h = {"binance": 1e-4, "okx": 2e-4}
    assert funding.oi_weighted(oi, f8h) == (0.3 * 1e-4 + 0.1 * 2e-4) / (0.3 + 0.1)


def test_venues_in_columns_give_a_value_a_row():
    oi, f8h = np.array([[1.0, 2.0], [nan, 3.0], [nan, nan]]), np.array([[1e-4, 4e-4], [1e-4, 4e-4], [1e-4, 4e-4]])
    assert funding.oi_weighted(oi, f8h) == pytest.approx([3e-4, 4e-4, nan], nan_ok=True)
    assert interest.total(oi) == pytest.approx([3.0, 3.0, nan], nan_ok=True)
    marks = np.array([[100.0, 101.0, 102.0], [nan, 100.0, 101.0], [nan, nan, 100.0], [nan, nan, nan]])
    want = [2.0 / 101.0 * 1e4, 1.0 / 100.5 * 1e4, nan, nan]
    assert spread.dispersion_bp(marks) == pytest.approx(want, nan_ok=True)


def test_prices_apart_are_measured_by_their_median():
    assert spread.dispersion_bp({"okx": 100.0, "bybit": 102.0, "binance": 101.0}) == pytest.approx(2e4 / 101.0)
    assert spread.dispersion_bp([100.0, 100.0]) == 0.0
    for few in ([], [100.0], [100.0, nan], [100.0, 0.0], [100.0, -5.0], [100.0, inf]):
        assert isnan(spread.dispersion_bp(few))


# the curve


def test_three_months_lie_between_the_expiries_around_them_in_any_order():
    assert basis.three_months([180, 30, 60], [0.12, 0.03, 0.06]) == (pytest.approx(0.075), False)
    assert basis.three_months([60, 90, 180], [0.06, 0.0777, 0.12]) == (0.0777, False)


def test_without_expiries_around_it_the_nearest_one_is_taken_and_said_to_be_extrapolated():
    assert basis.three_months([30, 60], [0.03, 0.06]) == (0.06, True)
    assert basis.three_months([120, 180], [0.09, 0.12]) == (0.09, True)
    assert basis.three_months([60, 120], [0.06, nan]) == (0.06, True)


def test_without_any_expiry_there_is_no_basis():
    for curve in (([], []), ([0.5], [0.2]), ([90], [nan])):
        assert isnan(basis.three_months(*curve).value)


# the profile


def test_the_value_area_holds_seventy_percent_around_the_fullest_price():
    volume = [5.0, 10.0, 20.0, 40.0, 15.0, 7.0, 3.0]
    found = profile.volume_profile([100.0 + k for k in range(7)], volume, 1.0)
    assert found.buy.tolist() == volume
    assert (found.poc, found.low, found.high) == (103.5, 102.0, 105.0)
    inside = [v for edge, v in zip(found.edges, volume, strict=False) if found.low <= edge < found.high]
    assert sum(inside) >= 70.0


def test_prices_on_an_edge_belong_to_the_bin_they_begin():
    found = profile.volume_profile([0.1, 0.2, 0.3, 0.7], [1.0, 1.0, 2.0, 1.0], 0.1)
    assert found.buy.tolist() == [1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 1.0]


def test_a_profile_of_nothing_or_of_a_bad_print_is_empty():
    for prices, usd, width in (
        ([], [], 1.0),
        ([nan], [1.0], 1.0),
        ([100.0, 1e12], [1.0, 1.0], 1.0),
        ([100.0], [1.0], 0.0),
        ([100.0], [1.0], nan),
        ([-5.0], [1.0], 1.0),
        ([1e300], [1.0], 1e-300),
    ):
        found = profile.volume_profile(prices, usd, width)
        assert (found.edges.size, isnan(found.poc), isnan(found.low)) == (0, True, True)
    assert isnan(profile.volume_profile([100.0], [0.0], 1.0).poc)


def test_widths_are_round_and_near_a_tenth_of_the_atr():
    for atr in np.random.default_rng(6).lognormal(0.0, 5.0, 500):
        width = profile.round_width(atr)
        assert f"{width:e}"[0] in "125"
        assert 0.5 < width / (atr / 10) < 2.0
    assert all(isnan(profile.round_width(bad)) for bad in (0.0, -1.0, nan, inf))


# performance, against exact numbers


def exactly(r, rf=0.0):
    values = [Fraction(x) - Fraction(rf) for x in r]
    mean = sum(values) / len(values)
    var = sum((x - mean) ** 2 for x in values) / (len(values) - 1)
    down = sum(min(x, Fraction(0)) ** 2 for x in values) / len(values)
    return float(mean) / sqrt(var) * sqrt(365), float(mean) / sqrt(down) * sqrt(365)


@pytest.mark.parametrize("seed", range(5))
def test_sharpe_and_sortino_agree_with_exact_fractions(seed):
    r = (np.random.default_rng(seed).standard_normal(700) * 0.02 + 0.001).tolist()
    assert (performance.sharpe(r, 1e-4), performance.sortino(r, 1e-4)) == pytest.approx(exactly(r, 1e-4), rel=1e-13)
    curve = np.array(performance.equity(r))
    want = (curve / np.maximum.accumulate(curve) - 1).min()
    assert performance.max_drawdown(curve) == want


def test_returns_that_do_not_vary_have_no_sharpe():
    for flat in ([0.1] * 3, [0.0] * 9, [-0.3] * 2, [0.1], []):
        assert isnan(performance.sharpe(flat))
    assert isnan(performance.sortino([0.1, 0.2]))


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_performance_with_a_missing_value_is_missing(bad):
    for function in (performance.sharpe, performance.sortino, performance.max_drawdown):
        assert isnan(function([0.1, bad, -0.2]))
    assert isnan(performance.hit_rate([1.0, bad]).rate)
    assert isnan(pnl.net(1.0, bad, 0.0))


def test_performance_too_large_for_float64_is_missing_and_no_exception():
    assert isnan(performance.sharpe([1e308, -1e308, 1e308, 1e308]))
    assert isnan(performance.sortino([1e308, -1e308, 1e308, 1e308]))


def test_ruin_ends_the_run():
    assert performance.equity([0.5, -1.0, 9.0]) == [1.0, 1.5, 0.0]
    assert performance.max_drawdown([1.0, 2.0, 0.0, 50.0, 1.0]) == -1.0
    assert performance.max_drawdown([1.0, 2.0, -1.0]) == -1.5
    assert isnan(performance.max_drawdown([0.0, 1.0]))
    assert performance.max_drawdown([1.0, 2.0, 3.0]) == 0.0


@pytest.mark.parametrize(("wins", "n"), [(0, 1), (1, 1), (8, 10), (50, 100), (0, 30), (999, 1000)])
def test_wilson_agrees_with_scipy(wins, n):
    want = binomtest(wins, n).proportion_ci(0.95, method="wilson")
    assert performance.wilson(wins, n) == pytest.approx((want.low, want.high), abs=1e-12)


def test_trades_without_profit_or_loss_count_for_neither():
    found = performance.hit_rate([1.0, 0.0, -2.0, 3.0, -0.0])
    assert (found.rate, found.n) == (2 / 3, 3)
    assert (found.low, found.high) == performance.wilson(2, 3)
    assert isnan(performance.hit_rate([0.0]).rate)
    assert all(isnan(x) for x in (*performance.wilson(0, 0), *performance.wilson(3, 2), *performance.wilson(-1, 2)))
