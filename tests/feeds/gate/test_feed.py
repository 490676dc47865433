"""Gate's feed against the venue in memory, on a virtual clock."""

import asyncio
import json
from functools import partial
from itertools import pairwise

import pytest

from fbkit.clock import parse_utc
from fbkit.errors import RateLimited
from fbkit.feeds.gate.feed import GateFeed
from fbkit.feeds.gate.symbols import assume
from fbkit.feeds.recorded.gate import GateReader
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
    NS_S,
    Bar,
    Funding,
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
from fbkit.simulator.wires.gate import GateWire
from tests.feeds.in_memory import by_minute, channels, events, heard, listen
from tests.feeds.reading import read_again

START = parse_utc("2026-01-01T23:58:30Z")
BTC = "gate:BTC-USDT-PERP"
N = 4

UPGRADE = json.dumps(
    {
        "time": 1,
        "time_ms": 1000,
        "channel": "futures.system",
        "event": "update",
        "result": {"type": "upgrade", "msg": "The connection will soon be closed, please reconnect"},
    }
)


@pytest.fixture(scope="module")
def market():
    return Market(7, N, PROFILES["gate"])


@pytest.fixture
def play(market, sink):
    return partial(listen, sink, "gate", START, market=market)


def watched(calls):
    """A wire whose conversations are noted: connections with their headers, and what they heard."""

    class Watched(GateWire):
        def talk(self, target, headers):
            talk = super().talk(target, headers)
            calls.append({"headers": dict(headers), "heard": []})
            mine, hear = calls[-1]["heard"], talk.hear

            def hearing(text, now_ms):
                mine.append(json.loads(text))
                return hear(text, now_ms)

            talk.hear = hearing
            return talk

    return Watched


def test_every_channel_that_is_offered_arrives(play):
    sink = play(400)
    found = {channel_of(event) for event, _ in events(sink)}
    assert found == {offer.channel.partition(":")[0] for offer in GateFeed.offers if offer.how != "unsupported"}
    kinds = {f"ratio:{event.ratio_kind}" for event in heard(sink, Ratio)}
    assert kinds == {offer.channel for offer in GateFeed.offers if offer.channel.startswith("ratio")}
    assert sink.of(Rejected) == []
    assert sink.heard("trouble") == sink.heard("silent") == sink.heard("broke") == []
    everyone = {listing.instrument for listing in heard(sink, Listing)}
    assert len(everyone) == N
    for kind in (Trade, Quote, Mark, OpenInterest, Bar, Funding, Ratio):
        assert {event.instrument for event in heard(sink, kind)} == everyone
    assert {event.funding_hours for event in heard(sink, Funding)} == {8.0}
    assert {quote.instrument for quote in heard(sink, Quote) if quote.levels} == everyone


def test_sizes_are_coins_and_the_connection_asks_for_decimals(play):
    calls = []
    sink = play(100, wire=watched(calls))
    assert [call["headers"] for call in calls] == [{"x-gate-size-decimal": "1"}]
    sizes = [trade.size for trade in heard(sink, Trade) if trade.instrument == BTC]
    assert len(sizes) > 30
    assert all(size == pytest.approx(round(size / 0.0001) * 0.0001, rel=1e-12) for size in sizes)
    bar = next(bar for bar in heard(sink, Bar) if bar.instrument == BTC and bar.ts_event == START + 90 * NS_S)
    inside = by_minute(sink)[BTC, bar.ts_event].values()
    assert bar.vol_base == pytest.approx(sum(trade.size for trade in inside), rel=1e-9)
    assert bar.vol_usd == pytest.approx(sum(trade.size * trade.price for trade in inside), rel=1e-6)


def test_books_begin_by_rest_and_agree_with_the_best_quotes(play):
    sink = play(30)
    depths = [quote for quote in heard(sink, Quote) if quote.levels and quote.instrument == BTC]
    assert depths[0].ts_event < START + 8 * NS_S
    assert all(quote.levels == 5 and quote.bid < quote.ask for quote in depths)
    gaps = [b.ts_event - a.ts_event for a, b in pairwise(depths)]
    assert min(gaps) >= NS_S // 2
    asked = [connection for connection, _, _ in sink.raws if "/order_book?" in connection]
    assert len(asked) == N, "a snapshot each, and no more"


