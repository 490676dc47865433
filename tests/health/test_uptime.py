"""Uptime comes from stored heartbeats (metrics reference 11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbkit.health import uptime, uptime_windows
from fbkit.model import NS_HOUR, NS_S

INSTANTS = st.integers(-300, 300).map(lambda s: s * NS_S) | st.integers(-300 * NS_S, 300 * NS_S)


def beats(*seconds):
    return [round(s * NS_S) for s in seconds]


def test_the_golden_value():
    assert uptime(beats(0, 10, 20, 60, 70), 0, 80 * NS_S) == 75.0


@pytest.mark.faults("R9")
def test_no_heartbeat_ever_is_unknown():
    assert uptime([], 0, 80 * NS_S) is None
    assert uptime_windows([], 80 * NS_S).percent == {"1h": None, "24h": None, "7d": None}
    unknown = {"1h": None, "24h": None, "7d": None}
    assert uptime_windows([], None) == (unknown, None, unknown, unknown)


def test_before_the_first_heartbeat_ever_is_left_out():
    assert uptime(beats(60, 70), 0, 80 * NS_S) == 100.0
    assert uptime(beats(60, 70), 0, 60 * NS_S) is None


def test_where_the_first_one_ever_is_older_the_whole_window_counts():
    assert uptime(beats(60, 70), 0, 80 * NS_S, first=-NS_S) == 25.0
    assert uptime([], 0, 80 * NS_S, first=-NS_S) == 0.0


def test_a_heartbeat_before_the_window_reaches_into_it():
    assert uptime(beats(-15, 30), 0, 40 * NS_S) == pytest.approx(100 * 15 / 40)
    assert uptime(beats(-15, -12, 30), 0, 40 * NS_S) == pytest.approx(100 * 18 / 40)


def test_windows_are_an_hour_a_day_and_a_week_ending_where_said():
    up = uptime_windows(beats(*range(0, 3600, 10)), 2 * NS_HOUR)
    assert up.as_of == 2 * NS_HOUR
    assert up.percent["1h"] == pytest.approx(100 * 10 / 3600)
    assert up.percent["24h"] == up.percent["7d"] == pytest.approx(100 * 3610 / 7200)


@pytest.mark.faults("R9")
@given(
    st.lists(INSTANTS, max_size=60).map(sorted),
    INSTANTS,
    st.integers(1, 600 * NS_S),
    st.none() | INSTANTS,
)
def test_uptime_is_always_between_0_and_100(heartbeats, since, length, first):
    """R9, over random gaps; and it is what covering every instant by hand would give."""
    until = since + length
    found = uptime(heartbeats, since, until, first=first)
    begin = max(since, first if first is not None else heartbeats[0] if heartbeats else until)
    if begin >= until:
        assert found is None
        return
    assert 0.0 <= found <= 100.0
    ends = [min(t + 20 * NS_S, nxt) for t, nxt in zip(heartbeats, [*heartbeats[1:], 1 << 62], strict=False)]
    covered = sum(max(0, min(e, until) - max(t, begin)) for t, e in zip(heartbeats, ends, strict=True))
    assert found == covered / (until - begin) * 100.0


@pytest.mark.faults("C10")
def test_a_clock_that_was_set_back_between_two_runs_gives_no_more_than_all_and_no_less_than_nothing():
    before, after = [s * NS_S for s in range(0, 110, 10)], [s * NS_S for s in range(50, 160, 10)]
    assert uptime([*before, *after], 0, 150 * NS_S) == 100.0
    hour_back = [s * NS_S for s in range(3600, 3700, 10)] + [s * NS_S for s in range(0, 100, 10)]
    percent = uptime(hour_back, 0, 3700 * NS_S)
    assert percent is not None
    assert 0.0 < percent < 10.0
