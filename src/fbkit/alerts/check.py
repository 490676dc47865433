"""What cannot be asked of a rule, told in one message that names what can."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import inf, isfinite

from fbkit.alerts.rule import AnyRule, Cluster, Confluence, Divergence, Single
from fbkit.alerts.side import CENTRES
from fbkit.errors import SettingError
from fbkit.model import BAR_COLUMNS, METRIC_COLUMNS, NS_DAY, NS_MS, TIMEFRAMES

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")

#: Columns of a bar or of its metrics that a rule may look at.
COLUMNS = (*METRIC_COLUMNS, *(column.name for column in BAR_COLUMNS))

#: Never below 0: they have a size and no other side.
_ONE_SIDED = frozenset({
    "open", "high", "low", "close", "vol_base", "vol_usd", "n_trades", "buy_usd", "sell_usd", "spread_bp", "mark",
    "index", "oi_base", "oi_usd", "liq_long_usd", "liq_short_usd", "atr_14",
})  # fmt: skip

#: The largest value a column can have.
_MOST = {"obi_5": 1.0, "taker_imb": 1.0, "rsi_14": 100.0}

_LONGEST_WINDOW = 1440
_LONGEST_COOLDOWN_NS = 30 * NS_DAY

Refuse = Callable[[str, object, str], SettingError]


def check(rules: Sequence[AnyRule], source: str = "rules") -> None:
    """Raise :class:`~fbkit.errors.SettingError` for the first thing that is wrong with a set of rules."""
    if not rules:
        raise SettingError(source, "no rule", "at least one [[rule]]")
    names: set[str] = set()
    for number, rule in enumerate(rules, 1):

        def refuse(
            key: str, value: object, allowed: str, where: str = f"{source}: rule {number} ({rule.name})"
        ) -> SettingError:
            return SettingError(f"{where}, {key}", value, allowed)

        if rule.name in names:
            raise refuse("name", rule.name, "a name that no other rule has")
        names.add(rule.name)
        _check_all(rule, refuse)
        if isinstance(rule, Single):
            _check_single(rule, refuse)
        elif isinstance(rule, Confluence):
            _check_confluence(rule, refuse)
        elif isinstance(rule, Divergence):
            _check_divergence(rule, refuse)
        else:
            _check_cluster(rule, refuse)


def _check_all(rule: AnyRule, refuse: Refuse) -> None:
    if not _NAME.fullmatch(rule.name):
        raise refuse("name", rule.name, "up to 40 letters, digits, - and _, a letter first")
    if not 1 <= rule.tier <= 6:
        raise refuse("tier", rule.tier, "1 to 6")
    unknown = [tf for tf in rule.timeframes if tf not in TIMEFRAMES]
    if unknown or not rule.timeframes or len(set(rule.timeframes)) < len(rule.timeframes):
        raise refuse("timeframes", unknown or list(rule.timeframes), f"each once, out of {', '.join(TIMEFRAMES)}")
    if not 0 <= rule.cooldown_ns <= _LONGEST_COOLDOWN_NS or rule.cooldown_ns % NS_MS:
        raise refuse("cooldown", f"{rule.cooldown_ns} ns", "0s to 30d, in whole ms")
    if not 0.0 < rule.min_coverage <= 1.0:
        raise refuse("min_coverage", rule.min_coverage, "above 0, up to 1")


def _check_single(rule: Single, refuse: Refuse) -> None:
    if not rule.columns or len(set(rule.columns)) < len(rule.columns):
        raise refuse("columns", list(rule.columns), "at least one, each once")
    for column in rule.columns:
        _check_column("columns", column, refuse)
        _check_bound("threshold", column, rule.threshold, refuse)
    floor = max(CENTRES.get(column, 0.0) for column in rule.columns)
    if not floor < rule.rearm <= rule.threshold:
        raise refuse("rearm", rule.rearm, f"above {floor:g}, up to the threshold of {rule.threshold:g}")


def _check_confluence(rule: Confluence, refuse: Refuse) -> None:
    columns = [condition.column for condition in rule.conditions]
    if not columns or len(set(columns)) < len(columns):
        raise refuse("conditions", columns, "at least one, each column once")
    for condition in rule.conditions:
        _check_column("conditions", condition.column, refuse)
        if condition.column in _ONE_SIDED:
            raise refuse("conditions", condition.column, "a column with two sides; ask for this one's size in also")
        _check_bound("conditions", condition.column, condition.at_least, refuse)
        if not 1 <= condition.weight <= 1000:
            raise refuse("conditions", condition.weight, "weights from 1 to 1000")
    if not 1 <= rule.needed <= len(columns):
        raise refuse("needs", rule.needed, f'1 to {len(columns)}, or "all"')
    weights = sorted(condition.weight for condition in rule.conditions)
    least = sum(weights[: rule.needed]) / sum(weights)
    if not 0.0 < rule.exit <= least:
        raise refuse("exit", rule.exit, f"above 0, up to {least:g}, the least score with which it speaks")
    for one in rule.also:
        _check_column("also", one.column, refuse)
        if one.way == "at_least" and one.column in _ONE_SIDED:
            raise refuse("also", one.column, "size, above or below: it has no other side")
        if one.way == "at_least" and one.bound == CENTRES.get(one.column, 0.0):
            continue  # the sign agrees
        if one.way in {"at_least", "size"}:
            _check_bound("also", one.column, one.bound, refuse)
        elif not isfinite(one.bound):
            raise refuse("also", one.bound, "a number")


def _check_divergence(rule: Divergence, refuse: Refuse) -> None:
    if not 2 <= rule.window <= _LONGEST_WINDOW:
        raise refuse("window", rule.window, f"2 to {_LONGEST_WINDOW} bars")
    if not 0.0 < rule.threshold < inf:
        raise refuse("threshold", rule.threshold, "above 0, in standard deviations")
    if not 0.0 < rule.rearm <= rule.threshold:
        raise refuse("rearm", rule.rearm, f"above 0, up to the threshold of {rule.threshold:g}")
    if not 0.0 <= rule.floor_bp < inf:
        raise refuse("floor_bp", rule.floor_bp, "0 or more, in bp")
    if not 2 <= rule.venues <= 100:
        raise refuse("venues", rule.venues, "2 or more")


def _check_cluster(rule: Cluster, refuse: Refuse) -> None:
    if not 1 <= rule.of_tier <= 5:
        raise refuse("of_tier", rule.of_tier, "1 to 5")
    if not 2 <= rule.coins <= 1000:
        raise refuse("coins", rule.coins, "2 or more")


def _check_column(key: str, column: str, refuse: Refuse) -> None:
    if column not in COLUMNS:
        raise refuse(key, column, f"columns out of {', '.join(COLUMNS)}")


def _check_bound(key: str, column: str, bound: float, refuse: Refuse) -> None:
    least, most = CENTRES.get(column, 0.0), _MOST.get(column, inf)
    if not (least < bound < inf and bound <= most):
        upper = f", up to {most:g}" if most < inf else ""
        raise refuse(key, bound, f"for {column}: above {least:g}{upper}")
