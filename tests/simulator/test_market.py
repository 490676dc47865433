"""The market is a function of seed and instant, and behaves like one that people trade on."""

import os
import subprocess
import sys

import numpy as np
import pytest

from fbkit.errors import SettingError
from fbkit.simulator.calendar import DAY_MINUTES, MS_MIN
from fbkit.simulator.days import fill_id
from fbkit.simulator.klines import BUY_TURNOVER, CLOSE, FIRST_ID, HIGH, LOW, OPEN, TURNOVER
from fbkit.simulator.liquidations import liquidations_of
from fbkit.simulator.market import Market
from fbkit.simulator.profile import BINANCE
from fbkit.simulator.trades import fills
from tests.simulator.conftest import MIDNIGHT, NOON

DAY = MIDNIGHT // 86_400_000

FINGERPRINT = """
import hashlib
from fbkit.simulator.market import Market
from fbkit.simulator.wires.binance import BinanceWire
from fbkit.simulator.wires.binance.streams import stream_of
market = Market(7, 3)
frames = BinanceWire(market)
names = ["!markPrice@arr@1s", "!forceOrder@arr", "!bookTicker", "!ticker@arr"]
names += [symbol.lower() + what for symbol in market.symbols for what in ("@aggTrade", "@depth5@500ms", "@kline_1m")]
digest = hashlib.sha256()
for second in range({minute} * 60, {minute} * 60 + 5):
    for frame in frames.second(second * 1000, [stream_of(name, market.universe.index) for name in names]):
        digest.update(repr(tuple(frame)).encode())
print(digest.hexdigest())
"""


