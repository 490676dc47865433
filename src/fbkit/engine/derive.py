"""The columns of a bar that follow from its others: element by element, for many instruments or many minutes alike."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from fbkit.model import BAR_COLUMNS, NS_DAY, NS_MIN

Floats = NDArray[np.float64]

#: Bars as columns: the names of :data:`fbkit.model.BAR_COLUMNS`, ``coverage``, and ``source`` as a code.
Bars = dict[str, Floats]

NAMES = tuple(column.name for column in BAR_COLUMNS)

#: Codes of ``source``.
SOURCES = ("none", "own", "venue")
NONE, OWN, VENUE = range(3)

_NAN, _INF = float("nan"), float("inf")


def lns(x: Floats) -> Floats:
    """``math.log`` of each element, NaN where there is none: evaluated once, by ``math``, and stored."""
    return np.array([log(v) if 0.0 < v < _INF else _NAN for v in x.tolist()], np.float64)


#: Columns that are positive, and those that are not negative, or they are missing.
_POSITIVE = ("open", "high", "low", "close", "mark", "index")
_AMOUNTS = (
    "vol_base",
    "vol_usd",
    "n_trades",
    "buy_usd",
    "sell_usd",
    "oi_base",
    "oi_usd",
    "liq_long_usd",
    "liq_short_usd",
)
_FINITE = ("spread_bp", "obi_5", "premium", "funding_8h", "funding_apr")


def believe(bars: Bars) -> None:
    """Numbers that cannot be (a price of 0, an infinite volume) become missing; feeds and stores let none through.

    >>> bars = {name: np.array([1.0, 0.0, -1.0, np.inf]) for name in (*_POSITIVE, *_AMOUNTS, *_FINITE)}
    >>> believe(bars)
    >>> bars["close"].tolist(), bars["vol_usd"].tolist()
    ([1.0, nan, nan, nan], [1.0, 0.0, nan, nan])
    """
    for name in _POSITIVE:
        x = bars[name]
        bars[name] = np.where((x > 0.0) & (x < _INF), x, _NAN)
    for name in _AMOUNTS:
        x = bars[name]
        bars[name] = np.where((x >= 0.0) & (x < _INF), x, _NAN)
    for name in _FINITE:
        bars[name] = np.where(np.isfinite(bars[name]), bars[name], _NAN)


def derive(bars: Bars, close_before: Floats, oi_before: Floats) -> None:
    """Add ``ret delta taker_imb ln_vol oi_usd oi_dlog`` to 1m bars; the arguments are the previous bar's.

    ``oi_usd`` is base times mark; where no mark is fresh, what the venue stated.
    """
    believe(bars)
    bars["delta"] = bars["buy_usd"] - bars["sell_usd"]
    own = bars["oi_base"] * bars["mark"]
    bars["oi_usd"] = np.where(np.isfinite(own), own, bars["oi_usd"])
    relate(bars, close_before, oi_before, NS_MIN)


def oi_heard(bars: Bars, length: int) -> Floats:
    """Open interest where it was heard of within the bar itself (``length`` ns), else NaN.

    Carried over from an earlier bar it says nothing about a change: a history of one value in 5 minutes would give
    1m changes of 0, 0, 0, 0 and a jump.
    """
    return np.where(bars["oi_age"] < length, bars["oi_base"], _NAN)


def relate(bars: Bars, close_before: Floats, oi_before: Floats, length: int) -> None:
    """The columns that every timeframe forms anew: ``ret taker_imb ln_vol oi_dlog``.

    ``oi_before`` is the previous bar's :func:`oi_heard`.
    """
    buy, sell = bars["buy_usd"], bars["sell_usd"]
    with np.errstate(all="ignore"):
        both = buy + sell
        bars["taker_imb"] = np.where((both > 0.0) & (both < _INF), (buy - sell) / both, _NAN)
        bars["ret"] = lns(bars["close"] / close_before)
        bars["oi_dlog"] = lns(oi_heard(bars, length) / oi_before)
    bars["ln_vol"] = lns(bars["vol_usd"])


def before(x: Floats, first: float) -> Floats:
    """Each element's predecessor.

    >>> before(np.array([1.0, 2.0]), 9.0)
    array([9., 1.])
    """
    return np.concatenate(((first,), x[:-1]))


def next_cvd(cvd: float, delta: float, t1: int) -> float:
    """The cumulative delta after a minute: anchored at 00:00 UTC, and anew after a minute without one."""
    if t1 % NS_DAY == NS_MIN or cvd != cvd:  # noqa: PLR0124 - NaN: the minute before is missing
        return delta
    total = cvd + delta
    return total if -_INF < total < _INF else _NAN


def next_cvds(cvd: Floats, delta: Floats, t1: int) -> Floats:
    """:func:`next_cvd` of many instruments."""
    if t1 % NS_DAY == NS_MIN:
        return delta.copy()
    total = cvd + delta
    return np.where(np.isnan(cvd), delta, np.where(np.isfinite(total), total, _NAN))


def cvd_along(cvd: float, delta: Floats, t1: NDArray[np.int64]) -> Floats:
    """:func:`next_cvd` minute after minute."""
    out = []
    for d, end in zip(delta.tolist(), t1.tolist(), strict=True):
        cvd = next_cvd(cvd, d, end)
        out.append(cvd)
    return np.array(out, np.float64)


def counts(n_trades: Floats) -> list[int | None]:
    """Counts as whole numbers, ``None`` where unknown.

    >>> counts(np.array([2.0, np.nan]))
    [2, None]
    """
    return [int(n) if n == n else None for n in n_trades.tolist()]  # noqa: PLR0124 - not NaN


def source_names(codes: Floats) -> list[str]:
    """Codes of ``source`` as words.

    >>> source_names(np.array([0.0, 2.0]))
    ['none', 'venue']
    """
    return [SOURCES[int(code)] for code in codes.tolist()]
