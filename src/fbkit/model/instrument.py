"""Instruments: what a contract is called, and what its numbers count."""

from __future__ import annotations

import msgspec

from fbkit.model.timeframe import NS_DAY


class Instrument(msgspec.Struct, frozen=True, gc=False):
    """A contract at a venue, with the constants that turn wire numbers into coins and USD.

    ``price = wire_price / unit_mult`` and ``size = wire_size * size_mult``: one IEEE operation each.
    ``size_mult`` is ``contract_size * unit_mult`` (coins per wire unit).

    ``name`` is ours (``binance:BTC-USDT-PERP``), ``venue_symbol`` theirs (``BTCUSDT``).
    ``tick`` and ``step`` are in our units: USD a coin, and coins. ``expiry`` is UTC ns, ``None`` for a perpetual.
    ``assumed`` is true when no instrument list was heard, so that units are a guess from the symbol.
    """

    name: str
    venue: str
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

    @property
    def symbol(self) -> str:
        """Our spelling without the venue: ``BTC-USDT-PERP``."""
        return self.name.partition(":")[2]

    @property
    def size_mult(self) -> float:
        """Coins of the base asset in one unit of the wire's size."""
        return self.contract_size * self.unit_mult


def canonical_name(venue: str, base: str, quote: str, expiry: int | None = None) -> str:
    """Our name of a contract: ``venue:BASE-QUOTE-PERP``, dated ``venue:BASE-QUOTE-YYMMDD`` (UTC).

    >>> canonical_name("binance", "BTC", "USDT")
    'binance:BTC-USDT-PERP'
    >>> canonical_name("deribit", "BTC", "USD", expiry=1_798_185_600_000_000_000)
    'deribit:BTC-USD-261225'
    """
    if expiry is None:
        return f"{venue}:{base}-{quote}-PERP"
    year, month, day = _civil(expiry // NS_DAY)
    return f"{venue}:{base}-{quote}-{year % 100:02d}{month:02d}{day:02d}"


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month, day of a number of days since 1970-01-01, without a time zone in sight."""
    z = days + 719_468
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1
