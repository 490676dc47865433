"""What scrapes ask of the store: sizes, counts, gaps by cause, uptime."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fbkit.health import WINDOWS, uptime
from fbkit.model import Span
from fbkit.server.prometheus import Stored

if TYPE_CHECKING:
    from fbkit.store import Store

#: A week of Beats is more than a scrape is worth.
_ASKED = ("1h", "24h")


def count(store: Store, now: int) -> Stored:
    """Everything at ``now`` (UTC ns), read once."""
    beat, runs = store.last_beat(), store.runs()
    return Stored(
        market=str(store.market),
        seed=store.seed,
        sizes=store.sizes(),
        rows=store.table_counts(),
        gaps=_gaps(store),
        uptime=_uptime(store, now, runs[0].ts_start if runs else None),
        epoch=store.lease().epoch,
        last_beat=None if beat is None else beat.ts_recv,
    )


def _gaps(store: Store) -> list[tuple[str, int, int]]:
    frame = store.gaps()
    total = Counter(frame["cause"].tolist())
    opened = Counter(frame.loc[frame["phase"] == "opened", "cause"].tolist())
    return [(cause, opened[cause], total[cause]) for cause in sorted(total)]


def _uptime(store: Store, now: int, first: int | None) -> dict[str, float | None]:
    since = now - max(WINDOWS[name] for name in _ASKED)
    beats = store.beats(Span(since, None))
    heartbeats = beats.loc[beats["n"] % 10 == 0, "ts_recv"].tolist()
    return {name: uptime(heartbeats, now - WINDOWS[name], now, first=first) for name in _ASKED}
