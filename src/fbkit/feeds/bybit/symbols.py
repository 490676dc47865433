"""Bybit's spelling and ours: what an instrument row, or only a symbol, says a contract is.

A symbol tells little: ``BTCPERP`` is quoted in USDC, ``SHIB1000USDT`` has its thousand behind the coin, and
``baseCoin`` has the thousand too (``1000PEPE``, ``SHIB1000``). Sizes of linear contracts are coins of the quoted unit.

Source: Bybit v5 docs, "Get Instruments Info" and "Enums Definitions".
"""

from __future__ import annotations

import re

from fbkit.clock import parse_utc
from fbkit.feeds.bybit import VENUE
from fbkit.feeds.bybit.rows import InstrumentRow
from fbkit.feeds.decoding import positive
from fbkit.feeds.instruments import is_symbol, linear, unprefixed
from fbkit.model import NS_MS, Instrument

#: What we follow live: dollars, as far as stablecoins are.
FOLLOWED_QUOTES = frozenset({"USDT", "USDC"})

#: Contracts on coins. Every other ``symbolType`` (``stock``, ``commodity``, ``forex`` …) has an underlying elsewhere.
COIN_TYPES = frozenset({"", "innovation", "adventure"})

#: Coins quoted by the thousand with the thousand behind them.
SUFFIXED = {"SHIB1000": ("SHIB", 1000.0)}

_LINEAR = frozenset({"LinearPerpetual", "LinearFutures"})
_DATED = re.compile(r"(.+)-(\d{1,2})([A-Z]{3})(\d{2})")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def coins_of(base: str) -> tuple[str, float]:
    """The coin behind a quoted base, and how many coins one unit is.

    >>> coins_of("SHIB1000"), coins_of("10000SATS"), coins_of("BTC")
    (('SHIB', 1000.0), ('SATS', 10000.0), ('BTC', 1.0))
    """
    return SUFFIXED.get(base) or unprefixed(base)


def make(row: InstrumentRow) -> Instrument | None:
    """An instrument from its row; ``None`` for what is no linear contract on a coin.

    >>> row = InstrumentRow("SHIB1000USDT", "SHIB1000", "USDT", "LinearPerpetual", "Trading")
    >>> make(row).name, make(row).unit_mult
    ('bybit:SHIB-USDT-PERP', 1000.0)
    """
    spelled = is_symbol(row.symbol) and is_symbol(row.baseCoin) and is_symbol(row.quoteCoin)
    if not spelled or row.contractType not in _LINEAR or row.symbolType not in COIN_TYPES:
        return None
    expiry = None
    if row.contractType == "LinearFutures":
        # A perpetual's deliveryTime is when it will be delisted; only a dated contract has none without it.
        if not row.deliveryTime:
            return None
        expiry = row.deliveryTime * NS_MS
    return linear(
        VENUE,
        row.symbol,
        coins_of(_quoted(row)),
        row.quoteCoin,
        settle=row.settleCoin,
        tick=positive(row.priceFilter.tickSize),
        step=positive(row.lotSizeFilter.qtyStep),
        expiry=expiry,
        status="prelaunch" if row.isPreListing else row.status.lower() or "unknown",
    )


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no instrument list was heard; ``None`` for what is not a linear contract.

    A dated contract is taken to expire at 08:00 UTC of its day, as all of them did so far.

    >>> [assume(symbol).name for symbol in ("BTCUSDT", "BTCPERP", "BTCUSDT-25DEC26", "BTC-25DEC26")]
    ['bybit:BTC-USDT-PERP', 'bybit:BTC-USDC-PERP', 'bybit:BTC-USDT-261225', 'bybit:BTC-USDC-261225']
    >>> assume("BTCUSD"), assume("BTCUSDU23")
    (None, None)
    """
    if not is_symbol(symbol):
        return None
    dated = _DATED.fullmatch(symbol)
    pair, expiry = (dated[1], _delivery(dated)) if dated else (symbol, None)
    if dated and expiry is None:
        return None
    base, quote = _pair(pair, dated=dated is not None)
    return linear(VENUE, symbol, coins_of(base), quote, expiry=expiry, assumed=True) if base else None


def _pair(pair: str, *, dated: bool) -> tuple[str, str]:
    for ending, quote in (("USDT", "USDT"), ("PERP", "USDC")):
        if pair.endswith(ending) and len(pair) > len(ending):
            return pair[: -len(ending)], quote
    # USDC's dated contracts are named by the coin alone.
    return (pair, "USDC") if dated and not pair.endswith("USD") else ("", "")


def _delivery(dated: re.Match[str]) -> int | None:
    try:
        month = _MONTHS.index(dated[3]) + 1
        return parse_utc(f"20{dated[4]}-{month:02d}-{int(dated[2]):02d}T08:00:00Z")
    except ValueError:
        return None


def _quoted(row: InstrumentRow) -> str:
    """The base with its thousands, whether ``baseCoin`` has them or only the symbol."""
    spelled = _pair(row.symbol, dated=False)[0]
    return spelled if coins_of(spelled)[0] == row.baseCoin else row.baseCoin
