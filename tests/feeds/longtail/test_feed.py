"""The feed over an exchange that says whatever a test wants."""

from collections import Counter
from importlib import import_module

import pytest

from fbkit.errors import ConnectFailed, NotRemembered, RateLimited, UnknownName, VenueRefused
from fbkit.feeds.longtail.exchange import Asking
from fbkit.feeds.longtail.feed import CcxtFeed
from fbkit.model import NS_HOUR, NS_MIN, NS_MS, NS_S, Bar, Day, Funding, Ignored, Listing, Quote, Trade
from tests.feeds.virtual_time import Time

errors = import_module("ccxt.base.errors")

NOW = 1_791_000_030_000 * NS_MS
MS = NOW // NS_MS
BTC = "BTC/USD:USD"


def ticker(symbol=BTC, **more):
    row = {"symbol": symbol, "bid": 99.0, "bidVolume": 3.0, "ask": 101.0, "askVolume": 5.0, "last": 100.0}
    return row | {"baseVolume": 10.0, "quoteVolume": 1000.0} | more


def trade(number, ms, **more):
    return {"symbol": BTC, "id": str(number), "timestamp": ms, "side": "buy", "price": 100.0, "amount": 1.0} | more


@pytest.fixture
def time():
    return Time(NOW, NOW)


@pytest.fixture
def feed_over(make_test_world, time):
    """A feed over an exchange, in virtual time."""

    def make(exchange, count=5):
        world, _ = make_test_world(clock=time.clock, sleep=time.sleep)
        return CcxtFeed("krakenfutures", count=count, world=world, exchange=exchange)

    return make


@pytest.fixture
def live(sink, time):
    """Runs a feed for so many seconds."""

    async def run(feed, seconds):
        time.end = NOW + int(seconds * NS_S)
        await time.run(feed.run(sink))

    return run


async def test_the_largest_are_followed_and_a_name_belongs_to_one(told, market_row, feed_over):
    rows = [market_row(), market_row(settle="BTC", linear=False, inverse=True), market_row("ETH"), market_row("DOT")]
    tickers = [ticker(), ticker("BTC/USD:BTC"), ticker("ETH/USD:USD", quoteVolume=1500.0), ticker("SPOT/USD")]
    tickers[1] |= {"baseVolume": 30.0, "quoteVolume": 3000.0}
    feed = feed_over(told(fetch_markets=rows, fetch_tickers={row["symbol"]: row for row in tickers}), count=2)
    names = {one.instrument: one.venue_symbol for one in await feed.listings()}
    assert names == {"krakenfutures:BTC-USD-PERP": "BTC/USD:BTC", "krakenfutures:ETH-USD-PERP": "ETH/USD:USD"}


async def test_it_asks_until_the_venue_answers_and_never_raises(told, turns, market_row, feed_over, live, sink):
    lists = turns(errors.ExchangeNotAvailable("away"), KeyError("symbol"), [], [None, {"symbol": 1}], [market_row()])
    exchange = told(fetch_markets=lists, fetch_tickers=turns(errors.OnMaintenance("back soon"), {BTC: ticker()}))
    await live(feed_over(exchange), 30)
    sentences = [entry[3] for entry in sink.heard("trouble")]
    assert "krakenfutures: cannot connect to fetch_markets (ExchangeNotAvailable: away); trying again" in sentences
    assert any("KeyError" in sentence for sentence in sentences)
    assert sum("no contract that can be counted" in sentence for sentence in sentences) == 1
    assert any("OnMaintenance" in sentence for sentence in sentences)
    assert ("well", "listing") in sink.told
    assert [one.instrument for one in sink.of(Listing)] == ["krakenfutures:BTC-USD-PERP"]


