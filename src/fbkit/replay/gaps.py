"""The table of gaps is what their events say."""

from __future__ import annotations

from typing import Any

from fbkit.model import Gap
from fbkit.replay.found import Difference, Ledger
from fbkit.store import Store

GAPS = "gaps"

_FIELDS = ("instrument", "venue", "channel", "phase", "cause", "t0", "t1", "missing", "seq")

#: What the event that ends a gap says again.
_SAME = ("instrument", "venue", "channel", "cause", "t0")


def compare_gaps(store: Store, ledger: Ledger, end: int) -> None:
    """Each gap's row beside its newest event; what a later event leaves out stands as the earlier said.

    What was written from the event ``end`` on is left out.
    """
    rows = {int(row["gap_id"]): row for row in store.rows(GAPS).to_dict("records")}
    newer = {number for number, row in rows.items() if row["seq"] >= end}
    said = _said(store, ledger)
    account = ledger.of(GAPS)
    for number in sorted((rows.keys() | said.keys()) - newer):
        row, gap = rows.get(number), said.get(number)
        if row is None and gap is not None and gap["seq"] >= end:
            continue
        if row is None or gap is None:
            _tell(ledger, number, "gap_id", "no row" if row is None else number, "no event" if gap is None else number)
            continue
        account.rows += 1
        account.values += len(_FIELDS)
        for name in _FIELDS:
            old, new = _plain(row[name]), gap[name]
            if old != new:
                _tell(ledger, int(gap["t0"]), name, old, new, str(gap["instrument"]))


def _said(store: Store, ledger: Ledger) -> dict[int, dict[str, Any]]:
    events = [event for event in store.events("gap") if isinstance(event, Gap)]
    said: dict[int, dict[str, Any]] = {}
    for event in sorted(events, key=lambda event: event.seq):
        before = said.get(event.gap_id, {})
        now = {name: getattr(event, name) for name in _FIELDS}
        for name in _SAME if before else ():
            if before[name] != now[name]:
                _tell(ledger, event.t0, name, now[name], before[name], event.instrument)
        now |= {name: before.get(name) for name in ("t1", "missing") if now[name] is None}
        said[event.gap_id] = now
    return said


def _plain(value: Any) -> Any:
    """A cell of a frame as the event has it."""
    if value is None or value != value:  # noqa: PLR0124 - NaN: missing
        return None
    if isinstance(value, str):
        return value
    return int(value)


def _tell(ledger: Ledger, at: int, column: str, stored: Any, computed: Any, instrument: str = "") -> None:
    ledger.differ(Difference(GAPS, instrument, "", at, column, repr(stored), repr(computed)))
