"""Ours where we heard enough, else the venue's, else missing; and who waits for a backfill."""

import math

import pytest

from fbkit.model import NS_MIN, NS_S, OpenInterest, Origin
from tests.engine.conftest import BTC, DAY, ETH, Desk, bits


def test_a_small_gap_leaves_the_bar_ours_and_says_its_coverage():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.gap(1, 10, "opened", 10)
    desk.gap(1, 16, "closed", 10, 16)
    desk.beat(61)
    assert (desk.one(1).source, desk.one(1).coverage) == ("own", 0.9)


def test_two_gaps_over_one_second_cost_it_once():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    for number, channel in ((1, "trade"), (2, "*")):
        desk.gap(number, 10, "opened", 10, channel=channel)
        desk.gap(number, 16, "closed", 10 + number, 16, channel=channel)
    desk.beat(61)
    assert desk.one(1).coverage == (60 - 5) / 60


def test_gaps_of_another_venue_instrument_or_channel_cost_nothing():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.gap(1, 10, "opened", 10, venue="bybit")
    desk.gap(2, 10, "opened", 10, name=ETH)
    desk.gap(3, 10, "opened", 10, channel="quote")
    desk.beat(61)
    assert desk.one(1).coverage == 1.0


def test_too_little_heard_is_the_venues_kline_else_missing():
    desk = Desk()
    desk.beat(0)
    for m in range(3):
        desk.trade(60 * m + 5, 50.0)
    desk.gap(1, 10, "opened", 10)
    desk.gap(1, 170, "closed", 10, 170)
    desk.kline(1, 200.0, origin=Origin.LIVE)
    desk.beat(61)
    desk.beat(121)
    desk.kline(3, 300.0, vol=0.0, buy=0.0)
    desk.beat(181)
    first, second, third = (desk.one(m) for m in (1, 2, 3))
    assert (first.source, first.coverage, first.open, first.close, first.vol_usd) == (
        "venue",
        1.0,
        200.0,
        200.5,
        1000.0,
    )
    assert (first.buy_usd, first.sell_usd, first.delta, first.cvd, first.n_trades) == (600.0, 400.0, 200.0, 200.0, 7)
    assert (second.source, second.coverage, second.n_trades) == ("none", 0.0, None)
    assert all(math.isnan(x) for x in (second.close, second.vol_usd, second.ret, second.cvd))
    assert (third.source, third.cvd) == ("venue", 0.0)  # anchored anew after the missing minute
    assert math.isnan(third.ret)


def test_a_span_whose_trades_were_backfilled_counts_as_covered():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.gap(1, 10, "opened", 10)
    desk.trade(20, 120.0, origin=Origin.BACKFILL)
    desk.gap(1, 55, "backfilled", 10, 50)
    desk.beat(61)
    assert (desk.one(1).source, desk.one(1).coverage, desk.one(1).high) == ("own", 1.0, 120.0)


def test_the_first_partial_minute_is_not_covered_unless_its_trades_were_fetched():
    for fetched, source in ((False, "none"), (True, "own")):
        desk = Desk()
        desk.trade(45.5)
        if fetched:
            desk.trade(3, 90.0, origin=Origin.BACKFILL)
        desk.beat(45)
        desk.beat(61)
        assert desk.one(1).source == source
        assert desk.one(1).coverage == (1.0 if fetched else 0.25)


def test_a_venue_is_listened_to_from_the_beat_before_it_was_first_heard():
    desk = Desk()
    desk.beats(0, 11)
    desk.trade(11.5)
    desk.beats(12, 40)
    desk.trade(40.5, name=ETH)  # thin, and not later than the venue
    desk.kline(0, name="bybit:BTC-USDT-PERP")
    desk.beats(41, 61)
    assert [(b.instrument, b.coverage) for b in desk.bars if b.t1 == desk.ns(60)] == [
        (BTC, 49 / 60), (ETH, 49 / 60), ("bybit:BTC-USDT-PERP", 0.0),
    ]  # fmt: skip


