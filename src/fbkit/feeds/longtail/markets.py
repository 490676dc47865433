"""ccxt's market → our instrument.

``venue_symbol`` is ccxt's unified symbol (``BTC/USDT:USDT``): a venue's own ids name several markets at once at some
venues, and every answer of ccxt names the unified one.

Source: ccxt's manual, "Market structure" and "Contract naming conventions".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fbkit.feeds.decoding import positive
from fbkit.feeds.instruments import is_symbol, unprefixed
from fbkit.model import NS_MS, Instrument, canonical_name

#: Quotes that are a dollar, or meant to be one.
QUOTES = frozenset({"USD", "USDT", "USDC", "USDE", "BUSD", "FDUSD", "USD1", "DAI"})

#: ``exchange.precisionMode`` where precisions are steps, not counts of digits.
TICK_SIZE = 4


def contracts(venue: str, rows: Iterable[Any], *, steps: bool) -> list[Instrument]:
    """The contracts out of ``fetchMarkets`` that we can count; ``steps``: whether precisions are steps."""
    made = (make(venue, row, steps=steps) for row in rows)
    return [instrument for instrument in made if instrument is not None]


def make(venue: str, row: Any, *, steps: bool = True) -> Instrument | None:
    """An instrument; ``None`` for spot, options, quanto contracts, other quotes, and what cannot be counted.

    A linear contract is ``contractSize`` of the quoted base, an inverse one ``contractSize`` USD.

    >>> row = {"symbol": "1000PEPE/USDT:USDT", "base": "1000PEPE", "quote": "USDT", "settle": "USDT", "swap": True,
    ...        "linear": True, "inverse": False, "contractSize": 1.0, "precision": {"amount": 1.0, "price": 1e-07}}
    >>> pepe = make("somewhere", row)
    >>> pepe.name, pepe.size_mult, pepe.step
    ('somewhere:PEPE-USDT-PERP', 1000.0, 1000.0)
    """
    if not isinstance(row, dict) or not _is_ours(row):
        return None
    coin, unit_mult = _coin(row["base"])
    size, expiry, inverse = positive(row.get("contractSize")), _expiry(row), bool(row.get("inverse"))
    if size is None or (expiry is None and not row.get("swap")) or (inverse and unit_mult != 1.0):
        return None
    price_step, size_step = _steps(row) if steps else (None, None)
    return Instrument(
        name=canonical_name(venue, coin, row["quote"], expiry),
        venue=venue,
        venue_symbol=row["symbol"],
        base=coin,
        quote=row["quote"],
        settle=row["settle"],
        contract_size=size,
        unit_mult=unit_mult,
        tick=None if price_step is None else price_step / unit_mult,
        step=None if size_step is None or inverse else size_step * (size * unit_mult),
        expiry=expiry,
        inverse=inverse,
        status="inactive" if row.get("active") is False else "trading",
    )


def _is_ours(row: dict[str, Any]) -> bool:
    texts = (row.get("symbol"), row.get("base"), row.get("settle"))
    if not all(isinstance(text, str) and is_symbol(text) for text in texts):
        return False
    # A quanto contract is neither or both: its coins cannot be told from its price.
    one_way = bool(row.get("linear")) != bool(row.get("inverse"))
    dated = bool(row.get("future")) and row.get("expiry") is not None
    quote = row.get("quote")
    return isinstance(quote, str) and quote in QUOTES and one_way and (bool(row.get("swap")) or dated)


def _coin(base: str) -> tuple[str, float]:
    """The coin behind a quoted base; ccxt's codes are upper case, so a small ``k`` before one is a thousand.

    >>> _coin("kPEPE"), _coin("KAITO"), _coin("1MBABYDOGE")
    (('PEPE', 1000.0), ('KAITO', 1.0), ('BABYDOGE', 1000000.0))
    """
    if base.startswith("k") and base[1:2].isupper():
        return base[1:], 1000.0
    return unprefixed(base)


def _expiry(row: dict[str, Any]) -> int | None:
    """The end of a dated contract, UTC ns; ``None`` for a perpetual, and for what is no instant."""
    ms = None if row.get("swap") else positive(row.get("expiry"))
    return None if ms is None or ms > 9_000_000_000_000 else int(ms) * NS_MS


def _steps(row: dict[str, Any]) -> tuple[float | None, float | None]:
    precision = row.get("precision")
    if not isinstance(precision, dict):
        return None, None
    return positive(precision.get("price")), positive(precision.get("amount"))
