"""The contracts of one coin, over all venues, in the order in which they are summed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from fbkit.errors import UnknownName
from fbkit.model import Instrument
from fbkit.store import Store

#: What counts as 1 USD (metrics reference 0). A contract quoted in anything else is left out of every sum.
DOLLARS = frozenset({"USD", "USDT", "USDC", "BUSD", "FDUSD", "USD1", "TUSD", "DAI", "USDE"})


def contracts_of(store: Store, coin: str) -> list[Instrument]:
    """The contracts meant by a coin (``BTC``), a symbol (``BTC-USDT-PERP``) or a full name, by venue and name.

    Raises :class:`~fbkit.errors.UnknownName`, with the nearest coins, where there is none that is quoted in dollars.
    """
    known = [one for one in store.instruments().values() if one.quote in DOLLARS]
    wanted = coin.upper()
    found = [one for one in known if wanted in {one.base.upper(), one.symbol.upper(), one.name.upper()}]
    if not found:
        raise UnknownName("coin", coin, _near(wanted, known))
    return in_order(found)


def _near(wanted: str, known: Sequence[Instrument]) -> list[str]:
    bases = sorted({one.base for one in known})
    names = sorted({name for one in known for name in (one.symbol, one.name)})
    return difflib.get_close_matches(wanted, bases, 3, 0.5) or difflib.get_close_matches(wanted, names, 3, 0.5)


def in_order(contracts: Iterable[Instrument]) -> list[Instrument]:
    """By venue, then by name: the order of every sum (metrics reference 0).

    >>> in_order([Instrument(f"{v}:A-USD-PERP", v, "A", "A", "USD", "USD") for v in ("x", "x-y", "b")])[0].venue
    'b'
    """
    return sorted(contracts, key=lambda one: (one.venue, one.name))


def perpetuals(store: Store) -> list[Instrument]:
    """Every perpetual that is quoted in dollars, by venue and name."""
    return in_order(one for one in store.instruments().values() if one.quote in DOLLARS and one.expiry is None)


def newest_end(store: Store, contracts: Iterable[Instrument], tf: str) -> int | None:
    """The end (UTC ns) of the newest bar of any of these; ``None`` where there is none."""
    newest = store.rows("summary", tf=tf)
    ends = newest.loc[newest["instrument"].isin({one.name for one in contracts}), "t1"]
    return int(ends.max()) if len(ends) else None
