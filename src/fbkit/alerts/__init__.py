"""Rules that look at metrics and speak."""

from fbkit.alerts.rule import TIER_1, Rule
from fbkit.alerts.rules import Rules

__all__ = ["TIER_1", "Rule", "Rules"]
