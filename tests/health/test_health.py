"""Thresholds, reasons, and how the parts make the whole (metrics reference 11)."""

import pytest

from fbkit.errors import LeaseLost, StoreBusy, StoreFull
from fbkit.health import EXPECTED_S, Health
from fbkit.model import CHANNELS, NS_HOUR, NS_MIN, NS_S, AccountRow


def listening(*channels, venue="binance", at=0):
    health = Health()
    for channel in channels:
        health.heard(venue, channel, at)
    return health


def row_of(state, channel, venue="binance"):
    (row,) = (r for r in state.streams if (r.venue, r.channel) == (venue, channel))
    return row


@pytest.mark.parametrize(
    ("age", "state"), [(0, "ok"), (2, "ok"), (2.001, "degraded"), (10, "degraded"), (10.001, "down")]
)
def test_a_stream_ages_by_its_expected_interval(age, state):
    found = listening("trade").judge(round(age * NS_S))
    assert (row_of(found, "trade").state, found.state) == (state, state)
    assert row_of(found, "trade").age_s == pytest.approx(age)


def test_polled_kinds_have_their_own_pace_and_rare_ones_none():
    health = listening("trade", "open_interest", "ratio", "liquidation", "listing")
    health.heard("binance", "trade", NS_HOUR)
    found = health.judge(NS_HOUR)
    assert [row_of(found, c).state for c in ("open_interest", "ratio", "liquidation", "listing")] == [
        "down",
        "down",
        "ok",
        "ok",
    ]
    assert found.state == "degraded"  # the vital streams are well


def test_every_channel_has_an_expectation():
    assert set(EXPECTED_S) == set(CHANNELS)


def test_a_stream_never_heard_ages_from_when_we_knew_of_it():
    health = Health()
    health.gap_opened("binance", "trade", "refused")
    assert health.judge(0).state == "degraded"
    assert health.judge(11 * NS_S).state == "down"
    assert row_of(health.judge(11 * NS_S), "trade").age_s is None


def test_an_open_gap_is_degraded_until_it_closes():
    health = listening("mark")
    health.gap_opened("binance", "mark", "stalled")
    health.gap_opened("binance", "mark", "sequence")
    assert row_of(health.judge(NS_S), "mark").reason == "stalled"
    health.gap_closed("binance", "mark")
    assert row_of(health.judge(NS_S), "mark").reason == "sequence"
    health.gap_closed("binance", "mark")
    assert health.judge(NS_S).state == "ok"


def test_what_a_feed_tells_is_passed_on_in_its_own_words():
    health = listening("trade")
    health.trouble("binance", "trade", "refused", "The venue refused btcusdt@aggTrade.")
    found = health.judge(NS_S)
    assert (found.state, found.reasons) == ("degraded", ["The venue refused btcusdt@aggTrade."])
    health.well("binance", "trade")
    assert health.judge(NS_S).reasons == []


def test_a_question_that_failed_is_forgotten_once_one_is_answered():
    health = listening("ratio")
    health.judge(0)
    health.trouble("binance", "ratio", "rest", "no answer")
    assert health.judge(NS_S).state == "degraded"
    health.heard("binance", "ratio", 2 * NS_S)
    assert health.judge(2 * NS_S).state == "ok"


def test_a_loss_is_remembered_for_five_minutes():
    health = listening("trade")
    health.lost(0, 12)
    for minute, state in ((0, "degraded"), (5, "degraded"), (6, "ok")):
        health.heard("binance", "trade", minute * NS_MIN)
        found = health.judge(minute * NS_MIN)
        assert found.state == state
    health.lost(6 * NS_MIN, 3, "binance", "trade")
    assert row_of(health.judge(6 * NS_MIN), "trade").reason == "loss"


def test_more_than_a_percent_quarantined_within_a_minute_is_degraded():
    health = listening("trade")
    states = []
    for second in range(0, 200, 10):
        now = second * NS_S
        health.heard("binance", "trade", now)
        bad = 0 if second < 50 else 11
        received = 1000 + 100 * second // 10
        account = AccountRow(1, "binance", "trade", received, stored=received - bad, quarantined=bad)
        states.append(health.judge(now, accounts=[account]).state)
    assert states == ["ok"] * 5 + ["degraded"] * 6 + ["ok"] * 9


@pytest.mark.faults("C5")
def test_frames_of_which_not_even_the_channel_can_be_read_are_held_against_all_that_their_venue_says():
    def states(*quarantined):
        health = listening("trade")
        for n, bad in enumerate(quarantined):
            health.heard("binance", "trade", n * NS_S)
            good = 500 * n
            accounts = [
                AccountRow(1, "binance", "trade", good, stored=good),
                AccountRow(1, "binance", "", bad, quarantined=bad),
            ]
            yield health.judge(n * NS_S, accounts=accounts)

    assert [found.state for found in states(0, 1, 5, 9)] == ["ok", "ok", "ok", "ok"]
    *_, last = states(0, 1, 5, 60)
    assert row_of(last, "frames").reason == "quarantine"
    assert "binance frames: 3.8% of the last minute was not believed" in last.reasons[0]


