"""Beats: once a second of ``ts_recv``, at its whole seconds. Nothing else closes a bar."""

from __future__ import annotations

from collections.abc import Callable

from fbkit.ingest.pipeline import Cut, Pipeline
from fbkit.model import NS_S

#: A pause of the whole process longer than this is time asleep: a gap, not a run of empty seconds.
ASLEEP_NS = 5 * NS_S


class Beats:
    """Brings a pipeline's time forward; each Beat's batch goes to ``on_cut``.

    ``may_sleep`` is for the live clock: there a long pause is a ``Gap(cause="asleep")``. In a recording or a
    simulation every second is beaten.
    """

    def __init__(
        self, pipeline: Pipeline, start: int, on_cut: Callable[[Cut], None], *, may_sleep: bool = False
    ) -> None:
        self._pipeline, self._on_cut, self._may_sleep = pipeline, on_cut, may_sleep
        self.next = start - start % NS_S + NS_S

    def reach(self, ts_recv: int) -> None:
        """Beat every second up to and including ``ts_recv``; call before taking what was received then."""
        if ts_recv < self.next:
            return
        if self._may_sleep and ts_recv - self.next > ASLEEP_NS:
            self._sleep_until(ts_recv)
        while self.next <= ts_recv:
            self._on_cut(self._pipeline.beat(self.next))
            self.next += NS_S

    def end(self, ts_recv: int) -> Cut:
        """The last Beat, at the last ``ts_recv``; its batch is returned, not handed on."""
        self.reach(ts_recv)
        return self._pipeline.beat(ts_recv, last=True)

    def _sleep_until(self, ts_recv: int) -> None:
        t0 = self.next - NS_S
        gap = self._pipeline.open_gap(ts_recv, "asleep", t0)
        self._pipeline.close_gap(gap, ts_recv, ts_recv, backfilled=False)
        self.next = ts_recv - ts_recv % NS_S
