"""OKX's spelling and ours, and the constants between its contracts and our coins.

``baseCcy`` and ``quoteCcy`` are empty for derivatives: the underlying (``BTC-USDT``) tells them. Sizes are contracts:
``ctVal`` coins each where the contract is linear (millions of them for PEPE), USD each where it is inverse.

Source: OKX v5 docs, "Public Data", "Get instruments".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from fbkit.clock import parse_utc
from fbkit.feeds.decoding import positive
from fbkit.feeds.instruments import is_symbol
from fbkit.feeds.okx import VENUE
from fbkit.feeds.okx.wire import InstrumentRow, millis
from fbkit.model import NS_MS, Instrument, canonical_name

#: What we follow live: dollars, as far as stablecoins are.
FOLLOWED_QUOTES = frozenset({"USDT", "USDC", "USD"})

#: Contracts that do not trade on a market yet, or count something else than usual while they begin.
_NOT_YET = frozenset({"pre_market", "rebase_contract"})

#: ``instCategory``: crypto, or not said (lists of before 2026); the others are stocks, metals, currencies, bonds.
_CRYPTO = frozenset({"", "1"})

#: Coins a linear contract, where a recording has no list; an inverse one is 100 USD of BTC and 10 USD of all others.
_USUAL = {"BTC": 0.01, "ETH": 0.1, "XRP": 100.0, "DOGE": 1000.0, "ADA": 100.0, "TRX": 1000.0}

_CONTRACT = re.compile(r"([^-]+)-([^-]+)-(SWAP|\d{6})")
_PERPETUAL = "XPERP"


class Spelling(NamedTuple):
    """A symbol by its parts: ``quote`` may say more than the currency (``USD_UM_XPERP``)."""

    base: str
    quote: str
    term: str

    @property
    def currency(self) -> str:
        """What prices are in."""
        return self.quote.partition("_")[0]

    @property
    def dated(self) -> bool:
        """Whether the symbol is of a future that ends; an X-Perp bears a date and pays funding."""
        return self.term != "SWAP" and _PERPETUAL not in self.quote


def spelling_of(symbol: str) -> Spelling | None:
    """A swap's or future's symbol by its parts; ``None`` for spot pairs, options and what is no symbol.

    >>> spelling_of("BTC-USDT-261225"), spelling_of("BTC-USDT"), spelling_of("BTC-USD-220304-32000-P")
    (Spelling(base='BTC', quote='USDT', term='261225'), None, None)
    """
    match = _CONTRACT.fullmatch(symbol) if is_symbol(symbol) else None
    return Spelling(match[1], match[2], match[3]) if match else None


@lru_cache(maxsize=4096)
def index_of(symbol: str) -> str:
    """The index a contract follows, as ``index-tickers`` calls it; ``""`` for what is no contract.

    >>> index_of("BTC-USDT-SWAP"), index_of("BTC-USD_UM_XPERP-310404")
    ('BTC-USDT', 'BTC-USD')
    """
    spelling = spelling_of(symbol)
    return f"{spelling.base}-{spelling.currency}" if spelling else ""


def make(row: InstrumentRow, *, funded: bool = False) -> Instrument | None:
    """A contract of the instrument list; ``None`` for what is no contract on a coin, or has no units.

    A contract is a perpetual where it is a swap, an X-Perp by its spelling, or ``funded``: it has a funding rate.
    Their ``expTime`` is when they are delisted.

    >>> pepe = InstrumentRow("PEPE-USDT-SWAP", "SWAP", uly="PEPE-USDT", ctVal="10000000", tickSz="0.000000001")
    >>> make(pepe).name, make(pepe).size_mult
    ('okx:PEPE-USDT-PERP', 10000000.0)
    """
    spelling = spelling_of(row.instId)
    size, times = positive(row.ctVal), positive(row.ctMult or "1")
    if spelling is None or size is None or times is None or row.instCategory not in _CRYPTO:
        return None
    dated = spelling.dated and not funded
    expiry = millis(row.expTime) if dated else None
    if dated and expiry is None:
        return None
    inverse = row.ctType == "inverse"
    step = positive(row.lotSz)
    return Instrument(
        name=_name(spelling, None if expiry is None else expiry * NS_MS),
        venue=VENUE,
        venue_symbol=row.instId,
        base=spelling.base,
        quote=spelling.currency,
        settle=row.settleCcy or (spelling.base if inverse else spelling.currency),
        contract_size=size * times,
        tick=positive(row.tickSz),
        step=None if inverse or step is None else step * size * times,
        expiry=None if expiry is None else expiry * NS_MS,
        inverse=inverse,
        status=_status(row),
    )


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no instrument list was heard; ``None`` for what is no swap and no future.

    A dated contract is taken to expire at 08:00 UTC of its day, as all of them did so far.

    >>> assume("BTC-USD-220527").name, assume("BTC-USD-SWAP").inverse, assume("BTC-USDT")
    ('okx:BTC-USD-220527', True, None)
    """
    spelling = spelling_of(symbol)
    if spelling is None:
        return None
    expiry = None
    if spelling.dated:
        try:
            expiry = parse_utc(f"20{spelling.term[:2]}-{spelling.term[2:4]}-{spelling.term[4:]}T08:00:00Z")
        except ValueError:
            return None
    inverse = spelling.quote == "USD"
    usual = (100.0 if spelling.base == "BTC" else 10.0) if inverse else _USUAL.get(spelling.base, 1.0)
    return Instrument(
        name=_name(spelling, expiry),
        venue=VENUE,
        venue_symbol=symbol,
        base=spelling.base,
        quote=spelling.currency,
        settle=spelling.base if inverse else spelling.currency,
        contract_size=usual,
        expiry=expiry,
        inverse=inverse,
        assumed=True,
    )


def followable(instrument: Instrument) -> bool:
    """Whether we follow a contract live: it trades, and against dollars."""
    return instrument.status == "trading" and instrument.quote in FOLLOWED_QUOTES


def _name(spelling: Spelling, expiry: int | None) -> str:
    # The quote in the name is whole, or BTC-USD-SWAP and BTC-USD_UM_XPERP-310404 were one instrument.
    quote = f"{spelling.quote}_{spelling.term}" if spelling.dated and expiry is None else spelling.quote
    return canonical_name(VENUE, spelling.base, quote, expiry)


def _status(row: InstrumentRow) -> str:
    if row.ruleType in _NOT_YET:
        return row.ruleType
    return "trading" if row.state == "live" else row.state.lower() or "unknown"
