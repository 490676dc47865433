"""Binance as a whole: instruments, two sockets, polls, and the open minute."""

import asyncio
import json

import httpx
import pytest

from fbkit.clock import SystemClock
from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.live import REFRESH_S
from fbkit.model import NS_MIN, NS_MS, Listing, OpenInterest, Origin, Quote, Ratio, Trade
from tests.feeds.binance.conftest import StubRest
from tests.feeds.fake_venue import FakeVenue


@pytest.fixture
def live(load):
    """REST at the real now."""
    return StubRest(load, SystemClock().now() // NS_MS)


@pytest.fixture
def run(started):
    """Start feeds; all end with the test."""

    def start(answer, ws, *, count=3, sleep=asyncio.sleep, **more):
        return started(BinanceFeed, answer, ws, count, sleep=sleep, **more)

    return start


class Echo(FakeVenue):
    """Sends each connection the frames of its route."""

    def __init__(self, market, public):
        super().__init__([("route", market, public), ("stay",)])

    async def _route(self, connection, market, public):
        for frame in market if connection.request.path.startswith("/market/") else public:
            await connection.send(frame.decode())


async def test_the_largest_are_listed_first_and_told_before_anything_else(run, live, sink, load, until):
    async with Echo([load("binance/ws_mark_price_arr.json")], [load("binance/ws_depth5.json")]) as venue:
        feed, _ = run(live, venue.url)
        await until(lambda: len(sink.of(Quote)) == 1 and sink.of(Ratio) and sink.of(OpenInterest))
        names = [listing.instrument for listing in sink.of(Listing)]
        assert names == ["binance:BTC-USDT-PERP", "binance:ETH-USDC-PERP", "binance:PEPE-USDT-PERP"]
        assert [type(item) for _, item, _ in sink.items[:3]] == [Listing] * 3
        assert {known.funding_hours for known in feed.instruments} == {8.0, 4.0}
        assert sorted(path.partition("?")[0] for path in venue.paths) == ["/market/stream", "/public/stream"]
        assert sink.of(Quote)[0].levels == 5
        assert [listing.instrument for listing in await feed.listings()] == names
        assert live.counts["/fapi/v1/exchangeInfo"] == 1, "whoever asks again costs the venue nothing"


async def test_the_open_minutes_trades_are_fetched_once_at_the_start(run, live, sink, load, until):
    trade = load("binance/ws_agg_trade.json")
    async with Echo([trade], []) as venue:
        run(live, venue.url, count=1)
        await until(lambda: live.counts["/fapi/v1/aggTrades"] == 1 and len(sink.of(Trade)) > 1)
        asked = [query for path, query in live.asked if path == "/fapi/v1/aggTrades"]
        assert int(asked[0]["startTime"]) % 60_000 == 0
        fetched = [event for event in sink.of(Trade) if event.origin is Origin.BACKFILL]
        assert fetched == sorted(fetched, key=lambda event: event.venue_id)
        assert all(event.ts_event >= int(asked[0]["startTime"]) * NS_MS for event in fetched)
        assert max(event.ts_event for event in fetched) - min(event.ts_event for event in fetched) < NS_MIN
        for connection in list(venue._server.connections):
            if connection.request.path.startswith("/market/"):
                connection.transport.abort()
        await until(lambda: len(venue.paths) == 3)
        await until(lambda: len(sink.heard("speaking")) == 1)
        assert live.counts["/fapi/v1/aggTrades"] == 1, "the rest belongs to whoever keeps the gap"


async def test_what_primed_us_is_captured_before_the_first_frame(run, live, sink, load, until):
    async with Echo([load("binance/ws_agg_trade.json")], []) as venue:
        run(live, venue.url)
        await until(lambda: sink.of(Trade))
        pages = [connection for connection, _, _ in sink.raws]
        assert pages[:3] == ["rest:/fapi/v1/exchangeInfo", "rest:/fapi/v1/ticker/24hr", "rest:/fapi/v1/fundingInfo"]
        assert "market-1" in pages


@pytest.mark.faults("C1")
async def test_a_venue_that_is_away_at_the_start_is_waited_for_and_said(run, live, sink, load, until):
    down = httpx.Response(503, content=b"<html>")
    live.before = [*[down] * 9, httpx.Response(200, content=b"<html>welcome to our hotel</html>")]

    async def hurry(seconds):
        await asyncio.sleep(min(seconds, 0.001))

    async with Echo([load("binance/ws_agg_trade.json")], []) as venue:
        _, task = run(live, venue.url, sleep=hurry)
        await until(lambda: sink.of(Trade))
        task.cancel()
    [channel, *_] = [entry[1:3] for entry in sink.heard("trouble")]
    assert channel == ("listing", "rest")
    assert ("well", "listing") in sink.told


@pytest.mark.faults("C4")
async def test_a_refused_stream_is_trouble_of_its_channel(run, live, sink, load, until):
    symbols = [f"C{number:02d}" for number in range(60)]
    info = {
        "symbols": [
            {
                "symbol": f"{base}USDT",
                "baseAsset": base,
                "quoteAsset": "USDT",
                "status": "TRADING",
                "contractType": "PERPETUAL",
            }
            for base in symbols
        ]
    }

    def answer(request):
        if request.url.path == "/fapi/v1/exchangeInfo":
            return httpx.Response(200, content=json.dumps(info).encode())
        return live(request)

    def refuse(text):
        message = json.loads(text)
        if "c59usdt@aggTrade" in message["params"]:
            return [json.dumps({"error": {"code": 2, "msg": "Invalid request"}, "id": message["id"]})]
        return [json.dumps({"result": None, "id": message["id"]})]

    async def hurry(seconds):
        await asyncio.sleep(0 if seconds <= 1 else 3600)

    async with Echo([], []) as venue:
        venue.answer = refuse
        run(answer, venue.url, count=60, sleep=hurry)
        await until(lambda: sink.heard("trouble"))
        [(_, channel, reason, sentence)] = sink.heard("trouble")
        assert (channel, reason) == ("trade", "refused")
        assert "c59usdt@aggTrade" in sentence
        said = {name for text in venue.said for name in json.loads(text)["params"]}
        in_url = {name for path in venue.paths for name in path.partition("streams=")[2].split("/")}
        assert len(said | in_url) == 4 + 60 * 4


async def test_an_interval_and_a_state_that_change_while_we_run_are_learnt(run, live, sink, load, until):
    hour = asyncio.Event()

    async def sleep(seconds):
        await (hour.wait() if seconds == REFRESH_S else asyncio.sleep(seconds))

    pages = {"/fapi/v1/fundingInfo": b'[{"symbol":"BTCUSDT","fundingIntervalHours":1}]'}

    def answer(request):
        if hour.is_set() and request.url.path in pages:
            return httpx.Response(200, content=pages[request.url.path])
        return live(request)

    async with Echo([load("binance/ws_agg_trade.json")], []) as venue:
        feed, _ = run(answer, venue.url, sleep=sleep)
        await until(lambda: sink.of(Trade))
        info = json.loads(load("binance/rest_exchange_info.json"))
        [pepe] = [row for row in info["symbols"] if row["symbol"] == "1000PEPEUSDT"]
        pepe["status"] = "SETTLING"
        pages["/fapi/v1/exchangeInfo"] = json.dumps(info).encode()
        btc = feed.instruments.by_symbol["BTCUSDT"]
        assert btc.funding_hours == 8.0
        hour.set()
        await until(lambda: len(sink.of(Listing)) == 4)
        hour.clear()
        assert btc.funding_hours == 1.0
        assert (sink.of(Listing)[-1].venue_symbol, sink.of(Listing)[-1].status) == ("1000PEPEUSDT", "settling")
        assert [listing.venue_symbol for listing in await feed.listings()] == ["BTCUSDT", "ETHUSDC"]


async def test_cancelled_it_leaves_nothing(run, live, sink, load, until):
    async with Echo([load("binance/ws_agg_trade.json")], []) as venue:
        around = asyncio.all_tasks()
        _, task = run(live, venue.url)
        await until(lambda: sink.of(Trade))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: asyncio.all_tasks() <= around | {task})
