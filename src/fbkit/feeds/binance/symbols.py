"""Binance's spelling and ours, and the constants between their numbers and ours."""

from __future__ import annotations

import re

from fbkit.clock import parse_utc
from fbkit.feeds.binance import VENUE
from fbkit.feeds.instruments import is_symbol, unprefixed
from fbkit.model import Instrument, canonical_name

#: Quote assets of linear contracts, longest first; recordings hold ones that are gone.
_QUOTES = ("USDT", "USDC", "BUSD", "FDUSD", "USD1")

#: What we follow live: dollars, as far as stablecoins are.
FOLLOWED_QUOTES = frozenset({"USDT", "USDC"})

_DATED = re.compile(r"(.+)_(\d{2})(\d{2})(\d{2})")


def is_coin_margined(symbol: str) -> bool:
    """Whether a symbol is COIN-M's by its spelling, as older captures do not say it otherwise.

    >>> [is_coin_margined(symbol) for symbol in ("BTCUSD_PERP", "ETHUSD_210625", "BTCBUSD_210129", "BTCUSDT")]
    [True, True, False, False]
    """
    pair, underscore, _ = symbol.partition("_")
    return bool(underscore) and pair.endswith("USD") and not pair.endswith(_QUOTES)


def make(  # noqa: PLR0913 - an instrument has that many facts
    symbol: str,
    base: str,
    quote: str,
    *,
    settle: str | None = None,
    tick: float | None = None,
    step: float | None = None,
    expiry: int | None = None,
    status: str = "trading",
    assumed: bool = False,
) -> Instrument:
    """An instrument from the venue's words; ``tick`` and ``step`` in the venue's units.

    >>> make("1000PEPEUSDT", "1000PEPE", "USDT", tick=0.0000001).name
    'binance:PEPE-USDT-PERP'
    """
    coin, unit_mult = unprefixed(base)
    return Instrument(
        name=canonical_name(VENUE, coin, quote, expiry),
        venue=VENUE,
        venue_symbol=symbol,
        base=coin,
        quote=quote,
        settle=settle or quote,
        unit_mult=unit_mult,
        tick=None if tick is None else tick / unit_mult,
        step=None if step is None else step * unit_mult,
        expiry=expiry,
        status=status,
        assumed=assumed,
    )


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no instrument list was heard; ``None`` for what is not a linear contract.

    A dated contract is taken to expire at 08:00 UTC of its day, as all of them did so far.

    >>> assume("BTCUSDT").name, assume("ETHUSDT_210625").name, assume("BTCUSD_PERP")
    ('binance:BTC-USDT-PERP', 'binance:ETH-USDT-210625', None)
    """
    if not is_symbol(symbol):
        return None
    dated = _DATED.fullmatch(symbol)
    pair = dated[1] if dated else symbol
    expiry = None
    if dated:
        try:
            expiry = parse_utc(f"20{dated[2]}-{dated[3]}-{dated[4]}T08:00:00Z")
        except ValueError:
            return None
    for quote in _QUOTES:
        if pair.endswith(quote) and len(pair) > len(quote):
            return make(symbol, pair[: -len(quote)], quote, expiry=expiry, assumed=True)
    return None
