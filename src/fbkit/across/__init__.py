"""Across the venues of one coin, and across coins: pure functions of stored bars (metrics reference 1 to 6, 9, 14).

A value counts where its bar has it and the bar's coverage is enough; every frame names the venues behind each row.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fbkit.across.boards import UNITS, board
    from fbkit.across.breadths import breadth
    from fbkit.across.coin import Coin, gathered, venues_of
    from fbkit.across.coins import coin_returns, correlations, lead_lag
    from fbkit.across.contracts import contracts_of, newest_end, perpetuals
    from fbkit.across.curves import curve
    from fbkit.across.dispersions import dispersion
    from fbkit.across.funding import funding_by_venue
    from fbkit.across.liquidations import liquidated
    from fbkit.across.profiles import profile
    from fbkit.across.share import shares
    from fbkit.across.state import across
    from fbkit.across.words import sentences

# Frames are made with pandas, which a page's kernel that asks for numbers alone does without. So no file may be named
# like a word: once it is imported, it would stand for the word.
_PLACES = {
    "UNITS": "boards",
    "board": "boards",
    "breadth": "breadths",
    "Coin": "coin",
    "gathered": "coin",
    "venues_of": "coin",
    "coin_returns": "coins",
    "correlations": "coins",
    "lead_lag": "coins",
    "contracts_of": "contracts",
    "newest_end": "contracts",
    "perpetuals": "contracts",
    "curve": "curves",
    "dispersion": "dispersions",
    "funding_by_venue": "funding",
    "liquidated": "liquidations",
    "profile": "profiles",
    "shares": "share",
    "across": "state",
    "sentences": "words",
}

__all__ = [
    "UNITS",
    "Coin",
    "across",
    "board",
    "breadth",
    "coin_returns",
    "contracts_of",
    "correlations",
    "curve",
    "dispersion",
    "funding_by_venue",
    "gathered",
    "lead_lag",
    "liquidated",
    "newest_end",
    "perpetuals",
    "profile",
    "sentences",
    "shares",
    "venues_of",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
