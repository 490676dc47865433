"""What is answered: a body that fits JSON and, where it is a part of a list, which part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from fbkit.model.timeframe import NS_US
from fbkit.server.page import Page
from fbkit.server.plain import exact, instant, plain

if TYPE_CHECKING:
    from fbkit.store import Store


class Answer(msgspec.Struct, frozen=True):
    """What is told: ``body`` fits JSON. ``items``, ``total`` (if known) where it is a part of a list.

    ``text`` is what a Prometheus is told instead.
    """

    body: dict[str, Any]
    items: int | None = None
    total: int | None = None
    text: bytes = b""


def cut(store: Store, page: Page, rows: Sequence[Any], units: dict[str, str], **said: Any) -> Answer:
    """The part of a whole list that a page asks for."""
    return tell(store, rows[page.offset : page.end], len(rows), units, said)


def newest(store: Store, page: Page, rows: Sequence[Any], units: dict[str, str], time: str, **said: Any) -> Answer:
    """Rows oldest first, at most ``page.end`` of them, as a part of a list that begins with the newest.

    ``time`` is the field they are ordered by. ``until`` in the body is what to ask for so that this list stays as it is
    while newer rows come: the end of the span that was asked for, else just behind the newest row.
    """
    total = len(rows) if len(rows) < page.end else None
    until = page.span.until
    if until is None and rows:
        last = rows[-1]
        ts = int(last[time] if isinstance(last, dict) else getattr(last, time))
        until = ts if time == "t1" else ts - ts % NS_US + NS_US  # a bar belongs to the span it closes in
    return tell(store, rows[::-1][page.offset : page.end], total, units, {**said, "until": exact(until)})


def tell(store: Store, part: Sequence[Any], total: int | None, units: dict[str, str], said: dict[str, Any]) -> Answer:
    """A part of a list with its market, its newest beat, its units and its coverage."""
    beat = store.last_beat()
    covered = [share for share in map(_coverage, part) if share is not None and not math.isnan(share)]
    body = {
        "market": str(store.market),
        "seed": store.seed,
        "as_of": instant(beat.ts_event if beat else None),
        "units": units,
        "coverage": sum(covered) / len(covered) if covered else None,
        **said,
        "items": plain(part),
    }
    return Answer(body, len(part), total)


def _coverage(row: Any) -> float | None:
    return row.get("coverage") if isinstance(row, dict) else getattr(row, "coverage", None)


def opened_up(answer: Answer, name: str) -> Answer:
    """A field that the store keeps as JSON text, as what it says."""
    for item in answer.body["items"]:
        item[name] = msgspec.json.decode(item[name])
    return answer
