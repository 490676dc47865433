"""A coin among the venues that are chosen, in bars that a screen can tell apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from fbkit.dashboard.source import Source
from fbkit.model import NS_DAY, TIMEFRAMES

if TYPE_CHECKING:
    from fbkit.across import Coin

#: Spans one may choose, and their length in ns.
SPANS = {"1d": NS_DAY, "2d": 2 * NS_DAY, "1w": 7 * NS_DAY}

#: More slots than these are not told apart on a screen: a longer bar is drawn.
SLOTS = 700


def among(coin: Coin, venues: Collection[str]) -> Coin:
    """The same coin at some of its venues."""
    places = [at for at, one in enumerate(coin.contracts) if one.venue in venues]
    # At none of them there is no slot either: whoever looks for the newest finds none.
    slots = slice(None if places else 0)
    return coin._replace(
        contracts=tuple(coin.contracts[at] for at in places),
        t1=coin.t1[slots],
        columns={name: values[slots][:, places] for name, values in coin.columns.items()},
        there=coin.there[slots][:, places],
    )


def drawn_tf(tf: str, span: int, slots: int = SLOTS) -> str:
    """The chosen timeframe, or the shortest longer one with which a span (ns) has no more than so many slots.

    >>> drawn_tf("1m", 48 * TIMEFRAMES["1h"]), drawn_tf("1h", 48 * TIMEFRAMES["1h"])
    ('5m', '1h')
    """
    longer = (one for one, length in TIMEFRAMES.items() if length >= TIMEFRAMES[tf] and span // length <= slots)
    return next(longer, "1d")


def enough(source: Source) -> float:
    """The share of a bar that must be covered for its values to count, as the desk has it: the setting, else 0.8."""
    settings = getattr(source, "settings", None)
    return float(settings.min_coverage) if settings is not None else 0.8
