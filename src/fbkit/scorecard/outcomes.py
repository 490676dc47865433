"""What followed each alert, one row an alert."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from fbkit.model import NS_MIN
from fbkit.scorecard.ahead import HORIZONS, Ahead, first_minute
from fbkit.scorecard.minutes import Floats, Integers, MinutesOf

#: Which way an alert points. One that says anything else has no outcome.
SIGNS: dict[str, float] = {"up": 1.0, "long": 1.0, "down": -1.0, "short": -1.0}

#: Why an outcome is missing.
REASONS: dict[str, str] = {
    "open": "its horizon is not over yet",
    "gap": "a 1m bar of its horizon is missing or hardly covered",
    "no_bars": "no 1m bars of its instrument are there",
    "no_direction": "it points neither way",
}

_KEPT = ("alert_id", "ts", "instrument", "tf", "t1", "tier", "rule", "direction", "column", "sentence")

#: Says how many instruments are done, and of how many.
Told = Callable[[float, str], None]


class Asked(NamedTuple):
    """What is asked.

    Horizons; ``as_of``, the instant (UTC ns) until which every bar is there that will ever be; the coverage a horizon
    must have; ``until``, before which (UTC ns) the alerts were spoken.
    """

    horizons: tuple[str, ...]
    as_of: int
    min_coverage: float = 0.8
    until: int | None = None

    @property
    def end(self) -> int:
        """The minute in which ``as_of`` lies."""
        return self.as_of // NS_MIN


class Followed(NamedTuple):
    """Alerts as arrays: the minute of entry, which way they point (NaN: neither), the entry's price, what followed."""

    entry: Integers
    sign: Floats
    price: Floats
    ret: dict[str, Floats]
    mfe: dict[str, Floats]
    mae: dict[str, Floats]
    why: dict[str, np.ndarray[tuple[int], np.dtype[np.object_]]]


class Look(NamedTuple):
    """An instrument at a horizon: the forward return at every minute of it, and the places of its alerts."""

    horizon: str
    ahead: Ahead
    ret: Floats
    places: Integers


def follow(
    found: Followed, alerts: pd.DataFrame, minutes_of: MinutesOf, asked: Asked, told: Told | None = None
) -> Iterator[Look]:
    """Fill in what followed each alert, instrument by instrument; :func:`nothing_yet` makes what is filled.

    The entry is the open of the 1m bar that begins at or after the instant the alert was spoken. ``ret`` is the close
    of the horizon's last bar, ``mfe`` the best and ``mae`` the worst price on the way, each as a fraction of the entry
    price, above zero where it went the alert's way. That is what a linear contract earns before costs; the mirror
    image of a move x is x / (1 + x).

    >>> from fbkit.scorecard import lay
    >>> x = [100.0, 101.0, 99.0, 102.0, 103.0, 104.0]
    >>> bars = lay([n * NS_MIN for n in range(6)], (x, x, x, x), [1.0] * 6)
    >>> spoken = pd.DataFrame({"ts": [1], "instrument": ["BTC"], "direction": ["down"]})
    >>> asked = Asked(("5m",), as_of=6 * NS_MIN)
    >>> found = nothing_yet(spoken, asked.horizons)
    >>> for _ in follow(found, spoken, {"BTC": bars}.__getitem__, asked): pass
    >>> [round(float(x["5m"][0]), 4) for x in (found.ret, found.mfe, found.mae)]
    [-0.0297, 0.0198, -0.0297]
    """
    instruments = alerts.groupby("instrument", observed=True).indices
    for done, (name, indices) in enumerate(instruments.items(), 1):
        places = np.asarray(indices, dtype=np.int64)
        ahead = Ahead(minutes_of(str(name)))
        found.price[places] = at(ahead.entry, ahead.begin, found.entry[places])
        for horizon in asked.horizons:
            yield Look(horizon, ahead, _fill(found, ahead, horizon, places, asked), places)
        if told is not None:
            told(done, f"{done} of {len(instruments)} instruments")


def nothing_yet(alerts: pd.DataFrame, horizons: tuple[str, ...]) -> Followed:
    """Alerts (``ts`` UTC ns, ``instrument``, ``direction``) of which nothing is known yet."""
    n = len(alerts)
    sign = np.array([SIGNS.get(word, np.nan) for word in alerts["direction"]], dtype=np.float64)
    ret, mfe, mae = ({horizon: np.full(n, np.nan) for horizon in horizons} for _ in range(3))
    why = {horizon: np.full(n, "", dtype=object) for horizon in horizons}
    entry = first_minute(alerts["ts"].to_numpy(np.int64))
    return Followed(entry, sign, np.full(n, np.nan), ret, mfe, mae, why)


def _fill(found: Followed, ahead: Ahead, horizon: str, places: Integers, asked: Asked) -> Floats:
    """The outcomes of one instrument's alerts; returns the forward return at every minute of it."""
    bars = HORIZONS[horizon]
    forward = ahead.forward(bars, asked.min_coverage)
    entry, sign = found.entry[places], found.sign[places]
    is_open = entry + bars > asked.end
    ret, up, down = (np.where(is_open, np.nan, at(x, ahead.begin, entry)) for x in forward)
    found.ret[horizon][places] = sign * ret + 0.0
    found.mfe[horizon][places] = np.where(sign > 0, up, sign * down) + 0.0
    found.mae[horizon][places] = np.where(sign > 0, down, sign * up) + 0.0
    lacks = np.where(np.isfinite(ret), "", "gap" if len(ahead.entry) else "no_bars")
    why = np.select([np.isnan(sign), is_open], ["no_direction", "open"], lacks)
    found.why[horizon][places] = why
    return forward.ret


def at(x: Floats, begin: int, minutes: Integers) -> Floats:
    """Values of a grid that begins at minute ``begin``, NaN beside it.

    >>> at(np.array([1.0, 2.0]), 10, np.array([9, 10, 11, 12])).tolist()
    [nan, 1.0, 2.0, nan]
    """
    place = minutes - begin
    inside = (place >= 0) & (place < len(x))
    found = np.full(minutes.shape, np.nan)
    found[inside] = x[place[inside]]
    return found


def outcomes(alerts: pd.DataFrame, found: Followed) -> pd.DataFrame:
    """The same as a frame: the alert, its entry (bar's begin in UTC ns, price), and for each horizon four columns.

    ``why_…`` is empty where there is a number, else one of :data:`REASONS`.
    """
    frame = alerts[[name for name in _KEPT if name in alerts.columns]].copy()
    frame["entry_t0"], frame["entry_price"] = found.entry * NS_MIN, found.price
    for horizon in found.ret:
        frame[f"ret_{horizon}_frac"] = found.ret[horizon]
        frame[f"mfe_{horizon}_frac"] = found.mfe[horizon]
        frame[f"mae_{horizon}_frac"] = found.mae[horizon]
        frame[f"why_{horizon}"] = found.why[horizon]
    return frame
