"""Hyperliquid's ``POST /info`` answers → our items: one pure function a page, rows set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns).

Source: Hyperliquid docs, "Info endpoint" and "Perpetuals".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec

from fbkit.feeds.decoding import decoded, each, in_order
from fbkit.feeds.hyperliquid.candles import bar_from
from fbkit.feeds.hyperliquid.parse import trade_of
from fbkit.feeds.hyperliquid.rows import FundingRow, MarketRow, Universe, VolumeRow
from fbkit.feeds.hyperliquid.symbols import is_perpetual, make
from fbkit.feeds.hyperliquid.wire import CandleRow, TradeRow
from fbkit.feeds.instruments import Known
from fbkit.model import NS_HOUR, NS_MS, TIMEFRAMES, Funding, Ignored, Instrument, Item, Origin

_meta = msgspec.json.Decoder(Universe, strict=False)
_meta_and_contexts = msgspec.json.Decoder(tuple[Universe, list[msgspec.Raw]], strict=False)


def contracts(body: bytes) -> list[Instrument]:
    """``meta``: every perpetual of the venue's own book, delisted ones among them. Raises what msgspec raises.

    >>> [instrument] = contracts(b'{"universe":[{"szDecimals":5,"name":"BTC","maxLeverage":40},{"name":"xyz:GOLD"}]}')
    >>> instrument.name, instrument.step
    ('hyperliquid:BTC-USD-PERP', 1e-05)
    """
    return [make(row) for row in _markets(_meta.decode(body)) if row is not None]


def volumes(body: bytes) -> list[tuple[Instrument, float]]:
    """``metaAndAssetCtxs``: each perpetual and its volume of 24 h in USD. Raises what msgspec raises.

    The two lists belong together by place: with lengths that differ, nobody knows whose volume is whose.
    """
    meta, contexts = _meta_and_contexts.decode(body)
    if len(contexts) != len(meta.universe):
        raise msgspec.ValidationError(f"{len(meta.universe)} markets and {len(contexts)} contexts")
    found = []
    for row, raw in zip(_markets(meta), contexts, strict=True):
        context = decoded(raw, VolumeRow)
        if row is not None:
            found.append((make(row), 0.0 if context is None else context.dayNtlVlm))
    return found


def _markets(meta: Universe) -> Iterator[MarketRow | None]:
    """A market a place; ``None`` where it cannot be read or is another's."""
    for raw in meta.universe:
        row = decoded(raw, MarketRow)
        yield row if row is not None and is_perpetual(row.name) else None


def candles(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``candleSnapshot``: closed candles; the one still open at ``ts_recv`` is set aside."""

    def item(row: CandleRow) -> Item:
        if row.s != known.instrument.venue_symbol or row.i not in TIMEFRAMES:
            return Ignored("bar", "not_subscribed")
        if ts_recv < (row.T + 1) * NS_MS:
            return Ignored("bar", "open_bar")
        return bar_from(row, known, ts_recv, Origin.BACKFILL)

    return in_order(each(body, CandleRow, "bar", known.name, item))


def trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``recentTrades``: the newest ten or so, under the ids they have on the websocket."""

    def item(row: TradeRow) -> Item:
        if row.coin != known.instrument.venue_symbol:
            return Ignored("trade", "not_subscribed")
        return trade_of(row, known, ts_recv, Origin.BACKFILL)

    return in_order(each(body, TradeRow, "trade", known.name, item))


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``fundingHistory``: settled rates, with the hours they were paid for (:func:`_hours`)."""

    def item(row: FundingRow) -> Item:
        if row.coin != known.instrument.venue_symbol:
            return Ignored("funding", "not_subscribed")
        ts_event, hours = row.time * NS_MS, known.funding_hours
        return Funding(known.name, ts_event, ts_recv, row.fundingRate, hours, origin=origin)

    return _hours(in_order(each(body, FundingRow, "funding", known.name, item)))


def _hours(items: list[Item]) -> list[Item]:
    """Rates of 2023 were paid every eight hours, which only their distance tells.

    A page of three and more shows it: each rate's hours are the shorter of its distances to its neighbours.
    """
    settled = [item for item in items if isinstance(item, Funding)]
    if len(settled) < 3:
        return items
    gaps = [round((after.ts_event - before.ts_event) / NS_HOUR) for before, after in itertools.pairwise(settled)]
    hours = (float(min(pair)) or None for pair in zip([min(gaps[:2]), *gaps], [*gaps, min(gaps[-2:])], strict=True))
    return [
        msgspec.structs.replace(item, funding_hours=next(hours)) if isinstance(item, Funding) else item
        for item in items
    ]