def test_a_cut_reconnects_and_books_begin_anew(play):
    sink = play(60, {"at_s": 15, "fault": "rst", "for_s": 1})
    silenced, spoken = channels(sink, "silent"), channels(sink, "speaking")
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    streamed = {"trade", "quote", "depth", "mark", "open_interest", "day", "bar", "liquidation"}
    assert silenced == spoken == streamed
    assert sink.heard("broke") == []
    depths = [ts for event, ts in events(sink, Quote) if event.levels and event.instrument == BTC]
    assert max(depths) > START + 55 * NS_S
    asked = [connection for connection, _, _ in sink.raws if "/order_book?" in connection]
    assert len(asked) == 2 * N


def test_a_broken_book_is_mended_by_a_snapshot(play):
    stream = "futures.order_book_update BTC_USDT 100ms 20"
    faults = {"at_s": 10, "fault": "silence", "for_s": 0.3, "stream": stream}
    sink = play(40, faults)
    [broke] = sink.heard("broke")
    [mended] = sink.heard("mended")
    assert (broke[1:3], mended[1:3]) == ((BTC, "depth"), (BTC, "depth"))
    assert mended[3] - broke[3] < 5 * NS_S
    assert sink.heard("silent") == []


def test_doubled_and_swapped_frames_of_other_channels_break_nothing(play):
    faults = (
        {"at_s": 5, "fault": "dup", "for_s": 60},
        {"at_s": 5, "fault": "reorder", "for_s": 60, "channel": "quote"},
    )
    sink = play(100, *faults)
    assert sink.heard("broke") == sink.of(Rejected) == []
    bars = [(bar.instrument, bar.ts_event) for bar in heard(sink, Bar)]
    assert len(bars) == len(set(bars)) == 2 * N


def test_one_unknown_contract_is_found_and_the_others_run(play):
    class Lacking(GateWire):
        def talk(self, target, headers):
            talk = super().talk(target, headers)
            talk._index = {symbol: at for symbol, at in talk._index.items() if symbol != "SOL_USDT"}
            return talk

    sink = play(30, wire=Lacking)
    troubles = sink.heard("trouble")
    assert {entry[1] for entry in troubles} == {"trade", "quote", "depth", "mark", "bar"}
    assert all("SOL_USDT" in entry[3] and entry[2] == "refused" for entry in troubles)
    streamed = {quote.instrument for quote in heard(sink, Quote) if not quote.levels}
    assert len(streamed) == N - 1
    assert "gate:SOL-USDT-PERP" not in streamed
    live = {trade.instrument for trade in heard(sink, Trade) if trade.origin is Origin.LIVE}
    assert live == streamed == {mark.instrument for mark in heard(sink, Mark)}


def test_an_upgrade_moves_us_with_an_overlap(play):
    calls = []
    faults = {"at_s": 20, "fault": "send", "payload": UPGRADE, "count": 1}
    sink = play(60, faults, wire=watched(calls))
    assert len(calls) == 2
    assert sink.heard("silent") == sink.heard("broke") == []
    ids = [trade.venue_id for trade in heard(sink, Trade) if trade.instrument == BTC]
    assert len(ids) > len(set(ids)), "both spoke for a while"
    marks = [ts for event, ts in events(sink, Mark) if event.instrument == BTC]
    assert max(b - a for a, b in pairwise(marks)) <= 2 * NS_S


def test_pings_are_ours_and_are_answered(play):
    calls = []
    play(50, wire=watched(calls))
    said = [request["channel"] for call in calls for request in call["heard"]]
    assert said.count("futures.ping") == 3


def test_flipped_channels_are_read_the_other_way(play):
    straight = play(300)
    died = {(one.instrument, one.ts_event): one.liquidated for one in heard(straight, Liquidation)}
    held = {(one.instrument, one.ts_event): one.oi_base for one in heard(straight, OpenInterest)}
    straight.items.clear()
    flipped = play(300, flipped=frozenset({"liquidation", "open_interest"}))
    assert len(died) > 3
    for one in heard(flipped, Liquidation):
        assert one.liquidated != died[one.instrument, one.ts_event]
    for one in heard(flipped, OpenInterest):
        assert one.oi_base == held.get((one.instrument, one.ts_event), 2 * one.oi_base) / 2


