"""Binance's spelling and ours, and the constants between their numbers and ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fbkit.clock import parse_utc
from fbkit.feeds.binance import VENUE
from fbkit.model import Instrument, Listing, canonical_name

#: Coins that only look as if they were quoted by the thousand.
NAMES = frozenset({"1INCH"})

_PREFIX = re.compile(r"(1000000|100000|10000|1000|1M)(?=[A-Z])")
_MULTIPLIER = {"1M": 1_000_000.0}

#: Quote assets of linear contracts, longest first; recordings hold ones that are gone.
_QUOTES = ("USDT", "USDC", "BUSD", "FDUSD", "USD1")

#: What we follow live: dollars, as far as stablecoins are.
FOLLOWED_QUOTES = frozenset({"USDT", "USDC"})

_DATED = re.compile(r"(.+)_(\d{2})(\d{2})(\d{2})")


def unprefixed(base: str) -> tuple[str, float]:
    """The coin behind a quoted base, and how many coins one unit is.

    >>> unprefixed("1000PEPE"), unprefixed("1MBABYDOGE"), unprefixed("1INCH")
    (('PEPE', 1000.0), ('BABYDOGE', 1000000.0), ('1INCH', 1.0))
    """
    match = None if base in NAMES else _PREFIX.match(base)
    if match is None:
        return base, 1.0
    prefix = match[1]
    return base[len(prefix) :], _MULTIPLIER.get(prefix) or float(prefix)


def is_symbol(text: str) -> bool:
    """Whether a text may be a symbol: letters of any script, digits and ``:_./-``, at most 40.

    >>> is_symbol("币安人生USDT"), is_symbol("<b>"), is_symbol("")
    (True, False, False)
    """
    return 0 < len(text) <= 40 and all(letter.isalnum() or letter in ":_./-" for letter in text)


def is_coin_margined(symbol: str) -> bool:
    """Whether a symbol is COIN-M's by its spelling, as older captures do not say it otherwise.

    >>> [is_coin_margined(symbol) for symbol in ("BTCUSD_PERP", "ETHUSD_210625", "BTCBUSD_210129", "BTCUSDT")]
    [True, True, False, False]
    """
    pair, underscore, _ = symbol.partition("_")
    return bool(underscore) and pair.endswith("USD") and not pair.endswith(_QUOTES)


def make(  # noqa: PLR0913 - an instrument has that many facts
    symbol: str,
    base: str,
    quote: str,
    *,
    settle: str | None = None,
    tick: float | None = None,
    step: float | None = None,
    expiry: int | None = None,
    status: str = "trading",
    assumed: bool = False,
) -> Instrument:
    """An instrument from the venue's words; ``tick`` and ``step`` in the venue's units.

    >>> make("1000PEPEUSDT", "1000PEPE", "USDT", tick=0.0000001).name
    'binance:PEPE-USDT-PERP'
    """
    coin, unit_mult = unprefixed(base)
    return Instrument(
        name=canonical_name(VENUE, coin, quote, expiry),
        venue=VENUE,
        venue_symbol=symbol,
        base=coin,
        quote=quote,
        settle=settle or quote,
        unit_mult=unit_mult,
        tick=None if tick is None else tick / unit_mult,
        step=None if step is None else step * unit_mult,
        expiry=expiry,
        status=status,
        assumed=assumed,
    )


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
            return make(symbol, pair[: -len(quote)], quote, expiry=expiry, assumed=True)
    return None


class Known:
    """An instrument as the parser needs it: few attributes, one look-up."""

    __slots__ = ("funding_hours", "instrument", "name", "size_mult", "unit_mult")

    def __init__(self, instrument: Instrument) -> None:
        self.funding_hours: float | None = None
        self.learn(instrument)

    def learn(self, instrument: Instrument) -> None:
        """Take the newest facts; whoever holds this sees them too."""
        self.instrument = instrument
        self.name = instrument.name
        self.unit_mult = instrument.unit_mult
        self.size_mult = instrument.size_mult


class Instruments:
    """The instruments a parser follows, by the venue's symbol.

    With ``assuming``, a symbol nobody introduced is assumed (:func:`assume`), unless a list (:meth:`introduce`) was
    heard that knows better; whoever is met for the first time waits in :attr:`fresh` to be announced.
    """

    def __init__(self, followed: Iterable[Instrument] = (), *, assuming: bool = False) -> None:
        self.by_symbol: dict[str, Known] = {}
        self.by_name: dict[str, Known] = {}
        self.assuming = assuming
        self.fresh: list[Instrument] = []
        self._introduced: dict[str, Instrument] = {}
        self._hours: dict[str, float] | None = None
        for instrument in followed:
            self.follow(instrument)

    def __iter__(self) -> Iterator[Known]:
        return iter(self.by_symbol.values())

    def __len__(self) -> int:
        return len(self.by_symbol)

    def follow(self, instrument: Instrument) -> Known:
        """Follow an instrument, or take its new facts."""
        known = self.by_symbol.get(instrument.venue_symbol) or Known(instrument)
        known.learn(instrument)
        known.funding_hours = self._hours_of(instrument)
        self.by_symbol[instrument.venue_symbol] = known
        self.by_name[instrument.name] = known
        return known

    def introduce(self, instruments: Iterable[Instrument]) -> None:
        """An instrument list was heard: who is met later is known, not assumed."""
        self._introduced.update({instrument.venue_symbol: instrument for instrument in instruments})

    def meet(self, symbol: str) -> Known | None:
        """A symbol that is not followed: followed from now on if we assume, else ``None``."""
        if not self.assuming:
            return None
        instrument = self._introduced.get(symbol) or assume(symbol)
        if instrument is None:
            return None
        self.fresh.append(instrument)
        return self.follow(instrument)

    def set_funding_hours(self, hours: dict[str, float]) -> None:
        """What ``fundingInfo`` said: hours by symbol; perpetuals it leaves out settle every 8 h."""
        self._hours = hours
        for known in self.by_symbol.values():
            known.funding_hours = self._hours_of(known.instrument)

    def _hours_of(self, instrument: Instrument) -> float | None:
        # Unknown until the venue has said it: never assume 8 (metrics reference 2).
        if self._hours is None or instrument.expiry is not None:
            return None
        return self._hours.get(instrument.venue_symbol, 8.0)


def listing_of(instrument: Instrument, ts_event: int, ts_recv: int | None = None) -> Listing:
    """The event that introduces an instrument, heard at ``ts_recv`` (UTC ns; by default when it happened)."""
    return Listing(
        instrument=instrument.name,
        ts_event=ts_event,
        ts_recv=ts_event if ts_recv is None else ts_recv,
        venue_symbol=instrument.venue_symbol,
        base=instrument.base,
        quote=instrument.quote,
        settle=instrument.settle,
        contract_size=instrument.contract_size,
        unit_mult=instrument.unit_mult,
        tick=instrument.tick,
        step=instrument.step,
        expiry=instrument.expiry,
        inverse=instrument.inverse,
        status=instrument.status,
        assumed=instrument.assumed,
    )
