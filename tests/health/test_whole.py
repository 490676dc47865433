"""The whole out of its parts, and one source for everything that shows it."""

import pytest

from fbkit.clock import VirtualClock
from fbkit.continuity.backend import judge as judge_backend
from fbkit.dashboard import health_words
from fbkit.errors import StoreFull
from fbkit.health import Health, whole
from fbkit.health.standing import absence, is_beating, judged, stands, told
from fbkit.health.uptime import shares_by_state, uptime_windows
from fbkit.model import NS_HOUR, NS_S, Beat, HealthRow, Market, RunRow
from fbkit.reports.facts import Asked, read_facts
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer

T = 1_800_000_000 * NS_S


def row(venue, channel, state="ok", reason="", ts=T):
    return HealthRow(ts, venue, channel, state, reason, f"{venue} {channel} is {state}." if reason else "", 0.5)


GOOD = [row("binance", channel) for channel in ("trade", "quote", "mark")]


def test_one_venue_of_two_that_is_down_degrades_and_is_named():
    bad = [row("okx", "trade", "down", "stale"), row("okx", "quote")]
    found = whole([*GOOD, *bad])
    assert (found.state, found.venues) == ("degraded", {"binance": "ok", "okx": "down"})
    assert [one.where for one in found.reasons] == ["okx trade"]


def test_a_channel_that_is_not_vital_never_takes_its_venue_down():
    found = whole([*GOOD, row("binance", "ratio", "down", "stale")])
    assert (found.state, found.venues) == ("degraded", {"binance": "ok"})


def test_every_venue_down_is_down_and_so_is_nothing_stored_and_no_collector():
    stale = [row("binance", "trade", "down", "stale"), row("okx", "mark", "down", "stale")]
    assert whole(stale).state == "down"
    assert whole([*GOOD, row("", "store", "down", "disk_full")]).state == "down"
    assert whole(GOOD, "no collector runs").state == "down"


def test_the_worst_comes_first_and_notes_are_no_reasons():
    rows = [row("binance", "ratio", "degraded", "rest"), row("okx", "trade", "down", "stale"), *GOOD]
    found = whole([*rows, HealthRow(T, "", "history", "ok", "history", "fetching history: 3 of 90 instruments.")])
    assert [one.code for one in found.reasons] == ["stale", "rest"]
    assert [one.code for one in found.notes] == ["history"]


def test_what_was_wrong_at_an_earlier_heartbeat_is_over():
    """A row that is told only while something is wrong stays in the store when it is told no more."""
    found = whole([*GOOD, row("", "books", "degraded", "unbalanced", ts=T - 10 * NS_S)])
    assert (found.state, found.reasons) == ("ok", ())


def test_a_venue_that_never_spoke_goes_down_and_a_thin_instrument_is_not_seen_here():
    health = Health()
    health.gap_opened("binance", "trade", "refused")
    for second, state in ((0, "degraded"), (11, "down")):
        assert whole([*health.judge(second * NS_S).streams]).state == state
    thin = Health()
    for second in range(60):  # one of its instruments trades each second, the thin one never does
        thin.heard("binance", "trade", second * NS_S)
    assert whole(thin.judge(60 * NS_S).streams).state == "ok"


def test_a_disk_that_is_full_is_down_while_every_stream_speaks():
    health = Health()
    health.heard("binance", "trade", 0)
    found = whole(health.judge(0, trouble=StoreFull("x.db", "no room", "kept")).streams)
    assert (found.state, found.reasons[0].code) == ("down", "disk_full")


@pytest.mark.parametrize("hour", [NS_HOUR, -NS_HOUR])
def test_beats_an_hour_from_now_prove_no_collector_whichever_way_a_clock_jumped(hour):
    beat = Beat("", T, T, 10)
    assert is_beating(beat, T + NS_S)
    assert not is_beating(beat, T + hour)
    assert not is_beating(Beat("", T, T, 11, last=True), T)
    assert not is_beating(None, T)


