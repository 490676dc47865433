"""Bybit's feed against the venue in memory, on a virtual clock."""

import asyncio
import json
from collections import Counter, defaultdict
from functools import partial
from itertools import pairwise

import pytest

from fbkit.clock import parse_utc
from fbkit.errors import NotRemembered
from fbkit.feeds.bybit.feed import BybitFeed
from fbkit.feeds.decoding import hashed
from fbkit.feeds.recorded.bybit import BybitReader
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_MS,
    NS_S,
    Bar,
    Funding,
    Ignored,
    Liquidation,
    Listing,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Ratio,
    Rejected,
    Trade,
    channel_of,
)
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.bybit import BybitWire
from fbkit.simulator.wires.bybit.templates import trade_uuid
from tests.feeds.in_memory import by_minute, channels, events, heard, listen
from tests.feeds.reading import read_again

START = parse_utc("2026-01-01T23:58:30Z")
BTC = "bybit:BTC-USDT-PERP"
N = 3


@pytest.fixture(scope="module")
def market():
    return Market(7, N, PROFILES["bybit"])


@pytest.fixture
def play(market, sink):
    return partial(listen, sink, "bybit", START, market=market)


def test_every_channel_that_is_offered_arrives_for_everyone(play):
    sink = play(310)  # each ratio is asked for every five minutes
    found = Counter((channel_of(event), event.instrument) for event, _ in events(sink))
    offered = {offer.channel.partition(":")[0] for offer in BybitFeed.offers if offer.how != "unsupported"}
    assert {channel for channel, _ in found} | {"liquidation"} == offered
    often = offered - {"liquidation"}
    assert all(len({name for channel, name in found if channel == one}) == N for one in often)
    assert sink.of(Rejected) == []
    assert sink.heard("trouble") == sink.heard("silent") == sink.heard("broke") == []
    assert {mark.funding_hours for mark in sink.of(Mark)} <= {8.0}


def test_what_is_set_aside_is_what_came_too_soon_or_too_early(play):
    sink = play(30)
    aside = Counter((item.channel, item.reason) for item in sink.of(Ignored))
    assert set(aside) == {("depth", "within_cadence"), ("mark", "within_cadence"), ("bar", "open_bar")}
    depths = [event for event, _ in events(sink, Quote) if event.levels]
    by_name = defaultdict(list)
    for quote in depths:
        by_name[quote.instrument].append(quote.ts_event)
    for instants in by_name.values():
        steps = {later - earlier for earlier, later in pairwise(instants)}
        assert steps == {600 * NS_MS}, "five frames a second, and half a second at least between two"
    assert aside["depth", "within_cadence"] == pytest.approx(2 * len(depths), abs=3 * N)


