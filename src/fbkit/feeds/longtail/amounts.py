"""How much: ccxt leaves open whether a volume or an open interest counts coins or contracts.

Where one contract is one coin there is nothing to tell apart. Elsewhere a number is believed only if, through the
price, it agrees with the USD that ccxt states beside it; prices are a day apart, so agreeing is within a factor of two.
"""

from __future__ import annotations

from typing import Any

from fbkit.feeds.decoding import number, positive
from fbkit.feeds.instruments import Known

_APART = 2.0


def amount(value: object) -> float | None:
    """A number that may be zero and not less.

    >>> amount("0"), amount(-1.0), amount(float("nan")), amount(None)
    (0.0, None, None, None)
    """
    found = number(value)
    return found if found is not None and found >= 0 else None


def agrees(coins: float, usd: float, price: float) -> bool:
    """Whether coins at a price and USD are the same thing, a day's move aside.

    >>> agrees(1.0, 50_000.0, 60_000.0), agrees(100.0, 50_000.0, 60_000.0), agrees(0.0, 0.0, 1.0)
    (True, False, True)
    """
    worth = coins * price
    return worth <= _APART * usd and usd <= _APART * worth


def counts_coins(known: Known) -> bool:
    """Whether a contract is one unit of the quoted base, so that coins and contracts are the same number."""
    return not known.inverse and known.contract_size == 1.0


def volumes(ticker: dict[str, Any], known: Known, price: float) -> tuple[float | None, float | None]:
    """A day's volume in coins and in USD, each ``None`` where nobody can tell; ``price`` as ccxt states it.

    Where only one of the two is stated, it is told if its unit leaves no choice.
    """
    base, quote = amount(ticker.get("baseVolume")), amount(ticker.get("quoteVolume"))
    if base is None or quote is None:
        return _alone(base, quote, known)
    sizes = {1.0, known.contract_size}
    bases, quotes = ({1.0}, sizes) if known.inverse else (sizes, {1.0})
    pairs = [(base * of_base, quote * of_quote) for of_base in bases for of_quote in quotes]
    fitting = [pair for pair in pairs if agrees(*pair, price)]
    if len(fitting) != 1:
        return None, None
    return fitting[0][0] * known.unit_mult, fitting[0][1]


def _alone(base: float | None, quote: float | None, known: Known) -> tuple[float | None, float | None]:
    coins = base * known.unit_mult if base is not None and counts_coins(known) else None
    return coins, quote if not known.inverse or known.contract_size == 1.0 else None


def interest(row: dict[str, Any], known: Known, price: float | None) -> tuple[float, float | None] | None:
    """Open interest in coins, and in USD where ccxt states it and it agrees; ``None`` where its unit is in doubt."""
    stated, usd = amount(row.get("openInterestAmount")), amount(row.get("openInterestValue"))
    if stated is None:
        return None
    if counts_coins(known):
        fits = usd is not None and price is not None and agrees(stated, usd, price)
        return stated * known.size_mult, usd if fits else None
    if usd is None or price is None:
        return None
    readings = {stated * known.unit_mult, known.coins(stated, price)}
    fitting = [coins for coins in readings if agrees(coins, usd, price / known.unit_mult)]
    return (fitting[0], usd) if len(fitting) == 1 else None


def turnover(ticker: object, known: Known) -> float:
    """The day's volume in USD to choose the largest by, a guess where the unit is in doubt; 0 where none is stated.

    Volumes in doubt are taken for contracts, as ccxt's amounts of contracts are.
    """
    price = positive(ticker.get("last")) if isinstance(ticker, dict) else None
    if price is None or not isinstance(ticker, dict):
        return 0.0
    _, usd = volumes(ticker, known, price)
    if usd is not None:
        return usd
    contracts = amount(ticker.get("baseVolume")) or amount(ticker.get("quoteVolume")) or 0.0
    return contracts * known.contract_size * (1.0 if known.inverse else price)
