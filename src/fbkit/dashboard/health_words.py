"""Health rows as the badge and the status page tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fbkit.health import whole
from fbkit.model import HealthRow
from fbkit.widgets.format import age

_ORDER = {"ok": 0, "degraded": 1, "down": 2}

#: So many streams of a venue that fail for the same reason are told in one line.
_MANY = 4


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
    return whole(rows).state if rows else "unknown"


def own(rows: Sequence[HealthRow]) -> list[HealthRow]:
    """The streams and the writer, without the verdict on the whole."""
    return [row for row in rows if row.channel != "*"]


def detail(rows: Sequence[HealthRow]) -> str:
    """How many streams are well, or how many are not; of several venues, which one.

    >>> trade, mark = (HealthRow(0, "okx", channel, "ok", "", "") for channel in ("trade", "mark"))
    >>> detail([trade, mark]), detail([trade, HealthRow(0, "gate", "trade", "down", "", "")])
    ('2 of 2', 'gate, 1 of 2')
    """
    judged = own(rows)
    bad = [row for row in judged if row.state != "ok"]
    told = f"{len(bad or judged)} of {len(judged)}"
    where = {row.venue or "fbkit" for row in bad}
    alone = len({row.venue for row in judged if row.venue}) <= 1
    return told if alone or len(where) != 1 else f"{where.pop()}, {told}"


def reasons(rows: Sequence[HealthRow]) -> list[dict[str, Any]]:
    """What is not well, worst first, as the badge lists it; of a venue that is out as a whole, one line says so."""
    bad = [row for row in own(rows) if row.state != "ok"]
    alike: dict[tuple[str, str, str], list[HealthRow]] = {}
    for row in sorted(bad, key=_rank):
        alike.setdefault((row.venue, row.state, row.reason), []).append(row)
    lines: list[dict[str, Any]] = []
    for (venue, _, _), group in alike.items():
        if len(group) >= _MANY:
            lines.append(_line(group[0], f"{venue} {len(group)} streams"))
        else:
            lines += [_line(row, f"{venue} {row.channel}".strip() or "fbkit") for row in group]
    return lines


def streams(rows: Sequence[HealthRow]) -> list[dict[str, Any]]:
    """Every venue with its streams under it, worst first in both, as the status page lists them."""
    venues: dict[str, list[HealthRow]] = {}
    for row in own(rows):
        venues.setdefault(row.venue, []).append(row)
    heads = {venue: worst([row.state for row in here]) for venue, here in venues.items()}
    lines: list[dict[str, Any]] = []
    for venue in sorted(venues, key=lambda name: (-_ORDER.get(heads[name], 1), not name, name)):
        here = sorted(venues[venue], key=_rank)
        well = sum(row.state == "ok" for row in here)
        head = {"stream": venue or "collector", "state": heads[venue], "sentence": "", "sub": False}
        lines.append({**head, "age": f"{well} of {len(here)} ok"})
        lines += [{**_line(row, row.channel.replace("_", " ") or "collector"), "sub": True} for row in here]
    return lines


def whole_line(rows: Sequence[HealthRow]) -> dict[str, Any]:
    """The whole as the first line of all, with how many streams are how.

    >>> whole_line([HealthRow(0, "okx", "trade", "ok", "", "")])["age"]
    '1 of 1 ok'
    """
    judged, found = own(rows), whole(rows)
    well = sum(row.state == "ok" for row in judged)
    return {
        "stream": "fbkit",
        "state": found.state,
        "sentence": "",
        "age": f"{well} of {len(judged)} ok",
        "sub": False,
        "top": True,
    }


def _rank(row: HealthRow) -> tuple[int, str, str]:
    return -_ORDER.get(row.state, 1), row.venue, row.channel


def _line(row: HealthRow, name: str) -> dict[str, Any]:
    known = row.age_s is not None and row.age_s >= 0
    return {
        "stream": name,
        "state": row.state if row.state in _ORDER else "degraded",
        "sentence": row.sentence,
        "age": age(row.age_s) if known and row.age_s is not None else "",
    }
