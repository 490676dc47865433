"""What came of alerts, and whether random times would have done as well."""

from fbkit.scorecard.ahead import HORIZONS, Ahead, Forward, first_minute
from fbkit.scorecard.minutes import Minutes, MinutesOf, lay, stored_minutes
from fbkit.scorecard.outcomes import REASONS, Asked, Told, follow, nothing_yet, outcomes
from fbkit.scorecard.saying import TOO_FEW
from fbkit.scorecard.score import APART, TURNS, UNITS, checked, scorecard

__all__ = [
    "APART",
    "HORIZONS",
    "REASONS",
    "TOO_FEW",
    "TURNS",
    "UNITS",
    "Ahead",
    "Asked",
    "Forward",
    "Minutes",
    "MinutesOf",
    "Told",
    "checked",
    "first_minute",
    "follow",
    "lay",
    "nothing_yet",
    "outcomes",
    "scorecard",
    "stored_minutes",
]
