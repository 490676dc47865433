"""What the Status tab shows as rows: streams, gaps, the books; ``table`` says which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from fbkit.clock import iso
from fbkit.dashboard.status.gaps_drawn import Hole
from fbkit.dashboard.status.stood import Past, available, venues_of, whole_of
from fbkit.model import NS_S, AccountRow, HealthRow


def status_rows(
    streams: Iterable[HealthRow], accounts: Sequence[AccountRow], holes: Iterable[Hole], past: Past | None
) -> Iterator[dict[str, Any]]:
    """One row a stream's health, a stream's account, a gap of the window and a line of uptime; lengths in s."""
    for row in streams:
        told = {"state": row.state, "reason": row.reason, "sentence": row.sentence, "age_s": row.age_s}
        yield {"table": "health", "venue": row.venue, "channel": row.channel, **told}
    for one in accounts:
        yield {"table": "accounts", **msgspec.to_builtins(one), "balances": one.balances}
    for hole in holes:
        gap = hole.gap
        times = {"t0_utc": iso(gap.t0), "t1_utc": None if gap.t1 is None else iso(gap.t1)}
        what = {"venue": gap.venue, "channel": gap.channel, "instrument": gap.instrument, "cause": gap.cause}
        yield {"table": "gaps", **what, "phase": gap.phase, **times, "length_s": (hole.t1 - hole.t0) / NS_S,
               "instruments": hole.instruments}  # fmt: skip
    if past is not None:
        yield {"table": "uptime", "venue": "", **_percents(whole_of(past).percent)}
        for venue in venues_of(past):
            yield {"table": "uptime", "venue": venue, **_percents(available(past, venue))}


def _percents(shares: dict[str, float | None]) -> dict[str, float | None]:
    return {f"up_{window}_percent": share for window, share in shares.items()}
