"""A coin among the venues that are chosen, in bars that a screen can tell apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from fbkit.dashboard.source import Source
from fbkit.model import TIMEFRAMES

if TYPE_CHECKING:
    from fbkit.across import Coin

#: More slots than these are not told apart on a screen: a longer bar is drawn.
SLOTS = 700


def among(coin: Coin, venues: Collection[str]) -> Coin:
    """The same coin at some of its venues."""
    places = [at for at, one in enumerate(coin.contracts) if one.venue in venues]
    columns = {name: values[:, places] for name, values in coin.columns.items()}
    return coin._replace(
        contracts=tuple(coin.contracts[at] for at in places), columns=columns, there=coin.there[:, places]
    )


def drawn_tf(tf: str, span: int) -> str:
    """The chosen timeframe, or the shortest longer one with which a span (ns) has no more slots than are told apart.

    >>> drawn_tf("1m", 48 * TIMEFRAMES["1h"]), drawn_tf("1h", 48 * TIMEFRAMES["1h"])
    ('5m', '1h')
    """
    longer = (one for one, length in TIMEFRAMES.items() if length >= TIMEFRAMES[tf] and span // length <= SLOTS)
    return next(longer, "1d")


def enough(source: Source) -> float:
    """The share of a bar that must be covered for its values to count, as the desk has it: the setting, else 0.8."""
    settings = getattr(source, "settings", None)
    return float(settings.min_coverage) if settings is not None else 0.8
