"""How coins move together: correlations of their returns, and who leads (metrics reference 9)."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt, tanh
from typing import Any

import numpy as np
import pandas as pd

from fbkit.across.contracts import contracts_of, in_order, perpetuals
from fbkit.across.returns import Returns, returns_of
from fbkit.model import NS_MIN, TIMEFRAMES, Instrument, Span
from fbkit.quant import frames
from fbkit.quant.frames import LeadLag
from fbkit.quant.interval import LEAST_PAIRS
from fbkit.store import Store

EVERYTHING = Span()

#: In standard deviations of ``atanh r``: what the largest of 21 lags of two unrelated series exceeds once in 20 times.
_LARGEST_BY_CHANCE = 3.04

#: Lags that are looked at, in bars, on either side.
MOST = 10


def coin_returns(
    store: Store,
    coins: Sequence[str] | None,
    tf: str,
    span: Span = EVERYTHING,
    min_coverage: float = 0.8,
    column: str = "ret",
) -> Returns:
    """The returns of each coin's most traded perpetual, over all venues; of all coins where none is named.

    ``column`` may name ``oi_dlog`` instead, the changes of open interest.

    A symbol or a full name stands for the most traded contract it means. In the order given; else the most traded
    first. Raises :class:`~fbkit.errors.UnknownName`.
    """
    if coins is None:
        found = _most_traded(returns_of(store, perpetuals(store), tf, span, min_coverage, column))
        return found.of(np.argsort(-found.volume, kind="stable").tolist())
    meant = [contracts_of(store, coin) for coin in dict.fromkeys(coins)]
    each = {one.name: one for contracts in meant for one in contracts}
    read = returns_of(store, in_order(each.values()), tf, span, min_coverage, column)
    place = {one.name: at for at, one in enumerate(read.contracts)}
    chosen = [_fullest(read, [place[one.name] for one in _perpetual_first(contracts)]) for contracts in meant]
    return read.of(list(dict.fromkeys(chosen)))


def _perpetual_first(contracts: Sequence[Instrument]) -> Sequence[Instrument]:
    return [one for one in contracts if one.expiry is None] or contracts


def _most_traded(read: Returns) -> Returns:
    coins: dict[str, list[int]] = {}
    for place, one in enumerate(read.contracts):
        coins.setdefault(one.base, []).append(place)
    return read.of([_fullest(read, places) for places in coins.values()])


def _fullest(read: Returns, places: Sequence[int]) -> int:
    return max(places, key=lambda at: read.volume[at])


def correlations(read: Returns) -> pd.DataFrame:
    """The correlation of every two coins' log returns (or of what was read), as four square tables side by side.

    ``frame["r"]`` is Pearson's r over the slots that both have, ``frame["low"]`` and ``frame["high"]`` its 95 %
    interval, ``frame["n"]`` the pairs of returns. NaN with fewer than 30, and where one of the two never moved.
    ``attrs``: ``instruments`` (of each coin), ``venues``, ``coverage``.
    """
    found = frames.correlations(pd.DataFrame(read.fresh, columns=list(labels_of(read.contracts))))
    frame: pd.DataFrame = pd.concat(found._asdict(), axis=1, names=["", "coin"])
    frame.index.name = "coin"
    frame.attrs |= described(read)
    return frame


def lead_lag(read: Returns) -> pd.DataFrame:
    """The correlation of two coins' returns at each lag of −10 to 10 bars: ``r low high n``, by ``lag_bars``.

    Above zero the first leads: its return now goes with the second's that many bars later. ``attrs`` hold the
    largest |r| (``lag r low high n``) and a ``sentence`` that says who leads. The interval
    is that of one lag looked at alone; the sentence allows for having looked at 21.
    """
    short = max(0, MOST + 1 - len(read.t1))
    first, second = np.pad(read.fresh, ((0, short), (0, 0)), constant_values=np.nan).T
    lags, each = frames.cross_correlations(first, second, MOST)
    frame = pd.DataFrame(each._asdict(), index=pd.Index(lags, name="lag_bars"))
    best = frames.lead_lag(first, second, MOST)
    frame.attrs |= described(read) | best._asdict()
    frame.attrs["sentence"] = in_words(best, frame, labels_of(read.contracts), read.tf)
    return frame


def in_words(best: LeadLag, frame: pd.DataFrame, names: Sequence[str], tf: str) -> str:
    """Who leads, as one sentence that does not say more than the interval.

    >>> best = LeadLag(2, 0.5, 0.4, 0.6, 100)
    >>> frame = pd.DataFrame({"low": [0.1], "high": [0.2]}, index=[0])
    >>> in_words(best, frame, ("BTC", "ETH"), "15m")
    'BTC leads ETH by 2 bars of 15m (30 min): r 0.50, 95 % 0.40 to 0.60, 100 pairs.'
    """
    first, second = names
    if not isfinite(best.r):
        return f"No lag of {first} and {second} has {LEAST_PAIRS} pairs of returns that move: nothing can be said."
    told = f"r {best.r:.2f}, 95 % {best.low:.2f} to {best.high:.2f}, {best.n:,} pairs."
    if abs(best.r) < tanh(_LARGEST_BY_CHANCE / sqrt(best.n - 3)):
        return f"Nothing can be said: the largest of {2 * MOST + 1} lags is no larger than chance makes it: {told}"
    if best.lag == 0:
        return f"Neither leads: {first} and {second} are tied most in the same bar of {tf}: {told}"
    leader, follower = (first, second) if best.lag > 0 else (second, first)
    bars = abs(best.lag)
    minutes = bars * TIMEFRAMES[tf] // NS_MIN
    by = f"{bars} bar{'s' if bars > 1 else ''} of {tf} ({minutes:,} min)"
    same_bar = frame.loc[[0], ["low", "high"]].abs().to_numpy(np.float64).max()
    doubt = " It can hardly be told from the same bar." if same_bar >= min(abs(best.low), abs(best.high)) else ""
    return f"{leader} leads {follower} by {by}: {told}{doubt}"


def labels_of(contracts: Sequence[Instrument]) -> tuple[str, ...]:
    """Coins by name; where two contracts are of one coin, their full names."""
    bases = [one.base for one in contracts]
    return tuple(one.base if bases.count(one.base) == 1 else one.name for one in contracts)


def described(read: Returns) -> dict[str, Any]:
    """What stands behind a frame of many coins."""
    labels = labels_of(read.contracts)
    return {
        "instruments": {label: one.name for label, one in zip(labels, read.contracts, strict=True)},
        "venues": ", ".join(sorted({one.venue for one in read.contracts})),
        "tf": read.tf,
        "coverage": float(read.coverage.mean()) if read.coverage.size else 0.0,
    }
