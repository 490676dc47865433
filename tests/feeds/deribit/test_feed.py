"""Deribit's feed against the venue in memory, on a virtual clock."""

import asyncio
import json
from collections import Counter
from functools import partial

import pytest

from fbkit.clock import parse_utc
from fbkit.errors import NotRemembered, RateLimited
from fbkit.feeds.deribit import history
from fbkit.feeds.deribit.feed import DeribitFeed
from fbkit.feeds.deribit.symbols import assume
from fbkit.feeds.instruments import Known
from fbkit.feeds.recorded.deribit import DeribitReader
from fbkit.model import (
    NS_HOUR,
    NS_MIN,
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
    Rejected,
    Trade,
    channel_of,
)
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.deribit import DeribitWire
from fbkit.simulator.wires.deribit.talk import DeribitTalk
from tests.feeds.conftest import Memory
from tests.feeds.in_memory import by_minute, channels, events, heard, listen
from tests.feeds.reading import read_again

START = parse_utc("2026-01-01T23:58:30Z")
BTC = "deribit:BTC-USD-PERP"
N = 5


@pytest.fixture(scope="module")
def market():
    return Market(7, N, PROFILES["deribit"])


@pytest.fixture
def play(market, sink):
    return partial(listen, sink, "deribit", START, market=market)


@pytest.fixture(scope="module")
def minutes(market):
    """What some calm minutes sound like: several tests look at them."""
    return listen(Memory(), "deribit", START, 400, market=market)


def test_every_channel_that_is_offered_arrives(minutes):
    sink = minutes
    found = {channel_of(event) for event, _ in events(sink)}
    assert found == {offer.channel for offer in DeribitFeed.offers if offer.how != "unsupported"}
    assert sink.of(Rejected) == []
    assert sink.heard("trouble") == sink.heard("silent") == sink.heard("broke") == []
    everyone = {listing.instrument for listing in heard(sink, Listing)}
    assert len(everyone) == N
    assert {"deribit:BTC-USD-261225", "deribit:SOL-USDC-PERP", BTC} <= everyone
    for kind in (Trade, Quote, Mark, OpenInterest, Bar):
        assert {event.instrument for event in heard(sink, kind)} == everyone
    assert {funding.instrument for funding in heard(sink, Funding)} == everyone - {"deribit:BTC-USD-261225"}