def test_one_side_of_the_open_interest_and_coins_not_thousands(play):
    whole = Market(7, 12, PROFILES["bybit"])
    sink = play(10, market=whole)
    place, name = whole.universe.index["1000PEPEUSDT"], "bybit:PEPE-USDT-PERP"
    told = [event for event, _ in events(sink) if event.instrument == name]
    assert {listing.unit_mult for listing in told if isinstance(listing, Listing)} == {1000.0}
    mark = next(event for event in told if isinstance(event, Mark))
    assert mark.mark == pytest.approx(whole.fair(mark.ts_event // NS_MS)[place] / 1000, rel=5e-3)
    interest = next(event for event in told if isinstance(event, OpenInterest))
    held = whole.crowd(START // NS_MS // 86_400_000).oi_at(START // NS_MS)[place]
    assert interest.oi_base == pytest.approx(held * 1000, rel=2e-3)
    assert interest.oi_usd == pytest.approx(interest.oi_base * mark.mark, rel=5e-3)


def test_what_is_live_is_told_in_time_and_the_open_minute_again(play):
    sink = play(40)
    trades = list(events(sink, Trade))
    live = [(trade, ts) for trade, ts in trades if trade.origin is Origin.LIVE]
    assert len(live) > 50
    assert all(3 * NS_MS <= ts - trade.ts_event < 4 * NS_MS for trade, ts in live)
    fetched = [trade for trade, _ in trades if trade.origin is Origin.BACKFILL]
    assert min(trade.ts_event for trade in fetched) >= START - START % NS_MIN
    ids = Counter((trade.instrument, trade.venue_id) for trade, _ in trades)
    assert max(ids.values()) <= 2
    quotes = heard(sink, Quote)
    assert {quote.levels for quote in quotes} == {0, 5}
    assert all(quote.bid < quote.ask for quote in quotes)


def test_bars_are_the_sums_of_their_trades(play):
    sink = play(170)
    bars, trades = sink.of(Bar), by_minute(sink)
    assert sorted({bar.ts_event for bar in bars}) == [START + k * NS_S for k in (30, 90, 150)]
    for bar in bars:
        if bar.ts_event == START + 30 * NS_S:
            continue  # we came in the middle of it
        inside = trades[bar.instrument, bar.ts_event].values()
        assert bar.vol_base == pytest.approx(sum(trade.size for trade in inside))
        assert bar.vol_usd == pytest.approx(sum(trade.size * trade.price for trade in inside))
        assert bar.high == max(trade.price for trade in inside)


def test_liquidations_say_which_position_died(play, market):
    sink = play(400)
    told = {(event.ts_event, event.liquidated) for event in sink.of(Liquidation)}
    scene = BybitWire(market).scene
    first = START // NS_MS
    rows = [row for k in range(2, 398) for row in scene.forced(first + k * 1_000)]
    assert told >= {(row.ts_ms * NS_MS, "long" if row.long else "short") for row in rows} != set()


def test_a_cut_reconnects_and_begins_with_snapshots(play):
    sink = play(40, {"at_s": 15, "fault": "rst", "for_s": 1})
    silenced, spoken = channels(sink, "silent"), channels(sink, "speaking")
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    assert silenced == spoken >= {"trade", "quote", "depth", "mark", "bar", "open_interest", "day"}
    assert sink.of(Rejected) == []
    assert sink.heard("broke") == []
    assert len(sink.memory.connected) == 2
    assert max(ts for event, ts in events(sink, Quote)) > START + 39 * NS_S


def test_a_move_to_another_connection_loses_nothing_and_breaks_no_book(play, market, monkeypatch):
    monkeypatch.setattr(BybitFeed, "lifetime_s", 20.0)
    sink = play(55)
    assert len(sink.memory.connected) == 3
    assert sink.heard("silent") == sink.heard("broke") == sink.of(Rejected) == []
    assert {(item.channel, item.reason) for item in sink.of(Ignored)} >= {("depth", "unchanged")}, "heard twice"
    told = {trade.venue_id for trade in sink.of(Trade) if trade.instrument == BTC}
    since = START // NS_MS
    scene = BybitWire(market).scene
    facts = {hashed(trade_uuid(0, row.trade_id)) for row in scene.between(0, since, since + 54_000, 10_000)}
    assert len(facts) > 50
    assert facts <= told


def test_a_broken_book_is_told_once_asked_for_again_and_mended(play):
    seen = []

    def lose_one(payload):
        if b"orderbook.50.ETHUSDT" in payload and b'"delta"' in payload:
            seen.append(payload)
            if len(seen) == 30:
                return None
        return payload

    sink = play(40, tamper=lose_one)
    [broke] = sink.heard("broke")
    [mended] = sink.heard("mended")
    assert broke[1:3] == mended[1:3] == ("bybit:ETH-USDT-PERP", "depth")
    assert 0 < mended[3] - broke[3] < NS_S
    assert {(item.channel, item.reason) for item in sink.of(Ignored)} >= {("depth", "no_state")}
    assert sink.heard("silent") == []
    assert max(ts for event, ts in events(sink) if channel_of(event) == "depth") > START + 39 * NS_S


def test_a_restart_of_the_venue_breaks_nothing(play):
    sink = play(20, {"at_s": 8, "fault": "seq-reset", "channel": "depth"})
    assert sink.heard("broke") == sink.heard("silent") == []
    assert b'"u":1,' in b"".join(payload for _, _, payload in sink.raws)
    depths = [event for event, _ in events(sink, Quote) if event.levels]
    for name in {quote.instrument for quote in depths}:
        numbers = [quote.venue_id for quote in depths if quote.instrument == name]
        assert numbers == sorted(set(numbers)), "the engine's number goes on"


def test_a_refused_topic_is_trouble_and_the_others_run(play, monkeypatch):
    monkeypatch.setattr(
        "fbkit.feeds.bybit.feed.topics_of",
        lambda symbol: (f"publicTrade.{symbol}", f"liquidation.{symbol}", f"tickers.{symbol}"),
    )
    sink = play(5)
    refused = {entry[3].split()[1] for entry in sink.heard("trouble") if entry[2] == "refused"}
    assert refused == {f"liquidation.{symbol}" for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")}
    assert {event.instrument for event in sink.of(Trade)} == {BTC, "bybit:ETH-USDT-PERP", "bybit:SOL-USDT-PERP"}


def test_we_ping_every_twenty_seconds(play):
    sink = play(65)
    answers = [json.loads(payload) for _, _, payload in sink.raws if b'"op":"ping"' in payload]
    assert len(answers) == 3
    assert all(answer["ret_msg"] == "pong" for answer in answers)


def test_a_capture_reads_as_it_was_heard(play):
    sink = play(70)
    told = read_again(sink, BybitReader())
    assert all(not event.assumed for event in told if isinstance(event, Listing))
    for kind in (Quote, Mark, OpenInterest, Bar):
        assert [event for event in told if isinstance(event, kind)] == heard(sink, kind) != []


def test_history_is_whole_and_klines_come_last(play, sink):
    steps = []

    async def script(feed):
        await asyncio.sleep(5)
        sink.items.clear()
        steps.extend([step async for step in feed.backfill(sink, START - 20 * NS_HOUR, START)])

    play(script)
    assert [(step.done, step.total, step.complete) for step in steps] == [(k, N, True) for k in range(N + 1)]
    past = [event for event, _ in events(sink) if event.origin is Origin.BACKFILL and event.instrument == BTC]
    found = Counter(type(event) for event in past)
    assert found[Bar] == 20 * 60 - 1, "the last one is still open"
    assert found[OpenInterest] == found[Ratio] == 20 * 12
    assert {event.funding_hours for event in past if isinstance(event, Funding)} == {8.0}
    kinds = [type(event) for event in past if not isinstance(event, Trade)]
    assert kinds[-found[Bar] :] == [Bar] * found[Bar]
    assert all(START - 20 * NS_HOUR <= event.ts_event <= START for event in past)


def test_a_hole_is_filled_as_far_as_a_thousand_trades_reach(play, sink):
    found = {}

    async def script(feed):
        await asyncio.sleep(20)
        now = feed.world.clock.now()
        found["short"] = await feed.trades(sink, BTC, now - 10 * NS_S, now)
        with pytest.raises(NotRemembered):
            await feed.trades(sink, BTC, now - 3 * NS_HOUR, now)

    play(script)
    assert found["short"] > 20