async def test_a_channel_that_fails_is_in_trouble_then_silent_then_speaks(
    told, turns, market_row, feed_over, live, sink
):
    away = [
        errors.RateLimitExceeded("429"),
        errors.NetworkError("cut"),
        TypeError("None"),
        errors.BadResponse("<html>"),
    ]
    tickers = turns({BTC: ticker()}, *away, *away, {BTC: ticker()})
    exchange = told(fetch_markets=[market_row()], fetch_tickers=tickers)
    await live(feed_over(exchange), 120)
    words = [entry[0] for entry in sink.told if entry[0] != "well" or entry[1] != "listing"]
    assert words[:2] == ["trouble", "trouble"]
    assert sink.heard("silent")[0][1:3] == (("day",), "refused")
    assert words.index("silent") < words.index("speaking") < len(words) - words[::-1].index("well")
    assert all(entry[1] == "day" for entry in sink.heard("trouble"))
    assert sink.of(tuple)


async def test_trades_of_one_instant_are_all_told_once_and_the_past_is_not_live(
    told, turns, market_row, feed_over, live, sink
):
    minute = NOW // NS_MIN * NS_MIN // NS_MS
    first = [trade(3, minute + 5), trade(2, minute + 5), trade(1, minute - 1)]
    pages = turns(first, [trade(4, minute + 5), *first])
    await live(feed_over(told(fetch_markets=[market_row()], fetch_trades=pages)), 30)
    assert [one.venue_id for one in sink.of(Trade)] == [3, 2, 4]
    reasons = Counter(one.reason for one in sink.of(Ignored))
    assert reasons == {"replayed": 3, "unchanged": 2 + 3}


async def test_rounds_ask_for_what_ccxt_has_and_for_nothing_else(told, market_row, feed_over, live, sink):
    answers = {
        "fetch_markets": [market_row(), market_row(swap=False, future=True, expiry=MS + 10**9, symbol="BTC/USD:USD-1")],
        "fetch_funding_rate": {"symbol": BTC, "markPrice": 100.0, "fundingRate": 0.0001},
        "fetch_open_interest": {"symbol": BTC, "openInterestAmount": 7.0, "timestamp": MS},
        "fetch_funding_rate_history": [{"symbol": BTC, "fundingRate": 0.0002, "timestamp": MS - 1000}],
    }
    exchange = told(**answers)
    feed = feed_over(exchange)
    await live(feed, 600)
    assert {name for name, *_ in exchange.asked} == answers.keys()
    # A dated contract pays no funding.
    assert {args[0] for name, *args in exchange.asked if name.startswith("fetch_funding")} == {BTC}
    assert feed.expected_s() == {"mark": 60.0, "open_interest": 60.0}
    assert sink.heard("trouble") == []


async def test_the_list_is_read_again_and_rounds_go_on_with_whom_it_names(
    told, turns, market_row, feed_over, live, sink
):
    lists = turns([market_row()], errors.NetworkError("cut"), [market_row(), market_row("ETH")])
    tickers = {BTC: ticker(), "ETH/USD:USD": ticker("ETH/USD:USD")}
    exchange = told(fetch_markets=lists, fetch_tickers=tickers)
    await live(feed_over(exchange), 3 * 3600)
    assert [one.instrument[-12:] for one in sink.of(Listing)] == ["BTC-USD-PERP", "ETH-USD-PERP"]
    assert [entry[1] for entry in sink.heard("trouble")] == ["listing"]
    assert {one.instrument[-12:] for pair in sink.of(tuple) for one in pair} == {"BTC-USD-PERP", "ETH-USD-PERP"}


