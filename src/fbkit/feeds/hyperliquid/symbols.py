"""Hyperliquid's spelling and ours, and the constants between their numbers and ours.

A perpetual is called by its coin: ``BTC``; ``kPEPE`` counts a thousand PEPE. Prices are USD (the oracle's), margin is
USDC: so ``quote`` is USD and ``settle`` USDC.

Source: Hyperliquid docs, "Perpetuals" (info endpoint), "Contract specifications", "Tick and lot size".
"""

from __future__ import annotations

from fbkit.feeds.hyperliquid import VENUE
from fbkit.feeds.hyperliquid.rows import MarketRow
from fbkit.feeds.instruments import linear
from fbkit.model import Instrument

QUOTE, SETTLE = "USD", "USDC"

#: Every perpetual pays funding at every full hour.
FUNDING_HOURS = 1.0


def is_perpetual(symbol: str) -> bool:
    """Whether a symbol is a perpetual of the venue's own book.

    Spot pairs are ``@107`` or ``PURR/USDC``, outcomes ``#330``, perpetuals of other deployers (HIP-3) ``xyz:GOLD``.

    >>> [is_perpetual(symbol) for symbol in ("BTC", "kPEPE", "@107", "PURR/USDC", "xyz:GOLD", "#330", "")]
    [True, True, False, False, False, False, False]
    """
    return 0 < len(symbol) <= 40 and symbol.isalnum()


def unprefixed(symbol: str) -> tuple[str, float]:
    """The coin behind a symbol, and how many coins one unit is: ``k`` means a thousand.

    >>> unprefixed("kPEPE"), unprefixed("KAITO"), unprefixed("k")
    (('PEPE', 1000.0), ('KAITO', 1.0), ('k', 1.0))
    """
    if symbol.startswith("k") and symbol[1:2].isupper():
        return symbol[1:], 1000.0
    return symbol, 1.0


def make(row: MarketRow) -> Instrument:
    """An instrument from a row of ``meta``.

    The tick stays unknown: a price has at most five significant figures, so its step moves with the price.

    >>> pepe = make(MarketRow("kPEPE", 0))
    >>> pepe.name, pepe.venue_symbol, pepe.step, pepe.settle
    ('hyperliquid:PEPE-USD-PERP', 'kPEPE', 1000.0, 'USDC')
    """
    step = None if row.szDecimals is None else float(f"1e-{row.szDecimals}")
    status = "delisted" if row.isDelisted else "trading"
    return linear(VENUE, row.name, unprefixed(row.name), QUOTE, settle=SETTLE, step=step, status=status)


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no instrument list was heard; ``None`` for what is no perpetual of the venue's.

    >>> assume("BTC").name, assume("@107")
    ('hyperliquid:BTC-USD-PERP', None)
    """
    if not is_perpetual(symbol):
        return None
    return linear(VENUE, symbol, unprefixed(symbol), QUOTE, settle=SETTLE, assumed=True)
