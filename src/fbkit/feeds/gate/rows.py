"""The rows of Gate's REST pages, under the venue's own names, as :mod:`fbkit.feeds.gate.wire` has the frames'.

Instants are Unix seconds, some with decimals. Sizes are contracts, as numbers or (with ``X-Gate-Size-Decimal``) texts.

Source: Gate APIv4, "Futures".
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fbkit.feeds.decoding import Amount, Id, Number, Price
from fbkit.feeds.gate.wire import LevelRow, Moment

Seconds = Annotated[float, Meta(ge=0, le=9_000_000_000)]


class ContractRow(msgspec.Struct, gc=False):
    """A contract of ``contracts``.

    ``quanto_multiplier`` is how many coins one contract is, ``"0"`` for inverse ones. ``contract_type`` is empty for
    coins, and names what else it is for TradFi (``stocks metals indices forex commodities``).
    """

    name: str
    type: str = "direct"
    quanto_multiplier: Amount = 0.0
    order_price_round: float | str = ""
    order_size_min: float | str = ""
    funding_interval: Annotated[float, Meta(ge=0, le=86_400 * 31)] = 0.0
    in_delisting: bool = False
    status: str = "trading"
    contract_type: str = ""
    is_pre_market: bool = False


class VolumeRow(msgspec.Struct, gc=False):
    """What of ``tickers`` says who is large."""

    contract: str
    volume_24h_quote: Amount = 0.0


class CandleRow(msgspec.Struct, gc=False):
    """``candlesticks``: ``t`` is the start, ``v`` contracts, ``sum`` the turnover in quote."""

    t: Seconds
    o: Price
    h: Price
    l: Price
    c: Price
    v: Amount
    sum: Amount


class TradePageRow(msgspec.Struct, gc=False):
    """``trades``: ``create_time_ms`` is in *seconds* here, with the milliseconds as decimals."""

    id: Id
    price: Price
    size: Number
    create_time: Moment
    create_time_ms: Moment = 0.0
    is_internal: bool = False


class FundingRow(msgspec.Struct, gc=False):
    """``funding_rate``: what was settled."""

    t: Seconds
    r: Number


class StatRow(msgspec.Struct, gc=False):
    """``contract_stats``: open interest in contracts and USD, and ratios of longs to shorts."""

    time: Seconds
    open_interest: Amount
    open_interest_usd: Amount | Literal[""] | None = None
    lsr_taker: Amount | Literal[""] | None = None
    lsr_account: Amount | Literal[""] | None = None
    top_lsr_account: Amount | Literal[""] | None = None
    top_lsr_size: Amount | Literal[""] | None = None


class LiqOrderRow(msgspec.Struct, gc=False):
    """``liq_orders``: ``size`` is the *position's*, above zero for a long; ``fill_price`` what it was closed at."""

    time: Seconds
    contract: str
    size: Number
    fill_price: Price


class BookPage(msgspec.Struct, gc=False):
    """``order_book`` with ``with_id=true``: the first levels, and the id of the last update in them."""

    asks: list[LevelRow]
    bids: list[LevelRow]
    current: Moment = 0.0
    update: Moment = 0.0
    id: Id = 0


class Refusal(msgspec.Struct, gc=False):
    """Why a question was refused."""

    label: str = ""
    message: str = ""
