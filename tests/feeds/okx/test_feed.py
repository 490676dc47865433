"""OKX's feed against the venue in memory, on a virtual clock."""

import asyncio
import json
from collections import Counter, defaultdict
from functools import partial
from itertools import pairwise

import msgspec
import pytest

from fbkit.clock import parse_utc
from fbkit.errors import NotRemembered, VenueRefused
from fbkit.feeds.okx.feed import OkxFeed
from fbkit.feeds.recorded.okx import OkxReader
from fbkit.model import (
    NS_DAY,
    NS_HOUR,
    NS_MIN,
    NS_MS,
    NS_S,
    Bar,
    Day,
    Event,
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
from fbkit.simulator.wires.okx import OkxWire
from tests.feeds.in_memory import by_minute, channels, heard, listen
from tests.feeds.reading import read_again

START = parse_utc("2026-10-03T07:58:40Z")
N = 9
BTC, INVERSE, DATED = "okx:BTC-USDT-PERP", "okx:BTC-USD-PERP", "okx:BTC-USDT-261225"
UPGRADE = {
    "event": "notice",
    "code": "64008",
    "msg": "The connection will soon be closed for a service upgrade. Please reconnect.",
    "connId": "a4d3ae55",
}


@pytest.fixture(scope="module")
def market():
    return Market(7, N, PROFILES["okx"], START // NS_MS)


@pytest.fixture
def play(market, sink):
    return partial(listen, sink, "okx", START, market=market)


def trades_by_name(sink):
    found = defaultdict(list)
    for trade in sink.of(Trade):
        found[trade.instrument].append(trade)
    return found


def assert_contiguous(sink):
    for name, trades in trades_by_name(sink).items():
        ids = sorted({trade.venue_id for trade in trades})
        assert ids == list(range(ids[0], ids[0] + len(ids))), name


def test_every_channel_that_is_offered_arrives(play, market):
    sink = play(420)
    found = defaultdict(set)
    for event in sink.of(Event):
        found[f"ratio:{event.ratio_kind}" if isinstance(event, Ratio) else channel_of(event)].add(event.instrument)
    assert set(found) == {offer.channel for offer in OkxFeed.offers if offer.how != "unsupported"}
    everyone = {listing.instrument for listing in sink.of(Listing)}
    assert len(everyone) == N
    assert {BTC, INVERSE, DATED} <= everyone
    for channel in (
        "trade",
        "quote",
        "depth",
        "mark",
        "open_interest",
        "day",
        "bar",
        "ratio:acct_global",
        "ratio:taker",
    ):
        assert found[channel] == everyone, channel
    assert found["funding"] == everyone - {name for name in everyone if not name.endswith("PERP")}
    assert sink.of(Rejected) == []
    assert sink.heard("trouble") == sink.heard("silent") == []
    reasons = {item.reason for item in sink.of(Ignored)}
    assert reasons <= {"within_cadence", "unchanged", "open_bar"}
    scene = OkxWire(market).scene
    forced = {
        (row.ts_ms * NS_MS, "long" if row.long else "short")
        for start in range(START // NS_MS - 120_000, START // NS_MS + 420_000, 1000)
        for row in scene.forced(start)
    }
    assert {(event.ts_event, event.liquidated) for event in sink.of(Liquidation)} <= forced
    assert {event.liquidated for event in sink.of(Liquidation)} == {"long", "short"}


def test_trades_of_the_open_minute_and_live_ones_are_one_unbroken_row(play):
    sink = play(70)
    assert_contiguous(sink)
    for trades in trades_by_name(sink).values():
        assert min(trade.ts_event for trade in trades) < START
    live = [item for item in sink.items if isinstance(item[1], Trade) and item[1].origin is Origin.LIVE]
    assert all(0 < ts - trade.ts_event < NS_S for _, trade, ts in live)


def test_a_bar_is_the_sum_of_its_trades_in_coins_and_dollars(play):
    sink = play(90)
    bars, trades = {bar.instrument: bar for bar in sink.of(Bar)}, by_minute(sink)
    assert len(bars) == N
    for name, bar in bars.items():
        inside = trades[name, bar.ts_event].values()
        assert sum(trade.size for trade in inside) == pytest.approx(bar.vol_base, rel=1e-7), name
        usd = sum(trade.size * trade.price for trade in inside)
        assert usd == pytest.approx(bar.vol_usd, rel=1e-6), name


def test_an_inverse_swap_and_a_linear_one_say_the_same_in_coins(play, market):
    sink = play(20)
    for name in (BTC, INVERSE, DATED):
        quote = next(quote for quote in sink.of(Quote) if quote.instrument == name and quote.levels)
        mark = next(mark for mark in sink.of(Mark) if mark.instrument == name)
        assert quote.bid < quote.ask
        assert mark.mark == pytest.approx((quote.bid + quote.ask) / 2, rel=5e-3)
        assert 0.001 < quote.depth_bid < 10_000
    held = {event.instrument: event for event in sink.of(OpenInterest)}
    for name in (BTC, INVERSE):
        price = next(mark.mark for mark in sink.of(Mark) if mark.instrument == name)
        assert held[name].oi_usd == pytest.approx(held[name].oi_base * price, rel=1e-3)


def test_marks_carry_index_and_funding_and_a_settlement_is_told_once(play):
    sink = play(200)
    marks = [mark for mark in sink.of(Mark) if mark.instrument == BTC]
    assert all(mark.index is not None for mark in marks[2:])
    assert {mark.funding_hours for mark in marks[2:]} == {8.0}
    eight = parse_utc("2026-10-03T08:00:00Z")
    assert marks[2].ts_funding == eight
    assert marks[-1].ts_funding == eight + 8 * NS_HOUR
    assert all(mark.funding_rate is None for mark in sink.of(Mark) if mark.instrument == DATED)
    settled = [event for event in sink.of(Funding) if event.instrument == BTC]
    assert [event.ts_event for event in settled] == [eight - 8 * NS_HOUR, eight]
    assert settled[-1].funding_hours == 8.0


def test_a_cut_reconnects_and_says_so(play):
    sink = play(60, {"at_s": 20, "fault": "rst", "route": "public"})
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    gone = channels(sink, "silent")
    assert gone == {*("quote", "depth", "mark", "funding", "open_interest", "day", "liquidation", "listing")}
    assert channels(sink, "speaking") == gone
    assert_contiguous(sink)
    assert sink.of(Rejected) == []


def test_trades_that_a_cut_cost_are_fetched_again_by_id(play, sink):
    async def script(feed):
        await asyncio.sleep(60)
        for name in trades_by_name(sink):
            ids = sorted(trade.venue_id for trade in trades_by_name(sink)[name])
            hole = next((one for one, two in pairwise(ids) if two > one + 1), None)
            if hole is not None:
                filled.append(await feed.trades(sink, name, START, None, from_id=hole + 1))

    filled = []
    play(script, {"at_s": 20, "fault": "rst", "route": "business"})
    assert len(filled) >= 1
    assert min(filled) > 0
    assert_contiguous(sink)


def test_before_a_service_upgrade_we_move_and_lose_nothing(play):
    notice = {"at_s": 20, "fault": "send", "payload": json.dumps(UPGRADE)}
    end = {"at_s": 50, "fault": "close", "code": 1001}

    class Counting(OkxWire):
        opened = 0

        def talk(self, target, headers):
            Counting.opened += 1
            return super().talk(target, headers)

    sink = play(45, notice, wire=Counting)
    assert Counting.opened == 4, "both sockets moved"
    assert sink.heard("silent") == sink.heard("trouble") == []
    assert_contiguous(sink)
    twice = Counter((trade.instrument, trade.venue_id) for trade in sink.of(Trade) if trade.origin is Origin.LIVE)
    assert max(twice.values()) == 2, "both spoke for a while"
    sink.told.clear()
    play(60, notice, end)
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}


def test_a_sequence_that_begins_anew_costs_no_quote(play):
    sink = play(40, {"at_s": 15, "fault": "seq-reset", "channel": "quote"})
    quotes = [quote for quote in sink.of(Quote) if quote.instrument == BTC and not quote.levels]
    fallen = [late for early, late in pairwise(quotes) if late.venue_id < early.venue_id]
    assert len(fallen) == 1
    assert fallen[0].ts_event > START + 15 * NS_S
    assert sink.heard("silent") == sink.heard("broke") == []


def test_a_quiet_channel_is_told_and_the_others_run(play):
    sink = play(300, {"at_s": 5, "fault": "silence", "for_s": 200, "channel": "trade"})
    assert {entry[1] for entry in sink.heard("silent")} == {("trade",)}
    assert {entry[1] for entry in sink.heard("speaking")} == {("trade",)}


def test_a_newcomer_makes_us_read_the_list_again_and_a_change_is_told_at_once(play, load):
    newcomer = {"at_s": 5, "fault": "send", "payload": load("okx/ws_instruments_new.json").decode()}
    change = {"at_s": 80, "fault": "send", "payload": load("okx/ws_instruments.json").decode()}
    sink = play(90, newcomer, change)
    asked = [ts for connection, ts, _ in sink.raws if connection.startswith("rest:/api/v5/public/instruments")]
    assert len({ts for ts in asked if START + 5 * NS_S <= ts < START + 10 * NS_S}) >= 1
    told = [listing for listing in sink.of(Listing) if listing.instrument == BTC]
    assert [listing.status for listing in told][:2] == ["trading", "suspend"]


@pytest.mark.faults
def test_what_the_venue_cannot_mean_and_says_twice_does_no_harm(play):
    faults = {"at_s": 2, "fault": "garbage", "for_s": 20}, {"at_s": 4, "fault": "dup", "for_s": 5}
    sink = play(30, *faults)
    assert sink.of(Rejected) != []
    assert sink.heard("silent") == []
    assert_contiguous(sink)


@pytest.mark.faults
def test_too_many_requests_in_both_disguises_and_pages_of_html_are_waited_out(play, sink):
    found = {}

    async def script(feed):
        await asyncio.sleep(5)
        since = START - NS_HOUR
        found["trades"] = await feed.trades(sink, BTC, since, since + 10 * NS_S)
        found["took_s"] = (feed.world.clock.now() - START) / NS_S

    too_many = {"at_s": 4, "fault": "rate-limit", "for_s": 4, "channel": "rest"}
    html = {"at_s": 8, "fault": "html-502", "for_s": 1, "channel": "rest"}
    play(script, too_many, html, limited=True)
    assert found["trades"] > 20
    assert 8 < found["took_s"] < 60
    assert not [trade for trade in sink.of(Trade) if START - NS_HOUR + 10 * NS_S <= trade.ts_event < START - NS_MIN]


def test_history_comes_whole_and_in_our_units(play, sink):
    seen = []

    async def script(feed):
        await asyncio.sleep(3)
        seen.extend([step async for step in feed.backfill(sink, START - 2 * NS_HOUR, START)])

    play(script)
    assert [(step.done, step.total, step.complete) for step in seen] == [(k, N, True) for k in range(N + 1)]
    past = [event for event in sink.of(Event) if event.origin is Origin.BACKFILL and not isinstance(event, Trade)]
    bars = Counter(event.instrument for event in past if isinstance(event, Bar))
    assert set(bars.values()) == {119}, "two hours, less the minutes that they cut"
    kinds = Counter(event.ratio_kind for event in past if isinstance(event, Ratio) and event.instrument == BTC)
    assert kinds == dict.fromkeys(("acct_global", "acct_top", "pos_top", "taker"), 24)
    interest = {event.instrument: event for event in past if isinstance(event, OpenInterest)}
    live = {event.instrument: event for event in sink.of(OpenInterest) if event.origin is Origin.LIVE}
    for name in (BTC, INVERSE):
        assert interest[name].oi_base == pytest.approx(live[name].oi_base, rel=0.05)


def test_funding_of_the_past_is_what_was_paid(play, sink):
    async def script(feed):
        await asyncio.sleep(2)
        known = feed.instruments.by_name[BTC]
        await feed.past(
            lambda items: sink.take("okx", items, START), known, START - 3 * NS_DAY, START - 3 * NS_DAY + NS_MIN
        )
        await feed.past(lambda items: sink.take("okx", items, START), known, START - 2 * NS_DAY, START)

    play(script)
    paid = [event for event in sink.of(Funding) if event.origin is Origin.BACKFILL]
    assert len(paid) == 6
    assert {event.funding_hours for event in paid} == {8.0}
    assert {later.ts_event - early.ts_event for early, later in pairwise(paid)} == {8 * NS_HOUR}


def test_trades_are_asked_for_by_instant_and_end_where_memory_does(play, sink):
    found = {}

    async def script(feed):
        await asyncio.sleep(1)
        since = START - NS_HOUR
        found["minute"] = await feed.trades(sink, BTC, since, since + NS_MIN)
        with pytest.raises(NotRemembered):
            await feed.trades(sink, BTC, START - 8 * NS_DAY, START - 8 * NS_DAY + NS_S)
        inverse = feed.instruments.by_name[INVERSE]
        inverse.learn(msgspec.structs.replace(inverse.instrument, venue_symbol="GONE-USD-SWAP"))
        with pytest.raises(VenueRefused):
            await feed.trades(sink, INVERSE, since, since + NS_S)

    play(script)
    fetched = [trade for trade in sink.of(Trade) if trade.ts_event < START - NS_MIN * 5]
    assert found["minute"] == len(fetched) > 100
    assert {trade.ts_event // NS_MIN for trade in fetched} <= {
        (START - NS_HOUR) // NS_MIN,
        (START - NS_HOUR) // NS_MIN + 1,
    }


def test_a_capture_reads_as_it_was_heard(play):
    sink = play(70)
    told = read_again(sink, OkxReader())
    assert all(not event.assumed for event in told if isinstance(event, Listing))
    for kind in (Trade, Quote, Mark, OpenInterest, Bar, Day, Funding):
        live = [event for event in heard(sink, kind) if event.origin is Origin.LIVE]
        again = [event for event in told if isinstance(event, kind) and event.origin is Origin.LIVE]
        assert again == live != [], kind


def test_flipped_open_interest_is_half(play):
    plain = {event.instrument: event.oi_base for event in reversed(play(5).of(OpenInterest))}
    half = {event.instrument: event.oi_base for event in play(5, flipped=frozenset({"open_interest"})).of(OpenInterest)}
    assert half[BTC] == pytest.approx(plain[BTC] / 2, rel=0.01)