def test_history_is_statistics_settlements_and_candles(play, sink):
    steps = []

    async def script(feed):
        await asyncio.sleep(1)
        sink.items.clear()
        steps.extend([progress async for progress in feed.backfill(sink, START - 12 * NS_HOUR, START - 30 * NS_S)])

    play(script)
    assert steps[-1].done == N
    assert all(step.complete for step in steps)
    past = [event for event, _ in events(sink) if event.origin is Origin.BACKFILL]
    bars = [bar for bar in past if isinstance(bar, Bar) and bar.instrument == BTC]
    assert [bar.ts_event for bar in bars] == [START - 30 * NS_S - k * NS_MIN for k in reversed(range(12 * 60 - 1))]
    interest = [event for event in past if isinstance(event, OpenInterest) and event.instrument == BTC]
    assert len(interest) == len({event.ts_event for event in interest}) == 144
    assert all(event.oi_usd / event.oi_base == pytest.approx(86_000, rel=0.3) for event in interest)
    assert sum(isinstance(event, Ratio) for event in past) == 4 * N * 144
    assert {event.ts_event for event in past if isinstance(event, Funding)} == {parse_utc("2026-01-01T16:00:00Z")}


def test_a_hole_is_filled_by_time(play, sink):
    counts = []

    async def script(feed):
        await asyncio.sleep(20)
        late = [trade for trade in heard(sink, Trade) if trade.ts_event >= START + 5 * NS_S]
        live = {trade.venue_id for trade in late if trade.instrument == BTC}
        sink.items.clear()
        counts.append(await feed.trades(sink, BTC, START - 50 * NS_MIN, None, 17))
        found = heard(sink, Trade)
        assert all(trade.ts_event >= START - 50 * NS_MIN for trade in found)
        ids = {trade.venue_id for trade in found}
        assert len(ids) == len(found)
        assert live <= ids

    play(script)
    assert counts[0] > 1000, "more than a page"


def test_a_capture_reads_as_it_was_heard(play):
    sink = play(70)
    reader = GateReader()
    told = read_again(sink, reader)
    assert reader.breaks == []
    assert all(not event.assumed for event in told if isinstance(event, Listing))
    for kind in (Quote, Mark, Bar):
        assert [event for event in told if isinstance(event, kind)] == heard(sink, kind) != []


def test_limits_are_waited_for_where_there_are_any(play):
    async def script(feed):
        await asyncio.sleep(5)
        with pytest.raises(RateLimited):
            await feed.read_list()

    play(script, {"at_s": 1, "fault": "rate-limit", "for_s": 60})


def test_silence_of_one_channel_makes_the_socket_move(play):
    faults = {"at_s": 20, "fault": "silence", "for_s": 200, "channel": "quote", "count": 100000}
    sink = play(120, faults)
    assert ("silent", ("quote",), "stalled") in [entry[:3] for entry in sink.heard("silent")]
    assert {channel for entry in sink.heard("silent") for channel in entry[1]} == {"quote"}


def test_large_and_small_contracts_share_sockets(make_test_world):
    world, _ = make_test_world()
    feed = GateFeed(rest="http://127.0.0.1/gate", ws="ws://127.0.0.1/gate", count=65, world=world)
    followed = [feed.instruments.follow(assume(f"C{number}_USDT")) for number in range(65)]
    sockets = feed.sockets(followed)
    assert [socket.name for socket in sockets] == ["usdt-1", "usdt-2", "usdt-3"]
    assert [len(socket.symbols) for socket in sockets] == [22, 22, 21]
    assert sockets[1].symbols[:2] == ("C1_USDT", "C4_USDT")
    topics = [topic for socket in sockets for topic in socket.topics]
    assert len(topics) == len(set(topics)) == 65 * 5 + 1
    assert ["liquidation" in socket.limits_s for socket in sockets] == [True, False, False]
    assert {socket.url for socket in sockets} == {"ws://127.0.0.1/gate/v4/ws/usdt"}
    assert {tuple(socket.headers.items()) for socket in sockets} == {(("X-Gate-Size-Decimal", "1"),)}
