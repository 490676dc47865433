"""Every kind of event: what a venue said, what we noticed, and that time passed.

Instants are integer UTC nanoseconds: ``ts_event`` by the venue's clock (its matching time, else its push time),
``ts_recv`` by ours. Prices are float64 USD a coin, sizes float64 coins of the base asset. An absence is ``None``.
Events never change once ``ingest`` has given them their place: ``seq`` and ``origin`` are set there, once.
"""

from __future__ import annotations

import enum
from typing import Literal, TypeAlias

import msgspec


class Side(enum.IntEnum):
    """The taker's side of a trade."""

    BUY = 1
    SELL = -1


class Origin(enum.IntEnum):
    """Where an event came from: heard live, fetched later, or read back from a store."""

    LIVE = 0
    BACKFILL = 1
    REPLAYED = 2


class _Placed(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="kind"):
    """The place of an event in its database: ``seq = writer << 48 | n``."""

    seq: int = 0
    origin: Origin = Origin.LIVE


class Trade(_Placed, frozen=True, gc=False, tag="trade"):
    """One execution (or the venue's aggregate of fills at one price); ``side`` is the taker's."""

    instrument: str
    ts_event: int
    ts_recv: int
    venue_id: int
    price: float
    size: float
    side: Side


class Quote(_Placed, frozen=True, gc=False, tag="quote"):
    """Best bid and ask with sizes.

    ``levels`` is 0 for a plain best bid/ask (channel ``quote``). From a depth stream (channel ``depth``) it is the
    number N of levels a side that ``depth_bid`` and ``depth_ask`` sum up, in base units.
    """

    instrument: str
    ts_event: int
    ts_recv: int
    venue_id: int
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    levels: int = 0
    depth_bid: float | None = None
    depth_ask: float | None = None


class Mark(_Placed, frozen=True, gc=False, tag="mark"):
    """Mark and index price; the predicted funding rate per ``funding_hours``, and when it settles next (UTC ns)."""

    instrument: str
    ts_event: int
    ts_recv: int
    mark: float
    index: float | None = None
    funding_rate: float | None = None
    funding_hours: float | None = None
    ts_funding: int | None = None


class Funding(_Placed, frozen=True, gc=False, tag="funding"):
    """A settled funding rate, a fraction per ``funding_hours``; above zero, longs paid shorts."""

    instrument: str
    ts_event: int
    ts_recv: int
    rate: float
    funding_hours: float | None = None
    mark: float | None = None


class OpenInterest(_Placed, frozen=True, gc=False, tag="open_interest"):
    """Open interest, one side counted, in coins; ``oi_usd`` only where the venue states it."""

    instrument: str
    ts_event: int
    ts_recv: int
    oi_base: float
    oi_usd: float | None = None


class Liquidation(_Placed, frozen=True, gc=False, tag="liquidation"):
    """A forced close; ``liquidated`` says which position died."""

    instrument: str
    ts_event: int
    ts_recv: int
    liquidated: Literal["long", "short"]
    price: float
    size: float


RatioKind: TypeAlias = Literal["acct_global", "acct_top", "pos_top", "taker"]


class Ratio(_Placed, frozen=True, gc=False, tag="ratio"):
    """One of the four long/short ratios (metrics reference 5), over ``period_s`` seconds ending at ``ts_event``."""

    instrument: str
    ts_event: int
    ts_recv: int
    ratio_kind: RatioKind
    value: float
    period_s: int


class Day(_Placed, frozen=True, gc=False, tag="day"):
    """Rolling 24 h: volume in coins and USD, ``change`` as a fraction, last price."""

    instrument: str
    ts_event: int
    ts_recv: int
    last: float
    change: float | None = None
    vol_base: float | None = None
    vol_usd: float | None = None
    n_trades: int | None = None


class Bar(_Placed, frozen=True, gc=False, tag="bar"):
    """A venue's *closed* kline ``[t0, ts_event)``; ``ts_event`` is its end t1. USD sums, buys are the taker's."""

    instrument: str
    ts_event: int
    ts_recv: int
    tf: str
    open: float
    high: float
    low: float
    close: float
    vol_base: float
    vol_usd: float
    buy_usd: float | None = None
    n_trades: int | None = None


class Listing(_Placed, frozen=True, gc=False, tag="listing"):
    """What a venue says an instrument is; a changed contract size is an event. Fields as ``Instrument``."""

    instrument: str
    ts_event: int
    ts_recv: int
    venue_symbol: str
    base: str
    quote: str
    settle: str
    contract_size: float = 1.0
    unit_mult: float = 1.0
    tick: float | None = None
    step: float | None = None
    expiry: int | None = None
    inverse: bool = False
    status: str = "trading"
    assumed: bool = False


class Gap(_Placed, frozen=True, gc=False, tag="gap"):
    """An interval in which we know that we do not know: opened, then closed or backfilled.

    ``gap_id`` joins the two events. ``instrument`` is ``""`` and ``channel`` ``"*"`` where all are meant; ``venue``
    ``""`` where the collector itself was away. ``[t0, t1)`` in UTC ns; ``t1`` is ``None`` while open.
    """

    instrument: str
    ts_event: int
    ts_recv: int
    gap_id: int
    venue: str
    channel: str
    phase: Literal["opened", "closed", "backfilled"]
    cause: str
    t0: int
    t1: int | None = None
    missing: int | None = None


class Beat(_Placed, frozen=True, gc=False, tag="beat"):
    """Time passed: one second of ``ts_recv``. ``n`` counts; every tenth is the heartbeat; ``last`` ends a run."""

    instrument: str
    ts_event: int
    ts_recv: int
    n: int
    last: bool = False


class Setting(_Placed, frozen=True, gc=False, tag="setting"):
    """A setting or rule in force from here on; ``value`` is JSON."""

    instrument: str
    ts_event: int
    ts_recv: int
    key: str
    value: str


Event: TypeAlias = (
    Trade | Quote | Mark | Funding | OpenInterest | Liquidation | Ratio | Day | Bar | Listing | Gap | Beat | Setting
)

#: Kind by name, as in the tables and on the hub.
KINDS: dict[str, type[Event]] = {
    "trade": Trade,
    "quote": Quote,
    "mark": Mark,
    "funding": Funding,
    "open_interest": OpenInterest,
    "liquidation": Liquidation,
    "ratio": Ratio,
    "day": Day,
    "bar": Bar,
    "listing": Listing,
    "gap": Gap,
    "beat": Beat,
    "setting": Setting,
}

#: What a venue can be subscribed to. ``depth`` gives quotes with depth sums; every other channel gives its own kind.
CHANNELS = (
    "trade",
    "quote",
    "depth",
    "mark",
    "funding",
    "open_interest",
    "liquidation",
    "ratio",
    "day",
    "bar",
    "listing",
)


_KIND_NAMES: dict[type[Event], str] = {kind: name for name, kind in KINDS.items()}


def kind_of(event: Event) -> str:
    """The event's kind by name.

    >>> kind_of(Beat("", 0, 0, 1))
    'beat'
    """
    return _KIND_NAMES[type(event)]


def channel_of(event: Event) -> str:
    """The channel an event is counted under: its kind, or ``depth`` for a quote with depth sums.

    >>> channel_of(Quote("binance:BTC-USDT-PERP", 0, 0, 1, 1.0, 1.0, 2.0, 1.0, levels=5))
    'depth'
    """
    if type(event) is Quote and event.levels:
        return "depth"
    return _KIND_NAMES[type(event)]
