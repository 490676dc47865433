"""C10 and C11: clocks that jump, sleep or are wrong, and a machine that lives in a zone with summer time."""

import asyncio
import time
from itertools import pairwise

import pytest

from fbkit.clock import iso, parse_utc
from fbkit.health import uptime_windows
from fbkit.model import NS_HOUR, NS_MIN, NS_S
from fbkit.store import open_store
from tests.faults.venue_side import START, WallClock


def heartbeats(run):
    with open_store(run.url) as store:
        beats = store.beats()
    return [int(ts) for ts, n in zip(beats["ts_recv"], beats["n"], strict=True) if n % 10 == 0]


@pytest.mark.faults("C10")
@pytest.mark.parametrize("hour", [NS_HOUR, -NS_HOUR])
def test_a_machine_clock_that_is_set_is_a_gap_of_its_own_and_nothing_else(collecting, hour):
    clock = WallClock(START)

    async def set_it(collector):
        await asyncio.sleep(20)
        clock.ahead = hour

    run = collecting(clock).told(60, every_s=0.1, script=set_it)
    (gap,) = [gap for gap in run.gaps if gap["cause"] == "clock"]
    assert (gap["venue"], gap["channel"], gap["phase"]) == ("", "clock", "closed")
    assert START + 19 * NS_S <= gap["t0"] <= gap["t1"] <= START + 21 * NS_S
    assert {one["cause"] for one in run.gaps} == {"clock", "start"}, "no stall, no sleep"
    assert {beat.state for beat in run.beats} == {"ok"}
    received = run.read("trade")["ts_recv"].tolist()
    assert max(later - earlier for earlier, later in pairwise(sorted(received))) < NS_S
    beats = heartbeats(run)
    assert all(later - earlier == 10 * NS_S for earlier, later in pairwise(beats))
    assert uptime_windows(beats, beats[-1]).percent["1h"] == 100.0


@pytest.mark.faults("C10")
def test_a_suspend_is_time_asleep_and_no_stall_and_uptime_knows_it(collecting):
    clock = WallClock(START)

    async def sleep_an_hour(collector):
        await asyncio.sleep(20)
        clock.advance(NS_HOUR)

    run = collecting(clock).told(3700, every_s=0.1, script=sleep_an_hour)
    (gap,) = [gap for gap in run.gaps if gap["cause"] == "asleep"]
    assert (gap["venue"], gap["channel"]) == ("", "*")
    assert gap["t1"] - gap["t0"] == pytest.approx(NS_HOUR, abs=2 * NS_S)
    assert {one["cause"] for one in run.gaps} == {"asleep", "start"}
    assert run.beats[-1].state == "ok"
    assert len(run.beats) < 200, "an hour of empty seconds is not beaten"
    beats = heartbeats(run)
    percent = uptime_windows(beats, run.beats[-1].ts).percent["24h"]
    assert percent is not None
    assert 0.0 < percent < 10.0


@pytest.mark.faults("C10")
@pytest.mark.parametrize(("behind_ms", "state"), [(1900, "ok"), (3000, "degraded"), (-1900, "ok"), (-3000, "degraded")])
def test_a_venue_whose_clock_is_more_than_two_seconds_from_ours_is_degraded_and_believed(collecting, behind_ms, state):
    run = collecting().told(90, every_s=0.1, behind=behind_ms * 1_000_000)
    row = run.beats[-1].rows["binance", "trade"]
    assert (run.beats[-1].state, row.reason) == (state, "" if state == "ok" else "clock_skew")
    assert ("3 s" in row.sentence) == (state != "ok")
    trades = run.account("trade")
    assert (trades.quarantined, trades.late) == (0, 0)
    assert run.bars()[-1].t1 == START + NS_MIN, "its bars close by its own clock"


@pytest.mark.faults("C10")
@pytest.mark.parametrize("hour", [NS_HOUR, -NS_HOUR])
def test_a_machine_whose_clock_is_an_hour_off_still_closes_bars(collecting, hour):
    """Our clock is wrong from the start: every event is an hour old, or an hour early."""
    run = collecting().told(150, every_s=0.1, behind=hour)
    assert run.beats[-1].reason("binance", "trade") == "clock_skew"
    assert run.account("trade").late == run.account("trade").quarantined == 0
    assert [bar.t1 for bar in run.bars()] == [START - hour + n * NS_MIN for n in (1, 2)]


# -- C11 --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def berlin(monkeypatch):
    """The machine's zone is one with summer time."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.faults("C11")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a running process can be changed on POSIX only")
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_hour_that_is_skipped_or_comes_twice_is_an_hour_like_any_other(collecting, berlin, day):
    """At 01:00 UTC Berlin's clocks go from 2 to 3, or from 3 to 2."""
    change = parse_utc(f"{day}T01:00:00Z")
    assert time.localtime(change // NS_S - 1).tm_isdst != time.localtime(change // NS_S).tm_isdst
    run = collecting(WallClock(change - 90 * NS_S)).told(200, every_s=0.25)
    assert [iso(bar.t1) for bar in run.bars()] == [f"{day}T00:59:00Z", f"{day}T01:00:00Z", f"{day}T01:01:00Z"]
    assert [iso(bar.t1) for bar in run.bars("1h")] == [f"{day}T01:00:00Z"], "an hour closes at the hour"
    assert {gap["cause"] for gap in run.gaps} == {"start"}
    received = run.read("trade")["ts_recv"]
    assert (received[0], received[-1]) >= (change - 90 * NS_S, change + 100 * NS_S)
    with open_store(run.url) as store:
        told = store.rows("bars", tf="1m")
    assert str(told.index.tz) == "UTC"


@pytest.mark.faults("C11")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="as above")
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_begins_at_midnight_utc_whatever_the_clocks_say(collecting, berlin, day):
    midnight = parse_utc(f"{day}T00:00:00Z")
    run = collecting(WallClock(midnight - 65 * NS_S)).told(130, every_s=0.25)
    assert [iso(bar.t1) for bar in run.bars("1d")] == [f"{day}T00:00:00Z"], "once, and at midnight UTC"
    utc = {name: [str(bar) for bar in run.bars(name)] for name in ("1m", "1h", "1d")}
    assert all(utc.values())
