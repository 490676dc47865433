"""The real ccxt and our own rooms look at the same simulated venues, and mean the same."""

import asyncio
import contextlib

import pytest

from fbkit.errors import ConnectFailed, FeedError, NotRemembered
from fbkit.model import NS_HOUR, NS_MIN, NS_S, Bar, Day, Funding, Mark, OpenInterest, Origin, Quote, Side, Trade
from tests.feeds.conftest import Memory

# ccxt asks aiohttp for a cleanup that newer Pythons do themselves.
pytestmark = pytest.mark.filterwarnings("ignore:enable_cleanup_closed ignored:DeprecationWarning")

VENUES = ["binanceusdm", "bybit", "okx"]


def symbol_of(name):
    return name.partition(":")[2]


def close_to(a, b):
    return a == b if a is None or b is None else abs(a - b) <= 1e-12 * abs(b)


@pytest.mark.parametrize("venue", VENUES)
async def test_names_and_multipliers_are_those_of_our_own_rooms(venue, through_ccxt, our_room):
    through = {symbol_of(one.instrument): one for one in await through_ccxt(venue).listings()}
    async with our_room(venue) as feed:
        ours = {symbol_of(one.instrument): one for one in await feed.listings()}
    assert through.keys() == ours.keys()
    for symbol, one in through.items():
        our = ours[symbol]
        assert one.contract_size == our.contract_size
        assert (one.base, one.quote, one.settle, one.expiry) == (our.base, our.quote, our.settle, our.expiry)
        assert (one.unit_mult, one.inverse, one.status) == (our.unit_mult, our.inverse, our.status)
        assert close_to(one.tick, our.tick)
        assert close_to(one.step, our.step)


async def newest_trades(feed, symbol):
    """Trades of the last half minute, as far back as the venue remembers."""
    sink = Memory()
    await feed.listings()
    name = next(known.name for known in feed.instruments if symbol_of(known.name) == symbol)
    since = feed.world.clock.now() - 30 * NS_S
    with contextlib.suppress(NotRemembered):
        await feed.trades(sink, name, since, None)
    return {(one.venue_id, one.ts_event): one for one in sink.of(Trade)}


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("symbol", ["BTC-USDT-PERP", "PEPE-USDT-PERP"])
async def test_sides_sizes_and_prices_of_trades_are_those_of_our_own_rooms(venue, symbol, through_ccxt, our_room):
    through = await newest_trades(through_ccxt(venue), symbol)
    async with our_room(venue) as feed:
        ours = await newest_trades(feed, symbol)
    both = through.keys() & ours.keys()
    assert len(both) >= 3
    for key in both:
        one, our = through[key], ours[key]
        assert (one.side, one.price, one.size) == (our.side, our.price, our.size)
    assert {one.side for one in through.values()} <= {Side.BUY, Side.SELL}


async def test_a_thousand_pepe_is_counted_in_coins(through_ccxt, sink, quick_world):
    feed = through_ccxt("binanceusdm")
    await feed.listings()
    pepe = next(known for known in feed.instruments if known.instrument.base == "PEPE")
    assert (pepe.instrument.venue_symbol, pepe.unit_mult, pepe.size_mult) == ("1000PEPE/USDT:USDT", 1000.0, 1000.0)
    now = quick_world.clock.now()
    with contextlib.suppress(NotRemembered):
        await feed.trades(sink, pepe.name, now - NS_MIN, None)
    assert sink.of(Trade)
    assert all(one.size >= 1000.0 and one.price < 0.001 for one in sink.of(Trade))
    (interest,) = await feed.pages.open_interest(pepe)
    (day,) = [one for item in await feed.pages.tickers() for one in events(item) if one.instrument == pepe.name]
    assert interest.oi_base > 1e9
    assert day.vol_base * day.last == pytest.approx(day.vol_usd, rel=0.2)


def events(item):
    return [one for one in (item if isinstance(item, tuple) else (item,)) if hasattr(one, "ts_event")]


