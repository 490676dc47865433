"""Notices when the operating system's clock is set: ours goes on as before, and a gap says that the two parted."""

from __future__ import annotations

import logging

from fbkit.clock import Clock
from fbkit.ingest.pipeline import Pipeline
from fbkit.model import NS_S

log = logging.getLogger(__name__)

#: What moves the clock by less is time service at its work.
JUMP_NS = NS_S


class Wall:
    """Compares the two clocks whenever it is told to :meth:`look`.

    Nothing is missing of the market while a clock is set, so the gap names the channel ``clock`` and no stream.
    """

    def __init__(self, clock: Clock, pipeline: Pipeline) -> None:
        self._clock, self._pipeline = clock, pipeline
        self._looked = clock.now()
        self._ahead = clock.wall() - self._looked

    def look(self) -> None:
        """Write ``Gap(cause="clock")`` where the operating system's clock jumped since the last look."""
        now = self._clock.now()
        moved = self._clock.wall() - now - self._ahead
        if abs(moved) >= JUMP_NS:
            self._ahead += moved
            way = "forward" if moved > 0 else "back"
            log.warning("this machine's clock was set %s by %.3f s; ours goes on", way, abs(moved) / NS_S)
            gap = self._pipeline.open_gap(now, "clock", self._looked, channel="clock")
            self._pipeline.close_gap(gap, now, now, backfilled=False)
        self._looked = now