async def test_history_is_asked_page_by_page_and_ends_where_the_venue_does(told, turns, market_row, feed_over, sink):
    begins = (NOW - NS_HOUR) // NS_MIN * NS_MIN
    rows = [[begins // NS_MS + k * 60_000, 100.0, 101.0, 99.0, 100.0, 1.0] for k in range(-1, 70)]
    exchange = told(
        fetch_markets=[market_row()],
        fetch_ohlcv=turns(rows[:20], rows[20:40], rows[40:], []),
        fetch_funding_rate_history=[
            {"symbol": BTC, "fundingRate": 0.1, "timestamp": (begins - 1) // NS_MS},
            {"symbol": BTC, "fundingRate": 0.2, "timestamp": begins // NS_MS},
        ],
    )
    feed = feed_over(exchange)
    await feed.listings()
    steps = [step async for step in feed.backfill(sink, begins, NOW // NS_MIN * NS_MIN)]
    assert steps[-1].done == 1
    assert steps[-1].complete
    ends = [bar.ts_event for bar in sink.of(Bar)]
    assert ends == [begins + k * NS_MIN for k in range(1, 61)]
    assert [one.rate for one in sink.of(Funding)] == [0.2]


async def test_a_venue_that_refuses_its_history_is_said_and_left_out(told, market_row, feed_over, sink):
    exchange = told(fetch_markets=[market_row()], fetch_ohlcv=errors.BadSymbol("what?"))
    feed = feed_over(exchange)
    await feed.listings()
    steps = [step async for step in feed.backfill(sink, NOW - NS_HOUR, NOW)]
    assert not steps[-1].complete
    assert sink.items == []


async def test_a_hole_is_filled_only_where_an_older_trade_proves_it(told, market_row, feed_over, sink):
    page = [trade(k, MS - 1000 * k) for k in range(10)]
    feed = feed_over(told(fetch_markets=[market_row()], fetch_trades=page))
    (listing,) = await feed.listings()
    assert await feed.trades(sink, listing.instrument, NOW - 5 * NS_S, NOW) == 5
    with pytest.raises(NotRemembered, match="do not reach back"):
        await feed.trades(sink, listing.instrument, NOW - 9 * NS_S, NOW)
    with pytest.raises(UnknownName):
        await feed.trades(sink, "krakenfutures:XRP-USD-PERP", NOW, NOW)


async def test_after_too_many_questions_everybody_waits_and_longer_each_time(told, turns, make_test_world, time):
    world, slept = make_test_world(clock=time.clock)
    limited = turns(errors.RateLimitExceeded("429"), errors.DDoSProtection("418"), errors.NetworkError("cut"), {})
    asking = Asking("krakenfutures", told(fetch_tickers=limited, fetch_x=errors.BadSymbol("no\n such")), world)
    for kind, wait_s in ((RateLimited, 0.5), (RateLimited, 1.0), (ConnectFailed, 2.0)):
        with pytest.raises(kind):
            await asking.ask("fetch_tickers")
        assert asking._calm_from == time.clock.now() + int(wait_s * NS_S)
        time.clock.advance(int(wait_s * NS_S))
    assert await asking.ask("fetch_tickers") == {}
    with pytest.raises(VenueRefused, match="BadSymbol: no such"):
        await asking.ask("fetch_x")
    assert slept == []


async def test_who_asks_too_early_sleeps_first(told, turns, make_test_world, time):
    world, slept = make_test_world(clock=time.clock)
    asking = Asking("krakenfutures", told(fetch_tickers=turns(errors.NetworkError("cut"), {})), world)
    with pytest.raises(ConnectFailed):
        await asking.ask("fetch_tickers")
    assert await asking.ask("fetch_tickers") == {}
    assert slept == [0.5]


async def test_closing_closes_ccxt(told, feed_over):
    exchange = told(fetch_markets=[])
    await feed_over(exchange).close()
    assert exchange.closed == 1


async def test_quotes_and_days_ride_on_one_ticker(told, market_row, feed_over, live, sink):
    await live(feed_over(told(fetch_markets=[market_row()], fetch_tickers={BTC: ticker()})), 16)
    pairs = sink.of(tuple)
    assert all((type(first), type(second)) == (Quote, Day) for first, second in pairs)
    ids = [quote.venue_id for quote, _ in pairs]
    assert ids == [MS, MS + 5000, MS + 10_000, MS + 15_000]
