"""The rows of Deribit's REST answers, under the venue's own names, as :mod:`fbkit.feeds.deribit.wire` has the frames'.

Source: Deribit API 2.1.1, "Market Data".
"""

from __future__ import annotations

from typing import Any

import msgspec

from fbkit.feeds.decoding import Amount, Millis, Number


class Answer(msgspec.Struct):
    """The envelope of every answer."""

    result: msgspec.Raw


class InstrumentRow(msgspec.Struct, gc=False):
    """A contract of ``get_instruments``; what came after 2021 has a default."""

    instrument_name: str
    kind: str
    base_currency: str
    quote_currency: str
    expiration_timestamp: int = 0
    settlement_period: str = ""
    settlement_currency: str = ""
    counter_currency: str = ""
    instrument_type: str = ""
    future_type: str = ""
    tick_size: float | None = None
    min_trade_amount: float | None = None
    is_active: bool = True
    state: str = ""


class SummaryRow(msgspec.Struct, gc=False):
    """A contract of ``get_book_summary_by_currency``."""

    instrument_name: str
    volume_usd: Amount | None = None


class Chart(msgspec.Struct, gc=False):
    """``get_tradingview_chart_data``: columns; a row is decoded when it is whole."""

    ticks: list[Any] = []
    open: list[Any] = []
    high: list[Any] = []
    low: list[Any] = []
    close: list[Any] = []
    volume: list[Any] = []
    cost: list[Any] = []


class FundingRow(msgspec.Struct, gc=False):
    """The hour of ``get_funding_rate_history`` that ended at ``timestamp``."""

    timestamp: Millis
    interest_1h: Number


class Trades(msgspec.Struct, gc=False):
    """``get_last_trades_by_instrument`` and its sister by time."""

    trades: msgspec.Raw
