"""How far a venue's clock is from ours."""

from __future__ import annotations

from fbkit.ingest.skew import Skew, largest_fair
from fbkit.model import NS_MS, NS_S


def test_skew_is_the_median_of_ten_second_minima() -> None:
    skew = Skew()
    for second in range(61):
        delay = 200 if second % 10 else second  # the least delay of each ten seconds is 0, 10, 20 … ms
        skew.hear(second * NS_S, second * NS_S - delay * NS_MS)
    assert skew.ns == 20 * NS_MS  # the lower median of 0 10 20 30 40 50


def test_skew_before_the_first_ten_seconds_is_the_median_so_far() -> None:
    skew = Skew()
    assert skew.ns is None
    for ts, delay in enumerate((300, 100, 900, -20_000, 200), NS_S):
        skew.hear(ts, ts - delay * NS_MS)
    assert skew.ns == 200 * NS_MS


def test_the_last_minute_sent_again_in_one_frame_counts_once() -> None:
    skew = Skew()
    for delay in (59_000, 40_000, 700, 30_000):
        skew.hear(NS_S, NS_S - delay * NS_MS)
    assert skew.ns == 700 * NS_MS
    skew.hear(2 * NS_S, 2 * NS_S - 300 * NS_MS)
    assert skew.ns == 300 * NS_MS, "the lower median of 300 and 700"


def test_a_clock_behind_the_venues_gives_a_negative_skew() -> None:
    skew = Skew()
    skew.hear(NS_S, NS_S + 1_270 * NS_MS)
    assert skew.ns == -1_270 * NS_MS


def test_a_laggard_more_than_ten_seconds_above_the_smallest_does_not_count() -> None:
    assert largest_fair([]) == 0
    assert largest_fair([100, 2 * NS_S]) == 2 * NS_S
    assert largest_fair([100, 2 * NS_S, 11 * NS_S]) == 2 * NS_S
    assert largest_fair([-1_270 * NS_MS]) == -1_270 * NS_MS
