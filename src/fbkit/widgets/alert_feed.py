"""What the rules said, newest first, each with its conditions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import msgspec
import traitlets

from fbkit.alerts.sentence import name_of, number_of
from fbkit.model.rows import AlertRow
from fbkit.model.timeframe import NS_MS
from fbkit.widgets.assets import module
from fbkit.widgets.format import signed
from fbkit.widgets.panel import Panel

_KEPT = 100


class AlertFeed(Panel):
    """Alerts with tier, instrument, time and sentence; a click opens the conditions.

    >>> feed = AlertFeed()
    >>> feed.show([]); feed.alerts
    []
    """

    _esm = module("alert_feed.js")

    alerts = traitlets.List(traitlets.Dict(), help="Newest first").tag(sync=True)
    today = traitlets.Int(None, allow_none=True, help="Alerts since 00:00 UTC").tag(sync=True)
    tiers = traitlets.List(traitlets.Int(), [1, 2, 3, 4, 5, 6], help="Tiers that rules can speak in").tag(sync=True)
    watching = traitlets.Unicode("", help="What is being watched, said while there is no alert").tag(sync=True)
    market = traitlets.Unicode("", help="Which market, said first in a notification").tag(sync=True)
    asked = traitlets.Unicode("", help="Rule and tier whose record is asked for: single_z 1").tag(sync=True)
    records = traitlets.Dict(
        help="Records by rule and tier: told (pieces of text with a tone) and says (what they mean)"
    ).tag(sync=True)
    chosen = traitlets.Unicode("", help="Instrument whose charts are asked for").tag(sync=True)
    opened = traitlets.Int(0, help="Counts such askings").tag(sync=True)

    def show(self, alerts: Iterable[AlertRow]) -> None:
        """Show these, whatever their order."""
        newest = sorted(alerts, key=lambda alert: (alert.ts, alert.alert_id), reverse=True)
        self.alerts = [_shown(alert) for alert in newest[:_KEPT]]


def _shown(alert: AlertRow) -> dict[str, Any]:
    venue, _, symbol = alert.instrument.partition(":")
    return {
        # as text: an id does not fit into a JavaScript number
        "alert_id": str(alert.alert_id),
        "ts_ms": alert.ts / NS_MS,
        "t1_ms": alert.t1 / NS_MS,
        "instrument": alert.instrument,
        "base": symbol.partition("-")[0],
        "venue": venue,
        "tf": alert.tf,
        "tier": alert.tier,
        "rule": alert.rule,
        "column": _NAMES.get(alert.column, name_of(alert.column)),
        "told": _number(alert, alert.value),
        "needs": f"≥ {_number(alert, alert.threshold)}",
        "n": alert.n,
        "coverage": _finite(alert.coverage),
        "sentence": alert.sentence,
        "inputs": _inputs(alert),
    }


def _inputs(alert: AlertRow) -> list[tuple[str, str, str, str]]:
    """Name, value, what was needed and coverage of every condition; of a rule without any, what it looked at."""
    try:
        inputs = msgspec.json.decode(alert.inputs, type=dict[str, Any])
    except msgspec.DecodeError:
        return []
    conditions = [*inputs.pop("conditions", []), *inputs.pop("also", [])]
    if conditions:
        return [_condition(one) for one in conditions]
    return [_input(alert, name, value) for name, value in inputs.items() if name not in {"z", "alerts", alert.column}]


def _input(alert: AlertRow, name: str, value: object) -> tuple[str, str, str, str]:
    judged = _JUDGED.fullmatch(alert.column)
    if judged and name in {"x", "usual"} and isinstance(value, float):
        return _NAMES[name], number_of(judged[1], value), "", ""
    return _NAMES.get(name, name), _told(value), "", ""


def _condition(one: dict[str, Any]) -> tuple[str, str, str, str]:
    column, value, coverage = one["column"], one["value"], one.get("coverage")
    told = "–" if value is None else number_of(column, value)
    needs = f"{_WAYS[one['way']]} {number_of(column, one['bound'])}"
    return name_of(column), told, needs, "" if coverage is None else f"{100 * coverage:.0f} %"


_JUDGED = re.compile(r"z_(.+)_\d+")

_NAMES = {
    "score_long": "conditions met",
    "score_short": "conditions met",
    "x": "value of the bar",
    "usual": "usual",
    "window": "bars before it",
    "source": "bar made of",
}

_WAYS = {"at_least": "≥", "at_most": "≤", "size": "±", "above": ">", "below": "<"}


def _number(alert: AlertRow, x: float) -> str:
    """A Z with one digit; a share of conditions in percent; a count as it is."""
    if alert.column.startswith("score_"):
        return f"{100 * x:.0f} %"
    return f"{x:.0f}" if alert.column.startswith("cluster_") else number_of(_Z_LIKE.get(alert.column, alert.column), x)


_Z_LIKE = {"divergence": "z_premium_60"}


def _finite(value: float) -> float | None:
    """JSON knows no NaN."""
    return value if math.isfinite(value) else None


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value)
    return signed(value, 4) if isinstance(value, float) else "–" if value is None else str(value)


def _short(one: object) -> str:
    """An instrument of a divergence, an alert of a cluster, a coin."""
    return str(one.get("instrument")) if isinstance(one, dict) else str(one)