def test_absence_says_since_when_and_what_to_do():
    assert "nothing was ever collected" in absence(Market.LIVE, None)
    assert "2027-01-15T08:00:00Z" in absence(Market.SIMULATED, Beat("", T, T, 1))
    for market in Market:
        assert "`fbkit" in absence(market, Beat("", T, T, 1))


def test_shares_by_state_of_the_golden_heartbeats_sum_to_its_uptime():
    beats = [s * NS_S for s in (0, 10, 20, 60, 70)]
    states = [(0, "ok"), (10 * NS_S, "degraded"), (60 * NS_S, "down")]
    found = shares_by_state(beats, states, 0, 80 * NS_S)
    assert found == {"ok": 12.5, "degraded": 37.5, "down": 25.0}
    assert sum(found.values()) == 75.0
    up = uptime_windows(beats, 80 * NS_S, states=states)
    assert (up.percent["1h"], up.available["1h"], up.ok["1h"]) == (75.0, 50.0, 12.5)


def test_what_lies_before_the_first_judgement_is_unknown_and_left_out():
    beats = [s * NS_S for s in range(0, 80, 10)]
    assert shares_by_state(beats, [(40 * NS_S, "ok")], 0, 80 * NS_S) == {"ok": 100.0}
    assert shares_by_state(beats, [], 0, 80 * NS_S) is None


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A database in which a collector beats, its whole degraded by one stream; its URL and its last instant."""
    monkeypatch.setenv("FBKIT_HOME", str(tmp_path / "home"))
    url = f"sqlite:///{(tmp_path / 'h.db').as_posix()}"
    clock = VirtualClock(T)
    writer = open_writer(url, market=Market.LIVE, seed=None, clock=clock, holder="a test")
    seq, rows = 1 << 48, [*GOOD, row("okx", "trade", "degraded", "stalled"), row("", "*", "degraded", "stalled")]
    run = RunRow(writer.epoch, T - 100 * NS_S, seq, 0, "", "{}", "3", "2", 1, "here", 0)
    beats = [Beat("", T - s * NS_S, T - s * NS_S, 1000 - s, seq=seq + 1000 - s) for s in range(90, -1, -10)]
    writer.append(Batch(beats, [run, *rows], None))
    writer.close()
    return url


def test_snapshot_report_page_and_desk_say_the_same(stored):
    settings = load_settings(db=stored)
    with open_store(stored) as store:
        mine = told(stands(store, T + NS_S))
        backend = judge_backend(store, T + NS_S)
        facts = read_facts(store, settings, Asked(hours=1), VirtualClock(T + NS_S))
        rows = store.latest_health()
        live = told(stands(store, T + NS_S, live=rows))
    assert mine["state"] == backend.state == facts.backend.state == health_words.system_state(rows) == "degraded"
    codes = [one["reason"] for one in mine["reasons"]]
    assert codes == [one.code for one in backend.reasons] == [one.code for one in facts.backend.reasons] == ["stalled"]
    assert live == mine, "what the collector says itself is judged alike"
    assert {name: share / 100 for name, share in mine["uptime_percent"].items()} == pytest.approx(backend.uptime)


def test_a_run_that_has_told_nothing_yet_is_starting_whatever_the_last_one_told(stored):
    clock = VirtualClock(T + 100 * NS_S)
    writer = open_writer(stored, market=Market.LIVE, seed=None, clock=clock, holder="a test")
    run = RunRow(writer.epoch, T + 99 * NS_S, writer.last_seq + 1, 0, "", "{}", "3", "2", 1, "here", 0)
    seq = writer.last_seq + 1
    writer.append(Batch([Beat("", T + 100 * NS_S, T + 100 * NS_S, 1001, seq=seq)], [run], None))
    writer.close()
    with open_store(stored) as store:
        found = judged(store, T + 101 * NS_S)
    assert (found.state, found.reasons[0].code) == ("degraded", "starting")
