"""Health rows as the badge and the status page tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fbkit.health.judge import judge_system
from fbkit.model import HealthRow
from fbkit.widgets.format import age

_ORDER = {"ok": 0, "degraded": 1, "down": 2}


def worst(states: Sequence[str]) -> str:
    """The worst of some states.

    >>> worst(["ok", "degraded"]), worst([])
    ('degraded', 'ok')
    """
    return max(states, key=lambda state: _ORDER.get(state, 1), default="ok")


def system_state(rows: Sequence[HealthRow]) -> str:
    """The state of the whole by the rule of :mod:`fbkit.health`; ``unknown`` before anything was judged.

    >>> system_state([]), system_state([HealthRow(0, "binance", "trade", "ok", "", "")])
    ('unknown', 'ok')
    """
    return judge_system(own(rows)).state if rows else "unknown"


def own(rows: Sequence[HealthRow]) -> list[HealthRow]:
    """The streams and the writer, without the verdict on the whole."""
    return [row for row in rows if row.channel != "*"]


def detail(rows: Sequence[HealthRow]) -> str:
    """How many streams are well, or how many are not.

    >>> detail([HealthRow(0, "binance", "trade", "ok", "", "")])
    '1 of 1'
    """
    judged = own(rows)
    bad = sum(row.state != "ok" for row in judged)
    return f"{bad or len(judged)} of {len(judged)}"


def reasons(rows: Sequence[HealthRow]) -> list[dict[str, Any]]:
    """What is not well, worst first, as the badge lists it."""
    bad = sorted((row for row in own(rows) if row.state != "ok"), key=lambda row: -_ORDER.get(row.state, 1))
    return [_line(row, f"{row.venue} {row.channel}".strip() or "fbkit") for row in bad]


def streams(rows: Sequence[HealthRow]) -> list[dict[str, Any]]:
    """Every venue with its streams under it, as the status page lists them."""
    lines: list[dict[str, Any]] = []
    for venue in sorted({row.venue for row in rows}, reverse=True):
        here = [row for row in own(rows) if row.venue == venue]
        well = sum(row.state == "ok" for row in here)
        head = {"stream": venue or "fbkit", "state": worst([row.state for row in here]), "sentence": "", "sub": False}
        lines.append({**head, "age": f"{well} of {len(here)} ok"})
        lines += [{**_line(row, row.channel.replace("_", " ") or "collector"), "sub": True} for row in here]
    return lines


def _line(row: HealthRow, name: str) -> dict[str, Any]:
    known = row.age_s is not None and row.age_s >= 0
    return {
        "stream": name,
        "state": row.state if row.state in _ORDER else "degraded",
        "sentence": row.sentence,
        "age": age(row.age_s) if known and row.age_s is not None else "",
    }
