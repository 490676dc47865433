"""Hyperliquid's feed against the venue in memory, on a virtual clock."""

import asyncio
from collections import Counter
from functools import partial

import httpx
import msgspec
import pytest

from fbkit.clock import parse_utc
from fbkit.errors import NotRemembered
from fbkit.feeds.hyperliquid.channels import MOST_INSTRUMENTS
from fbkit.feeds.hyperliquid.feed import HyperliquidFeed
from fbkit.feeds.recorded.hyperliquid import HyperliquidReader
from fbkit.ingest.sequence import Sequence, Verdict
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_MS,
    NS_S,
    Bar,
    Funding,
    Ignored,
    Listing,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Rejected,
    Trade,
    channel_of,
)
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.hyperliquid import HyperliquidWire
from fbkit.simulator.wires.hyperliquid.templates import tid_of
from tests.feeds.in_memory import by_minute, channels, events, heard, listen
from tests.feeds.reading import read_again

START = parse_utc("2026-01-01T23:58:30Z")
N = 3


@pytest.fixture(scope="module")
def market():
    return Market(7, N, PROFILES["hyperliquid"])


@pytest.fixture
def play(market, sink):
    return partial(listen, sink, "hyperliquid", START, market=market)


def test_every_channel_that_is_offered_arrives(play):
    sink = play(100)
    found = Counter((channel_of(event), event.instrument) for event, _ in events(sink) if hasattr(event, "seq"))
    offered = {offer.channel for offer in HyperliquidFeed.offers if offer.how != "unsupported"}
    assert {channel for channel, _ in found} == offered
    assert all(len({name for channel, name in found if channel == one}) == N for one in offered)
    assert sink.of(Rejected) == []
    assert sink.heard("trouble") == sink.heard("silent") == []
    funded = {mark.funding_hours for mark in sink.of(Mark)}
    assert funded <= {1.0}


