"""Gate's spelling and ours, and the constants between their numbers and ours.

A contract's size in coins is its ``quanto_multiplier`` and stands in no name: only the contract list knows it.
"""

from __future__ import annotations

import re

from fbkit.clock import parse_utc
from fbkit.feeds.decoding import positive
from fbkit.feeds.gate import VENUE
from fbkit.feeds.gate.rows import ContractRow
from fbkit.feeds.instruments import is_symbol, unprefixed
from fbkit.model import Instrument, canonical_name

#: What we follow live: dollars, as far as stablecoins are.
FOLLOWED_QUOTES = frozenset({"USDT"})

#: Coins in a contract where no contract list was heard; as listed from 2021 to 2026. Others are taken as 1.
MULTIPLIERS = dict.fromkeys(("ETH", "BCH", "BSV", "COMP"), 0.01) | dict.fromkeys(("DOGE", "XRP", "ADA"), 10.0)
MULTIPLIERS |= {
    "BTC": 0.0001,
    "BNB": 0.001,
    "LTC": 0.1,
    "ETC": 0.1,
    "TRX": 100.0,
    "SHIB": 10_000.0,
    "PEPE": 10_000_000.0,
}

_CONTRACT = re.compile(r"([^_]+)_(USDT|USDC|USD1|USD)(?:_(\d{4})(\d{2})(\d{2}))?")


def make(row: ContractRow) -> Instrument | None:
    """An instrument from a row of ``contracts``; ``None`` for what is no linear contract on a coin.

    >>> row = ContractRow("DOGE_USDT", quanto_multiplier=10.0, order_price_round="0.00001", order_size_min=1)
    >>> doge = make(row)
    >>> doge.name, doge.size_mult, doge.step, doge.tick
    ('gate:DOGE-USDT-PERP', 10.0, 10.0, 1e-05)
    """
    if row.type != "direct" or row.contract_type or not row.quanto_multiplier:
        return None
    found = _named(row.name, row.quanto_multiplier)
    if found is None:
        return None
    tick, least = positive(row.order_price_round), positive(row.order_size_min)
    return Instrument(
        name=found.name,
        venue=VENUE,
        venue_symbol=row.name,
        base=found.base,
        quote=found.quote,
        settle=found.quote,
        contract_size=row.quanto_multiplier,
        unit_mult=found.unit_mult,
        tick=None if tick is None else tick / found.unit_mult,
        step=(least or 1.0) * found.size_mult,
        expiry=found.expiry,
        status=_status(row),
    )


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no contract list was heard; ``None`` for spot's, options' and quanto contracts.

    ``BTC_USD`` is inverse, one USD a contract. Every other contract against USD was quanto: paid in BTC.
    A dated contract is taken to expire at 08:00 UTC of its day, as all of them did so far.

    >>> assume("BTC_USDT").contract_size, assume("BTC_USDT_20210326").name, assume("BTC_USD").inverse
    (0.0001, 'gate:BTC-USDT-210326', True)
    >>> assume("ETC_USD"), assume("BTC_USDT-20210916-50000-C")
    (None, None)
    """
    match = _CONTRACT.fullmatch(symbol)
    if match is None:
        return None
    inverse = match[2] == "USD"
    if inverse and match[1] != "BTC":
        return None
    return _named(symbol, 1.0 if inverse else MULTIPLIERS.get(match[1], 1.0), inverse=inverse)


def _named(symbol: str, contract_size: float, *, inverse: bool = False) -> Instrument | None:
    """An instrument as far as its symbol tells: the list has no other word for base and quote."""
    match = _CONTRACT.fullmatch(symbol)
    if match is None or not is_symbol(symbol):
        return None
    try:
        expiry = parse_utc(f"{match[3]}-{match[4]}-{match[5]}T08:00:00Z") if match[3] else None
    except ValueError:
        return None
    base, unit_mult = unprefixed(match[1])
    return Instrument(
        name=canonical_name(VENUE, base, match[2], expiry),
        venue=VENUE,
        venue_symbol=symbol,
        base=base,
        quote=match[2],
        settle=base if inverse else match[2],
        contract_size=contract_size,
        unit_mult=unit_mult,
        expiry=expiry,
        inverse=inverse,
        assumed=True,
    )


def _status(row: ContractRow) -> str:
    if row.in_delisting:
        return "delisting"
    if row.is_pre_market:
        return "pre_market"
    return row.status.lower() or "unknown"
