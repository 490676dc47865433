"""What came of one rule's alerts of late, in a line: its hit rate with its interval, and that of random times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fbkit.model import NS_DAY, Span
from fbkit.widgets.format import NBSP, percent

if TYPE_CHECKING:
    from fbkit.store import Store

#: How far ahead is looked, and how far back alerts are looked at.
HORIZON, _LATELY_NS = "1h", NS_DAY


def record_of(store: Store, rule: str, tier: int, min_coverage: float) -> dict[str, Any]:
    """``told``: pieces of text with their tone; ``says``: what they mean. Reads the minutes after the rule's alerts."""
    from fbkit.dashboard.alerts.past import Narrow, Scoring

    beat = store.last_beat()
    if beat is None:
        return {"told": [], "says": "nothing was collected yet"}
    only = Narrow(rule=rule, tiers=frozenset({tier}))
    scoring = Scoring(Span(since=beat.ts_recv - _LATELY_NS), only, beat.ts_recv, HORIZON, min_coverage)
    scoring.alerts(store)
    for names in scoring.parts():
        scoring.minutes(store, names)
    row = next(iter(scoring.score().to_dict("records")), None)
    return {"told": [], "says": "no alert of it in 24 h"} if row is None else {"told": _told(row), "says": row["says"]}


def _told(row: dict[Any, Any]) -> list[list[str]]:
    decided = row["n"] - row["n_flat"]
    if not decided:
        return []
    rate = f"{percent(row['hit_rate'], 0).removeprefix('+')}{NBSP}%"
    low, high, base = (f"{100 * row[name]:.0f}" for name in ("hit_low", "hit_high", "base_hit_rate"))
    return [
        [rate, "b"],
        [f" of {decided} went its way after {HORIZON} ({low} to {high}), random times {base}{NBSP}%", ""],
    ]