def test_a_thousand_pepe_are_a_thousand_pepe(play):
    whole = Market(7, 12, PROFILES["hyperliquid"])
    sink = play(10, market=whole)
    place, name = whole.universe.index["kPEPE"], "hyperliquid:PEPE-USD-PERP"
    told = [event for event, _ in events(sink) if getattr(event, "instrument", "") == name]
    marks = [event for event in told if isinstance(event, Mark)]
    assert {listing.unit_mult for listing in told if isinstance(listing, Listing)} == {1000.0}
    for mark in marks:
        assert mark.mark == pytest.approx(whole.fair(mark.ts_event // NS_MS)[place] / 1000, rel=5e-3)
    trade = next(event for event in told if isinstance(event, Trade))
    assert trade.price == pytest.approx(marks[0].mark, rel=5e-2)
    interest = next(event for event in told if isinstance(event, OpenInterest))
    held = whole.crowd(START // NS_MS // 86_400_000).oi_at(START // NS_MS)[place]
    assert interest.oi_base == pytest.approx(held * 1000, rel=2e-3)


def test_a_capture_reads_as_it_was_heard(play):
    sink = play(70)
    told = read_again(sink, HyperliquidReader())
    assert all(not event.assumed for event in told if isinstance(event, Listing))
    for kind in (Trade, Quote, Mark, OpenInterest, Bar):
        assert [event for event in told if isinstance(event, kind)] == heard(sink, kind) != []


def test_what_is_live_is_news_once_and_in_time(play):
    sink = play(40)
    trades = list(events(sink, Trade))
    first = min(ts for _, ts in trades)
    fresh = [(trade, ts) for trade, ts in trades if trade.ts_event > first]
    assert len(fresh) > 50
    assert all(0 < ts - trade.ts_event < NS_S for trade, ts in fresh)
    ids = Counter((trade.instrument, trade.venue_id) for trade, _ in trades)
    assert sum(count - 1 for count in ids.values()) <= N, "but for what was under way when we came"
    quotes = heard(sink, Quote)
    assert {quote.levels for quote in quotes} == {0, 5}
    assert all(quote.bid < quote.ask for quote in quotes)


def test_bars_are_the_venues_minutes(play, market):
    sink = play(170)
    bars = heard(sink, Bar)
    ends = sorted({bar.ts_event for bar in bars})
    assert ends == [START + 30 * NS_S, START + 90 * NS_S, START + 150 * NS_S]
    trades = by_minute(sink)
    for bar in bars:
        if bar.ts_event == ends[0]:
            continue  # we came in the middle of it
        inside = trades[bar.instrument, bar.ts_event].values()
        assert bar.vol_base == pytest.approx(sum(trade.size for trade in inside))
        assert bar.n_trades == len(inside)
        assert bar.high == max(trade.price for trade in inside)


def test_a_cut_reconnects_and_what_is_told_again_is_a_duplicate_and_nothing_else(play):
    sink = play(40, {"at_s": 15, "fault": "rst", "for_s": 1})
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    silenced, spoken = channels(sink, "silent"), channels(sink, "speaking")
    assert silenced == spoken == {"trade", "quote", "depth", "mark", "bar", "open_interest", "day"}
    assert sink.of(Rejected) == []
    sequence, verdicts = Sequence(), Counter()
    known = {}
    for event, _ in events(sink):
        if isinstance(event, Trade):
            verdict = sequence.judge_trade(event, 0)
            verdicts[verdict] += 1
            repeated = (event.instrument, event.venue_id) in known
            assert (verdict is Verdict.DUPLICATE) == repeated
            if repeated:
                before = known[event.instrument, event.venue_id]
                assert (event.price, event.size, event.ts_event) == (before.price, before.size, before.ts_event)
            known[event.instrument, event.venue_id] = event
    assert verdicts[Verdict.DUPLICATE] > 20
    assert verdicts[Verdict.NEWS] > 100


def test_a_candle_that_was_open_at_a_cut_over_its_end_is_no_bar(play):
    cut = {"at_s": 25, "fault": "rst", "for_s": 1}, {"at_s": 25, "fault": "refuse", "for_s": 10}
    sink = play(100, *cut)
    assert {bar.ts_event for bar in sink.of(Bar)} == {START + 90 * NS_S}


def test_candles_that_grew_unheard_are_no_bars(play):
    sink = play(120, {"at_s": 10, "fault": "silence", "for_s": 40, "channel": "bar"})
    assert {bar.ts_event for bar in sink.of(Bar)} == {START + 90 * NS_S}


def test_no_trade_is_lost_where_the_cut_was_short(play, market):
    sink = play(40, {"at_s": 15, "fault": "rst", "for_s": 1})
    known = {trade.venue_id for trade in sink.of(Trade) if trade.instrument == "hyperliquid:BTC-USD-PERP"}
    since = START // NS_MS
    told = {tid_of(0, row.trade_id) for row in HyperliquidWire(market).scene.between(0, since, since + 39_000, 10_000)}
    assert len(told) > 50
    assert told <= known


def test_history_is_candles_and_hourly_rates(play, sink):
    seen = []

    async def script(feed):
        await asyncio.sleep(5)
        seen.extend([step async for step in feed.backfill(sink, START - 3 * NS_HOUR, START)])

    play(script)
    assert [(step.done, step.total, step.complete) for step in seen] == [(k, N, True) for k in range(N + 1)]
    past = [event for event, _ in events(sink) if getattr(event, "origin", None) is Origin.BACKFILL]
    bars = [event for event in past if isinstance(event, Bar)]
    rates = [event for event in past if isinstance(event, Funding)]
    assert Counter(bar.instrument for bar in bars) == dict.fromkeys({bar.instrument for bar in bars}, 179)
    assert all(START - 3 * NS_HOUR < bar.ts_event <= START for bar in bars)
    assert {rate.funding_hours for rate in rates} == {1.0}
    assert len(rates) == 3 * N


def test_a_short_cut_needs_no_question_where_what_is_told_again_reaches_back(play, sink):
    found = []

    async def script(feed):
        await asyncio.sleep(30)
        name, cut = "hyperliquid:BTC-USD-PERP", START + 20 * NS_S
        found.append(await feed.trades(sink, name, cut, None))
        with pytest.raises(NotRemembered):
            await feed.trades(sink, name, START - 3600 * NS_S, None)

    play(script, {"at_s": 20, "fault": "rst", "for_s": 1})
    assert found == [0]


def test_a_hole_is_filled_as_far_as_ten_trades_reach(play, sink):
    found = {}

    async def script(feed):
        await asyncio.sleep(20)
        name = "hyperliquid:BTC-USD-PERP"
        now = feed.world.clock.now()
        with pytest.raises(NotRemembered):
            await feed.trades(sink, name, now - 30 * NS_MIN, None)
        found["recent"] = await feed.trades(sink, name, now - NS_S // 4, None)

    play(script)
    filled = [event for event, _ in events(sink, Trade) if event.origin is Origin.BACKFILL]
    assert len(filled) >= 10
    assert found["recent"] <= 10


@pytest.mark.faults
def test_what_the_venue_cannot_mean_does_no_harm(play):
    faults = {"at_s": 2, "fault": "garbage", "for_s": 20}, {"at_s": 4, "fault": "dup", "for_s": 5}
    sink = play(30, *faults)
    assert sink.of(Rejected) != []
    assert sink.heard("silent") == []


def test_a_quiet_channel_is_told_and_the_others_run(play):
    sink = play(300, {"at_s": 5, "fault": "silence", "for_s": 150, "channel": "quote"})
    assert {entry[1] for entry in sink.heard("silent")} == {("quote",)}
    assert ("quote",) in {entry[1] for entry in sink.heard("speaking")}


async def test_more_than_the_venue_allows_is_not_asked_for(make_test_world):
    universe = [{"name": f"C{k}", "szDecimals": 1} for k in range(300)]
    body = msgspec.json.encode([{"universe": universe}, [{"dayNtlVlm": str(k)} for k in range(300)]])
    world, _ = make_test_world(lambda request: httpx.Response(200, content=body))
    feed = HyperliquidFeed(rest="http://127.0.0.1/x", ws="ws://127.0.0.1/x", count=1_000, world=world)
    listed = await feed.listings()
    assert (len(listed), listed[0].venue_symbol) == (MOST_INSTRUMENTS, "C299")
    subscribed = [topic for socket in feed.sockets(feed.roster.followed()) for topic in socket.topics]
    assert len(subscribed) == len(set(subscribed)) == 5 * MOST_INSTRUMENTS


def test_nothing_of_other_markets_is_heard(play):
    sink = play(10)
    assert {item.reason for item in sink.of(Ignored)} <= {"open_bar", "within_cadence", "unchanged"}
