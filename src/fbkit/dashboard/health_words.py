"""Health rows as the badge and the status page tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fbkit.model import HealthRow
from fbkit.widgets.format import age

_ORDER = {"ok": 0, "degraded": 1, "down": 2}

#: A venue is as well as the worst of these (metrics reference 11).
_VITAL = frozenset({"trade", "quote", "mark"})


def worst(states: Sequence[str]) -> str:
    """The worst of some states.

    >>> worst(["ok", "degraded"]), worst([])
    ('degraded', 'ok')
    """
    return max(states, key=lambda state: _ORDER.get(state, 1), default="ok")


def system_state(rows: Sequence[HealthRow]) -> str:
    """Down when every venue is down or nothing can be stored; degraded when anything is not ok; unknown without rows."""
    if not rows:
        return "unknown"
    vital: dict[str, list[str]] = {}
    for row in rows:
        if row.channel in _VITAL:
            vital.setdefault(row.venue, []).append(row.state)
    venues = [worst(states) for states in vital.values()]
    inner = [row.state for row in rows if not row.venue or row.channel in {"", "*"}]
    if (venues and all(state == "down" for state in venues)) or "down" in inner:
        return "down"
    return "ok" if worst([row.state for row in rows]) == "ok" else "degraded"


def detail(rows: Sequence[HealthRow]) -> str:
    """How many streams are well, or how many are not.

    >>> detail([HealthRow(0, "binance", "trade", "ok", "", "")])
    '1 of 1'
    """
    bad = sum(row.state != "ok" for row in rows)
    return f"{bad or len(rows)} of {len(rows)}"


def reasons(rows: Sequence[HealthRow]) -> list[dict[str, Any]]:
    """What is not well, worst first, as the badge lists it."""
    bad = sorted((row for row in rows if row.state != "ok"), key=lambda row: -_ORDER.get(row.state, 1))
    return [_line(row, f"{row.venue} {row.channel}".strip() or "fbkit") for row in bad]


def streams(rows: Sequence[HealthRow]) -> list[dict[str, Any]]:
    """Every venue with its streams under it, as the status page lists them."""
    lines: list[dict[str, Any]] = []
    for venue in sorted({row.venue for row in rows}):
        own = [row for row in rows if row.venue == venue]
        well = sum(row.state == "ok" for row in own)
        head = {"stream": venue or "fbkit", "state": worst([row.state for row in own]), "sentence": "", "sub": False}
        lines.append({**head, "age": f"{well} of {len(own)} ok"})
        lines += [{**_line(row, row.channel.replace("_", " ") or "collector"), "sub": True} for row in own]
    return lines


def _line(row: HealthRow, name: str) -> dict[str, Any]:
    known = row.age_s is not None and row.age_s >= 0
    return {
        "stream": name,
        "state": row.state if row.state in _ORDER else "degraded",
        "sentence": row.sentence,
        "age": age(row.age_s) if known and row.age_s is not None else "",
    }
