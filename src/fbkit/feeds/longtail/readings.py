"""ccxt's unified structures → our items: one pure function a structure, rows set aside one by one.

ccxt fills what a venue does not say with ``None``, and what it computes is a float or a text: every field is read as
if it might be anything. Tickers and rates are dated when heard (``ts_recv``): their ``timestamp`` is the last trade's
at one venue and the answer's at the next.

Source: ccxt's manual, "Ticker structure", "Trade structure", "Funding rate structure", "Open interest structure",
"OHLCV structure".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fbkit.feeds.decoding import hashed, in_order, number, positive
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.longtail.amounts import amount, counts_coins, interest, volumes
from fbkit.model import (
    NS_MIN,
    NS_MS,
    SAMPLE_BYTES,
    Bar,
    Day,
    Event,
    Funding,
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

#: The widest instant that fits our integers, ms.
_LATEST_MS = 9_000_000_000_000

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_HOURS = re.compile(r"([1-9]\d?)h")


def rows_of(answer: Any) -> list[Any]:
    """The rows of an answer: a list as it is, the values of a mapping, and one row alone.

    >>> rows_of([1]), rows_of({"BTC/USD:USD": {"symbol": "BTC/USD:USD"}}), rows_of({"symbol": "x"}), rows_of(None)
    ([1], [{'symbol': 'BTC/USD:USD'}], [{'symbol': 'x'}], [None])
    """
    if isinstance(answer, list):
        return answer
    if isinstance(answer, dict) and all(isinstance(row, dict) for row in answer.values()):
        return list(answer.values())
    return [answer]


def malformed(channel: str, row: object, instrument: str = "") -> Rejected:
    """A row that cannot be read."""
    return Rejected(channel, "malformed", repr(row).encode(errors="replace")[:SAMPLE_BYTES], instrument)


# tickers


def tickers(answer: Any, instruments: Instruments, ts_recv: int) -> list[Item]:
    """``fetchTickers``: the day, and best bid and ask where the ticker has them; what is set aside is the day's."""
    return [_ticker(row, instruments, ts_recv) for row in rows_of(answer)]


def _ticker(row: Any, instruments: Instruments, ts_recv: int) -> Item:
    known = _known(row, instruments)
    if known is None:
        return Ignored("day", "not_subscribed") if isinstance(row, dict) else malformed("day", row)
    events: list[Event] = [event for event in (_quote(row, known, ts_recv), _day(row, known, ts_recv)) if event]
    if not events:
        silent = all(row.get(field) is None for field in ("bid", "ask", "last"))
        return Ignored("day", "no_state") if silent else malformed("day", row, known.name)
    return tuple(events) if len(events) > 1 else events[0]


def _known(row: Any, instruments: Instruments) -> Known | None:
    symbol = row.get("symbol") if isinstance(row, dict) else None
    return instruments.by_symbol.get(symbol) if isinstance(symbol, str) else None


