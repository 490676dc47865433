"""What events say about names and gaps, kept as rows: the newest listing of each instrument, the state of each gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, Update, bindparam, func, update

from fbkit.store.schema import GAPS, INSTRUMENTS

_LISTED = [column.name for column in INSTRUMENTS.columns if column.name not in ("id", "name", "seq")]
_GAP = [column.name for column in GAPS.columns]


# Made once: at a start every instrument has a listing and a gap, and making a statement costs more than running it.
@cache
def _newer_listing() -> Update:
    table = INSTRUMENTS.c
    older = table.seq.is_(None) | (table.seq < bindparam("new_seq"))
    facts: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("seq", *_LISTED)}
    return update(INSTRUMENTS).where(table.name == bindparam("which"), older).values(facts)


@cache
def _newer_gap(upsert: Callable[[Table], Any]) -> Any:
    statement = upsert(GAPS)
    new = statement.excluded
    changes: dict[str, Any] = {name: new[name] for name in _GAP if name not in ("gap_id", "t1", "missing")}
    changes |= {name: func.coalesce(new[name], GAPS.c[name]) for name in ("t1", "missing")}
    return statement.on_conflict_do_update(index_elements=["gap_id"], set_=changes, where=GAPS.c.seq < new.seq)


def project_listings(connection: Connection, listings: Sequence[Any]) -> None:
    """Let each instrument's row say what its newest Listing says."""
    newest = {listing.instrument: listing for listing in sorted(listings, key=lambda listing: listing.seq)}
    rows = [
        {"which": name, **{f"new_{column}": _stored(getattr(listing, column)) for column in ("seq", *_LISTED)}}
        for name, listing in newest.items()
    ]
    if rows:
        connection.execute(_newer_listing(), rows)


def _stored(value: Any) -> Any:
    """A flag as the number its column holds: PostgreSQL does not take one for the other."""
    return int(value) if isinstance(value, bool) else value


def project_gaps(
    connection: Connection,
    upsert: Callable[[Table], Any],
    gaps: Sequence[Any],
    ids: Mapping[str, int],
    commit: int,
) -> None:
    """Bring each gap's row to its newest event; what a later event leaves out stays."""
    rows = []
    for gap in sorted(gaps, key=lambda gap: gap.seq):
        row = {**msgspec.structs.asdict(gap), "instrument": ids[gap.instrument], "commit_number": commit}
        rows.append({name: row[name] for name in _GAP})
    if rows:
        connection.execute(_newer_gap(upsert), rows)