def test_two_processes_with_other_hash_seeds_send_the_same_bytes():
    source = FINGERPRINT.format(minute=NOON // MS_MIN)
    digests = set()
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", source], env=env, check=True, capture_output=True, text=True)
        digests.add(done.stdout)
    assert len(digests) == 1
    assert len(digests.pop()) == 65


def test_a_minute_is_the_same_whatever_was_asked_before():
    minute = NOON // MS_MIN
    fresh = Market(7, 3).minute(minute)
    used = Market(7, 3)
    for other in (minute + 900, minute - 3000, minute - 1):
        used.closed(other)
    again = used.minute(minute)
    for one, two in zip(fresh, again, strict=True):
        assert np.array_equal(one, two)


def test_another_seed_is_another_market():
    minute = NOON // MS_MIN
    assert not np.array_equal(Market(7, 2).minute(minute).fair, Market(8, 2).minute(minute).fair)


def test_the_first_coins_are_the_same_in_a_larger_market(market):
    minute = NOON // MS_MIN
    large = Market(7, 40)
    assert np.array_equal(market.closed(minute), large.closed(minute)[:, :6])
    assert np.array_equal(market.crowd(DAY).oi_steps, large.crowd(DAY).oi_steps[:6])


def test_a_market_of_several_hundred_has_as_many_different_names():
    symbols = Market(7, 400).symbols
    assert len(set(symbols)) == 400
    assert all(symbol.isascii() and symbol.isupper() for symbol in symbols)


def test_before_its_first_day_there_is_no_market(market):
    with pytest.raises(SettingError, match="2019-09-08"):
        market.minute(0)


def test_trade_ids_go_on_over_midnight_without_a_hole(market):
    before, after = market.minute(DAY * DAY_MINUTES - 1), market.minute(DAY * DAY_MINUTES)
    last = before.trade_id[before.edges[1:] - 1]
    assert np.array_equal(after.trade_id[after.edges[:-1]], last + 1)


def test_trade_ids_go_on_from_minute_to_minute_all_day(market):
    plan = market.day(DAY)
    ends = plan.first_id + plan.counts
    assert np.array_equal(ends[:, :-1], plan.first_id[:, 1:])
    assert np.array_equal(ends[:, -1], market.day(DAY + 1).first_id[:, 0])
    assert (plan.counts >= 1).all()


def test_fill_ids_have_no_holes_and_one_to_five_fills_a_trade():
    ids = np.arange(2_593_410_000, 2_593_420_000)
    first, last = fills(ids)
    assert np.array_equal(last[:-1] + 1, first[1:])
    assert set(np.unique(last - first + 1)) == {1, 2, 3, 4, 5}
    assert fill_id(ids[:1])[0] == first[0]


def test_the_price_goes_on_over_midnight_without_a_jump(market):
    assert np.array_equal(market.day(DAY - 1).log_price[:, -1], market.day(DAY).log_price[:, 0])
    before, after = market.minute(DAY * DAY_MINUTES - 1), market.minute(DAY * DAY_MINUTES)
    assert np.allclose(before.fair[:, -1], after.fair[:, 0], rtol=1e-12)


def test_open_interest_and_ratios_go_on_over_midnight(market):
    before, after = market.crowd(DAY - 1), market.crowd(DAY)
    assert np.array_equal(before.oi_steps[:, -1], after.oi_steps[:, 0])
    for name, log in before.log_ratio.items():
        assert np.allclose(log[:, -1], after.log_ratio[name][:, 0])
    assert np.allclose(before.premium[:, -1], after.premium[:, 0], atol=1e-7)


def test_trades_happen_at_the_touch_or_beyond_it_on_the_takers_side(market):
    minute = market.minute(NOON // MS_MIN)
    bid, ask = minute.touch(minute.coin, minute.ts_ms)
    assert (minute.ticks[minute.buy] >= ask[minute.buy]).all()
    assert (minute.ticks[~minute.buy] <= bid[~minute.buy]).all()
    assert (minute.steps > 0).all()
    assert (minute.ticks > 0).all()


def test_time_rises_within_a_coin_and_stays_in_its_minute(market):
    minute = market.minute(NOON // MS_MIN)
    assert (minute.ts_ms >= minute.start_ms).all()
    assert (minute.ts_ms < minute.start_ms + MS_MIN).all()
    same = minute.coin[1:] == minute.coin[:-1]
    assert (np.diff(minute.ts_ms)[same] >= 0).all()


def hours(market, n=6, day=DAY + 1):
    return market.span(day * DAY_MINUTES, day * DAY_MINUTES + n * 60)


def returns(market, rows):
    return np.diff(np.log(rows[CLOSE] * market.universe.tick[:, None]), axis=1)


def test_every_coin_moves_with_the_others(market):
    together = np.corrcoef(returns(market, hours(market)))
    assert (together[~np.eye(6, dtype=bool)] > 0.3).all()


def test_takers_buy_what_rises(market):
    rows = hours(market)
    leaning = (2 * rows[BUY_TURNOVER] - rows[TURNOVER]) / rows[TURNOVER]
    moved = returns(market, rows)
    for coin in range(6):
        assert np.corrcoef(leaning[coin, 1:], moved[coin])[0, 1] > 0.2


def test_a_kline_holds_its_own_prices(market):
    rows = hours(market, 1)
    for price in (OPEN, CLOSE):
        assert (rows[LOW] <= rows[price]).all()
        assert (rows[price] <= rows[HIGH]).all()
    assert (np.diff(rows[FIRST_ID], axis=1) > 0).all()


@pytest.mark.parametrize("day", range(DAY - 1, DAY + 4))
def test_every_day_ends_with_a_shock_that_stands_out_of_its_last_hour(day):
    market = Market(7, 1)
    rows = market.span((day + 1) * DAY_MINUTES - 62, (day + 1) * DAY_MINUTES)
    for values in (returns(market, rows)[0], np.log(rows[TURNOVER][0])):
        baseline, last = values[-61:-1], values[-1]
        assert abs(last - baseline.mean()) / baseline.std(ddof=1) > 4.0
    last_ten = market.minute((day + 1) * DAY_MINUTES - 1)
    assert (last_ten.ts_ms >= last_ten.start_ms + 50_000).mean() > 0.6


def test_the_promised_shock_comes_after_the_demo_starts_and_before_midnight(market):
    shocks = market.day(DAY - 1).shocks_in(DAY_MINUTES - 1)
    assert 0 in shocks.coin
    assert (shocks.at_ms >= 50_000).all()
    assert (shocks.at_ms < 60_000).all()


def test_longs_die_when_the_price_falls_and_shorts_when_it_rises():
    market = Market(7, 8)
    fell, rose = [0, 0], [0, 0]
    for day in range(DAY - 3, DAY + 5):
        minute = market.minute((day + 1) * DAY_MINUTES - 1)
        shocks = market.day(day).shocks_in(DAY_MINUTES - 1)
        told = liquidations_of(market.universe, 7, minute, BINANCE)
        late = (told.push_ms > minute.start_ms + 52_000) & np.isin(told.coin, shocks.coin)
        tally = fell if shocks.move[0] < 0 else rose
        tally[0] += int(told.long[late].sum())
        tally[1] += int((~told.long[late]).sum())
    assert fell[0] > 3 * max(fell[1], 1)
    assert rose[1] > 3 * max(rose[0], 1)


def test_a_coin_has_one_liquidation_a_second_at_most_told_about_a_second_late(market):
    told = liquidations_of(market.universe, 7, market.minute(DAY * DAY_MINUTES - 1), BINANCE)
    for coin in range(6):
        pushes = told.push_ms[told.coin == coin]
        assert (np.diff(pushes) >= 1000).all()
    late = told.push_ms - told.ts_ms
    assert late.min() >= 935
    assert late.max() <= 1010
    assert (told.last_steps <= told.steps).all()


def test_the_book_leans_a_little_towards_the_next_move(frames, market):
    leans, nexts = [], []
    plan = market.day(DAY)
    for of_day in range(600, 660):
        lean = frames.scene.lean[DAY * DAY_MINUTES + of_day]
        leans.append(lean[:, 0])
        nexts.append((plan.log_price[:, of_day + 1] - plan.log_price[:, of_day]) / plan.sigma[:, of_day])
    together = np.corrcoef(np.concatenate(leans), np.concatenate(nexts))[0, 1]
    assert 0.05 < together < 0.6


def test_funding_follows_the_premium(market):
    crowd = market.crowd(DAY)
    rate, settles = crowd.funding_at(MIDNIGHT + 7 * 3_600_000)
    premium = crowd.premium[:, : 7 * 60].mean(axis=1)
    assert np.corrcoef(rate, premium)[0, 1] > 0.9
    assert (settles == MIDNIGHT + 8 * 3_600_000).all()


def test_the_rate_that_ran_at_the_end_of_a_period_is_the_rate_that_settles(market):
    crowd = market.crowd(DAY)
    settled = {ts: rate for ts, rate, _ in crowd.settled(0)}
    running, _ = crowd.funding_at(MIDNIGHT + 8 * 3_600_000 - 1)
    assert settled[MIDNIGHT + 8 * 3_600_000] == pytest.approx(running[0], abs=2e-6)


def test_open_interest_falls_in_a_shock(market):
    for day in (DAY - 1, DAY):
        shocks = market.day(day).shocks_in(DAY_MINUTES - 1)
        oi = market.crowd(day).oi_steps
        coin = shocks.coin
        assert (oi[coin, -1] < oi[coin, -2]).all()


def test_heads_turn_against_the_last_hours_move(market):
    crowd, plan = market.crowd(DAY), market.day(DAY)
    moved = plan.log_price[:, 60:] - plan.log_price[:, :-60]
    turned = [np.corrcoef(crowd.log_ratio["acct_global"][coin, 12:], moved[coin, ::5])[0, 1] for coin in range(6)]
    assert np.mean(turned) < -0.1
