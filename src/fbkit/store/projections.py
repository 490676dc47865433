"""What events say about names and gaps, kept as rows: the newest listing of each instrument, the state of each gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, update
from sqlalchemy.dialects.sqlite import insert

from fbkit.store.schema import GAPS, INSTRUMENTS

_LISTED = [column.name for column in INSTRUMENTS.columns if column.name not in ("id", "name", "seq")]
_GAP = [column.name for column in GAPS.columns]


def project_listings(connection: Connection, listings: Sequence[Any]) -> None:
    """Let each instrument's row say what its newest Listing says."""
    newest = {listing.instrument: listing for listing in sorted(listings, key=lambda listing: listing.seq)}
    table = INSTRUMENTS.c
    for name, listing in newest.items():
        facts = {column: getattr(listing, column) for column in _LISTED}
        older = table.seq.is_(None) | (table.seq < listing.seq)
        connection.execute(update(INSTRUMENTS).where(table.name == name, older).values(seq=listing.seq, **facts))


def project_gaps(connection: Connection, gaps: Sequence[Any], ids: Mapping[str, int], commit: int) -> None:
    """Bring each gap's row to its newest event; what a later event leaves out stays."""
    for gap in sorted(gaps, key=lambda gap: gap.seq):
        row = {**msgspec.structs.asdict(gap), "instrument": ids[gap.instrument], "commit_number": commit}
        row = {name: row[name] for name in _GAP}
        statement = insert(GAPS).values(row)
        new = statement.excluded
        changes: dict[str, Any] = {name: new[name] for name in row if name not in ("gap_id", "t1", "missing")}
        changes |= {name: func.coalesce(new[name], GAPS.c[name]) for name in ("t1", "missing")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["gap_id"], set_=changes, where=GAPS.c.seq < new.seq)
        )
