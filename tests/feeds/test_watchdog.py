"""Silence on an open connection."""

import pytest

from fbkit.feeds.watchdog import LONGEST_S, Watchdog
from fbkit.model import NS_S


def late(dog, heard, seconds):
    return [overdue.channel for overdue in dog.overdue(heard, seconds * NS_S)]


def test_it_is_armed_at_connect_and_not_at_the_first_data():
    dog = Watchdog({"trade": 10.0})
    dog.arm(100 * NS_S)
    assert late(dog, {}, 110) == []
    assert late(dog, {}, 111) == ["trade"]


def test_each_channel_is_watched_on_its_own():
    dog = Watchdog({"trade": 10.0, "bar": 60.0})
    dog.arm(0)
    assert late(dog, {"trade": 5 * NS_S, "bar": 0}, 30) == ["trade"]


def test_a_rare_channel_may_be_silent_for_ever():
    dog = Watchdog({"liquidation": None, "listing": None})
    dog.arm(0)
    assert late(dog, {}, 10_000_000) == []


def test_a_channel_that_stalls_again_gets_more_time_until_it_speaks():
    dog = Watchdog({"day": 10.0})
    dog.arm(0)
    dog.stalled("day", 11 * NS_S)
    assert late(dog, {}, 31) == []
    assert late(dog, {}, 32) == ["day"]
    for _ in range(40):
        dog.stalled("day", 0)
    assert late(dog, {}, int(LONGEST_S) + 1) == ["day"]
    dog.spoke("day")
    assert late(dog, {}, 11) == ["day"]


@pytest.mark.parametrize("channel", ["liquidation", "unheard of"])
def test_who_is_not_watched_may_speak(channel):
    Watchdog({"liquidation": None}).spoke(channel)
