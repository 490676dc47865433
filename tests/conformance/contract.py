"""What every venue must do: one class, inherited by a class a venue."""

from __future__ import annotations

import itertools
import json
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.offers import OFFERED
from fbkit.feeds.recorded import Frame, open_recording
from fbkit.feeds.recorded.replay import READERS
from fbkit.feeds.venues import FEEDS
from fbkit.model import (
    NS_MIN,
    NS_MS,
    NS_S,
    Control,
    Event,
    Funding,
    Ignored,
    Item,
    Liquidation,
    Listing,
    Mark,
    OpenInterest,
    Quote,
    Ratio,
    Rejected,
    Trade,
    kind_of,
)
from tests.conformance.listening import START, fixture, lines_of, listen, market_of
from tests.conformance.mutations import mutated

#: What may lie between a venue's instant and ours in the simulation.
LATEST_NS = 60 * NS_S


@cache
def frames_of(venue: str) -> list[Frame]:
    return list(open_recording(fixture(venue)).frames())


@cache
def items_of(venue: str) -> list[tuple[Frame, list[Item]]]:
    reader = READERS[venue]()
    return [(frame, reader.read(frame)) for frame in frames_of(venue)]


def events_of(items: list[Item]) -> Iterator[Event]:
    for item in items:
        if isinstance(item, tuple):
            yield from item
        elif not isinstance(item, Control | Ignored | Rejected):
            yield item


def events(venue: str, kind: type[Any]) -> list[Any]:
    return [event for _, items in items_of(venue) for event in events_of(items) if type(event) is kind]


def numbers_in(value: Any) -> Iterator[str]:
    """Every number of a message as it is written, in quotes or not."""
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers_in(one)
    elif isinstance(value, Decimal):
        yield str(value)
    elif isinstance(value, str) and 0 < len(value) < 32:
        try:
            if Decimal(value).is_finite():
                yield value
        except ArithmeticError:
            return


def sane(event: Event, names: set[str]) -> str:
    """What is wrong with an event; empty when nothing is."""
    if event.instrument not in names:
        return f"a strange instrument: {event.instrument}"
    for field in event.__struct_fields__:
        value = getattr(event, field)
        if isinstance(value, float) and not math.isfinite(value):
            return f"{field} is {value}"
        if field in _PRICES and value is not None and value <= 0:
            return f"{field} is {value}"
        if field in _AMOUNTS and value is not None and value < 0:
            return f"{field} is {value}"
        if field.startswith("ts_") and value is not None and not 0 <= value < 2**63:
            return f"{field} is {value}"
    return ""


_PRICES = {"price", "bid", "ask", "mark", "index", "last", "open", "high", "low", "close"}
_AMOUNTS = {
    *("size", "bid_size", "ask_size", "depth_bid", "depth_ask", "oi_base", "oi_usd"),
    *("vol_base", "vol_usd", "buy_usd", "n_trades"),
}


def significant(text: str) -> int:
    """Digits that matter; a float64 holds any 15 of them, and no venue has more in a price or a size.

    >>> significant("0.00120"), significant("-91625.70"), significant("1e5")
    (2, 6, 1)
    """
    return len(Decimal(text).normalize().as_tuple().digits)


def check_numbers(path: Path, most: int | None = None) -> int:
    """Every number of a recording's wire survives the trip through a float; how many were compared."""
    compared = 0
    for frame in itertools.islice(open_recording(path).frames(), most):
        for text in set(numbers_in(parsed(frame.payload))):
            if significant(text) <= 15:
                assert Decimal(repr(float(text))) == Decimal(text), (path.name, text)
                compared += 1
    return compared


def check_one_operation(path: Path) -> int:
    """Events of a recording are sane, and their numbers one operation from their frame's; how many were compared."""
    recording, readers, compared = open_recording(path), {}, 0
    said: dict[str, set[float]] = defaultdict(set)
    for frame in recording.frames():
        venue = frame.venue or recording.venue
        reader = readers.setdefault(venue, READERS[venue]())
        told = list(events_of(reader.read(frame)))
        known = {one.name: one for one in reader.instruments}
        assert [wrong for event in told if (wrong := sane(event, set(known)))] == [], (path.name, frame.payload)
        wire = {float(text) for text in numbers_in(parsed(frame.payload))}
        for name, one in known.items():
            # What a ticker's delta leaves out was said before.
            if one.instrument.venue_symbol.encode() in frame.payload:
                said[name] |= wire
        if told and not frame.is_http:
            compared += compare_converted(told, wire, said, known)
    return compared


def compare_converted(told: list[Event], wire: set[float], said: dict[str, set[float]], known: dict[str, Known]) -> int:
    """Trades and liquidations beside the numbers of their frame; what tickers put together beside all they said."""
    compared = 0
    for event in told:
        if isinstance(event, Trade | OpenInterest | Liquidation | Mark):
            numbers = said[event.instrument] if isinstance(event, OpenInterest | Mark) else wire
            for field in ("price", "size", "mark", "oi_base"):
                value = getattr(event, field, None)
                if value is not None:
                    assert one_operation(value, numbers, known[event.instrument]), (field, event)
                    compared += 1
    return compared


