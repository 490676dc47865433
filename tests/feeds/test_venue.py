"""A venue's feed as a whole, whichever venue it is."""

import asyncio
import json

import httpx
import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import NotRemembered, UnknownName
from fbkit.feeds.feed import Progress
from fbkit.feeds.live import CALM_S, REFRESH_S
from fbkit.model import NS_HOUR, NS_S, Bar, Day, Listing, OpenInterest, Origin, Quote, Trade
from tests.feeds.fake_venue import FakeVenue
from tests.feeds.made_up import MadeUpFeed, StubRest, row

A, B = "madeup:A-USDT-PERP", "madeup:B-USDT-PERP"


def frame(channel, symbol, number=1, **more):
    return json.dumps({"ch": channel, "s": symbol, "n": number, **more})


class Naps:
    """Sleeps that a test ends; all others are none."""

    def __init__(self):
        self.hour, self.calm = asyncio.Event(), asyncio.Event()
        self.calms = 0

    async def __call__(self, seconds):
        if seconds == REFRESH_S:
            await self.hour.wait()
            self.hour.clear()
        elif seconds == CALM_S:
            self.calms += 1
            await self.calm.wait()
            self.calm.clear()
        else:
            await asyncio.sleep(0.005 if seconds < 10 else 3600)


@pytest.fixture
def naps():
    return Naps()


@pytest.fixture
def run(started, naps):
    """Start feeds; all end with the test."""

    def start(answer, ws, *, count=2, feed=MadeUpFeed, **more):
        return started(feed, answer, ws, count, sleep=naps, **more)

    return start


@pytest.fixture
def rest():
    return StubRest(row("BUSDT", 2.0), row("AUSDT", 3.0), row("CUSDT", 1.0))


def says(*frames):
    return [*(("send", text) for text in frames), ("stay",)]


def subscribed(venue):
    """Topics by the order of the messages that asked for them."""
    return [(message["op"], message["topics"]) for message in map(json.loads, venue.said)]


async def test_the_largest_are_told_first_and_then_spoken_of(run, rest, sink, until):
    async with FakeVenue(says(frame("trade", "AUSDT"))) as venue:
        feed, _ = run(rest, venue.url)
        await until(lambda: sink.of(Trade) and len(sink.of(Day)) == 2 and venue.said)
        assert [listing.instrument for listing in sink.of(Listing)] == [A, B]
        assert [type(item) for _, item, _ in sink.items[:2]] == [Listing] * 2
        assert subscribed(venue)[0][1] == [
            *("list.all", "trade.AUSDT", "ticker.AUSDT", "depth.AUSDT"),
            *("trade.BUSDT", "ticker.BUSDT", "depth.BUSDT"),
        ]
        assert sink.raws[0][0] == "rest:/list"
        assert [listing.instrument for listing in await feed.listings()] == [A, B]
        assert len(rest.of("/list")) == 1, "whoever asks again costs the venue nothing"


@pytest.mark.faults("C1")
async def test_a_venue_that_is_away_at_the_start_is_waited_for_and_said(run, rest, sink, until):
    rest.before = [*[httpx.Response(503, content=b"<html>")] * 9, httpx.Response(200, content=b'{"no":"list"}')]
    async with FakeVenue(says(frame("trade", "AUSDT"))) as venue:
        run(rest, venue.url)
        await until(lambda: sink.of(Trade))
        assert {entry[1:3] for entry in sink.heard("trouble")} == {("listing", "rest")}
        assert "another shape" in sink.heard("trouble")[-1][3]
        assert ("well", "listing") in sink.told


async def test_the_open_minute_is_fetched_once_for_whoever_trades_there(run, rest, sink, until, now):
    async with FakeVenue(says(), says()) as venue:
        run(rest, venue.url, clock=VirtualClock(now))
        await until(lambda: rest.of("/trades") == ["AUSDT", "BUSDT"] and sink.of(Trade))
        await until(lambda: len(venue.said) == 1)  # else a cut could swallow what the first connection asked for
        for connection in list(venue._server.connections):
            connection.transport.abort()
        await until(lambda: venue.connections == 2)
        await until(lambda: len(venue.said) == 2)
    assert len(rest.of("/trades")) == 2


@pytest.mark.faults
async def test_after_a_cut_the_parser_forgets_who_rode_there(run, rest, sink, until):
    script = [("send", frame("ticker", "AUSDT")), ("rst",)]
    async with FakeVenue(script, says(frame("ticker", "AUSDT"))) as venue:
        feed, _ = run(rest, venue.url)
        await until(lambda: sink.heard("speaking"))
        assert feed.parser.forgotten == [("AUSDT", "BUSDT")]
        [(_, channels, cause, _)] = sink.heard("silent")
        assert (set(channels), cause) == ({"trade", "mark", "depth", "listing", "open_interest"}, "disconnect")
        assert sink.heard("speaking")[0][1] == ("mark", "open_interest", "listing")


