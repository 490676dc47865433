"""Rules that look at metrics and speak."""

from fbkit.alerts.rule import DEFAULTS, TIER_1, AnyRule, Cluster, Confluence, Divergence, Rule, Single
from fbkit.alerts.rules import Rules

__all__ = ["DEFAULTS", "TIER_1", "AnyRule", "Cluster", "Confluence", "Divergence", "Rule", "Rules", "Single"]
