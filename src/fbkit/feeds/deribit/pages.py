"""Deribit's REST answers → our items: one pure function a page, rows that cannot be read set aside one by one.

``known`` is the instrument asked about; ``ts_recv`` is when the answer came (UTC ns).

Source: Deribit API 2.1.1, "Market Data".
"""

from __future__ import annotations

from itertools import zip_longest

import msgspec

from fbkit.feeds.decoding import MALFORMED, each, malformed, page, readable
from fbkit.feeds.deribit.candles import MINUTE_MS, bar_from
from fbkit.feeds.deribit.rows import Answer, Chart, FundingRow, InstrumentRow, SummaryRow, Trades
from fbkit.feeds.deribit.symbols import make
from fbkit.feeds.deribit.trades import trade_of
from fbkit.feeds.deribit.wire import Candle, TradeRow
from fbkit.feeds.instruments import Known
from fbkit.model import NS_MS, Funding, Ignored, Instrument, Item, Origin

_answer = msgspec.json.Decoder(Answer)

#: ``interest_1h`` is what accrued in one hour.
FUNDING_HOURS = 1.0


def instruments(body: bytes) -> list[Instrument]:
    """``get_instruments``: perpetuals and dated futures, traded or not; everything else is left out."""
    found = (make(row) for row in readable(_rows(body), InstrumentRow))
    return [instrument for instrument in found if instrument is not None]


def volumes(body: bytes) -> dict[str, float]:
    """``get_book_summary_by_currency``: USD volume of the last 24 h by symbol."""
    return {row.instrument_name: row.volume_usd or 0.0 for row in readable(_rows(body), SummaryRow)}


def klines(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``get_tradingview_chart_data`` of minutes: closed candles; the one still open at ``ts_recv`` is set aside."""
    try:
        chart = msgspec.json.decode(_rows(body), type=Chart)
    except MALFORMED:
        return [malformed("bar", body, known.name)]
    columns = (chart.ticks, chart.open, chart.high, chart.low, chart.close, chart.volume, chart.cost)
    return [_kline(row, known, ts_recv) for row in zip_longest(*columns)]


def funding(body: bytes, known: Known, ts_recv: int, origin: Origin = Origin.BACKFILL) -> list[Item]:
    """``get_funding_rate_history``: what accrued in the hour that ended at ``timestamp``, a rate per hour."""

    def item(row: FundingRow) -> Item:
        return Funding(known.name, row.timestamp * NS_MS, ts_recv, row.interest_1h, FUNDING_HOURS, origin=origin)

    return page(body, _rows, FundingRow, "funding", known.name, item)


def trades(body: bytes, known: Known, ts_recv: int) -> list[Item]:
    """``get_last_trades_by_instrument``, by number or by time: rows as the stream's."""
    try:
        rows = msgspec.json.decode(_rows(body), type=Trades).trades
    except MALFORMED:
        return [malformed("trade", body, known.name)]
    return each(rows, TradeRow, "trade", known.name, lambda row: trade_of(row, known, ts_recv, Origin.BACKFILL))


def _rows(body: bytes) -> msgspec.Raw:
    return _answer.decode(body).result


def _kline(row: tuple[object, ...], known: Known, ts_recv: int) -> Item:
    try:
        candle = msgspec.convert(dict(zip(Candle.__struct_fields__, row, strict=True)), Candle)
    except msgspec.ValidationError:
        return malformed("bar", msgspec.json.encode(row), known.name)
    if (candle.tick + MINUTE_MS) * NS_MS > ts_recv:
        return Ignored("bar", "open_bar")
    return bar_from(candle, known, ts_recv, Origin.BACKFILL)
