"""Binance's spelling and ours, and the constants between their numbers and ours."""

from __future__ import annotations

import re

from fbkit.clock import parse_utc
from fbkit.feeds.binance import VENUE
from fbkit.feeds.instruments import is_symbol, linear, unprefixed
from fbkit.model import Instrument

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
            return linear(VENUE, symbol, unprefixed(pair[: -len(quote)]), quote, expiry=expiry, assumed=True)
    return None
