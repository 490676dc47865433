"""What the hub says of a collector: rows as they are stored, a pulse at each Beat, live values in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fbkit.hub import Hub, Pulse
from fbkit.ingest.pipeline import Cut, Pipeline
from fbkit.model import NS_HOUR, NS_MS, NS_S, AlertRow, Gap, HealthRow

#: Live values are handed over this often; the hub itself sends at most ten times a second.
_LIVE_S = 0.1

#: Of the past that was filled, listeners are told no more than this; the rest they read from the store.
_FILLED_NS = NS_HOUR


class Telling:
    """Turns what went through a pipeline into what its listeners hear."""

    def __init__(self, hub: Hub, pipeline: Pipeline, started: int) -> None:
        self._hub, self._pipeline = hub, pipeline
        self._before: tuple[int, dict[str, int]] = (started, {})

    def rows(self, cut: Cut, commit: int) -> None:
        """What a commit made, if it made anything."""
        closed = cut.closed
        gaps = [event for event in cut.events if isinstance(event, Gap)]
        alerts = [row for row in cut.rows if isinstance(row, AlertRow)]
        bars = closed.bars
        if closed.filled:
            bars = [bar for bar in bars if bar.t1 >= cut.beat.ts_event - _FILLED_NS]
        if bars or closed.metrics or closed.summary or alerts or gaps:
            self._hub.publish_rows(
                commit, bars=bars, metrics=closed.metrics, summary=closed.summary, alerts=alerts, gaps=gaps
            )

    def pulse(
        self, cut: Cut, health: Sequence[HealthRow], *, queue: int, stored: int, backfill: dict[str, Any] | None
    ) -> None:
        """How the collector is, once a second."""
        pipeline = self._pipeline
        self._hub.publish_beat(
            Pulse(
                cut.beat.ts_recv,
                cut.beat.n,
                health=list(health),
                accounts=[account.row(pipeline.run) for account in pipeline.accounts],
                rates=self._rates(cut.beat.ts_recv),
                lag_ms={venue: skew.ns / NS_MS for venue, skew in pipeline.skews.items() if skew.ns is not None},
                queue=queue,
                stored=stored,
                backfill=backfill,
            )
        )

    def _rates(self, now: int) -> dict[str, float]:
        """Items a second by venue, since the last Beat."""
        before, then = self._before
        received: dict[str, int] = {}
        for account in self._pipeline.accounts:
            received[account.venue] = received.get(account.venue, 0) + account.received
        self._before = (now, received)
        seconds = max(1e-9, (now - before) / NS_S)
        return {venue: (count - then.get(venue, 0)) / seconds for venue, count in received.items()}

    async def show_forever(self) -> None:
        """Live values, whenever there are new ones."""
        board = self._pipeline.board
        while True:
            rows = board.take_changed()
            if rows:
                self._hub.publish_live(rows)
            await asyncio.sleep(_LIVE_S)
