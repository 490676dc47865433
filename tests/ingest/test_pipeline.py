"""The one line every event goes through, and its books."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.ingest.pipeline import Pipeline
from fbkit.ingest.skew import Skew
from fbkit.model import (
    NS_MS,
    NS_S,
    Beat,
    Control,
    Gap,
    Ignored,
    Item,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Rejected,
    Side,
    Trade,
)
from tests.ingest.conftest import BTC, SilentEngine, SilentRules, quote, trade

OTHER = "binance:ETH-USDT-PERP"


def numbers(pipeline: Pipeline, venue: str = "binance", channel: str = "trade") -> dict[str, int]:
    account = pipeline.accounts[venue, channel]
    return {name: getattr(account, name) for name in ("received", "stored", "conflated", "duplicate", "in_flight")}


def test_every_event_gets_its_place_once_and_in_order(pipeline: Pipeline) -> None:
    pipeline.take("binance", [trade(1), quote(1), trade(2)], 0)
    cut = pipeline.beat(NS_S)
    assert [event.seq & 0xFFFFFFFF for event in cut.events] == [1, 2, 3, 4]
    assert type(cut.events[-1]) is Beat
    assert cut.events[0].seq >> 48 == 1


def test_a_duplicate_is_counted_and_not_stored(pipeline: Pipeline) -> None:
    for _ in range(2):
        pipeline.take("binance", [trade(1), trade(2), quote(5)], 0)
    cut = pipeline.beat(NS_S)
    assert len(cut.events) == 4
    assert numbers(pipeline) == {"received": 4, "stored": 0, "conflated": 0, "duplicate": 2, "in_flight": 2}
    pipeline.stored(cut)
    assert numbers(pipeline) == {"received": 4, "stored": 2, "conflated": 0, "duplicate": 2, "in_flight": 0}
    assert pipeline.accounts.unbalanced() == []


def test_an_older_quote_is_a_duplicate_and_another_instruments_is_not(pipeline: Pipeline) -> None:
    pipeline.take("binance", [quote(9), quote(8), quote(8, instrument=OTHER)], 0)
    assert numbers(pipeline, channel="quote")["duplicate"] == 1


def test_a_hole_in_trade_ids_becomes_a_gap_at_the_second_beat(pipeline: Pipeline) -> None:
    told: list[tuple[int, int]] = []
    pipeline.on_hole = lambda hole, _gap: told.append((hole.first, hole.last))
    pipeline.take("binance", [trade(1, 100), trade(5, 300)], NS_S)
    pipeline.beat(NS_S)
    assert told == []
    pipeline.beat(2 * NS_S)
    cut = pipeline.beat(3 * NS_S)
    assert told == [(2, 4)]
    (gap,) = [event for event in cut.events if type(event) is Gap]
    assert (gap.cause, gap.channel, gap.instrument, gap.missing) == ("sequence", "trade", BTC, 3)
    assert (gap.t0, gap.t1) == (100 * NS_MS, 300 * NS_MS)


def test_a_hole_that_fills_itself_in_time_is_no_gap(pipeline: Pipeline) -> None:
    pipeline.take("binance", [trade(1), trade(3), trade(2)], 0)
    gaps = [event for n in range(4) for event in pipeline.beat((n + 1) * NS_S).events if type(event) is Gap]
    assert gaps == []


def test_an_event_from_the_future_is_quarantined_with_its_words(pipeline: Pipeline) -> None:
    for n in range(3):
        pipeline.take("binance", [trade(n, 1000)], NS_S + n)
    late = Mark(BTC, 20 * NS_S, NS_S, 100.0)
    pipeline.take("binance", [late], NS_S)
    cut = pipeline.beat(2 * NS_S)
    (row,) = cut.rows
    assert (row.reason, row.channel, row.instrument) == ("future", "mark", BTC)
    assert b"20000000000" in row.sample
    assert pipeline.accounts["binance", "mark"].quarantined == 1


def test_a_clock_behind_the_venues_is_a_skew_not_a_future(pipeline: Pipeline) -> None:
    """The recorder of the hftbacktest capture was 1.27 s behind; a venue may be further ahead than five seconds."""
    events = [Trade(BTC, n * NS_S + 7 * NS_S, n * NS_S, n, 100.0, 1.0, Side.BUY) for n in range(1, 30)]
    for event in events:
        pipeline.take("binance", [event], event.ts_recv)
    assert pipeline.accounts["binance", "trade"].quarantined == 0
    assert pipeline.beat(30 * NS_S).beat.ts_event == 37 * NS_S


def test_beat_time_never_goes_back(pipeline: Pipeline) -> None:
    pipeline.take("binance", [trade(1, 1000)], NS_S)
    first = pipeline.beat(2 * NS_S).beat.ts_event
    slow = Trade(BTC, NS_S, 9 * NS_S, 2, 100.0, 1.0, Side.BUY)
    for venue in ("bybit",):
        pipeline.take(venue, [slow], 9 * NS_S)
    second = pipeline.beat(9 * NS_S).beat.ts_event
    assert second >= first


def test_what_a_feed_sets_aside_is_counted_by_its_reason(pipeline: Pipeline) -> None:
    items: list[Item] = [Ignored("bar", "open_bar"), Rejected("trade", "malformed", b"{"), Control("ack")]
    pipeline.take("binance", items, 0)
    cut = pipeline.beat(NS_S)
    assert pipeline.accounts["binance", "bar"].ignored == 1
    assert pipeline.accounts["binance", "trade"].quarantined == 1
    assert pipeline.accounts["binance", "control"].control == 1
    assert pipeline.accounts["binance", "control"].received == 0
    assert [row.sample for row in cut.rows] == [b"{"]


def test_an_item_of_several_events_is_one_item(pipeline: Pipeline) -> None:
    pair = (Mark(BTC, 5, 5, 100.0), OpenInterest(BTC, 5, 5, 7.0))
    pipeline.take("bybit", [pair], 5)
    cut = pipeline.beat(NS_S)
    assert len(cut.events) == 3
    pipeline.stored(cut)
    assert numbers(pipeline, "bybit", "mark") == {
        "received": 1, "stored": 1, "conflated": 0, "duplicate": 0, "in_flight": 0,
    }  # fmt: skip


def test_a_batch_that_cannot_be_kept_is_counted_dropped(pipeline: Pipeline) -> None:
    pipeline.take("binance", [trade(1)], 0)
    pipeline.dropped(pipeline.beat(NS_S))
    assert pipeline.accounts["binance", "trade"].dropped == 1
    assert pipeline.accounts.unbalanced() == []


def test_backfilled_events_neither_speak_for_the_venue_nor_for_its_clock(pipeline: Pipeline) -> None:
    heard: list[str] = []
    pipeline.on_heard = lambda _venue, channel, _ts: heard.append(channel)
    old = Trade(BTC, 0, 9 * NS_S, 1, 100.0, 1.0, Side.BUY, origin=Origin.BACKFILL)
    pipeline.take("binance", [old], 9 * NS_S)
    pipeline.beat(10 * NS_S)
    assert heard == []
    assert pipeline.skews == {}


def test_at_a_beat_each_stream_that_spoke_is_told_once_with_its_newest_time(pipeline: Pipeline) -> None:
    heard: list[tuple[str, str, int]] = []
    pipeline.on_heard = lambda *told: heard.append(told)
    pipeline.take("binance", [trade(1), Mark(BTC, 0, 7, 100.0)], 7)
    pipeline.take("binance", [trade(1)], 9)  # a duplicate is a sign of life too
    pipeline.take("bybit", [(Mark(BTC, 5, 5, 100.0), OpenInterest(BTC, 5, 5, 7.0))], 8)
    pipeline.beat(NS_S)
    pipeline.beat(2 * NS_S)
    assert sorted(heard) == [
        ("binance", "mark", 7), ("binance", "trade", 9), ("bybit", "mark", 8), ("bybit", "open_interest", 8),
    ]  # fmt: skip


def test_a_steady_skew_still_follows_the_least_delay_of_each_window(pipeline: Pipeline) -> None:
    alone = Skew()
    for n in range(700):
        ts_recv, delay = n * 100 * NS_MS, (200 + n % 97 - n // 10) * NS_MS
        alone.hear(ts_recv, ts_recv - delay)
        pipeline.take("binance", [trade(n, n * 100 - delay // NS_MS)], ts_recv)
        assert pipeline.skews["binance"].ns == alone.ns


def test_five_seconds_ahead_of_the_skew_is_believed_and_more_is_not(pipeline: Pipeline) -> None:
    for n in range(3):
        pipeline.take("binance", [trade(1, 1_000)], NS_S + n)
    pipeline.take("binance", [trade(2, 6_000)], NS_S + 3)
    pipeline.take("binance", [trade(3, 6_001)], NS_S + 4)
    assert pipeline.accounts["binance", "trade"].quarantined == 1


class Unhurried(Pipeline):
    """Takes every event the long way."""

    def take(self, venue: str, items: Iterable[Item], ts_recv: int) -> None:
        for item in items:
            self.take_item(venue, item, ts_recv)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("tqQmib"), st.sampled_from([BTC, OTHER]), st.integers(0, 12), st.integers(-900, 20_000)
        ),
        max_size=80,
    ),
    st.sampled_from([0, 100 * NS_MS]),
    st.sampled_from(["binance", "bybit"]),
)
def test_the_short_way_of_a_live_event_ends_where_the_long_one_does(
    script: list[tuple[str, str, int, int]], cadence: int, other: str
) -> None:
    """Duplicates, holes, futures, conflation, skew, board and books: the same, whichever way."""
    told = []
    for make in (Pipeline, Unhurried):
        pipeline = make(SilentEngine(), SilentRules(), cadence=cadence)  # type: ignore[arg-type]  # stand-ins
        cuts = []
        for n, (what, name, number, ms) in enumerate(script):
            second = (n // 3 + 1) * NS_S
            if what == "b":
                cuts.append(pipeline.beat(second))
                continue
            event: Item = trade(number, ms, 100.0 + n, name) if what == "t" else quote(number, ms, name)
            if what == "Q":
                event = Quote(name, ms * NS_MS, 0, number, 1.0, 1.0, 2.0, 1.0, levels=5, depth_bid=1.0, depth_ask=1.0)
            if what == "m":
                event = Mark(name, ms * NS_MS, second, 100.0 + n, funding_rate=1e-4, funding_hours=8.0)
            if what == "i":
                event = OpenInterest(name, ms * NS_MS, second, 10.0 + number)
            pipeline.take(other if n % 5 == 4 else "binance", [event], second)
        cuts.append(pipeline.beat(len(script) * NS_S, last=True))
        items = [{(one.venue, one.channel): count for one, count in cut.items.items()} for cut in cuts]
        skews = {venue: skew.ns for venue, skew in pipeline.skews.items()}
        told.append(([(cut.events, cut.rows) for cut in cuts], items, skews, pipeline.board.take_changed()))
    assert told[0] == told[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("tqmr"), st.integers(0, 40)), max_size=60), st.integers(1, 9))
def test_how_many_frames_came_at_once_changes_nothing(script: list[tuple[str, int]], size: int) -> None:
    told = []
    for step in (1, size):
        pipeline = Pipeline(SilentEngine(), SilentRules(), cadence=0)  # type: ignore[arg-type]  # stand-ins
        make = {
            "t": lambda number: trade(number, number),
            "q": lambda number: quote(number, number),
            "m": lambda number: Mark(BTC, number * NS_MS, NS_S, 100.0),
            "r": lambda number: Rejected("quote", "malformed", b"%d" % number),
        }
        items: list[Item] = [make[what](number) for what, number in script]  # type: ignore[operator]  # as made above
        for at in range(0, len(items), step):
            pipeline.take("binance", items[at : at + step], NS_S)
        cut = pipeline.beat(2 * NS_S)
        told.append((cut.events, cut.rows, [one.row(0) for one in pipeline.accounts], pipeline.board.take_changed()))
    assert told[0] == told[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("tqQbiI"), st.integers(0, 12), st.integers(0, 900)), max_size=60))
def test_the_books_balance_at_every_instant(script: list[tuple[str, int, int]]) -> None:
    """Whatever comes, in whatever order, conflated or not, stored or dropped: every item is somewhere."""
    pipeline = Pipeline(SilentEngine(), SilentRules(), cadence=100 * NS_MS)  # type: ignore[arg-type]  # stand-ins
    cuts, second = [], 0
    for what, number, ms in script:
        if what == "b":
            second += 1
            cuts.append(pipeline.beat(second * NS_S))
        else:
            item: Item = {
                "t": trade(number, ms),
                "q": quote(number, ms),
                "Q": Quote(BTC, ms * NS_MS, 0, number, 1.0, 1.0, 2.0, 1.0, levels=5, depth_bid=1.0, depth_ask=1.0),
                "i": Ignored("mark", "not_subscribed"),
                "I": Rejected("quote", "malformed", b""),
            }[what]
            pipeline.take("binance", [item], second * NS_S)
        assert pipeline.accounts.unbalanced() == []
    cuts.append(pipeline.beat((second + 1) * NS_S, last=True))
    for n, cut in enumerate(cuts):
        (pipeline.stored if n % 2 else pipeline.dropped)(cut)
        assert pipeline.accounts.unbalanced() == []
    assert pipeline.accounts.in_flight == 0
