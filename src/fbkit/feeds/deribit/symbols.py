"""Deribit's spelling and ours, and the constants between their numbers and ours.

``BTC-PERPETUAL`` and ``BTC-25DEC26`` are inverse: sizes count USD, whatever ``contract_size`` says (that is the lot of
an order). ``SOL_USDC-PERPETUAL`` is linear: sizes count coins. Options, spot and combos are another market.
"""

from __future__ import annotations

import re

from fbkit.clock import parse_utc
from fbkit.feeds.decoding import positive
from fbkit.feeds.deribit import VENUE
from fbkit.feeds.deribit.rows import InstrumentRow
from fbkit.feeds.instruments import is_symbol
from fbkit.model import NS_MS, Instrument, canonical_name

#: What we follow live: dollars, as far as stablecoins are.
FOLLOWED_QUOTES = frozenset({"USD", "USDC", "USDT"})

#: A perpetual expires in the year 3000.
_NEVER = 9_000_000_000_000

_FUTURE = re.compile(r"([A-Z0-9]+)(?:_([A-Z0-9]+))?-(?:PERPETUAL|(\d{1,2})([A-Z]{3})(\d{2}))")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def is_future(symbol: str) -> bool:
    """Whether a symbol is a perpetual's or a dated future's by its spelling.

    >>> [is_future(s) for s in ("BTC-PERPETUAL", "SOL_USDC-25DEC26", "BTC-25DEC26-90000-C", "BTC-FS-25DEC26_PERP")]
    [True, True, False, False]
    """
    return _FUTURE.fullmatch(symbol) is not None


def make(row: InstrumentRow) -> Instrument | None:
    """A contract of the instrument list, ``None`` for what is no future.

    >>> row = InstrumentRow("BTC-25DEC26", "future", "BTC", "USD", expiration_timestamp=1_798_185_600_000)
    >>> contract = make(row)
    >>> contract.name, contract.inverse, contract.settle
    ('deribit:BTC-USD-261225', True, 'BTC')
    """
    if row.kind != "future" or not (is_symbol(row.instrument_name) and is_symbol(row.base_currency)):
        return None
    perpetual = row.settlement_period == "perpetual" or not 0 < row.expiration_timestamp < _NEVER
    return _instrument(
        row.instrument_name,
        row.base_currency,
        row.counter_currency or row.quote_currency,
        inverse=_is_inverse(row),
        expiry=None if perpetual else row.expiration_timestamp * NS_MS,
        settle=row.settlement_currency,
        tick=positive(row.tick_size),
        lot=positive(row.min_trade_amount),
        status=_status(row),
    )


def assume(symbol: str) -> Instrument | None:
    """What a symbol must mean where no instrument list was heard; ``None`` for what is no future.

    A dated contract is taken to expire at 08:00 UTC of its day, as all of them did so far.

    >>> assume("SOL_USDC-PERPETUAL").name, assume("BTC-8JUN20").name, assume("BTC-8JUN20-8750-P")
    ('deribit:SOL-USDC-PERP', 'deribit:BTC-USD-200608', None)
    """
    match = _FUTURE.fullmatch(symbol)
    if match is None or not is_symbol(symbol):
        return None
    base, quote, day, month, year = match.groups()
    expiry = None
    if day:
        try:
            expiry = parse_utc(f"20{year}-{_MONTHS.index(month) + 1:02d}-{int(day):02d}T08:00:00Z")
        except ValueError:
            return None
    return _instrument(symbol, base, quote or "USD", inverse=not quote, expiry=expiry, assumed=True)


def followable(instrument: Instrument) -> bool:
    """Whether we follow a contract live: it trades, and against dollars."""
    return instrument.status == "trading" and instrument.quote in FOLLOWED_QUOTES


def _instrument(  # noqa: PLR0913 - an instrument has that many facts
    symbol: str,
    base: str,
    quote: str,
    *,
    inverse: bool,
    expiry: int | None,
    settle: str = "",
    tick: float | None = None,
    lot: float | None = None,
    status: str = "trading",
    assumed: bool = False,
) -> Instrument:
    """The lot of an inverse contract is in USD, so that it has no step in coins."""
    return Instrument(
        name=canonical_name(VENUE, base, quote, expiry),
        venue=VENUE,
        venue_symbol=symbol,
        base=base,
        quote=quote,
        settle=settle or (base if inverse else quote),
        tick=tick,
        step=None if inverse else lot,
        expiry=expiry,
        inverse=inverse,
        status=status,
        assumed=assumed,
    )


def _is_inverse(row: InstrumentRow) -> bool:
    """Rows before 2022 do not say it: then, whatever is quoted in real dollars is."""
    said = row.instrument_type or row.future_type
    return said == "reversed" if said else row.quote_currency == "USD"


def _status(row: InstrumentRow) -> str:
    if row.is_active and row.state in {"", "open"}:
        return "trading"
    return row.state if row.state not in {"", "open"} else "inactive"