def test_trades_are_numbered_one_by_one_and_each_is_told_once_and_in_time(minutes):
    sink = minutes
    for name in {trade.instrument for trade in heard(sink, Trade)}:
        numbers = sorted({trade.venue_id for trade in heard(sink, Trade) if trade.instrument == name})
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), "from the open minute on, without a hole"
    late = [ts - trade.ts_event for trade, ts in events(sink, Trade) if trade.ts_event > START + NS_S]
    assert len(late) > 20
    assert all(0 < delay < NS_S // 4 for delay in late)


def test_inverse_and_linear_trades_are_alike_in_coins(minutes):
    sink = minutes
    for trade in heard(sink, Trade):
        if trade.instrument == BTC:
            usd = trade.size * trade.price
            assert usd == pytest.approx(round(usd / 10) * 10, abs=1e-6), "lots of ten USD"
    interest = {event.instrument: event for event in heard(sink, OpenInterest)}
    assert interest[BTC].oi_usd / interest[BTC].oi_base == pytest.approx(85_000, rel=0.3)
    assert interest["deribit:SOL-USDC-PERP"].oi_usd is None


def test_the_dead_are_told_with_the_trades_that_killed_them(minutes):
    sink = minutes
    dead = heard(sink, Liquidation)
    assert dead
    pairs = [item for _, item, _ in sink.items if isinstance(item, tuple) and isinstance(item[0], Trade)]
    for trade, *died in pairs:
        assert all((one.price, one.size, one.ts_event) == (trade.price, trade.size, trade.ts_event) for one in died)


def test_bars_are_the_minutes_that_the_next_one_closed(minutes):
    sink = minutes
    bars = [bar for bar in heard(sink, Bar) if bar.instrument == BTC]
    assert [bar.ts_event for bar in bars] == [START + k * NS_S for k in range(30, 400, 60)]
    for bar in bars[1:]:
        inside = by_minute(sink)[BTC, bar.ts_event].values()
        assert bar.vol_base == pytest.approx(sum(trade.size for trade in inside), rel=1e-6)
        assert (bar.high, bar.low) == (max(t.price for t in inside), min(t.price for t in inside))


def test_heartbeats_are_answered_so_that_a_connection_outlives_many(play):
    asked = Counter()

    class Counting(DeribitWire):
        def talk(self, target, headers):
            asked["connections"] += 1
            talk = super().talk(target, headers)
            hear = talk.hear

            def listening(text, now_ms):
                asked[json.loads(text)["method"]] += 1
                return hear(text, now_ms)

            talk.hear = listening
            return talk

    sink = play(100, wire=Counting)
    assert (asked["connections"], asked["public/set_heartbeat"]) == (1, 1)
    assert asked["public/test"] == 3
    assert sink.heard("silent") == []


def test_who_leaves_a_test_request_unanswered_is_cut_and_comes_back(play, monkeypatch):
    monkeypatch.setattr(DeribitTalk, "_test", lambda talk, params, now_ms: ("deaf", ()))
    sink = play(80)
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    assert sink.heard("speaking")


def test_a_cut_reconnects_and_books_begin_anew(play):
    sink = play(60, {"at_s": 15, "fault": "rst", "for_s": 1})
    silenced, spoken = channels(sink, "silent"), channels(sink, "speaking")
    assert {entry[2] for entry in sink.heard("silent")} == {"disconnect"}
    assert {"trade", "quote", "depth", "mark", "open_interest", "day", "liquidation"} <= silenced
    assert spoken == silenced
    assert sink.heard("broke") == []
    depths = [ts for event, ts in events(sink, Quote) if event.levels and event.instrument == BTC]
    assert max(depths) > START + 55 * NS_S


def test_a_book_that_lost_its_sequence_is_mended_by_subscribing_again(play):
    faults = {"at_s": 10, "fault": "silence", "for_s": 0.3, "stream": "book.BTC-PERPETUAL.100ms"}
    sink = play(40, faults)
    [broke] = sink.heard("broke")
    [mended] = sink.heard("mended")
    assert (broke[1:3], mended[1:3]) == ((BTC, "depth"), (BTC, "depth"))
    assert mended[3] - broke[3] < 5 * NS_S
    assert sink.heard("silent") == []


def test_a_move_to_a_new_connection_loses_nothing_and_breaks_no_book(play):
    class ShortLived(DeribitFeed):
        lifetime_s = 25.0

    connections = []

    class Counting(DeribitWire):
        def talk(self, target, headers):
            connections.append(target)
            return super().talk(target, headers)

    sink = play(60, wire=Counting, feed=ShortLived)
    assert len(connections) == 3
    assert sink.heard("silent") == sink.heard("broke") == []
    numbers = {trade.venue_id for trade in heard(sink, Trade) if trade.instrument == BTC}
    assert len(numbers) == max(numbers) - min(numbers) + 1


def test_doubled_frames_break_no_book_and_no_candle(play):
    sink = play(100, {"at_s": 5, "fault": "dup", "for_s": 80})
    assert sink.heard("broke") == sink.of(Rejected) == []
    bars = [(bar.instrument, bar.ts_event) for bar in heard(sink, Bar)]
    assert len(bars) == len(set(bars)) == 2 * N
    assert Ignored("depth", "unchanged") in sink.of(Ignored)


def test_a_refused_channel_is_trouble_and_the_others_run(play):
    class Refusing(DeribitWire):
        def talk(self, target, headers):
            talk = super().talk(target, headers)
            talk._index = {name: at for name, at in talk._index.items() if name != "ETH-PERPETUAL"}
            return talk

    sink = play(20, wire=Refusing)
    assert {entry[1] for entry in sink.heard("trouble")} == {"trade", "quote", "depth", "mark", "bar"}
    assert all("ETH-PERPETUAL" in entry[3] and entry[2] == "refused" for entry in sink.heard("trouble"))
    assert {trade.instrument for trade, ts in events(sink, Trade) if ts > START + 2 * NS_S} >= {BTC}


def test_flipped_funding_is_the_rate_of_the_moment(play):
    straight = play(5)
    rates = {mark.funding_rate for mark in heard(straight, Mark) if mark.instrument == BTC}
    straight.items.clear()
    flipped = play(5, flipped=frozenset({"mark"}))
    assert rates.isdisjoint({mark.funding_rate for mark in heard(flipped, Mark) if mark.instrument == BTC})


def test_history_is_hourly_funding_and_candles(play, sink):
    steps = []

    async def script(feed):
        await asyncio.sleep(1)
        sink.items.clear()
        steps.extend([progress async for progress in feed.backfill(sink, START - 3 * NS_HOUR, START)])

    play(script)
    assert steps[-1].done == N
    assert all(step.complete for step in steps)
    # The first minute began before, the last has not ended.
    past = [event for event, _ in events(sink) if event.origin is Origin.BACKFILL]
    assert Counter(type(event) for event in past) == {Bar: 179 * N, Funding: 3 * (N - 1)}
    assert all(START - 3 * NS_HOUR <= event.ts_event <= START for event in past)
    assert {event.funding_hours for event in past if isinstance(event, Funding)} == {1.0}


def test_a_hole_is_filled_by_number_or_by_time(play, sink):
    counts = []

    async def script(feed):
        await asyncio.sleep(2)
        sink.items.clear()
        since = START - 10 * NS_MIN
        counts.append(await feed.trades(sink, BTC, since, START))
        by_time = [trade for trade in heard(sink, Trade) if trade.origin is Origin.BACKFILL]
        assert all(since <= trade.ts_event < START for trade in by_time)
        sink.items.clear()
        await feed.trades(sink, BTC, since, START, by_time[3].venue_id)
        by_number = [trade for trade in heard(sink, Trade) if trade.origin is Origin.BACKFILL]
        assert by_number == by_time[3:]

    play(script)
    assert counts[0] > 100


def test_a_capture_reads_as_it_was_heard(play):
    sink = play(70)
    reader = DeribitReader()
    told = read_again(sink, reader)
    assert reader.breaks == []
    assert all(not event.assumed for event in told if isinstance(event, Listing))
    for kind in (Quote, Mark, OpenInterest, Bar):
        assert [event for event in told if isinstance(event, kind)] == heard(sink, kind) != []
    assert {event.venue_id for event in told if isinstance(event, Trade)} >= {
        event.venue_id for event in heard(sink, Trade)
    }


def test_a_list_that_is_over_the_limit_says_so(play):
    async def script(feed):
        await asyncio.sleep(5)
        with pytest.raises(RateLimited):
            await feed.read_list()

    play(script, {"at_s": 1, "fault": "rate-limit", "for_s": 60})


def page(*rows):
    trades = [
        {
            "instrument_name": "BTC-PERPETUAL",
            "trade_seq": number,
            "timestamp": 1_000 + number,
            "price": 80_000.0,
            "amount": 10.0,
            "direction": "buy",
            **more,
        }
        for number, more in rows
    ]
    return json.dumps({"result": {"trades": trades, "has_more": False}}).encode()


def collect(pages, since, until, from_id):
    """What trade pages come to, and what was asked."""
    asked, answers = [], iter(pages)

    async def ask(path, params):
        asked.append((path.rpartition("/")[2], params))
        return next(answers)

    async def run():
        known, found = Known(assume("BTC-PERPETUAL")), []
        async for items in history.trades(ask, lambda: 0, known, since, until, from_id):
            found += items
        return found

    return asyncio.run(run()), asked


def test_a_full_page_is_followed_by_the_next_numbers():
    full = page(*((number, {}) for number in range(1_000)))
    items, asked = collect([full, page((1_000, {}))], 0, 10**12 * 10, None)
    assert len(items) == 1_001
    assert [path for path, _ in asked] == ["get_last_trades_by_instrument_and_time", "get_last_trades_by_instrument"]
    assert (asked[1][1]["start_seq"], asked[1][1]["end_seq"]) == (1_000, 1_999)


def test_what_lies_outside_is_left_out_even_where_somebody_died():
    rows = [(number, {"liquidation": "T"}) for number in range(5)]
    items, _ = collect([page(*rows)], 1_001_000_000, 1_004_000_000, None)
    assert [trade.venue_id for trade, _ in items] == [1, 2, 3]


def test_what_is_forgotten_is_said():
    with pytest.raises(NotRemembered, match="begins with 7"):
        collect([page((7, {}))], 0, 10**12, 3)
