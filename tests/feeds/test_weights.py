"""Budgets of requests."""

import asyncio

import pytest

from fbkit.clock import VirtualClock
from fbkit.feeds.weights import ClockWindow, SlidingWindow
from fbkit.model import NS_S

START = 1_791_000_000 * NS_S  # on the minute


@pytest.fixture
def clock():
    return VirtualClock(START + 20 * NS_S)


@pytest.fixture
def sleep(clock):
    async def jump(seconds):
        clock.advance(int(seconds * NS_S))
        await asyncio.sleep(0)

    return jump


async def test_a_full_minute_waits_for_the_next_minute_of_the_clock(clock, sleep):
    budget = ClockWindow(100, 60, clock, sleep)
    for _ in range(9):
        await budget.take(10)
    assert clock.now() == START + 20 * NS_S
    await budget.take(10)
    assert START + 60 * NS_S <= clock.now() < START + 61 * NS_S


async def test_what_others_used_counts_too(clock, sleep):
    budget = ClockWindow(100, 60, clock, sleep)
    budget.spent(85)
    await budget.take(5)
    assert clock.now() == START + 20 * NS_S
    await budget.take(5)
    assert clock.now() >= START + 60 * NS_S


async def test_a_share_leaves_room_for_the_rest(clock, sleep):
    budget = ClockWindow(100, 60, clock, sleep)
    await budget.take(40, share=0.5)
    await budget.take(45)
    await budget.take(10, share=0.5)
    assert clock.now() >= START + 60 * NS_S


async def test_a_pause_holds_everybody(clock, sleep):
    budget = ClockWindow(100, 60, clock, sleep)
    budget.pause(START + 150 * NS_S)
    await budget.take(1)
    assert clock.now() == START + 150 * NS_S


async def test_the_advertised_limit_is_the_limit(clock, sleep):
    budget = ClockWindow(10, 60, clock, sleep)
    budget.allow(10_000)
    for _ in range(100):
        await budget.take(20)
    assert clock.now() == START + 20 * NS_S
    assert budget.used == 2000


async def test_a_question_larger_than_the_budget_goes_alone_instead_of_never(clock, sleep):
    await asyncio.wait_for(ClockWindow(10, 60, clock, sleep).take(50), 1)


async def test_no_stretch_of_five_minutes_holds_more_than_allowed(clock, sleep):
    budget = SlidingWindow(100, 300, clock, sleep)
    asked = []
    for _ in range(400):
        await budget.take()
        asked.append(clock.now())
        clock.advance(NS_S // 2)
    for ts in asked:
        assert sum(ts <= other < ts + 300 * NS_S for other in asked) <= 90


async def test_the_five_minutes_have_shares_and_pauses_too(clock, sleep):
    budget = SlidingWindow(100, 300, clock, sleep)
    for _ in range(45):
        await budget.take(share=0.5)
    begun = clock.now()
    await budget.take()
    assert clock.now() == begun
    budget.pause(begun + 7 * NS_S)
    await budget.take()
    assert clock.now() == begun + 7 * NS_S
