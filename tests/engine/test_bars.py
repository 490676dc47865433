"""What a closed minute says."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.model import NS_DAY, NS_S, Liquidation, Mark, OpenInterest, Quote, Ratio, Side, Trade
from tests.engine.conftest import BTC, DAY, ETH, Desk, bits


def opened(**options) -> Desk:
    """A desk on which a first Beat has passed at a whole minute."""
    desk = Desk(**options)
    desk.beat(0)
    return desk


def test_a_minute_of_trades_becomes_a_bar():
    desk = opened()
    desk.trade(5, 100.0, 2.0, Side.BUY)
    desk.trade(20, 104.0, 1.0, Side.SELL)
    desk.trade(59.999, 99.0, 1.0, Side.BUY)
    desk.beats(1, 61)
    bar = desk.one(1)
    assert (bar.open, bar.high, bar.low, bar.close) == (100.0, 104.0, 99.0, 99.0)
    assert (bar.vol_base, bar.vol_usd, bar.buy_usd, bar.sell_usd, bar.n_trades) == (4.0, 403.0, 299.0, 104.0, 3)
    assert (bar.delta, bar.cvd, bar.taker_imb) == (195.0, 195.0, 195.0 / 403.0)
    assert (bar.ln_vol, bar.source, bar.coverage) == (math.log(403.0), "own", 1.0)
    assert (bar.t0, bar.t1) == (desk.ns(0), desk.ns(60))
    assert math.isnan(bar.ret)


def test_a_bar_closes_at_the_first_beat_a_second_after_its_end_and_not_before():
    desk = opened()
    desk.trade(5)
    desk.beats(1, 60)
    assert desk.bars == []
    desk.trade(59.5, 105.0)
    assert [b.close for b in desk.beat(61).bars] == [105.0]
    assert desk.beat(62).bars == []


def test_open_and_close_are_first_and_last_by_event_time_then_venue_id():
    desk = opened()
    desk.trade(10, 3.0, venue_id=30)
    desk.trade(10, 2.0, venue_id=20)
    desk.trade(10, 4.0, venue_id=40)
    desk.trade(5, 1.0, venue_id=99)
    desk.beat(61)
    assert (desk.one(1).open, desk.one(1).close) == (1.0, 4.0)


def test_a_trade_at_the_boundary_belongs_to_the_next_bar_and_a_mark_at_the_boundary_to_the_last():
    desk = opened()
    desk.trade(5, 100.0)
    desk.trade(60, 200.0)
    desk.take(
        Mark(BTC, desk.ns(60), desk.ns(60), 111.0, 110.0), Mark(BTC, desk.ns(60.001), desk.ns(60.001), 122.0, 110.0)
    )
    desk.beats(61, 121)
    assert (desk.one(1).close, desk.one(2).open) == (100.0, 200.0)
    assert (desk.one(1).mark, desk.one(2).mark) == (111.0, 122.0)


def test_what_comes_after_the_close_is_counted_and_changes_nothing():
    desk = opened()
    desk.trade(5, 100.0)
    desk.beat(61)
    desk.trade(30, 500.0)
    desk.take(
        Quote(BTC, desk.ns(30), 0, 1, 1.0, 1.0, 2.0, 1.0),
        Quote(BTC, desk.ns(31), 0, 1, 1.0, 1.0, 2.0, 1.0, 5, 1.0, 1.0),
    )
    desk.take(Mark(BTC, desk.ns(30), 0, 1.0), Liquidation(BTC, desk.ns(30), 0, "long", 1.0, 1.0))
    desk.beats(62, 121)
    assert dict(desk.engine.late) == {("binance", c): 1 for c in ("trade", "quote", "depth", "mark", "liquidation")}
    assert desk.one(2).high == 100.0
    assert desk.one(2).liq_long_usd == 0.0


def test_a_covered_minute_without_trades_stands_at_the_last_close():
    desk = opened()
    desk.trade(5, 100.0)
    desk.trade(65, 101.0)
    desk.beats(61, 181)
    bar = desk.one(3)
    assert (bar.open, bar.high, bar.low, bar.close, bar.ret) == (101.0, 101.0, 101.0, 101.0, 0.0)
    assert (bar.vol_usd, bar.n_trades, bar.delta, bar.cvd, bar.source) == (0.0, 0, 0.0, 201.0, "own")
    assert math.isnan(bar.ln_vol)
    assert math.isnan(bar.taker_imb)
    assert desk.one(2).ret == math.log(101.0 / 100.0)


def test_all_instruments_close_at_one_beat_and_higher_timeframes_with_their_last_minute():
    desk = opened(start=DAY + NS_DAY - 60 * NS_S)
    desk.trade(5)
    desk.trade(6, name=ETH)
    closed = desk.beat(61)
    assert [(b.instrument, b.tf) for b in closed.bars] == [
        (n, t) for t in ("1m", "5m", "15m", "1h", "4h", "1d") for n in (BTC, ETH)
    ]
    assert len(closed.metrics) == len(closed.summary) == 12
    assert {b.tf: b.source for b in closed.bars} == {
        "1m": "own",
        "5m": "none",
        "15m": "none",
        "1h": "none",
        "4h": "none",
        "1d": "none",
    }


def test_last_values_are_sampled_at_the_close_and_go_stale():
    desk = opened()
    at = desk.ns(10)
    desk.trade(5)
    desk.take(
        Quote(BTC, at, at, 1, 99.0, 1.0, 101.0, 1.0),
        Quote(BTC, at, at, 2, 99.0, 1.0, 101.0, 1.0, 5, 3.0, 1.0),
        Mark(BTC, at, at, 102.0, 100.0, 0.0001, 4.0),
        OpenInterest(BTC, at, at, 50.0),
        Ratio(BTC, at, at, "acct_global", 2.0, 300),
        Ratio(BTC, at, at, "acct_top", 3.0, 300),
        Ratio(BTC, at, at, "pos_top", 4.0, 300),
        Ratio(BTC, at, at, "taker", 0.0, 300),
    )
    for minute in range(1, 18):
        desk.beat(60 * minute + 1)
    bar = desk.one(1)
    assert (bar.spread_bp, bar.obi_5, bar.mark, bar.index, bar.premium) == (200.0, 0.5, 102.0, 100.0, 0.02)
    assert bar.funding_8h == pytest.approx(0.0002)
    assert bar.funding_apr == pytest.approx(0.0001 * 2190)
    assert (bar.oi_base, bar.oi_usd) == (50.0, 5100.0)
    assert (bar.ln_ls_acct_global, bar.ln_ls_acct_top, bar.ln_ls_pos_top) == (math.log(2), math.log(3), math.log(4))
    assert math.isnan(bar.ln_taker_ratio)
    stale = desk.one(2)
    for name in ("spread_bp", "obi_5", "mark", "index", "premium", "funding_8h", "oi_usd"):
        assert math.isnan(getattr(stale, name)), name
    assert stale.oi_base == 50.0
    assert desk.one(15).ln_ls_acct_global == math.log(2)
    assert math.isnan(desk.one(16).oi_base)
    assert math.isnan(desk.one(16).ln_ls_acct_global)
    assert math.isnan(desk.one(17).oi_dlog)


def test_a_change_of_open_interest_needs_a_value_heard_in_each_of_two_bars():
    desk = opened()
    desk.trade(5)
    for s, oi in ((30, 100.0), (90, 110.0), (240, 120.0), (290, 132.0), (590, 200.0)):
        desk.take(OpenInterest(BTC, desk.ns(s), 0, oi))
    desk.beats(61, 602)
    changes = {m: desk.one(m).oi_dlog for m in range(1, 11)}
    assert {m: x for m, x in changes.items() if not math.isnan(x)} == {2: math.log(110 / 100), 5: math.log(132 / 120)}
    assert desk.one(3).oi_base == 110.0
    assert desk.one(10, "5m").oi_dlog == math.log(200.0 / 132.0)


def test_liquidations_are_unknown_until_the_venue_reports_one_then_zero_is_zero():
    desk = opened()
    desk.trade(5)
    desk.trade(5, name=ETH)
    desk.beat(61)
    desk.take(
        Liquidation(BTC, desk.ns(70), 0, "long", 100.0, 2.0), Liquidation(BTC, desk.ns(71), 0, "short", 100.0, 3.0)
    )
    desk.beats(120, 121)
    assert math.isnan(desk.one(1).liq_long_usd)
    assert (desk.one(2).liq_long_usd, desk.one(2).liq_short_usd) == (200.0, 300.0)
    assert desk.one(2, name=ETH).liq_long_usd == 0.0


def test_cvd_is_anchored_at_midnight():
    desk = opened(start=DAY + NS_DAY - 120 * NS_S)
    for s in (10, 70, 130, 190):
        desk.trade(s, 100.0)
        desk.beat(s - s % 60 + 61)
    assert [desk.one(m).cvd for m in (1, 2, 3, 4)] == [100.0, 200.0, 100.0, 200.0]


def test_five_minutes_are_a_fold_of_five():
    desk = opened()
    for m, price in enumerate((100.0, 103.0, 99.0, 0.0, 101.0)):
        if price:
            desk.trade(60 * m + 5, price, 1.0, Side.BUY if m % 2 else Side.SELL)
        desk.beat(60 * m + 61)
    bar = desk.one(5, "5m")
    assert (bar.open, bar.high, bar.low, bar.close, bar.n_trades) == (100.0, 103.0, 99.0, 101.0, 4)
    assert (bar.buy_usd, bar.sell_usd, bar.delta, bar.cvd) == (103.0, 300.0, -197.0, -197.0)
    assert (bar.coverage, bar.source, bar.taker_imb) == (1.0, "own", -197.0 / 403.0)


def test_the_open_bar_can_be_looked_at():
    desk = opened()
    desk.trade(5, 100.0)
    desk.beat(61)
    desk.trade(65, 110.0, 2.0)
    now = desk.engine.live([BTC, "nobody:X-Y-PERP"])
    assert list(now) == [BTC]
    assert (now[BTC].last, now[BTC].vol_usd, now[BTC].ret, now[BTC].n_trades) == (110.0, 220.0, math.log(1.1), 1)


@pytest.mark.faults("C8")
@given(
    st.lists(
        st.tuples(st.integers(0, 180_000), st.integers(1, 10**6), st.integers(1, 10**6), st.booleans()),
        min_size=1,
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=60)
def test_shuffled_within_the_lateness_gives_the_same_bars(trades, shuffle):
    """C8: each event comes up to 0.9 s late, which is within the lateness of 1 s."""

    def play(delayed) -> Desk:
        desk = Desk()
        desk.take(Mark(BTC, desk.ns(-0.5), 0, 100.0))
        desk.beat(0)
        events = [
            Trade(BTC, desk.ns(ms / 1000), 0, i, p / 100, q / 1000, Side.BUY if up else Side.SELL)
            for i, (ms, p, q, up) in enumerate(sorted(trades))
        ]
        arrival = sorted((e.ts_event + (shuffle.randrange(900_000_000) if delayed else 0), e.venue_id) for e in events)
        s = 1
        for ts, i in arrival:
            while desk.ns(s) <= ts:
                desk.beat(s)
                s += 1
            desk.engine.take(events[i])
        desk.beats(s, 241)
        assert not desk.engine.late
        return desk

    a, b = play(delayed=False), play(delayed=True)
    exact = ("tf", "t1", "open", "high", "low", "close", "n_trades", "coverage", "source")
    sums = ("vol_base", "vol_usd", "buy_usd", "sell_usd")
    assert len(a.bars) == len(b.bars) > 0
    for x, y in zip(a.bars, b.bars, strict=True):
        assert bits(getattr(x, name) for name in exact) == bits(getattr(y, name) for name in exact)
        assert [getattr(x, name) for name in sums] == pytest.approx(
            [getattr(y, name) for name in sums], rel=1e-12, abs=1e-300, nan_ok=True
        )


def test_minutes_in_which_nobody_listened_for_liquidations_know_of_none():
    """A cut that nobody fetches again is no calm: too little heard is missing, a little missed is a lower bound."""
    desk = Desk()
    desk.beats(0, 60)
    desk.engine.take(Liquidation(BTC, desk.ns(30), desk.ns(30), "long", 100.0, 2.0))
    for s in range(0, 300, 5):
        desk.trade(s)
    desk.gap(1, 130, "opened", 125, channel="liquidation")
    desk.gap(1, 170, "closed", 125, 165, channel="liquidation")  # 40 s of the third minute
    desk.gap(2, 190, "opened", 185, channel="liquidation")
    desk.gap(2, 192, "closed", 185, 190, channel="liquidation")  # 5 s of the fourth
    desk.engine.take(Liquidation(BTC, desk.ns(200), desk.ns(200), "short", 100.0, 3.0))
    desk.beats(61, 310)
    told = [desk.one(minute).liq_short_usd for minute in (2, 3, 4, 5)]
    assert math.isnan(told[1])
    assert [told[0], *told[2:]] == [0.0, 300.0, 0.0]


def test_a_stop_between_two_runs_is_no_calm_either():
    desk = Desk()
    desk.beats(0, 60)
    desk.engine.take(Liquidation(BTC, desk.ns(30), desk.ns(30), "long", 100.0, 2.0))
    desk.beats(61, 70)
    desk.gap(1, 600, "opened", 70, channel="*", venue="", cause="stopped")
    desk.gap(1, 600, "closed", 70, 600, channel="*", venue="", cause="stopped")
    for minute in range(2, 11):
        desk.kline(minute)
    desk.trade(610)
    desk.beats(600, 750)
    assert all(math.isnan(desk.one(minute).liq_long_usd) for minute in range(2, 11))
    assert desk.one(12).liq_long_usd == 0.0