async def test_news_of_the_list_are_read_at_once_but_not_again_and_again(run, rest, sink, until, naps):
    news = [frame("list", "NEWUSDT")] * 5
    async with FakeVenue(says(*news, frame("trade", "NEWUSDT")), says(frame("trade", "NEWUSDT"))) as venue:
        rest.before = []
        run(rest, venue.url)
        await until(lambda: naps.calms == 1)
        assert len(rest.of("/list")) == 2
        assert len(sink.of(Listing)) == 2
        rest.rows.append(row("NEWUSDT", 9.0))
        naps.calm.set()
        await asyncio.sleep(0)
        naps.hour.set()
        await until(lambda: any(trade.instrument == "madeup:NEW-USDT-PERP" for trade in sink.of(Trade)))
        assert sink.of(Listing)[-1].instrument == "madeup:NEW-USDT-PERP"
        assert venue.connections == 2
        await until(lambda: len(venue.said) == 2)
        further = subscribed(venue)[-1]
        assert further == ("subscribe", ["trade.NEWUSDT", "ticker.NEWUSDT", "depth.NEWUSDT"]), "no second list.all"
        await until(lambda: "NEWUSDT" in rest.of("/day"))
        assert sink.heard("trouble") == []


async def test_who_is_delisted_is_told_and_no_longer_polled(run, rest, sink, until, naps):
    async with FakeVenue(says()) as venue:
        run(rest, venue.url)
        await until(lambda: len(sink.of(Day)) == 2)
        rest.rows[0] = row("BUSDT", 0.0, status="settling")
        rest.asked.clear()
        naps.hour.set()
        await until(lambda: naps.calms == 1)
        await until(lambda: rest.of("/day"))
        assert [(item.instrument, item.status) for item in sink.of(Listing)[2:]] == [(B, "settling")]
        assert rest.of("/day") == ["AUSDT"]


async def test_who_means_something_else_is_told_and_forgotten(run, rest, sink, until, naps):
    async with FakeVenue(says()) as venue:
        feed, _ = run(rest, venue.url)
        await until(lambda: len(sink.of(Day)) == 2)
        rest.rows[1] = row("AUSDT", 3.0, contract_size=10.0)
        naps.hour.set()
        await until(lambda: naps.calms == 1)
        assert feed.parser.forgotten == [("AUSDT",)]
        assert sink.of(Listing)[-1].contract_size == 10.0
        assert feed.instruments.by_symbol["AUSDT"].size_mult == 10.0


@pytest.mark.faults
async def test_a_list_that_cannot_be_read_again_is_trouble_and_no_end(run, rest, sink, until, naps):
    async with FakeVenue(says(frame("trade", "AUSDT"))) as venue:
        _, task = run(rest, venue.url)
        await until(lambda: len(sink.of(Day)) == 2 and sink.of(Trade))
        rest.rows = None
        naps.hour.set()
        await until(lambda: sink.heard("trouble"))
        assert sink.heard("trouble")[0][1:3] == ("listing", "rest")
        assert not task.done()


@pytest.mark.faults("C9")
async def test_a_broken_book_is_told_and_asked_for_again_on_its_own_connection(run, rest, sink, until):
    frames = [frame("depth", "AUSDT", 1, snapshot=True), frame("depth", "AUSDT", 2), frame("depth", "AUSDT", 4)]
    async with FakeVenue(says(*frames)) as venue:

        def answer(text):
            again = json.loads(text)["op"] == "subscribe" and json.loads(text)["topics"] == ["depth.AUSDT"]
            return [frame("depth", "AUSDT", 9, snapshot=True), frame("depth", "AUSDT", 10)] if again else []

        venue.answer = answer
        run(rest, venue.url)
        await until(lambda: sink.heard("mended") and len(sink.of(Quote)) == 4)
        [(_, instrument, channel, _, sentence)] = sink.heard("broke")
        assert (instrument, channel) == (A, "depth")
        assert "3" in sentence
        assert "4" in sentence
        assert [quote.venue_id for quote in sink.of(Quote)] == [1, 2, 9, 10]
        assert subscribed(venue)[1:] == [("unsubscribe", ["depth.AUSDT"]), ("subscribe", ["depth.AUSDT"])]


@pytest.mark.faults("C9")
async def test_a_broken_book_may_be_mended_by_rest_however_often_it_takes(run, rest, sink, until):
    class ByRest(MadeUpFeed):
        by_rest = True

    frames = [frame("depth", "AUSDT", 1, snapshot=True), frame("depth", "AUSDT", 4)]
    async with FakeVenue(says(*frames)) as venue:
        feed, _ = run(rest, venue.url, feed=ByRest)
        await until(lambda: len(sink.of(Day)) == 2)
        rest.before = [httpx.Response(404, content=b"{}")]
        await until(lambda: sink.heard("mended"))
        await until(lambda: sink.of(Quote)[-1:] and sink.of(Quote)[-1].venue_id == 50)
        assert len(sink.heard("broke")) == len(sink.heard("mended")) == 1
        assert feed.parser.books.broken == set()