class VenueContract:
    """Inherit and set ``venue``."""

    venue: ClassVar[str]

    # -- what it offers -----------------------------------------------------------------------------------------

    def test_it_says_of_every_channel_what_it_offers(self) -> None:
        offers = {offer.channel: offer for offer in FEEDS[self.venue].offers}
        assert set(offers) == set(OFFERED)
        for offer in offers.values():
            assert bool(offer.source) == (offer.how != "unsupported"), offer
            assert offer.certain or len(offer.note) > 20, f"{offer.channel}: a doubt needs its two readings"

    def test_everything_it_offers_arrives_and_nothing_else(self) -> None:
        heard = Counter()
        for _, items in items_of(self.venue):
            for event in events_of(items):
                name = f"ratio:{event.ratio_kind}" if isinstance(event, Ratio) else kind_of(event)
                heard["depth" if isinstance(event, Quote) and event.levels else name] += 1
        offers = {offer.channel: offer.how for offer in FEEDS[self.venue].offers}
        assert set(heard) <= {channel for channel, how in offers.items() if how != "unsupported"}
        streamed = {channel for channel, how in offers.items() if how == "stream"}
        assert streamed - set(heard) - {"funding", "listing"} == set(), "streams that never spoke"

    # -- what it means ------------------------------------------------------------------------------------------

    def test_every_trade_is_the_markets_own_in_price_size_side_and_instant(self) -> None:
        """The simulated market knows what happened; its wire and our parser were written apart."""
        market, known = market_of(self.venue), self.known()
        told = events(self.venue, Trade)
        assert len(told) > 20
        for trade in told:
            coin = market.universe.index[known[trade.instrument].instrument.venue_symbol]
            assert any(
                math.isclose(trade.price, price, rel_tol=1e-9)
                and math.isclose(trade.size, size, rel_tol=self.size_tolerance(market, coin))
                and (trade.side > 0) == buy
                for price, size, buy in truth(market, coin, trade.ts_event // NS_MS)
            ), trade

    def size_tolerance(self, market: Any, coin: int) -> float:
        return 1e-9

    def test_both_sides_trade(self) -> None:
        sides = Counter(trade.side for trade in events(self.venue, Trade))
        assert len(sides) == 2
        assert min(sides.values()) > 0.1 * max(sides.values())

    def test_open_interest_is_one_side_in_coins(self) -> None:
        market, known = market_of(self.venue), self.known()
        told = events(self.venue, OpenInterest)
        assert told
        for event in told:
            at = event.ts_event // NS_MS
            coin = market.universe.index[known[event.instrument].instrument.venue_symbol]
            one = market.universe.coins[coin]
            ticks = round(float(market.fair(at)[coin]) / one.tick)
            steps = int(market.crowd(at // 86_400_000).oi_at(at)[coin])
            coins = one.base_of(steps, ticks) * thousands_of(one.base)
            assert math.isclose(event.oi_base, coins, rel_tol=2e-3), (event, coins)

    def test_funding_has_the_markets_sign_and_interval(self) -> None:
        market, known = market_of(self.venue), self.known()
        told = [mark for mark in events(self.venue, Mark) if mark.funding_rate is not None]
        assert told
        for mark in told:
            at = mark.ts_event // NS_MS
            coin = market.universe.index[known[mark.instrument].instrument.venue_symbol]
            rate, _ = market.crowd(at // 86_400_000).funding_at(at)
            hours = float(market.universe.funding_hours[coin])
            assert mark.funding_hours is not None
            assert math.isclose(mark.funding_rate / mark.funding_hours, rate[coin] / hours, rel_tol=0.05, abs_tol=2e-7)
            assert (
                mark.ts_funding is None or mark.ts_event - NS_S <= mark.ts_funding <= mark.ts_event + 24 * 60 * NS_MIN
            )

    def test_marks_and_quotes_are_near_the_markets_price(self) -> None:
        market, known = market_of(self.venue), self.known()
        for event in [*events(self.venue, Mark), *events(self.venue, Quote)]:
            if event.instrument not in known:
                continue
            instrument = known[event.instrument]
            coin = market.universe.index[instrument.instrument.venue_symbol]
            fair = float(market.fair(event.ts_event // NS_MS)[coin]) / thousands_of(market.universe.coins[coin].base)
            price = event.mark if isinstance(event, Mark) else event.bid
            assert price is not None
            assert math.isclose(price, fair, rel_tol=5e-3), (event, fair)

    def test_instants_are_the_venues_in_nanoseconds(self) -> None:
        for frame, items in items_of(self.venue):
            for event in events_of(items):
                assert event.ts_recv == frame.ts_recv
                if not isinstance(event, Listing | Funding | Liquidation | Ratio) and not frame.is_http:
                    assert frame.ts_recv - LATEST_NS < event.ts_event <= frame.ts_recv + NS_S, event

    # -- numbers ------------------------------------------------------------------------------------------------

    def test_every_number_of_the_wire_survives_the_trip(self) -> None:
        assert check_numbers(fixture(self.venue)) > 500

    def test_what_is_converted_is_one_operation_from_the_wire(self) -> None:
        assert check_one_operation(fixture(self.venue)) > 50

    # -- what must not be ---------------------------------------------------------------------------------------

    def test_nothing_of_a_healthy_venue_is_rejected(self) -> None:
        assert [item for _, items in items_of(self.venue) for item in items if isinstance(item, Rejected)] == []

    def test_the_simulated_venue_still_speaks_as_in_the_fixture(self) -> None:
        again = lines_of(self.venue, listen(self.venue))
        kept = (
            zstandard.ZstdDecompressor().decompress(fixture(self.venue).read_bytes(), max_output_size=1 << 28).decode()
        )
        assert again.splitlines() == kept.splitlines(), "run `python -m tests.conformance.listening` if that was meant"

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(data=st.data())
    def test_whatever_comes_nothing_raises_and_nothing_absurd_passes(self, data: st.DataObject) -> None:
        frames = spoken(self.venue)
        payload = data.draw(mutated(frames))
        parser = fresh_parser(self.venue)
        warm = data.draw(st.integers(0, len(frames) - 1))
        for frame in frames[max(0, warm - 20) : warm]:
            parser.frame(frame, START)
        items = parser.frame(payload, START + 20 * NS_S)
        assert items, "a frame gives at least one item"
        names = {known.name: known.instrument.venue_symbol for known in parser.instruments}
        for event in events_of(items):
            assert sane(event, set(names)) == "", (event, payload)

    # -- help ---------------------------------------------------------------------------------------------------

    def known(self) -> dict[str, Known]:
        """Who is listed, by our name; strangers come with all-market streams and are of no market here."""
        listed = market_of(self.venue).universe.index
        return {one.name: one for one in reader_after(self.venue).instruments if one.instrument.venue_symbol in listed}


def fresh_parser(venue: str) -> Any:
    """A parser that follows what the fixture does."""
    reader = READERS[venue]()
    reader.instruments = Instruments(known.instrument for known in reader_after(venue).instruments)
    return reader.make_parser()


@cache
def reader_after(venue: str) -> Any:
    reader = READERS[venue]()
    for frame in frames_of(venue):
        reader.read(frame)
    return reader


@cache
def spoken(venue: str) -> list[bytes]:
    """One of each shape of frame, and some more."""
    shapes: dict[str, list[bytes]] = defaultdict(list)
    for frame in frames_of(venue):
        if not frame.is_http:
            shapes[shape_of(parsed(frame.payload))].append(frame.payload)
    return [payload for one in shapes.values() for payload in one[:6]]


def shape_of(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{shape_of(one)}" for key, one in sorted(value.items())) + "}"
    if isinstance(value, list):
        return f"[{shape_of(value[0]) if value else ''}]"
    return type(value).__name__


def parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return None


def truth(market: Any, coin: int, ts_ms: int) -> list[tuple[float, float, bool]]:
    """Price (USD a coin), size (coins) and whether the taker bought, of a coin's trades at one millisecond."""
    minute = market.minute(ts_ms // 60_000)
    one, thousands = market.universe.coins[coin], thousands_of(market.universe.coins[coin].base)
    a, b = int(minute.edges[coin]), int(minute.edges[coin + 1])
    first = a + bisect_left(minute.ts_ms[a:b].tolist(), ts_ms)
    found = []
    while first < b and minute.ts_ms[first] == ts_ms:
        ticks, steps = int(minute.ticks[first]), int(minute.steps[first])
        found.append((one.price_of(ticks) / thousands, one.base_of(steps, ticks) * thousands, bool(minute.buy[first])))
        first += 1
    return found


def thousands_of(base: str) -> float:
    """How many coins a base is, by its spelling: ``1000PEPE``, ``kPEPE`` and ``SHIB1000`` are a thousand."""
    return 1000.0 if base.startswith(("1000", "k")) or base.endswith("1000") else 1.0


def one_operation(value: float, wire: set[float], known: Known) -> bool:
    """Whether a value is on the wire, or one IEEE operation from a number that is."""
    constants = {known.unit_mult, known.size_mult, known.contract_size}
    wire = {abs(w) for w in wire}
    if any(value in {w, w / 2, *(w / c for c in constants), *(w * c for c in constants)} for w in wire):
        return True
    # USD over a price: inverse contracts, and who states the value of what was liquidated.
    return any(value == w * (known.contract_size if known.inverse else 1.0) / p for w in wire for p in wire if p > 0)
