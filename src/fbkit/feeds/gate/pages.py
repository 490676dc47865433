"""Gate's REST pages → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns).

Source: Gate APIv4, "Futures".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from fbkit.feeds.candle import Ohlcv, past_bar
from fbkit.feeds.decoding import each, in_order, malformed, readable
from fbkit.feeds.gate.rows import (
    CandleRow,
    ContractRow,
    FundingRow,
    LiqOrderRow,
    StatRow,
    TradePageRow,
    VolumeRow,
)
from fbkit.feeds.gate.symbols import FOLLOWED_QUOTES, make
from fbkit.feeds.gate.wire import moment_ns
from fbkit.feeds.instruments import Known
from fbkit.model import (
    NS_S,
    Event,
    Funding,
    Ignored,
    Instrument,
    Item,
    Liquidation,
    OpenInterest,
    Origin,
    Ratio,
    Side,
    Trade,
)
from fbkit.model.events import RatioKind

#: Length of the periods we ask the statistics for.
PERIOD, PERIOD_S = "5m", 300

#: Each ratio's field, and the field of the other reading: one of the venue's two texts has the first two exchanged.
_RATIOS: tuple[tuple[RatioKind, str, str], ...] = (
    ("acct_global", "lsr_account", "lsr_taker"),
    ("taker", "lsr_taker", "lsr_account"),
    ("acct_top", "top_lsr_account", "top_lsr_account"),
    ("pos_top", "top_lsr_size", "top_lsr_size"),
)


class Contracts(NamedTuple):
    """What ``contracts`` lists: linear contracts on coins, and hours between their settlements by symbol."""

    instruments: list[Instrument]
    funding_hours: dict[str, float]


def contracts(body: bytes) -> Contracts:
    """``contracts``: every linear contract on a coin against a dollar we follow, traded or not.

    >>> btc = b'{"name":"BTC_USDT","quanto_multiplier":"0.0001","funding_interval":28800}'
    >>> contracts(b'[%b,{"name":"XAU_USDT","contract_type":"metals"}]' % btc).funding_hours
    {'BTC_USDT': 8.0}
    """
    found, hours = [], {}
    for row in readable(body, ContractRow):
        instrument = make(row)
        if instrument is None or instrument.quote not in FOLLOWED_QUOTES:
            continue
        found.append(instrument)
        if row.funding_interval:
            hours[row.name] = row.funding_interval / 3600
    return Contracts(found, hours)


def day_volumes(body: bytes) -> dict[str, float]:
    """``tickers``: quote volume of the last 24 h by symbol."""
    return {row.contract: row.volume_24h_quote for row in readable(body, VolumeRow)}


def candles(body: bytes, known: Known, ts_recv: int, tf: str = "1m", length_s: int = 60) -> list[Item]:
    """``candlesticks``: closed candles, ``sum`` their turnover; the one still open at ``ts_recv`` is set aside."""

    def item(row: CandleRow) -> Item:
        numbers = Ohlcv(row.o, row.h, row.l, row.c, known.coins(row.v, row.c), row.sum)
        return past_bar(known, tf, (int(row.t) + length_s) * NS_S, ts_recv, numbers)

    return in_order(each(body, CandleRow, "bar", known.name, item))


def trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``trades``: the same trades as ``futures.trades``, under the same ids; newest first on the wire."""

    def item(row: TradePageRow) -> Item:
        if row.is_internal:
            return Ignored("trade", "other_market")
        if not row.size:
            return malformed("trade", msgspec.json.encode(row), known.name)
        return Trade(
            known.name,
            moment_ns(row.create_time_ms or row.create_time),
            ts_recv,
            row.id,
            row.price / known.unit_mult,
            known.coins(abs(row.size), row.price),
            Side.SELL if row.size < 0 else Side.BUY,
            origin=Origin.BACKFILL,
        )

    return in_order(each(body, TradePageRow, "trade", known.name, item))


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``funding_rate``: settled rates, newest first on the wire."""

    def item(row: FundingRow) -> Event:
        return Funding(known.name, moment_ns(row.t), ts_recv, row.r, known.funding_hours, origin=origin)

    return in_order(each(body, FundingRow, "funding", known.name, item))


def stats(body: bytes, known: Known, ts_recv: int, flipped: frozenset[str] = frozenset()) -> list[Item]:
    """``contract_stats``: a row is open interest, in contracts and USD, and up to four ratios at one instant."""

    def item(row: StatRow) -> Item:
        interest = _interest(row, known, ts_recv, flipped)
        return _one([*interest, *_ratios(row, known, ts_recv, flipped, Origin.BACKFILL)])

    return sorted(each(body, StatRow, "ratio", known.name, item), key=_instant)


def ratios(body: bytes, known: Known, ts_recv: int, flipped: frozenset[str] = frozenset()) -> list[Item]:
    """The ratios of ``contract_stats`` as they are now: open interest is streamed."""
    found = each(
        body, StatRow, "ratio", known.name, lambda row: _one(_ratios(row, known, ts_recv, flipped, Origin.LIVE))
    )
    return sorted(found, key=_instant)


def _one(events: Sequence[OpenInterest | Ratio]) -> Item:
    """A row's events as one item."""
    if not events:
        return Ignored("ratio", "unchanged")
    return tuple(events) if len(events) > 1 else events[0]


def _interest(row: StatRow, known: Known, ts_recv: int, flipped: frozenset[str]) -> list[OpenInterest]:
    """Linear contracts only: of an inverse one the row has no price to count coins with."""
    if known.inverse:
        return []
    sides = 2.0 if "open_interest" in flipped else 1.0
    usd = float(row.open_interest_usd) / sides if row.open_interest_usd else None
    coins = row.open_interest * known.size_mult / sides
    return [OpenInterest(known.name, moment_ns(row.time), ts_recv, coins, usd, origin=Origin.BACKFILL)]


def _ratios(row: StatRow, known: Known, ts_recv: int, flipped: frozenset[str], origin: Origin) -> list[Ratio]:
    found = []
    for kind, field, other in _RATIOS:
        value = getattr(row, other if f"ratio:{kind}" in flipped else field)
        if value is not None and value != "":
            found.append(Ratio(known.name, moment_ns(row.time), ts_recv, kind, float(value), PERIOD_S, origin=origin))
    return found


def _instant(item: Item) -> int:
    first = item[0] if isinstance(item, tuple) else item
    return getattr(first, "ts_event", 0)


def liq_orders(body: bytes, known: Known, ts_recv: int, flipped: frozenset[str] = frozenset()) -> list[Item]:
    """``liq_orders``: ``size`` is the *position's*: above zero a long died; at ``fill_price``."""
    long_if_above = "liquidation" not in flipped

    def item(row: LiqOrderRow) -> Item:
        if row.contract != known.instrument.venue_symbol:
            return Ignored("liquidation", "not_subscribed")
        if not row.size:
            return malformed("liquidation", msgspec.json.encode(row), known.name)
        return Liquidation(
            known.name,
            moment_ns(row.time),
            ts_recv,
            "long" if (row.size > 0) == long_if_above else "short",
            row.fill_price / known.unit_mult,
            known.coins(abs(row.size), row.fill_price),
            origin=Origin.BACKFILL,
        )

    return in_order(each(body, LiqOrderRow, "liquidation", known.name, item))
