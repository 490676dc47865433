"""What is asked for in rounds."""

import asyncio

import httpx
import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import VenueRefused
from fbkit.feeds.binance.poll import Polls
from fbkit.feeds.binance.rest import Rest
from fbkit.feeds.binance.symbols import Known, assume
from fbkit.feeds.rounds import rounds
from fbkit.feeds.silence import Silence
from fbkit.model import NS_MS, NS_S, Funding, Ignored, OpenInterest, Origin, Ratio

KNOWN = [Known(assume(symbol)) for symbol in ("BTCUSDT", "ETHUSDT", "1000PEPEUSDT")]


class Time:
    """Virtual time in which several tasks sleep: the one due first goes first, and the clock jumps to it."""

    def __init__(self, start, end):
        self.clock, self.end = VirtualClock(start), end
        self._sleepers = []

    async def sleep(self, seconds):
        due = self.clock.now() + int(seconds * NS_S)
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((due, len(self._sleepers), future))
        await future

    async def run(self, work):
        task = asyncio.create_task(work)
        while True:
            for _ in range(60):
                await asyncio.sleep(0)
            if task.done() or not self._sleepers:
                await task
                return
            self._sleepers.sort(key=lambda sleeper: sleeper[:2])
            due, _, future = self._sleepers.pop(0)
            if due >= self.end:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return
            self.clock.advance(max(0, due - self.clock.now()))
            if not future.done():
                future.set_result(None)


@pytest.fixture
def time(now):
    return Time(now, now + 600 * NS_S)


async def test_questions_are_spread_evenly_over_the_period(time, make_test_world, now):
    world, _ = make_test_world(clock=time.clock, sleep=time.sleep)
    asked = []

    async def ask(thing):
        asked.append((thing, (time.clock.now() - now) / NS_S))

    time.end = now + 30 * NS_S
    await time.run(rounds(range(10), 15.0, ask, world))
    assert asked == [(number % 10, number * 1.5) for number in range(20)]


async def test_after_a_long_sleep_nobody_is_asked_twice(time, make_test_world, now):
    world, _ = make_test_world(clock=time.clock, sleep=time.sleep)
    asked = []

    async def ask(thing):
        asked.append((time.clock.now() - now) // NS_S)
        if len(asked) == 3:
            time.clock.advance(100 * NS_S)  # suspended

    time.end = now + 160 * NS_S
    await time.run(rounds(["x"], 15.0, ask, world))
    assert asked == [0, 15, 30, 130, 135, 150], "the turn that was due, and then those of the clock"


@pytest.fixture
def polls(time, stub, sink, make_test_world):
    def answer(request):
        stub.now = time.clock.now() // NS_MS
        return stub(request)

    world, _ = make_test_world(answer, clock=time.clock, sleep=time.sleep)
    return Polls(Rest("http://127.0.0.1:1", world), sink, Silence(sink, "binance"), world)


async def test_ten_minutes_of_polls(polls, time, sink, stub):
    await time.run(polls.run(KNOWN))
    interest = sink.of(OpenInterest)
    assert len(interest) == 3 * 40
    assert {event.origin for event in interest} == {Origin.LIVE}
    assert {event.oi_base for event in interest} == {1000.0, 1_000_000.0}
    assert len(sink.of(Ratio)) == 3 * 4 * 2
    assert len(sink.of(Funding)) == 3
    assert sink.told == []


async def test_what_did_not_change_is_not_told_again(polls, time, sink, stub):
    stub.now -= stub.now % 300_000
    frozen = stub.now

    def answer_ratio(query):
        return [{"longShortRatio": "1.5", "buySellRatio": "1.1", "timestamp": frozen}]

    for name in (
        "globalLongShortAccountRatio",
        "topLongShortAccountRatio",
        "topLongShortPositionRatio",
        "takerlongshortRatio",
    ):
        setattr(stub, name, answer_ratio)
    await time.run(polls.run(KNOWN))
    assert len(sink.of(Ratio)) == 3 * 4
    assert sink.of(Ignored) == [Ignored("ratio", "unchanged")] * 12


@pytest.mark.faults
async def test_two_periods_without_an_answer_are_a_silence_and_one_answer_ends_it(polls, time, sink, stub, now):
    original = polls._rest._ask

    async def ask(path, params):
        if path == "/fapi/v1/openInterest" and now + 60 * NS_S < time.clock.now() < now + 200 * NS_S:
            raise VenueRefused("binance", path, 400, "-1", "no")
        return await original(path, params)

    polls._rest._ask = ask
    await time.run(polls.run(KNOWN))
    [(_, channels, cause, since)] = sink.heard("silent")
    assert (channels, cause) == (("open_interest",), "refused")
    assert now + 50 * NS_S < since <= now + 61 * NS_S
    [(_, back, ts)] = sink.heard("speaking")
    assert back == ("open_interest",)
    assert ts >= now + 200 * NS_S
    assert sink.told[-1] == ("well", "open_interest")


@pytest.mark.faults
async def test_one_missed_answer_is_told_and_forgotten_with_the_next(polls, time, sink, stub):
    stub.before = [httpx.Response(400, content=b'{"code":-1121,"msg":"Invalid symbol."}')]
    await time.run(polls.run(KNOWN))
    [(_, channel, reason, sentence)] = sink.heard("trouble")
    assert reason == "rest"
    assert "Invalid symbol" in sentence
    assert sink.heard("well") == [("well", channel)]
    assert sink.heard("silent") == []
