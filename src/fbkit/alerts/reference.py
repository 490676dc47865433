"""The reference of alerts, written from the rules themselves.

``python -m fbkit.alerts.reference > docs/reference/alerts.md`` writes the page anew.
"""

from __future__ import annotations

import sys

from fbkit.alerts.rule import TIER_1, ZERO_Z
from fbkit.alerts.rule import Single as Rule
from fbkit.model import NS_MIN

_PAGE = """\
# Alerts

Made from the rules in `fbkit.alerts` by `fbkit.alerts.reference`; a test holds it current.

Rules are judged when bars close, never between. Every alert carries the value, the threshold, how many values stood
behind it, the bar's coverage, its inputs, and a sentence. Its id is the same in every run of the same data.

{rules}
"""

_RULE = """\
## Tier {tier}: `{name}`

Speaks when a Z is at least {threshold:g} in size ({zero:g} or less counts as 0), on {timeframes}, where the bar and the
baseline are covered by at least {coverage:.0%}. Having spoken about an instrument, column and timeframe, it is silent
until the size was below {rearm:g}, and for {cooldown} minutes.

Columns: {columns}."""


def reference() -> str:
    """The page as Markdown."""
    return _PAGE.format(rules="\n\n".join(_rule(rule) for rule in (TIER_1,)))


def _rule(rule: Rule) -> str:
    return _RULE.format(
        tier=rule.tier,
        name=rule.name,
        threshold=rule.threshold,
        zero=ZERO_Z,
        timeframes=", ".join(rule.timeframes),
        coverage=rule.min_coverage,
        rearm=rule.rearm,
        cooldown=rule.cooldown_ns // NS_MIN,
        columns=", ".join(f"`{column}`" for column in rule.columns),
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
