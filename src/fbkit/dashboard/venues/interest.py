"""Open interest of a coin by venue: layers, each at its last value where the venue is old."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_DAY, NS_HOUR, NS_MS, NS_S, TIMEFRAMES

if TYPE_CHECKING:
    from fbkit.across import Coin

Floats = NDArray[np.float64]


class Layer(NamedTuple):
    """One venue: USD where it was fresh and, held on, where it was not; how old its last value is (s); its share."""

    venue: str
    usd: Floats
    held: Floats
    age_s: float
    share: float

    @property
    def begin(self) -> int:
        """The first slot in which it was fresh."""
        return int(np.isfinite(self.usd).argmax())


class Interest(NamedTuple):
    """A coin's open interest: instants (UTC ms), layers from the ground up, the total (USD) of the fresh ones.

    ``change`` is a fraction, in coins, over ``hours``: each bar against the one before over the contracts fresh at
    both ends, so that a venue that comes or goes is neither rise nor fall. ``silent`` venues never told any.
    """

    t_ms: Floats
    layers: tuple[Layer, ...]
    total: float
    change: float
    hours: float
    silent: tuple[str, ...]
    coverage: float

    @property
    def fresh(self) -> tuple[str, ...]:
        """The venues in the total."""
        return tuple(layer.venue for layer in self.layers if not layer.age_s)


@np.errstate(all="ignore")
def interest_of(coin: Coin) -> Interest:
    """The layers of a coin; venues that began later lie on top, else the largest at the ground."""
    from fbkit.across import across

    if not len(coin.t1):
        return Interest(np.empty(0), (), np.nan, np.nan, 0.0, coin.venues, np.nan)
    frame, by_venue = across(coin), coin.by_venue(coin.fresh("oi_usd"))
    total = float(frame["oi_total_usd"].iloc[-1])
    told = [(venue, usd) for venue, usd in zip(coin.venues, by_venue.T, strict=True) if np.isfinite(usd).any()]
    layers = [Layer(venue, usd, held(usd), _age_s(coin.t1, usd), float(usd[-1] / total)) for venue, usd in told]
    layers.sort(key=lambda layer: (layer.begin, -layer.held[-1]))
    change, hours = changed(frame["oi_dlog"].to_numpy(np.float64), coin.t1, coin.tf)
    return Interest(
        coin.t1 / NS_MS, tuple(layers), total, change, hours,
        tuple(venue for venue in coin.venues if venue not in {layer.venue for layer in layers}),
        float(np.nanmean(frame["coverage"])),
    )  # fmt: skip  # an answer


def held(values: Floats) -> Floats:
    """Each missing value as the last one before it; NaN before the first.

    >>> held(np.array([np.nan, 1.0, np.nan, 3.0]))
    array([nan,  1.,  1.,  3.])
    """
    place = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), -1))
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)


def changed(steps: Floats, t1: NDArray[np.int64], tf: str) -> tuple[float, float]:
    """The change (a fraction) over the last 24 h, or what is there of them, and over how many hours.

    >>> changed(np.log([1.0, 1.1, 1.2]), np.array([1, 2, 3]) * NS_HOUR, "1h")[1]
    3.0
    """
    day = (t1 > t1[-1] - NS_DAY) & np.isfinite(steps)
    if not day.any():
        return np.nan, 0.0
    first = t1[day][0] - TIMEFRAMES[tf]
    return float(np.expm1(steps[day].sum())), float((t1[-1] - first) / NS_HOUR)


def _age_s(t1: NDArray[np.int64], usd: Floats) -> float:
    last = int(np.flatnonzero(np.isfinite(usd))[-1])
    return float((t1[-1] - t1[last]) / NS_S)
