"""What Binance is asked for in rounds."""

import pytest

from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.binance.symbols import assume
from fbkit.feeds.polling import Polls
from fbkit.feeds.silence import Silence
from fbkit.model import NS_MS, NS_S, Funding, Mark, OpenInterest, Origin, Ratio
from tests.feeds.virtual_time import Time


@pytest.fixture
def time(now):
    return Time(now, now + 600 * NS_S)


@pytest.fixture
def run(time, stub, sink, make_test_world):
    """Ten minutes of everything that is polled."""

    def answer(request):
        stub.now = time.clock.now() // NS_MS
        return stub(request)

    world, _ = make_test_world(answer, clock=time.clock, sleep=time.sleep)
    feed = BinanceFeed(rest="http://127.0.0.1:1", ws="ws://127.0.0.1:1", count=3, world=world)
    followed = [feed.instruments.follow(assume(symbol)) for symbol in ("BTCUSDT", "ETHUSDT", "1000PEPEUSDT")]
    polls = Polls("binance", sink, Silence(sink, "binance"), world, ["mark"])

    async def all_of_it():
        await time.run(polls.run(feed.polls(followed)))

    return all_of_it


async def test_ten_minutes_of_polls(run, sink):
    await run()
    interest = sink.of(OpenInterest)
    assert len(interest) == 3 * 40
    assert {event.origin for event in interest} == {Origin.LIVE}
    assert {event.oi_base for event in interest} == {1000.0, 1_000_000.0}
    assert len(sink.of(Ratio)) == 3 * 4 * 2
    assert len(sink.of(Funding)) == 3
    assert [mark.mark for mark in sink.of(Mark)] == [83067.3]
    assert sink.told == []


async def test_marks_are_there_before_the_stream_speaks_and_cost_one_question(run, sink, stub):
    await run()
    kinds = [type(item) for _, item, _ in sink.items]
    assert kinds.index(Mark) < 5
    assert stub.counts["/fapi/v1/premiumIndex"] == 1


async def test_settlements_are_asked_for_after_the_hour_from_the_newest_on(run, time, stub, sink, now):
    time.end = now + 3700 * NS_S
    await run()
    asked = [query for path, query in stub.asked if path == "/fapi/v1/fundingRate"]
    assert [query.get("limit") for query in asked] == ["1", "1", "1", "10", "10", "10"]
    assert {int(query["startTime"]) for query in asked[3:]} == {sink.of(Funding)[0].ts_event // NS_MS + 1}


@pytest.mark.faults
async def test_one_missed_answer_is_told_and_forgotten_with_the_next(run, sink, stub):
    stub.refused = ["/fapi/v1/openInterest", "/fapi/v1/premiumIndex"]
    await run()
    [(_, channel, reason, sentence)] = sink.heard("trouble")
    assert (channel, reason) == ("open_interest", "rest"), "marks are streamed"
    assert "Invalid symbol" in sentence
    assert sink.heard("well") == [("well", channel)]
    assert sink.heard("silent") == []
