"""A rule in words: when it speaks, about what, and for how long it is silent then."""

from __future__ import annotations

from fbkit.alerts.load import duration
from fbkit.alerts.rule import Also, AnyRule, Confluence, Divergence, Single
from fbkit.alerts.sentence import name_of, number_of
from fbkit.quant.confluence import Condition


def words_of(rule: AnyRule) -> str:
    """A rule as a person reads it.

    >>> from fbkit.alerts.rule import TIER_4
    >>> words_of(TIER_4).partition("; ")[0]
    'Speaks on 1h, 4h, 1d when funding at least +0.05 % per 8 h, and open interest change below 0 %'
    """
    when, until = _when_and_until(rule)
    return (
        f"Speaks on {', '.join(rule.timeframes)} when {when}. Silent then until {until}, and for "
        f"{duration(rule.cooldown_ns)}. The bar and every baseline must be covered by {100 * rule.min_coverage:g} %."
    )


def _when_and_until(rule: AnyRule) -> tuple[str, str]:
    """What makes it speak, and what must be over before it may again."""
    if isinstance(rule, Single):
        when = f"one of {', '.join(rule.columns)} is {rule.threshold:g} or more in size, up or down"
        return when, f"the size was below {rule.rearm:g}"
    if isinstance(rule, Confluence):
        return f"{_conditions(rule)}; mirrored for the short side", f"the side's score was below {rule.exit:g}"
    if isinstance(rule, Divergence):
        when = (
            f"the mark of one venue of a coin is {rule.threshold:g} standard deviations or more from its usual "
            f"distance to the median of the venues ({rule.venues} or more), over {rule.window} bars, "
            f"and {rule.floor_bp:g} bp or more"
        )
        return when, f"no venue of the coin was {rule.rearm:g} or more out"
    when = f"rules of tier {rule.of_tier} or higher speak the same way in {rule.coins} coins or more at one bar's end"
    return when, "a bar's end without a cluster"


def _conditions(rule: Confluence) -> str:
    count = "" if rule.needed == len(rule.conditions) else f"{rule.needed} of "
    return count + ", ".join(map(_condition, rule.conditions)) + "".join(f", and {_also(one)}" for one in rule.also)


def _condition(condition: Condition) -> str:
    column, least, weight = condition
    heavier = f" (weight {weight})" if weight != 1 else ""
    return f"{name_of(column)} at least {number_of(column, least)}{heavier}"


def _also(one: Also) -> str:
    name, number = name_of(one.column), number_of(one.column, one.bound).removeprefix("+")
    if one.way == "at_least" and one.bound == 0.0:
        return f"{name} on the same side"
    if one.way == "at_least":
        return f"{name} at least {number}"
    return f"{name} {number} or more either way" if one.way == "size" else f"{name} {one.way} {number}"
