"""Bitget's contracts as our instruments.

The venue has one symbol a contract within all its linear futures: ``BTCUSDT`` (settled in USDT) and ``BTCPERP`` (in
USDC). Every question and topic names the *product type* beside it. Sizes are coins of the base.
"""

from __future__ import annotations

from fbkit.feeds.bitget import VENUE
from fbkit.feeds.bitget.rows import ContractRow
from fbkit.feeds.decoding import positive
from fbkit.feeds.instruments import is_symbol, linear, unprefixed
from fbkit.model import NS_MS, Instrument

#: Product type by the coin that prices are quoted in.
PRODUCTS = {"USDT": "USDT-FUTURES", "USDC": "USDC-FUTURES"}

#: Every word for a linear futures market: of v2, of v3 (in small letters), of v1 until 2025 (``mc`` has all futures).
OURS = frozenset({*PRODUCTS.values(), *(product.lower() for product in PRODUCTS.values()), "mc", "umcbl", "cmcbl"})

#: Their words for a contract's state, and ours; others are kept as they are.
_STATES = {"normal": "trading", "": "trading"}


def make(row: ContractRow) -> Instrument | None:
    """An instrument from a row of ``contracts``; ``None`` for what is no linear contract on a coin.

    >>> row = ContractRow("1000PEPEUSDT", "1000PEPE", "USDT", pricePlace=7, priceEndStep=1, volumePlace=0)
    >>> pepe = make(row)
    >>> pepe.name, pepe.unit_mult, pepe.step
    ('bitget:PEPE-USDT-PERP', 1000.0, 1000.0)
    """
    spelled = is_symbol(row.symbol) and is_symbol(row.baseCoin)
    if not spelled or row.quoteCoin not in PRODUCTS or row.isRwa == "YES":
        return None
    expiry = positive(row.deliveryTime) if row.symbolType == "delivery" else None
    if row.symbolType == "delivery" and expiry is None:
        return None
    return linear(
        VENUE,
        # Until v2 the list said ``BTCUSDT_UMCBL``, and frames ``BTCUSDT``.
        row.symbol.partition("_")[0],
        unprefixed(row.baseCoin),
        row.quoteCoin,
        tick=row.priceEndStep / 10**row.pricePlace,
        step=row.sizeMultiplier or 1 / 10**row.volumePlace,
        expiry=None if expiry is None else int(expiry) * NS_MS,
        status=_STATES.get(row.symbolStatus or "", row.symbolStatus or ""),
    )


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no instrument list was heard; ``None`` for what is not a linear perpetual.

    >>> assume("BTCUSDT").name, assume("BTCPERP").name, assume("BTCUSD"), assume("BTCUSDZ24")
    ('bitget:BTC-USDT-PERP', 'bitget:BTC-USDC-PERP', None, None)
    """
    if not is_symbol(symbol):
        return None
    for ending, quote in (("USDT", "USDT"), ("PERP", "USDC")):
        if symbol.endswith(ending) and len(symbol) > len(ending):
            return linear(VENUE, symbol, unprefixed(symbol.removesuffix(ending)), quote, assumed=True)
    return None


def product_of(instrument: Instrument) -> str:
    """The product type that questions and topics name beside the symbol.

    >>> product_of(assume("BTCPERP"))
    'USDC-FUTURES'
    """
    return PRODUCTS[instrument.quote]
