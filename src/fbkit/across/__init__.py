"""Across the venues of one coin, and across coins: pure functions of stored bars (metrics reference 1 to 6, 9, 14).

A value counts where its bar has it and the bar's coverage is enough; every frame names the venues behind each row.
"""

from fbkit.across.board import UNITS, board
from fbkit.across.breadth import breadth
from fbkit.across.coin import Coin, gathered, venues_of
from fbkit.across.coins import coin_returns, correlations, lead_lag
from fbkit.across.contracts import contracts_of, newest_end, perpetuals
from fbkit.across.curve import curve
from fbkit.across.dispersion import dispersion
from fbkit.across.funding import funding_by_venue
from fbkit.across.liquidations import liquidated
from fbkit.across.profile import profile
from fbkit.across.shares import shares
from fbkit.across.state import across
from fbkit.across.words import sentences

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