@pytest.mark.parametrize("venue", ["binanceusdm", "bybit"])
async def test_funding_and_candles_of_the_past_are_those_of_our_own_rooms(venue, through_ccxt, our_room, quick_world):
    until = quick_world.clock.now() // NS_MIN * NS_MIN
    since = until - 17 * NS_HOUR
    through = await past_of(through_ccxt(venue, count=1), since, until)
    async with our_room(venue, count=1) as feed:
        ours = await past_of(feed, since, until)
    assert len(through) > 900
    settled = {key for key in through if key[0] is Funding}
    assert settled == {key for key in ours if key[0] is Funding} != set()
    assert all(through[key].rate == ours[key].rate for key in settled)
    bars = {key for key in through if key[0] is Bar}
    assert bars == {key for key in ours if key[0] is Bar}
    for key in bars:
        one, our = through[key], ours[key]
        assert (one.open, one.high, one.low, one.close) == (our.open, our.high, our.low, our.close)
        assert one.vol_base == our.vol_base
        assert one.vol_usd == pytest.approx(our.vol_usd, rel=0.01)
        assert one.origin is Origin.BACKFILL


async def past_of(feed, since, until):
    sink = Memory()
    await feed.listings()
    progress = [step async for step in feed.backfill(sink, since, until)]
    assert all(step.complete for step in progress)
    return {(type(one), one.ts_event): one for kind in (Funding, Bar) for one in sink.of(kind)}


@pytest.mark.parametrize("venue", VENUES)
async def test_a_live_run_says_everything_that_ccxt_has(venue, through_ccxt, sink, until, quick_world):
    feed = through_ccxt(venue, count=4)
    task = asyncio.create_task(feed.run(sink))
    kinds = {Trade, Day, Funding, OpenInterest}
    kinds |= {"binanceusdm": {Mark}, "bybit": {Mark, Quote}, "okx": {Quote}}[venue]

    def all_here():
        assert not task.done(), task.result()
        return kinds <= {type(one) for _, item, _ in sink.items for one in events(item)}

    await until(all_here, timeout=40)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sink.heard("trouble") == []
    heard = [one for _, item, _ in sink.items for one in events(item)]
    names = {known.name for known in feed.instruments}
    assert len(names) == 4
    assert {one.instrument for one in heard} <= names
    trades = [one for one in heard if isinstance(one, Trade)]
    assert len({(one.instrument, one.venue_id) for one in trades}) == len(trades)
    assert all(one.bid <= one.ask for one in heard if isinstance(one, Quote))
    for mark in (one for one in heard if isinstance(one, Mark)):
        assert abs(mark.funding_rate) < 0.01
        assert mark.ts_funding % NS_HOUR == 0
        assert mark.funding_hours == {"binanceusdm": None, "bybit": mark.funding_hours}[venue]


async def test_open_interest_counted_in_contracts_becomes_coins_where_its_usd_prove_it(through_ccxt):
    """OKX counts 0.01 BTC a contract, and ccxt says neither coins nor contracts."""
    feed = through_ccxt("okx", count=1)
    await feed.listings()
    (btc,) = feed.instruments
    assert btc.name == "okx:BTC-USDT-PERP"
    (interest,) = await feed.pages.open_interest(btc)
    assert btc.contract_size == 0.01
    assert interest.oi_base * 80_000 == pytest.approx(interest.oi_usd, rel=0.5)


async def test_a_refusal_of_the_venue_is_one_of_our_errors(through_ccxt):
    feed = through_ccxt("binanceusdm", count=1)
    await feed.listings()
    with pytest.raises(FeedError, match="fetch_bids_asks"):
        await feed.pages._asking.ask("fetch_bids_asks")


async def test_a_venue_that_nobody_answers_for_is_one_of_our_errors(through_ccxt, unused_port):
    feed = through_ccxt("binanceusdm", count=1)
    feed.pages._exchange.urls["api"]["fapiPublic"] = f"http://127.0.0.1:{unused_port}/fapi/v1"
    with pytest.raises(ConnectFailed, match="ExchangeNotAvailable"):
        await feed.listings()
