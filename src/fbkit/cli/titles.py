"""What every answer says first: which database, which market, which clock."""

from __future__ import annotations

from typing import Any

from fbkit.clock import iso
from fbkit.desk import Desk


def head(desk: Desk) -> dict[str, Any]:
    """The same, for JSON."""
    last = desk.store.last_beat()
    return {
        "database": desk.store.url,
        "market": str(desk.market),
        "seed": desk.store.seed,
        "as_of": iso(last.ts_recv) if last else None,
        "times": "UTC",
    }


def title(desk: Desk, what: str) -> str:
    """The same, above a table."""
    said = head(desk)
    return f"{what} · {said['market']} · as of {said['as_of'] or 'nothing yet'} UTC · {said['database']}"
