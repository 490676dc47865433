"""What scrapes ask of the store: sizes, counts, gaps by cause, uptime."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fbkit.health.standing import is_beating, uptime_of
from fbkit.server.prometheus import Stored

if TYPE_CHECKING:
    from fbkit.store import Store


def count(store: Store, now: int) -> Stored:
    """Everything at ``now`` (UTC ns), read once."""
    beat = store.last_beat()
    return Stored(
        market=str(store.market),
        seed=store.seed,
        sizes=store.sizes(),
        rows=store.table_counts(),
        gaps=_gaps(store),
        uptime=uptime_of(store, now, running=is_beating(beat, now)).percent,
        epoch=store.lease().epoch,
        last_beat=None if beat is None else beat.ts_recv,
    )


def _gaps(store: Store) -> list[tuple[str, int, int]]:
    frame = store.gaps()
    total = Counter(frame["cause"].tolist())
    opened = Counter(frame.loc[frame["phase"] == "opened", "cause"].tolist())
    return [(cause, opened[cause], total[cause]) for cause in sorted(total)]
