"""What the hub says of a collector: rows as they are stored, a pulse at each Beat, live values in between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, TypeAlias

from fbkit.hub import Hub, Pulse
from fbkit.ingest.pipeline import Cut, Pipeline
from fbkit.ingest.writing import WriterThread
from fbkit.model import NS_HOUR, NS_MS, NS_S, AlertRow, HealthRow

#: Live values are handed over this often; the hub itself sends at most ten times a second.
_LIVE_S = 0.1

#: Of the past that was filled, listeners are told no more than this; the rest they read from the store.
_FILLED_NS = NS_HOUR


#: Rates by channel are those of so many Beats.
_RATE_BEATS = 10

#: Items a second by venue and channel.
Rates: TypeAlias = dict[tuple[str, str], float]


class Telling:
    """Turns what went through a pipeline into what its listeners hear."""

    def __init__(self, hub: Hub, pipeline: Pipeline, started: int) -> None:
        self._hub, self._pipeline = hub, pipeline
        self._counts: deque[tuple[int, dict[tuple[str, str], int]]] = deque([(started, {})], maxlen=_RATE_BEATS + 1)
        self.health: Sequence[HealthRow] = ()

    def rows(self, cut: Cut, commit: int) -> None:
        """What a commit made, if it made anything."""
        closed, gaps = cut.closed, cut.gaps
        alerts = [row for row in cut.rows if isinstance(row, AlertRow)]
        bars = closed.bars
        if closed.filled:
            bars = [bar for bar in bars if bar.t1 >= cut.beat.ts_event - _FILLED_NS]
        if bars or closed.metrics or closed.summary or alerts or gaps:
            self._hub.publish_rows(
                commit, bars=bars, metrics=closed.metrics, summary=closed.summary, alerts=alerts, gaps=gaps
            )

    def pulse(
        self,
        cut: Cut,
        health: Sequence[HealthRow],
        writing: WriterThread,
        *,
        stored: int,
        backfill: dict[str, Any] | None,
    ) -> None:
        """How the collector is, once a second."""
        pipeline = self._pipeline
        self.health = health
        self._count(cut.beat.ts_recv)
        self._hub.publish_beat(
            Pulse(
                cut.beat.ts_recv,
                cut.beat.n,
                health=list(health),
                accounts=[account.row(pipeline.run) for account in pipeline.accounts],
                rates=self._rates(),
                lag_ms=self.lag_ms,
                queue=writing.waiting,
                stored=stored,
                backfill=backfill,
                queue_share=writing.share,
                spill_bytes=writing.spill.waiting_bytes,
            )
        )

    @property
    def lag_ms(self) -> dict[str, float]:
        """How long a venue's events are on their way, by its clock and ours."""
        skews = self._pipeline.skews.items()
        return {venue: skew.ns / NS_MS for venue, skew in skews if skew.ns is not None}

    def _count(self, now: int) -> None:
        received = {(account.venue, account.channel): account.received for account in self._pipeline.accounts}
        self._counts.append((now, received))

    def _rates(self) -> dict[str, float]:
        """Items a second by venue, since the last Beat."""
        by_venue: dict[str, float] = {}
        for (venue, _), rate in _between(self._counts[-2], self._counts[-1]).items():
            by_venue[venue] = by_venue.get(venue, 0.0) + rate
        return by_venue

    def rates(self) -> Rates:
        """Items a second by venue and channel, over the last ten Beats."""
        return _between(self._counts[0], self._counts[-1])

    async def show_forever(self) -> None:
        """Live values, whenever there are new ones."""
        board = self._pipeline.board
        while True:
            rows = board.take_changed()
            if rows:
                self._hub.publish_live(rows)
            await asyncio.sleep(_LIVE_S)


def _between(before: tuple[int, dict[tuple[str, str], int]], after: tuple[int, dict[tuple[str, str], int]]) -> Rates:
    """Items a second between two counts.

    >>> _between((0, {}), (2 * NS_S, {("binance", "trade"): 10}))
    {('binance', 'trade'): 5.0}
    """
    seconds = max(1e-9, (after[0] - before[0]) / NS_S)
    return {stream: (count - before[1].get(stream, 0)) / seconds for stream, count in after[1].items()}