@pytest.mark.faults("C9")
async def test_a_cut_ends_the_gap_of_one_book_and_begins_the_channels(run, rest, sink, until):
    frames = [("send", frame("depth", "AUSDT", 1, snapshot=True)), ("send", frame("depth", "AUSDT", 4))]
    async with FakeVenue([*frames, ("wait", 0.1), ("rst",)], says()) as venue:
        run(rest, venue.url)
        await until(lambda: venue.connections == 2)
        words = [entry[0] for entry in sink.told if entry[0] in {"broke", "silent", "mended"}]
        assert words == ["broke", "silent", "mended"]


async def test_a_venue_that_says_it_will_close_is_left_with_overlap(run, rest, sink, until):
    chatter = [step for number in range(400) for step in (("send", frame("trade", "AUSDT", number)), ("wait", 0.01))]
    moving = [("send", frame("trade", "AUSDT", 0)), ("send", '{"moving":true}'), *chatter, ("stay",)]
    async with FakeVenue(moving, [*chatter, ("stay",)]) as venue:
        run(rest, venue.url)
        await until(lambda: venue.connections == 2)
        await until(lambda: len(venue._server.connections) == 1)
        assert sink.heard("silent") == []
        assert sink.heard("broke") == []


async def test_all_links_share_the_connects_that_a_venue_allows(run, rest, until, make_test_world):
    class Slow(MadeUpFeed):
        connects = (2, 300)

        def sockets(self, followed):
            [socket] = super().sockets(followed)
            return [socket._replace(name=f"public-{n}", topics=(), limits_s={}, symbols=()) for n in range(3)]

    clock = VirtualClock(NS_HOUR)
    async with FakeVenue(says()) as venue:
        run(rest, venue.url, feed=Slow, clock=clock)
        await until(lambda: venue.connections == 1)
        for _ in range(50):
            await asyncio.sleep(0.002)
        assert venue.connections == 1, "0.9 of 2 is one"


async def test_headers_go_with_the_handshake(run, rest, until):
    async with FakeVenue(says()) as venue:
        run(rest, venue.url)
        await until(lambda: venue.connections == 1)
        assert venue.headers[0]["X-Size"] == "1"


async def test_cancelled_it_leaves_nothing(run, rest, sink, until):
    broken = [frame("depth", "AUSDT", 1, snapshot=True), frame("depth", "AUSDT", 4)]
    async with FakeVenue(says(*broken)) as venue:
        around = asyncio.all_tasks()
        _, task = run(rest, venue.url)
        await until(lambda: sink.heard("broke"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: asyncio.all_tasks() <= around | {task})


# the past


@pytest.fixture
async def feed(rest, make_test_world, now):
    world, _ = make_test_world(rest, clock=VirtualClock(now), parallel=2)
    feed = MadeUpFeed(rest="http://127.0.0.1:1", ws="ws://127.0.0.1:1", count=3, world=world)
    await feed.listings()
    return feed


async def test_the_past_comes_whole_instrument_by_instrument(feed, sink, now):
    progress = [step async for step in feed.backfill(sink, now - NS_HOUR, now)]
    assert progress[0] == Progress("history", 0, 3)
    assert [step.done for step in progress] == [0, 1, 2, 3]
    assert {step.instrument for step in progress[1:]} == {bar.instrument for bar in sink.of(Bar)}
    assert sink.raws[0][0] == "rest:/list"
    assert "rest:/past?symbol=AUSDT" in [connection for connection, _, _ in sink.raws]


@pytest.mark.faults("C4")
async def test_whom_the_venue_refuses_is_left_out_and_said(feed, rest, sink, now):
    rest.before = [httpx.Response(404, content=b"{}")]
    progress = [step async for step in feed.backfill(sink, now - NS_HOUR, now)]
    assert [step.complete for step in progress[1:]].count(False) == 1
    assert len(sink.of(Bar)) == 2


async def test_trades_outside_what_was_asked_for_are_left_out(feed, sink, now):
    since = now - 10 * NS_S
    count = await feed.trades(sink, A, since, now)
    assert sorted(trade.ts_event for trade in sink.of(Trade)) == list(range(since, now, NS_S))
    assert count == 10
    assert {trade.origin for trade in sink.of(Trade)} == {Origin.BACKFILL}


async def test_what_is_not_remembered_and_who_is_not_followed_are_said(feed, sink, now):
    with pytest.raises(NotRemembered):
        await feed.trades(sink, A, -1, now)
    with pytest.raises(UnknownName):
        await feed.trades(sink, "madeup:NOPE-USDT-PERP", now - NS_S, now)
    assert sink.of(OpenInterest) == []
