"""Funding of many coins by venue: the newest rate of each venue's main perpetual, and how unusual it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_MS, NS_S
from fbkit.widgets.format import age

if TYPE_CHECKING:
    from fbkit.across import Coin

Floats = NDArray[np.float64]

#: Hours in the baseline of a funding rate's Z, and the least of them.
HOURS, LEAST = 720, 24

#: What a venue has not.
NONE = "none"


class Rate(NamedTuple):
    """A venue's rate, a fraction per 8 h; NaN with a reason. ``contract`` is the perpetual it belongs to."""

    value: float
    reason: str
    contract: str


class Rates(NamedTuple):
    """A coin's newest funding: by venue, and weighted by open interest over ``weighed`` of the venues."""

    coin: str
    rates: dict[str, Rate]
    weighted: float
    weighed: str
    oi_usd: dict[str, float]
    mark_usd: dict[str, float]
    premium_bp: dict[str, float]
    coverage: dict[str, float]
    end: int

    def kind(self, venue: str) -> str:
        """Whether a venue's rate is ``predicted``: it came beside a mark; else it is a ``settled`` one."""
        return "predicted" if np.isfinite(self.mark_usd.get(venue, np.nan)) else "settled"


class History(NamedTuple):
    """A coin's hours: settled or predicted rates by venue, the weighted one, instants (UTC ms).

    ``venues`` counts those in the weighted one; ``predicted`` says of each hour whether its rates were predicted.
    """

    t_ms: Floats
    rates: dict[str, Floats]
    weighted: Floats
    venues: NDArray[np.int64]
    predicted: NDArray[np.bool_]

    def before(self, end: int, venue: str = "") -> Floats:
        """The hours that ended before ``end`` (UTC ns): of a venue, else the weighted ones."""
        values = self.rates.get(venue, np.empty(0)) if venue else self.weighted
        return values[self.t_ms[: len(values)] < end / NS_MS]


def rates_of(name: str, coin: Coin, end: int, unfed: Sequence[str] = ()) -> Rates:
    """The newest rates of a coin, of bars that end at ``end`` (UTC ns); ``unfed`` venues tell no funding."""
    from fbkit.across.funding import weighted_funding

    main = coin.main()
    alive = len(coin.t1) and int(coin.t1[-1]) == end
    newest = coin.newest()
    rates = {venue: _rate(coin, main.get(venue), end, venue in unfed) for venue in coin.venues}
    row = weighted_funding(newest).iloc[-1] if alive else None

    def of(column: str, factor: float = 1.0) -> dict[str, float]:
        values = newest.fresh(column)
        return {v: factor * float(values[-1, at]) for v, at in main.items()} if alive else {}

    interest = (
        dict(zip(coin.venues, newest.by_venue(newest.fresh("oi_usd"))[-1].tolist(), strict=True)) if alive else {}
    )
    covered = dict(zip(coin.venues, newest.covered_by_venue()[-1].tolist(), strict=True)) if alive else {}
    weighted, weighed = (float(row["funding_oiw_8h"]), str(row["funding_venues"])) if row is not None else (np.nan, "")
    return Rates(name, rates, weighted, weighed, interest, of("mark"), of("premium", 1e4), covered, end)


def _rate(coin: Coin, at: int | None, end: int, unfed: bool) -> Rate:  # noqa: FBT001 - one fact of a venue
    if at is None:
        return Rate(np.nan, NONE, "")
    contract = coin.contracts[at].symbol
    if unfed:
        return Rate(np.nan, "no feed", contract)
    values = coin.fresh("funding_8h")[:, at]
    if len(values) and int(coin.t1[-1]) == end and np.isfinite(values[-1]):
        return Rate(float(values[-1]), "", contract)
    return Rate(np.nan, _why(coin, at, values, end), contract)


def _why(coin: Coin, at: int, values: Floats, end: int) -> str:
    """Why there is no rate: its bar lies in a gap, it is old, or none came yet."""
    heard = np.flatnonzero(np.isfinite(values))
    if len(coin.t1) and int(coin.t1[-1]) == end and coin.columns["coverage"][-1, at] < coin.min_coverage:
        return "gap"
    return f"stale {age((end - int(coin.t1[heard[-1]])) / NS_S)}" if len(heard) else "awaited"


def history_of(coin: Coin) -> History:
    """Every hour's funding of a coin, main perpetual by venue."""
    from fbkit.across.funding import weighted_funding

    if not len(coin.t1):
        return History(np.empty(0), {}, np.empty(0), np.empty(0, np.int64), np.empty(0, np.bool_))
    frame, rates = weighted_funding(coin), coin.fresh("funding_8h")
    counted = np.array([len(names.split(", ")) if names else 0 for names in frame["funding_venues"]], np.int64)
    # A rate beside a mark came with it and is the one that is to come; without one it is a settled one, fetched.
    predicted = np.any(np.isfinite(rates) & np.isfinite(coin.fresh("mark")), axis=1)
    by_venue = {venue: rates[:, at] for venue, at in coin.main().items()}
    return History(coin.t1 / NS_MS, by_venue, frame["funding_oiw_8h"].to_numpy(np.float64), counted, predicted)


def unusual(value: float, past: Floats) -> tuple[float, int]:
    """The Z-score of a rate against the hours before it, and how many these are; NaN of fewer than 24, or flat ones.

    >>> z, n = unusual(3.0, np.arange(24.0) % 3)
    >>> round(z, 2), n
    (2.4, 24)
    """
    from fbkit.quant.frames import zscore

    finite = past[np.isfinite(past)][-HOURS:]
    if len(finite) < LEAST or not np.isfinite(value):
        return np.nan, len(finite)
    return float(zscore(np.append(finite, value), len(finite))[-1]), len(finite)


def judged(one: Rates, past: History | None, venue: str = "") -> tuple[float, int]:
    """The Z-score of a venue's rate, else of the weighted one, against the hours before, and how many these are."""
    value = one.rates[venue].value if venue else one.weighted
    return unusual(value, past.before(one.end, venue)) if past is not None else (np.nan, 0)


def kinds(rates: Sequence[Rates]) -> str:
    """Which kinds of rates these are, in words.

    >>> kinds([])
    'predicted'
    """
    found = {one.kind(venue) for one in rates for venue, rate in one.rates.items() if np.isfinite(rate.value)}
    return "predicted or settled" if len(found) > 1 else next(iter(found), "predicted")


def behind(histories: Mapping[str, History]) -> int:
    """The most hours that any coin's Z stands on."""
    return max((min(HOURS, int(np.isfinite(one.weighted).sum())) for one in histories.values()), default=0)