def test_a_slot_in_an_open_gap_waits_and_is_filled_when_it_closes():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.trade(5, name=ETH)
    desk.beat(61)
    desk.gap(1, 70, "opened", 70, name=BTC)
    desk.beat(121)
    desk.beat(181)
    assert {(b.instrument, b.t1) for b in desk.bars} >= {(ETH, desk.ns(120)), (ETH, desk.ns(180))}
    assert not [b for b in desk.bars if b.instrument == BTC and b.t1 > desk.ns(60)]
    for s in (80, 130):
        desk.trade(s, 100.0 + s, origin=Origin.BACKFILL)
    desk.gap(1, 190, "backfilled", 70, 190, name=BTC)
    closed = desk.beat(191)
    assert [(b.t1, b.close) for b in closed.bars] == [(desk.ns(120), 180.0), (desk.ns(180), 230.0)]
    assert (closed.filled, closed.metrics, [s.t1 for s in closed.summary]) == (2, [], [desk.ns(180)])
    desk.beat(241)
    assert [m.t1 for m in desk.metrics if m.instrument == BTC] == [desk.ns(60), desk.ns(240)]
    assert not math.isnan(desk.one(4).ret)


def test_nobody_waits_longer_than_ten_minutes():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.beat(61)
    desk.gap(1, 61, "opened", 61)
    for m in range(2, 14):
        desk.beat(60 * m + 1)
    waited = [(b.t1 - desk.start) // NS_MIN for b in desk.bars if b.tf == "1m"]
    assert waited == [1, 2, 3]  # at 13:01, slots 2 and 3 are more than ten minutes old
    assert desk.one(2).source == "none"


def start_of_a_run(desk: Desk, minutes: int, names=(BTC,)) -> None:
    """A run begins at 0:45; the history of each instrument is being fetched."""
    for number, name in enumerate(names):
        desk.gap(number, 45, "opened", -60 * minutes, channel="bar", name=name, cause="start")
        desk.trade(3, 100.0, name=name, origin=Origin.BACKFILL)
        desk.trade(45, 100.0, name=name)
    desk.beat(45)


def test_history_is_filled_in_slot_order_when_the_starts_gap_closes():
    desk = Desk(start=DAY + 600 * NS_MIN)
    start_of_a_run(desk, 100, (BTC, ETH))
    for m in (0, *range(-1, -100, -1)):
        desk.kline(m, 100.0 + m % 7)
    for m in range(-100, 1, 5):
        desk.take(OpenInterest(BTC, desk.ns(60 * m), 0, 1000.0 + m, 5e4, origin=Origin.BACKFILL))
    desk.beat(61)
    assert desk.bars == []
    desk.gap(0, 62, "backfilled", -6000, 45, channel="bar", name=BTC, cause="start")
    closed = desk.beat(62)
    minutes = [b for b in closed.bars if b.tf == "1m"]
    assert [b.t1 for b in minutes] == [desk.ns(60 * m) for m in range(-99, 2)]
    assert [b.source for b in minutes] == ["venue"] * 100 + ["own"]
    assert {b.instrument for b in closed.bars} == {BTC}
    assert closed.filled == 101
    assert minutes[-2].oi_base == 1000.0
    assert minutes[0].oi_usd == 5e4
    assert minutes[-3].oi_base == 995.0
    assert [s.tf for s in closed.summary] == ["1m", "5m", "15m", "1h"]
    assert closed.metrics == []
    desk.beat(121)
    (row,) = desk.metrics
    assert row.value("z_ret_60") == row.value("z_ret_60")
    assert row.n[-1] in {0, 60}
    assert not row.unsettled or row.n[0] < 140


def test_the_history_of_a_start_is_waited_for_ten_minutes_at_most():
    desk = Desk()
    start_of_a_run(desk, 100)
    for m in range(1, 10):
        desk.beat(60 * m + 1)
    assert desk.bars == []
    desk.beat(601)
    assert desk.bars == []
    desk.beat(661)
    assert [b.t1 for b in desk.bars if b.tf == "1m"] == [desk.ns(60 * m) for m in range(1, 12)]


def test_beats_that_jump_leave_bars_but_no_metrics_for_what_they_skipped():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.beat(61)
    desk.gap(1, 4000, "opened", 70, venue="", channel="*", cause="asleep")
    desk.gap(1, 4000, "closed", 70, 4000, venue="", channel="*", cause="asleep")
    closed = desk.beat(4000)
    assert closed.filled == 65
    assert {b.source for b in closed.bars if b.tf == "1m"} == {"none"}
    assert closed.metrics == []
    desk.trade(4010, 101.0)
    assert [m.tf for m in desk.beat(4021).metrics] == ["1m"]


def test_closed_holes_are_forgotten():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    for m in range(1, 6):
        desk.gap(m, 60 * m + 10, "opened", 60 * m + 5)
        desk.gap(m, 60 * m + 20, "closed", 60 * m + 5, 60 * m + 6)
        desk.beat(60 * m + 61)
    assert len(desk.engine._listener.gaps.holes) <= 1


@pytest.mark.parametrize("lateness", [0, 3])
def test_the_lateness_is_a_setting(lateness):
    desk = Desk(lateness_ns=lateness * NS_S)
    desk.beat(0)
    desk.trade(5)
    desk.beat(60 + lateness - 1) if lateness else None
    assert desk.bars == []
    assert len(desk.beat(60 + lateness).bars) == 1


def test_an_absurd_instant_begins_no_history():
    for early in (True, False):
        desk = Desk()
        if not early:
            desk.beat(0)
        desk.trade(-(10**9), 1.0)
        desk.kline(-(10**7), 1.0)
        desk.trade(5, 100.0)
        desk.gap(1, 10, "opened", 10, channel="quote")
        desk.gap(2, 10, "opened", 61, channel="trade")
        desk.beats(1, 61)
        assert [(b.t1, b.close) for b in desk.bars] == [(desk.ns(60), 100.0)]


def test_after_a_long_absence_only_the_last_days_are_told_as_missing():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.beat(61)
    days = 30 * 24 * 3600
    desk.gap(1, days, "opened", 61, venue="", channel="*", cause="stopped")
    desk.gap(1, days, "closed", 61, days, venue="", channel="*", cause="stopped")
    closed = desk.beat(days + 2)
    assert len([b for b in closed.bars if b.tf == "1m"]) == 8 * 24 * 60
    assert closed.filled == days // 60 - 1
    desk.trade(days + 30)
    desk.beats(days + 3, days + 61)
    assert desk.one(days // 60 + 1).source == "own"


def test_gaps_that_a_killed_run_left_open_end_with_the_next_one():
    desk = Desk()
    desk.beat(0)
    desk.trade(5)
    desk.beat(61)
    desk.gap(1, 70, "opened", 70)
    desk.gap(2, 70, "opened", 70, channel="bar", name=BTC)
    desk.gap(3, 200, "opened", 100, 200, venue="", channel="*", cause="stopped")
    desk.gap(3, 200, "closed", 100, 200, venue="", channel="*", cause="stopped")
    desk.trade(250)
    desk.beat(301)
    assert [(b.source, b.coverage) for b in desk.bars if b.tf == "1m"] == [
        ("own", 1.0), ("none", 10 / 60), ("none", 0.0), ("none", 40 / 60), ("own", 1.0),
    ]  # fmt: skip


def test_rows_that_wait_for_the_next_beat_survive_a_checkpoint():
    desk = Desk()
    start_of_a_run(desk, 10)
    for m in range(-9, 1):
        desk.kline(m)
    desk.beat(61)
    desk.gap(0, 62, "backfilled", -600, 45, channel="bar", name=BTC, cause="start")
    other = Desk()
    other.engine.restore(desk.engine.checkpoint())
    a, b = desk.beat(62), other.beat(62)
    assert a.filled == b.filled == 11
    assert bits([*a.bars, *a.summary]) == bits([*b.bars, *b.summary])