def _quote(row: dict[str, Any], known: Known, ts_recv: int) -> Quote | None:
    bid, ask = _price(row.get("bid"), known), _price(row.get("ask"), known)
    if bid is None and ask is None:
        return None
    bid_size, ask_size = (_size(row.get(f"{way}Volume"), row.get(way), known) for way in ("bid", "ask"))
    return Quote(known.name, ts_recv, ts_recv, ts_recv // NS_MS, bid, bid_size, ask, ask_size)


def _day(row: dict[str, Any], known: Known, ts_recv: int) -> Day | None:
    wire, last = positive(row.get("last")), _price(row.get("last"), known)
    if wire is None or last is None:
        return None
    percent = number(row.get("percentage"))
    coins, usd = volumes(row, known, wire)
    return Day(known.name, ts_recv, ts_recv, last, None if percent is None else percent / 100, coins, usd)


# trades


def trades(answer: Any, known: Known, ts_recv: int, origin: Origin = Origin.LIVE) -> list[Item]:
    """``fetchTrades``, oldest first. A number is its own id, a text is hashed; without an id, the trade's words are."""
    seen: Counter[str] = Counter()
    return in_order([_trade(row, known, ts_recv, origin, seen) for row in rows_of(answer)])


def _trade(row: Any, known: Known, ts_recv: int, origin: Origin, seen: Counter[str]) -> Item:
    if not isinstance(row, dict):
        return malformed("trade", row, known.name)
    if row.get("symbol") not in (None, known.instrument.venue_symbol):
        return Ignored("trade", "not_subscribed")
    price, size = _price(row.get("price"), known), _size(row.get("amount"), row.get("price"), known)
    side, ts_event = _side(row.get("side")), instant(row.get("timestamp"))
    if price is None or not size or side is None or ts_event is None:
        return malformed("trade", row, known.name)
    return Trade(known.name, ts_event, ts_recv, _id(row, seen), price, size, side, origin=origin)


def _side(word: object) -> Side | None:
    return _SIDES.get(word) if isinstance(word, str) else None


def _id(row: dict[str, Any], seen: Counter[str]) -> int:
    """Equal trades without an id are told apart by their order on the page."""
    text = _encodable(row.get("id") or "")
    if not text:
        text = _encodable(" ".join(str(row.get(field)) for field in ("timestamp", "side", "price", "amount")))
        seen[text] += 1
        return hashed(f"{text} {seen[text]}")
    is_number = text.isascii() and text.isdigit() and len(text) <= 18 and text[0] != "0"
    return int(text) if is_number else hashed(text)


def _encodable(value: object) -> str:
    """A text without the lone surrogates that JSON may hold and UTF-8 may not."""
    return str(value).encode(errors="replace").decode()


# funding


def marks(answer: Any, instruments: Instruments, stated: Mapping[str, Any], ts_recv: int) -> list[Item]:
    """``fetchFundingRates`` or ``fetchFundingRate``: mark, index, predicted funding.

    ``stated`` are the newest tickers by symbol: they lend a mark price to rates that come without one.
    """
    return [_mark(row, _known(row, instruments), stated, ts_recv) for row in rows_of(answer)]


def _mark(row: Any, known: Known | None, stated: Mapping[str, Any], ts_recv: int) -> Item:
    if not isinstance(row, dict):
        return malformed("mark", row)
    if known is None:
        return Ignored("mark", "not_subscribed")
    ticker = stated.get(known.instrument.venue_symbol) or {}
    mark = _price(row.get("markPrice"), known) or _price(ticker.get("markPrice"), known)
    if mark is None:
        # Nothing to be read wrongly: the venue's rates come without a price.
        return Ignored("mark", "no_state")
    index = _price(row.get("indexPrice"), known) or _price(ticker.get("indexPrice"), known)
    rate = number(row.get("fundingRate"))
    return Mark(known.name, ts_recv, ts_recv, mark, index, rate, hours_of(row.get("interval")), _next(row, ts_recv))


def _next(row: dict[str, Any], ts_recv: int) -> int | None:
    """When funding settles next: the first of ccxt's two instants that is still to come."""
    stated = (instant(row.get(field)) for field in ("fundingTimestamp", "nextFundingTimestamp"))
    return next((ts for ts in stated if ts is not None and ts > ts_recv), None)


def hours_of(interval: object) -> float | None:
    """The hours of ccxt's ``interval``.

    >>> hours_of("8h"), hours_of("1h"), hours_of(None), hours_of("0h")
    (8.0, 1.0, None, None)
    """
    match = _HOURS.fullmatch(interval) if isinstance(interval, str) else None
    return float(match[1]) if match else None


def settled(answer: Any, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``fetchFundingRateHistory``: settled rates, oldest first; the hours they were paid for are not stated."""
    return in_order([_settled(row, known, ts_recv, origin) for row in rows_of(answer)])


def _settled(row: Any, known: Known, ts_recv: int, origin: Origin) -> Item:
    if not isinstance(row, dict):
        return malformed("funding", row, known.name)
    if row.get("symbol") not in (None, known.instrument.venue_symbol):
        return Ignored("funding", "not_subscribed")
    rate, ts_event = number(row.get("fundingRate")), instant(row.get("timestamp"))
    if rate is None or ts_event is None:
        return malformed("funding", row, known.name)
    return Funding(known.name, ts_event, ts_recv, rate, origin=origin)


# open interest


def open_interest(answer: Any, known: Known, stated: Mapping[str, Any], ts_recv: int) -> list[Item]:
    """``fetchOpenInterest``; left out where coins and contracts cannot be told apart."""
    return [_open_interest(row, known, stated, ts_recv) for row in rows_of(answer)]


def _open_interest(row: Any, known: Known, stated: Mapping[str, Any], ts_recv: int) -> Item:
    if not isinstance(row, dict):
        return malformed("open_interest", row, known.name)
    if row.get("symbol") not in (None, known.instrument.venue_symbol):
        return Ignored("open_interest", "not_subscribed")
    ticker = stated.get(known.instrument.venue_symbol) or {}
    found = interest(row, known, positive(ticker.get("last")))
    if found is None:
        unread = row.get("openInterestAmount") is not None and amount(row.get("openInterestAmount")) is None
        return malformed("open_interest", row, known.name) if unread else Ignored("open_interest", "no_state")
    return OpenInterest(known.name, instant(row.get("timestamp")) or ts_recv, ts_recv, *found)


# candles


def candles(answer: Any, known: Known, ts_recv: int) -> list[Item]:
    """``fetchOHLCV`` of a minute: closed candles, oldest first; the one still open at ``ts_recv`` is set aside."""
    return in_order([_candle(row, known, ts_recv) for row in answer] if isinstance(answer, list) else [])


def _candle(row: Any, known: Known, ts_recv: int) -> Item:
    if not isinstance(row, list | tuple) or len(row) < 6 or not counts_coins(known):
        return malformed("bar", row, known.name)
    begins, volume = instant(row[0]), amount(row[5])
    first, high, low, last = (_price(price, known) for price in row[1:5])
    if begins is None or volume is None or first is None or high is None or low is None or last is None:
        return malformed("bar", row, known.name)
    if not low <= min(first, last) <= max(first, last) <= high or begins % NS_MIN:
        return malformed("bar", row, known.name)
    if begins + NS_MIN > ts_recv:
        return Ignored("bar", "open_bar")
    coins = volume * known.size_mult
    usd = coins * ((first + high + low + last) / 4)
    return Bar(known.name, begins + NS_MIN, ts_recv, "1m", first, high, low, last, coins, usd, origin=Origin.BACKFILL)


# numbers


def instant(ms: object) -> int | None:
    """UTC ns of ccxt's milliseconds.

    >>> instant(1_700_000_000_123), instant(None), instant(-1), instant("soon")
    (1700000000123000000, None, None, None)
    """
    found = positive(ms)
    return None if found is None or found > _LATEST_MS else int(found) * NS_MS


def _price(value: object, known: Known) -> float | None:
    found = positive(value)
    return None if found is None else positive(found / known.unit_mult)


def _size(value: object, price: object, known: Known) -> float | None:
    """Coins of an amount of contracts; ``None`` where it is no amount, or has no price that an inverse one needs."""
    found, at = amount(value), positive(price)
    if found is None or (at is None and known.inverse):
        return None
    return amount(known.coins(found, at or 1.0))
