"""What Binance remembers for us."""

import asyncio

import httpx
import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import NotRemembered, UnknownName
from fbkit.feeds.binance.feed import BinanceFeed
from fbkit.feeds.feed import Progress
from fbkit.model import NS_HOUR, NS_MIN, NS_MS, NS_S, Bar, Funding, Ignored, OpenInterest, Origin, Ratio, Trade


@pytest.fixture
async def feed(stub, now, make_test_world):
    world, _ = make_test_world(stub, clock=VirtualClock(now), limited=False)
    feed = BinanceFeed(rest="http://127.0.0.1:1", ws="ws://127.0.0.1:1", count=2, world=world)
    await feed.listings()
    stub.asked.clear()
    return feed


async def test_two_days_come_whole_once_and_in_order(feed, stub, sink, now):
    since = now - 48 * NS_HOUR
    progress = [step async for step in feed.backfill(sink, since, now)]
    assert progress[0] == Progress("history", 0, 2)
    assert [step[1:3] for step in progress] == [(0, 2), (1, 2), (2, 2)]
    assert {step.instrument for step in progress[1:]} == {"binance:BTC-USDT-PERP", "binance:ETH-USDC-PERP"}
    assert all(step.complete for step in progress)
    for name in ("binance:BTC-USDT-PERP", "binance:ETH-USDC-PERP"):
        bars = [bar.ts_event for bar in sink.of(Bar) if bar.instrument == name]
        assert bars == [since - since % NS_MIN + NS_MIN * minute for minute in range(2, 2881)]
        interest = [row.ts_event for row in sink.of(OpenInterest) if row.instrument == name]
        assert interest == sorted(set(interest))
        assert len(interest) == 576
        for kind in ("acct_global", "acct_top", "pos_top", "taker"):
            assert sum(row.instrument == name and row.ratio_kind == kind for row in sink.of(Ratio)) == 576
        assert sum(row.instrument == name for row in sink.of(Funding)) == 6
    assert {item.origin for _, item, _ in sink.items if not isinstance(item, Ignored)} == {Origin.BACKFILL}
    assert {ts for _, _, ts in sink.items} == {now}
    assert len(sink.of(Ignored)) == 2, "the open minute of each"
    assert stub.counts["/fapi/v1/klines"] == 2 * 3
    assert stub.counts["/futures/data/openInterestHist"] == 2 * 2


async def test_an_instrument_the_venue_refuses_costs_only_itself(feed, stub, sink, now):
    stub.before = [httpx.Response(400, content=b'{"code":-1121,"msg":"Invalid symbol."}')]
    progress = [step async for step in feed.backfill(sink, now - NS_HOUR, now)]
    whole = {step.instrument for step in progress[1:] if step.complete}
    assert progress[-1].done == 2
    assert len(whole) == 1
    assert {bar.instrument for bar in sink.of(Bar)} == whole


async def test_abandoned_half_way_it_leaves_no_task(feed, sink, now):
    before = asyncio.all_tasks()
    steps = feed.backfill(sink, now - 48 * NS_HOUR, now)
    async for step in steps:
        if step.done == 1:
            break
    await steps.aclose()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_hole_is_filled_by_id(feed, stub, sink, now):
    first = now // NS_MS // 100 - 2500
    count = await feed.trades(sink, "binance:BTC-USDT-PERP", now - NS_HOUR, None, first)
    assert [trade.venue_id for trade in sink.of(Trade)] == list(range(first, now // NS_MS // 100))
    assert count == 2500
    assert stub.counts["/fapi/v1/aggTrades"] == 3
    assert {trade.origin for trade in sink.of(Trade)} == {Origin.BACKFILL}


async def test_a_hole_ends_where_it_ends(feed, sink, now):
    since, until = now - 90 * NS_S, now - 60 * NS_S
    assert await feed.trades(sink, "binance:BTC-USDT-PERP", since, until) == 300
    assert all(since <= trade.ts_event < until for trade in sink.of(Trade))


async def test_hours_are_asked_for_one_by_one_and_pages_by_id(feed, sink, now):
    since = now - 2 * NS_HOUR
    count = await feed.trades(sink, "binance:BTC-USDT-PERP", since, now)
    ids = [trade.venue_id for trade in sink.of(Trade)]
    assert ids == list(range(ids[0], ids[0] + 72_000))
    assert count == 72_000


async def test_hours_without_trades_are_walked_through(feed, stub, sink, now):
    stub.now -= 5 * 3_600_000  # nothing traded in the last five hours
    assert await feed.trades(sink, "binance:BTC-USDT-PERP", now - 4 * NS_HOUR, now) == 0
    assert stub.counts["/fapi/v1/aggTrades"] == 4


@pytest.mark.faults
async def test_what_lies_too_far_back_is_not_remembered(feed, stub, sink, now):
    stub.before = [httpx.Response(400, content=b'{"code":-4166,"msg":"Search window is restricted to recent 2 days."}')]
    with pytest.raises(NotRemembered, match="recent 2 days"):
        await feed.trades(sink, "binance:BTC-USDT-PERP", now - 72 * NS_HOUR, now)


async def test_open_interest_of_both_sides_is_halved_wherever_it_comes_from(stub, sink, now, make_test_world):
    world, _ = make_test_world(stub, clock=VirtualClock(now), limited=False)
    flipped = frozenset({"open_interest"})
    feed = BinanceFeed(rest="http://127.0.0.1:1", ws="ws://127.0.0.1:1", count=1, world=world, flipped=flipped)
    await feed.listings()
    [step async for step in feed.backfill(sink, now - NS_HOUR, now)]
    assert {(row.oi_base, row.oi_usd) for row in sink.of(OpenInterest)} == {(500.0, 50_000.0)}
    [poll] = [poll for poll in feed.polls(list(feed.instruments)) if poll.channel == "open_interest"]
    [interest] = await poll.ask(poll.things[0])
    assert interest.oi_base == 500.0


async def test_nobody_is_asked_about_a_stranger(feed, sink, now):
    with pytest.raises(UnknownName):
        await feed.trades(sink, "binance:NOPE-USDT-PERP", now - NS_HOUR, now)
