"""The instruments a feed follows: the venue's spelling and ours, and the constants between their numbers and ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from fbkit.model import Instrument, Listing, canonical_name

#: Coins that only look as if they were quoted by the thousand.
NAMES = frozenset({"1INCH"})

_PREFIX = re.compile(r"(1000000|100000|10000|1000|1M)(?=[A-Z])")
_MULTIPLIER = {"1M": 1_000_000.0}


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


def linear(  # noqa: PLR0913 - an instrument has that many facts
    venue: str,
    symbol: str,
    coin: tuple[str, float],
    quote: str,
    *,
    settle: str = "",
    tick: float | None = None,
    step: float | None = None,
    expiry: int | None = None,
    status: str = "trading",
    assumed: bool = False,
) -> Instrument:
    """A linear contract by the venue's words: the coin and how many one unit is; ``tick`` and ``step`` of that unit.

    >>> pepe = linear("binance", "1000PEPEUSDT", unprefixed("1000PEPE"), "USDT", tick=0.001, step=100.0)
    >>> pepe.name, pepe.tick, pepe.step
    ('binance:PEPE-USDT-PERP', 1e-06, 100000.0)
    """
    base, unit_mult = coin
    return Instrument(
        name=canonical_name(venue, base, quote, expiry),
        venue=venue,
        venue_symbol=symbol,
        base=base,
        quote=quote,
        settle=settle or quote,
        unit_mult=unit_mult,
        tick=None if tick is None else tick / unit_mult,
        step=None if step is None else step * unit_mult,
        expiry=expiry,
        status=status,
        assumed=assumed,
    )


class Known:
    """An instrument as a parser needs it: few attributes, one look-up.

    A linear contract's price is ``wire / unit_mult`` and its size ``wire * size_mult``. An inverse one counts USD:
    coins are :meth:`coins`, price as it is. ``is_plain`` says that both multipliers are 1: the wire's numbers are ours.
    """

    __slots__ = (
        "contract_size", "funding_hours", "instrument", "inverse", "is_plain", "name", "size_mult", "unit_mult",
    )  # fmt: skip

    def __init__(self, instrument: Instrument) -> None:
        self.funding_hours: float | None = None
        self.learn(instrument)

    def learn(self, instrument: Instrument) -> None:
        """Take the newest facts; whoever holds this sees them too."""
        self.instrument = instrument
        self.name = instrument.name
        self.unit_mult = instrument.unit_mult
        self.size_mult = instrument.size_mult
        self.is_plain = instrument.unit_mult == instrument.size_mult == 1
        self.inverse = instrument.inverse
        self.contract_size = instrument.contract_size

    def coins(self, wire_size: float, wire_price: float) -> float:
        """A wire size in coins: one IEEE operation for linear contracts, USD over price for inverse ones."""
        if self.inverse:
            return wire_size * self.contract_size / wire_price
        return wire_size * self.size_mult


class Instruments:
    """The instruments a parser follows, by the venue's symbol.

    With ``assume``, a symbol nobody introduced is what that function makes of it, unless a list (:meth:`introduce`)
    was heard that knows better; whoever is met for the first time waits in :attr:`fresh` to be announced.
    """

    def __init__(
        self, followed: Iterable[Instrument] = (), *, assume: Callable[[str], Instrument | None] | None = None
    ) -> None:
        self.by_symbol: dict[str, Known] = {}
        self.by_name: dict[str, Known] = {}
        self.fresh: list[Instrument] = []
        self._assume = assume
        self._introduced: dict[str, Instrument] = {}
        self._hours: dict[str, float] | None = None
        self._usual_hours: float | None = None
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

    def drop(self, symbol: str) -> None:
        """Follow an instrument no more."""
        known = self.by_symbol.pop(symbol, None)
        if known is not None:
            self.by_name.pop(known.name, None)

    def introduce(self, instruments: Iterable[Instrument]) -> None:
        """An instrument list was heard: who is met later is known, not assumed."""
        self._introduced.update({instrument.venue_symbol: instrument for instrument in instruments})

    def meet(self, symbol: str) -> Known | None:
        """A symbol that is not followed: followed from now on if we assume, else ``None``."""
        if self._assume is None:
            return None
        instrument = self._introduced.get(symbol) or self._assume(symbol)
        if instrument is None:
            return None
        self.fresh.append(instrument)
        return self.follow(instrument)

    def set_funding_hours(self, hours: dict[str, float], usual: float | None = None) -> None:
        """What the venue said: hours between settlements by symbol, and of perpetuals it leaves out (``usual``)."""
        self._hours, self._usual_hours = hours, usual
        for known in self.by_symbol.values():
            known.funding_hours = self._hours_of(known.instrument)

    def _hours_of(self, instrument: Instrument) -> float | None:
        # Unknown until the venue has said it: never assume 8 (metrics reference 2).
        if self._hours is None or instrument.expiry is not None:
            return None
        return self._hours.get(instrument.venue_symbol, self._usual_hours)


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
