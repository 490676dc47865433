"""Bitget's feed against the venue in memory, on a virtual clock."""

import asyncio
import json
from collections import Counter, defaultdict
from functools import partial

import pytest

from fbkit.clock import parse_utc
from fbkit.errors import NotRemembered
from fbkit.feeds.bitget.feed import BitgetFeed
from fbkit.feeds.recorded.bitget import BitgetReader
from fbkit.model import (
    NS_DAY,
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
from fbkit.simulator.wires.bitget import BitgetWire
from tests.feeds.in_memory import by_minute, channels, events, heard, listen
from tests.feeds.reading import read_again

START = parse_utc("2026-01-01T23:58:30Z")
BTC = "bitget:BTC-USDT-PERP"
N = 3


@pytest.fixture(scope="module")
def market():
    return Market(7, N, PROFILES["bitget"])


@pytest.fixture
def play(market, sink):
    return partial(listen, sink, "bitget", START, market=market)


def test_every_channel_that_is_offered_arrives_for_everyone(play):
    sink = play(310)  # each ratio is asked for every five minutes
    found = Counter((channel_of(event), event.instrument) for event, _ in events(sink))
    offered = {offer.channel.partition(":")[0] for offer in BitgetFeed.offers if offer.how != "unsupported"}
    assert {channel for channel, _ in found} | {"liquidation"} == offered
    often = offered - {"liquidation"}
    assert all(len({name for channel, name in found if channel == one}) == N for one in often)
    assert {ratio.ratio_kind for ratio in sink.of(Ratio)} == {"acct_top", "taker"}
    assert sink.of(Rejected) == []
    assert sink.heard("trouble") == sink.heard("silent") == sink.heard("broke") == []
    assert {mark.funding_hours for mark in sink.of(Mark) if isinstance(mark, Mark)} <= {8.0}


def test_what_is_set_aside_is_what_came_too_soon_or_too_early_or_is_the_past(play):
    sink = play(30)
    aside = Counter((item.channel, item.reason) for item in sink.of(Ignored))
    assert set(aside) == {
        ("depth", "within_cadence"),
        ("mark", "within_cadence"),
        ("bar", "open_bar"),
        ("bar", "replayed"),
    }


def test_a_subscription_replays_trades_which_the_open_minute_tells_again(play):
    sink = play(40)
    trades = list(events(sink, Trade))
    live = [(trade, ts) for trade, ts in trades if trade.origin is Origin.LIVE]
    replayed = [trade for trade, ts in live if trade.ts_event < START]
    assert 0 < len(replayed) <= 50 * N, "as many as the venue replays, and kept: who knows them says so upstairs"
    late = [ts - trade.ts_event for trade, ts in live if trade.ts_event > START + NS_S]
    assert all(8 * NS_MS <= lag < 9 * NS_MS for lag in late)
    fetched = [trade for trade, _ in trades if trade.origin is Origin.BACKFILL]
    assert min(trade.ts_event for trade in fetched) >= START - START % NS_MIN
    same = defaultdict(set)
    for trade, _ in trades:
        same[trade.instrument, trade.venue_id].add((trade.ts_event, trade.price, trade.size, trade.side))
    assert all(len(said) == 1 for said in same.values()), "an id is one trade, whoever tells it"


def test_quotes_and_depths_are_of_both_kinds_and_their_ids_rise(play):
    sink = play(20)
    by_name = defaultdict(list)
    for quote in sink.of(Quote):
        assert quote.bid < quote.ask
        by_name[quote.instrument, quote.levels].append(quote)
    assert len(by_name) == 2 * N
    for quotes in by_name.values():
        assert [quote.venue_id for quote in quotes] == sorted({quote.venue_id for quote in quotes})


def test_coins_are_counted_where_thousands_are_quoted(play):
    whole = Market(7, 40, PROFILES["bitget"])
    sink = play(5, market=whole)
    place, name = whole.universe.index["1000BONKUSDT"], "bitget:BONK-USDT-PERP"
    told = [event for event, _ in events(sink) if event.instrument == name]
    assert {listing.unit_mult for listing in told if isinstance(listing, Listing)} == {1000.0}
    mark = next(event for event in told if isinstance(event, Mark))
    assert mark.mark == pytest.approx(whole.fair(mark.ts_event // NS_MS)[place] / 1000, rel=5e-3)
    interest = next(event for event in told if isinstance(event, OpenInterest))
    steps = BitgetWire(whole).scene.open_interest(START // NS_MS)[place]
    size = whole.universe.coins[place].size_of(steps)
    assert interest.oi_base == pytest.approx(size * 1000, rel=2e-3)


def test_read_the_other_way_open_interest_is_halved_and_accounts_are_everybodys(play, sink):
    straight = heard(play(5), OpenInterest)
    first = next(event for event in straight if event.instrument == BTC)
    sink.items.clear()
    play(310, flipped=frozenset({"open_interest", "ratio:acct_top"}))
    halved = next(event for event, _ in events(sink, OpenInterest) if event.instrument == BTC)
    assert halved.oi_base == first.oi_base / 2
    assert {ratio.ratio_kind for ratio in sink.of(Ratio)} == {"acct_global", "taker"}


def test_bars_are_the_sums_of_their_trades(play):
    sink = play(170)
    bars, trades = sink.of(Bar), by_minute(sink)
    assert sorted({bar.ts_event for bar in bars}) == [START + k * NS_S for k in (30, 90, 150)]
    for bar in bars:
        inside = trades[bar.instrument, bar.ts_event].values()
        assert bar.vol_base == pytest.approx(sum(trade.size for trade in inside))
        assert bar.vol_usd == pytest.approx(sum(trade.size * trade.price for trade in inside))
        assert bar.high == max(trade.price for trade in inside)


def test_liquidations_say_which_position_died_and_how_many_coins(play, market):
    sink = play(400)
    told = {(event.ts_event, event.liquidated): event for event in sink.of(Liquidation)}
    scene, first = BitgetWire(market).scene, START // NS_MS
    rows = [row for k in range(2, 397) for row in scene.forced(first + k * 1_000)]
    assert rows
    largest = {}
    for row in rows:
        key = (row.push_ms // 1_000, row.coin, row.long)
        largest[key] = max(largest.get(key, row), row, key=lambda one: one.steps)
    for row in largest.values():
        event = told[row.ts_ms * NS_MS, "long" if row.long else "short"]
        assert event.size == pytest.approx(scene.coins[row.coin].base_of(row.steps, row.average))
        assert event.price == scene.coins[row.coin].price_of(row.average)
    assert any(url.endswith("/v3/ws/public") for url in sink.memory.connected)


def test_a_cut_reconnects_and_no_trade_is_lost_or_new(play):
    sink = play(40, {"at_s": 15, "fault": "rst", "for_s": 1})
    silenced, spoken = channels(sink, "silent"), channels(sink, "speaking")
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    assert silenced - {"liquidation"} == spoken - {"liquidation"} >= {"trade", "quote", "depth", "mark", "bar", "day"}
    assert sink.of(Rejected) == []
    assert len(sink.memory.connected) == 4, "two sockets, each twice"
    live = [event for event, _ in events(sink, Trade) if event.origin is Origin.LIVE]
    ids = {(trade.instrument, trade.venue_id) for trade in live}
    scene, first = BitgetWire(sink.memory.wires["bitget"].market).scene, START // NS_MS
    expected = sum(1 for row in scene.between(0, first + 1_000, first + 39_000, 10_000))
    heard = {trade.venue_id for trade in live if trade.instrument == BTC and trade.ts_event > START + NS_S}
    within = {i for i in heard if any(i == t.venue_id and t.ts_event <= START + 39 * NS_S for t in live)}
    assert len(within) == expected, "what was missed in the cut came with the replay"
    assert len(ids) < len(live), "and what was known came again, under the same ids"


def test_a_bar_that_closed_during_a_cut_is_told_after_it(play):
    sink = play(60, {"at_s": 28, "fault": "rst"}, {"at_s": 28, "fault": "refuse", "for_s": 6})
    assert {bar.ts_event for bar in sink.of(Bar)} == {START + 30 * NS_S}
    assert len({bar.instrument for bar in sink.of(Bar)}) == N


def test_a_refused_topic_is_trouble_and_the_others_run(play, monkeypatch):
    monkeypatch.setattr(
        "fbkit.feeds.bitget.feed.topics_of",
        lambda symbol, product: (
            f"{product}/trade/{symbol}",
            f"{product}/votes/{symbol}",
            f"{product}/ticker/{symbol}",
        ),
    )
    sink = play(5)
    refused = [entry[3] for entry in sink.heard("trouble") if entry[2] == "refused"]
    assert len(refused) == N
    assert all("votes" in sentence and "30001" in sentence for sentence in refused)
    assert len({event.instrument for event in sink.of(Trade)}) == N


def test_we_ping_every_half_minute_and_stay(play):
    sink = play(200)
    pongs = Counter(connection for connection, _, payload in sink.raws if payload == b"pong")
    assert set(pongs.values()) == {6}
    assert len(pongs) == len(sink.memory.connected) == 2, "nobody was cut for being silent"


def test_a_capture_reads_as_it_was_heard(play):
    sink = play(70)
    told = read_again(sink, BitgetReader())
    assert all(not event.assumed for event in told if isinstance(event, Listing))
    for kind in (Quote, Mark, OpenInterest, Bar):
        assert [event for event in told if isinstance(event, kind)] == heard(sink, kind) != []


def test_history_is_whole_and_klines_come_last(play, sink):
    steps = []

    async def script(feed):
        await feed.listings()
        sink.items.clear()
        steps.extend([step async for step in feed.backfill(sink, START - 20 * NS_HOUR, START - START % NS_MIN)])

    play(script)
    assert [(step.done, step.total, step.complete) for step in steps] == [(k, N, True) for k in range(N + 1)]
    past = [event for event, _ in events(sink) if event.instrument == BTC and event.origin is Origin.BACKFILL]
    bars = [event for event in past if isinstance(event, Bar)]
    assert [bar.ts_event for bar in bars] == [bars[0].ts_event + k * NS_MIN for k in range(len(bars))]
    assert len(bars) == 20 * 60
    kinds = [type(event) for event in past if not isinstance(event, Trade)]
    assert kinds[-len(bars) :] == [Bar] * len(bars)
    assert [event.ts_event % (8 * NS_HOUR) for event in past if isinstance(event, Funding)] == [0, 0]
    assert {event.ratio_kind for event in past if isinstance(event, Ratio)} == {"acct_top", "taker"}


def test_history_older_than_a_month_is_asked_for_at_its_own_page(play, sink):
    async def script(feed):
        await feed.listings()
        with pytest.raises(NotRemembered):
            await feed.trades(sink, BTC, START - 91 * NS_DAY, START)

    play(script)
    from fbkit.feeds.bitget.history import candle_questions
    from fbkit.feeds.bitget.symbols import assume
    from fbkit.feeds.instruments import Known

    questions = list(candle_questions(Known(assume("BTCUSDT")), START - 40 * NS_DAY, START - 39 * NS_DAY, START))
    assert {path for path, _ in questions} == {"/api/v2/mix/market/history-candles"}
    assert all(question["endTime"] - question["startTime"] < 200 * 60_000 for _, question in questions)


def test_trades_are_fetched_page_by_page_and_no_further_than_asked(play, sink):
    counted = []

    async def script(feed):
        await asyncio.sleep(2)
        sink.items.clear()
        counted.append(await feed.trades(sink, BTC, START - 10 * NS_MIN, START - NS_MIN))

    play(script)
    trades = [event for event, _ in events(sink, Trade) if event.origin is Origin.BACKFILL]
    mine = [trade for trade in trades if trade.instrument == BTC and trade.ts_event < START - NS_MIN]
    assert counted == [len(mine)]
    assert counted[0] > 1_000, "more than a page"
    assert len({trade.venue_id for trade in mine}) == len(mine)
    assert min(trade.ts_event for trade in mine) >= START - 10 * NS_MIN
    asked = [connection for connection, _, _ in sink.raws if "fills-history" in connection and "BTCUSDT" in connection]
    assert sum("idLessThan" in connection for connection in asked) >= 1


def test_what_a_poll_hears_is_what_rest_says(play):
    sink = play(310)
    pages = [json.loads(body) for name, _, body in sink.raws if "taker-buy-sell" in name]
    assert len(pages) > N
    assert all(len(page["data"]) > 1 for page in pages)
    assert sum(ratio.ratio_kind == "taker" for ratio in sink.of(Ratio)) == len(pages), "the newest row alone is news"


def test_a_newcomer_gets_a_socket_and_forced_closes_none_twice(play):
    found = {}

    async def script(feed):
        await feed.listings()
        known = list(feed.instruments)
        found["all"], found["newly"] = feed.sockets(known), feed.further(known[:1])

    play(script)
    assert [socket.name for socket in found["all"]] == ["public-1", "liquidations"]
    [socket] = found["newly"]
    assert socket.symbols == ("BTCUSDT",)
    assert len(socket.topics) == 5
    assert found["all"][1].topics == ("usdt-futures/liquidation", "usdc-futures/liquidation")
    assert found["all"][1].limits_s == {"liquidation": None}