def test_books_that_do_not_balance_are_told_at_once_and_by_name():
    health = listening("trade")
    accounts = [AccountRow(1, "binance", "trade", 10, stored=7, in_flight=3), AccountRow(1, "bybit", "mark", 5)]
    found = health.judge(NS_S, accounts=accounts)
    assert (found.state, found.system.reason) == ("degraded", "unbalanced")
    assert "bybit mark" in found.reasons[0]
    assert "binance trade" not in found.reasons[0]
    assert health.judge(NS_S, accounts=accounts[:1]).state == "ok"


def test_a_skew_of_more_than_two_seconds_is_degraded():
    for skew, state in ((2 * NS_S, "ok"), (2 * NS_S + 1, "degraded"), (-3 * NS_S, "degraded")):
        found = listening("trade").judge(0, skews={"binance": skew})
        assert found.state == state
        assert not found.reasons or "NTP" in found.reasons[0]
    assert row_of(listening("trade").judge(0, skews={"binance": 9 * NS_S}), "trade").reason == "clock_skew"


def test_a_queue_more_than_half_full_is_degraded():
    assert listening("trade").judge(0, queue_share=0.5).state == "ok"
    assert row_of(listening("trade").judge(0, queue_share=0.51), "store", "").reason == "queue"


def test_a_queue_full_of_history_is_a_note_as_long_as_history_moves_on():
    def states(*course):
        health = listening("trade")
        for second, share, history in course:
            health.heard("binance", "trade", second * NS_S)
            found = health.judge(second * NS_S, queue_share=share, history=history)
            yield found.state, found.system.reason, any(row.channel == "history" for row in found.streams)

    note, calm, alarm = ("ok", "", True), ("ok", "", False), ("degraded", "queue", False)
    fetched = [(0, 0.6, (0, 90)), (9, 0.9, (1, 90)), (18, 0.7, (89, 90)), (19, 0.7, None), (20, 0.4, None)]
    assert list(states(*fetched)) == [note, note, note, note, calm], "and until the writer has it"
    assert list(states(*fetched, (40, 0.6, None)))[-1] == alarm
    stuck = list(states((0, 0.6, (3, 90)), (10, 0.6, (3, 90)), (11, 0.6, (3, 90))))
    assert stuck == [note, note, ("degraded", "queue", True)], "a writer that stands still is one"


def test_history_says_how_far_it_is_and_hides_no_trouble():
    health = listening("trade")
    calm = row_of(health.judge(0, queue_share=0.1, history=(3, 90)), "history", "")
    assert (calm.state, calm.sentence) == ("ok", "fetching history: 3 of 90 instruments.")
    full = health.judge(0, queue_share=0.9, history=(3, 90), trouble=StoreFull("x.db", "no room", "kept"))
    assert (full.state, full.system.reason) == ("down", "disk_full")


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (StoreFull("x.db", "no room", "kept"), "down", "disk_full"),
        (StoreBusy("x.db", "locked", "kept"), "degraded", "locked"),
        (LeaseLost("x.db", "taken", "stopping"), "down", "store"),
        (OSError("broken"), "down", "store"),
    ],
)
def test_what_keeps_the_writer_from_storing_is_told(error, state, reason):
    found = listening("trade").judge(0, trouble=error)
    assert (found.state, found.system.reason) == (state, reason)
    assert str(error) in found.system.sentence


def test_the_whole_is_down_only_when_every_venue_is():
    health = listening("trade", "quote", "mark")
    for channel in ("trade", "quote", "mark"):
        health.heard("bybit", channel, 0)
    for channel in ("trade", "quote"):
        health.heard("binance", channel, 60 * NS_S)
    for channel in ("trade", "quote", "mark"):
        health.heard("bybit", channel, 60 * NS_S)
    assert health.judge(60 * NS_S).state == "degraded"  # binance is down by its marks, bybit is well
    assert health.judge(120 * NS_S).state == "down"


def test_a_part_of_the_collector_that_failed_degrades_the_whole():
    health = listening("trade")
    health.trouble("", "collector", "failed", "A part failed; restart the collector.")
    found = health.judge(0)
    assert (found.state, found.system.reason) == ("degraded", "failed")


def test_every_state_that_is_not_ok_has_a_reason_and_a_sentence():
    health = listening("trade", "quote", "ratio")
    health.gap_opened("binance", "quote", "disconnect")
    for now in (0, 5 * NS_S, NS_HOUR):
        found = health.judge(now, queue_share=0.9, skews={"binance": 3 * NS_S})
        for row in (found.system, *found.streams):
            assert (row.state == "ok") is (row.reason == "") is (row.sentence == "")
            assert row.ts == now
    assert found.system.channel == "*"
    assert "And " in health.judge(5 * NS_S).system.sentence or health.judge(5 * NS_S).system.state == "down"


def test_a_thin_market_is_calm_and_not_stale():
    health = Health()
    health.expect("deribit", {"trade": 20.0})
    for venue in ("binance", "deribit"):
        health.heard(venue, "trade", 0)
    rows = {row.venue: row.state for row in health.judge(15 * NS_S).streams if row.venue}
    assert rows == {"binance": "down", "deribit": "ok"}
