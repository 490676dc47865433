"""An alert in words: its row, and everything that stands behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fbkit.alerts.sentence import name_of, number_of
from fbkit.clock import iso
from fbkit.model import NS_MS, AlertRow
from fbkit.widgets.alert_history import AlertLine, Explanation
from fbkit.widgets.format import count, signed

#: What became of an alert at each horizon: return, best, worst (fractions, the alert's way), and why there is none.
After = Mapping[str, tuple[float, float, float, str]]

#: Words for why nothing is known, short for a cell, whole for the explanation.
CELL = {"open": "open", "gap": "gap", "no_bars": "no bars", "no_direction": "none", "": "none"}

_WAYS = {"at_least": "at least", "at_most": "at most", "size": "either way", "above": "above", "below": "below"}

_Z_LIKE = {"divergence": "z_premium_60"}

_APART = ("conditions", "also", "venues", "alerts", "coins")

_NAMES = {
    "x": "value of the bar",
    "usual": "usual, mean of the baseline",
    "window": "bars in the baseline",
    "close": "close",
    "source": "bar made of",
    "score_long": "score long",
    "score_short": "score short",
    "needs": "conditions needed",
    "valid": "conditions with an input",
    "exit": "armed again below a score of",
    "bp": "away from the median, bp",
    "usual_bp": "usually, bp",
    "dispersion_bp": "dispersion, bp",
    "floor_bp": "at least, bp",
}


def line_of(alert: AlertRow, after: After, horizons: Sequence[str]) -> AlertLine:
    """The row of an alert."""
    venue, _, symbol = alert.instrument.partition(":")
    return AlertLine(
        str(alert.alert_id),  # as text: 64 bits do not fit into a JavaScript number
        alert.ts / NS_MS,
        alert.tier,
        symbol.partition("-")[0],
        venue,
        alert.tf,
        alert.direction,
        alert.sentence,
        number_told(alert, alert.value),
        f"≥{number_told(alert, alert.threshold).removeprefix('+')}",
        alert.coverage if math.isfinite(alert.coverage) else None,
        tuple(_cell(after.get(name)) for name in horizons),
    )


def number_told(alert: AlertRow, x: float) -> str:
    """A Z with one digit; a share of conditions in percent; a count as it is."""
    if not math.isfinite(x):
        return "–"
    if alert.column.startswith("score_"):
        return f"{100 * x:.0f} %"
    return count(x) if alert.column.startswith("cluster_") else number_of(_Z_LIKE.get(alert.column, alert.column), x)


def explanation(alert: AlertRow, after: After, rule: str, record: str, why: Mapping[str, str]) -> Explanation:
    """Everything: the value and each condition, all other inputs, what came after, the rule and its record.

    ``why`` says what a reason of :data:`fbkit.scorecard.REASONS` means.
    """
    inputs = _inputs(alert)
    needs = f"{number_told(alert, alert.threshold).removeprefix('+')} or more in size"
    told = (name_of(alert.column), number_told(alert, alert.value), needs, count(alert.n), "yes")
    conditions = [told, *map(_condition, [*_listed(inputs, "conditions"), *_listed(inputs, "also")])]
    conditions += [_venue(one) for one in _listed(inputs, "venues")]
    conditions += [_member(one) for one in _listed(inputs, "alerts")]
    facts = [
        ("instrument", alert.instrument),
        ("bar", f"{alert.tf} to {iso(alert.t1)[:19].replace('T', ' ')} UTC"),
        ("spoken", f"{iso(alert.ts)[:19].replace('T', ' ')} UTC"),
        ("coverage", "unknown" if not math.isfinite(alert.coverage) else f"{100 * alert.coverage:.1f} %"),
        *_others(alert, inputs),
    ]
    horizons = [(name, *_numbers(found), why.get(found[3], found[3])) for name, found in after.items()]
    return Explanation(
        str(alert.alert_id),
        alert.instrument,
        alert.tf,
        alert.sentence,
        tuple(conditions),
        tuple(facts),
        tuple(horizons),
        rule,
        record,
    )


def _others(alert: AlertRow, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Inputs that are no condition, in the units of the column that was judged."""
    judged = alert.column.removeprefix("z_").rpartition("_")[0] if alert.column.startswith("z_") else alert.column
    told = []
    for name, value in inputs.items():
        if name in _APART or name == "z":
            continue
        text = _number(judged, value) if name in {"x", "usual"} else _plain(value)
        told.append((_NAMES.get(name, name.replace("_", " ")), text))
    return told


def _inputs(alert: AlertRow) -> dict[str, Any]:
    try:
        return msgspec.json.decode(alert.inputs, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _listed(inputs: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in inputs.get(name) or () if isinstance(one, dict)]


def _condition(one: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """What a confluence looked at."""
    column, value, way = str(one["column"]), one.get("value"), str(one.get("way"))
    bound = f"{_WAYS.get(way, way)} {number_of(column, one['bound'])}"
    met = one.get("met", True)
    n = one.get("n")
    return name_of(column), _number(column, value), bound, "" if n is None else count(n), "yes" if met else "no"


def _venue(one: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """One of the contracts that a divergence compares."""
    away = f"{signed(float(one['bp']), 1)} bp, Z {signed(float(one['z']), 1)}" if one.get("z") is not None else "–"
    usual = f"usually {signed(float(one['usual_bp']), 1)} bp" if one.get("usual_bp") is not None else ""
    return str(one.get("instrument")), away, usual, count(one.get("n") or 0), ""


def _member(one: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """One of the alerts of a cluster."""
    return str(one.get("instrument")), f"tier {one.get('tier')}", str(one.get("rule")), "", ""


def _number(column: str, value: Any) -> str:
    return number_of(column, float(value)) if isinstance(value, int | float) and math.isfinite(value) else "–"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}".replace("-", "−") if math.isfinite(value) else "–"
    return "–" if value is None else str(value)


def _cell(found: tuple[float, float, float, str] | None) -> float | str:
    if found is None:
        return "none"
    ret, _, _, why = found
    return ret if math.isfinite(ret) else CELL.get(why, why)


def _numbers(found: tuple[float, float, float, str]) -> tuple[float | None, float | None, float | None]:
    ret, best, worst = (x if math.isfinite(x) else None for x in found[:3])
    return ret, best, worst
