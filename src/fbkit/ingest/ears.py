"""What feeds tell the collector, put where it belongs: items and gaps to the pipeline, troubles to health."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fbkit.clock import Clock
from fbkit.feeds.recorded import Capture
from fbkit.health import Health
from fbkit.ingest.beats import Beats
from fbkit.ingest.pipeline import Pipeline
from fbkit.model import Gap, Item


class Ears:
    """The :class:`~fbkit.feeds.sink.Sink` of a running collector."""

    def __init__(
        self,
        pipeline: Pipeline,
        beats: Beats,
        health: Health,
        clock: Clock,
        *,
        capture: Capture | None = None,
        on_speaking: Callable[[Gap], bool] = lambda _gap: False,
    ) -> None:
        self._pipeline, self._beats, self._health, self._clock = pipeline, beats, health, clock
        self._capture, self._on_speaking = capture, on_speaking
        self._silences: dict[tuple[str, str], Gap] = {}
        self._broken: dict[tuple[str, str], Gap] = {}

    def take(self, venue: str, items: Sequence[Item], ts_recv: int) -> None:
        """Items of one frame or page; Beats due before it come first."""
        self._beats.reach(ts_recv)
        self._pipeline.take(venue, items, ts_recv)

    def silent(self, venue: str, channels: Sequence[str], cause: str, since: int) -> None:
        """A stream went quiet: a gap opens, unless one is open already."""
        now = self._clock.now()
        for channel in channels:
            if (venue, channel) not in self._silences:
                self._silences[venue, channel] = self._pipeline.open_gap(
                    now, cause, min(since, now), venue=venue, channel=channel
                )
                self._health.gap_opened(venue, channel, cause)

    def speaking(self, venue: str, channels: Sequence[str], ts: int) -> None:
        """Data again: the gap closes, at once or when what was missed has been fetched."""
        for channel in channels:
            gap = self._silences.pop((venue, channel), None)
            if gap is None:
                continue
            self._health.gap_closed(venue, channel)
            if not self._on_speaking(gap):
                self._pipeline.close_gap(gap, self._clock.now(), ts, backfilled=False)

    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None:
        """Something is not as it should be."""
        self._health.trouble(venue, channel, reason, sentence)

    def well(self, venue: str, channel: str) -> None:
        """It is again."""
        self._health.well(venue, channel)

    def broke(self, venue: str, instrument: str, channel: str, since: int, sentence: str) -> None:
        """One instrument's book lost its sequence: a gap of that instrument opens."""
        key = (instrument, channel)
        if key not in self._broken:
            now = self._clock.now()
            self._broken[key] = self._pipeline.open_gap(
                now, "sequence", min(since, now), venue=venue, channel=channel, instrument=instrument
            )
        self._health.trouble(venue, channel, "sequence", sentence)

    def mended(self, venue: str, instrument: str, channel: str, ts: int) -> None:
        """It has a snapshot again."""
        gap = self._broken.pop((instrument, channel), None)
        if gap is not None:
            self._pipeline.close_gap(gap, self._clock.now(), ts, backfilled=False)
        if not any(other == channel and name.startswith(f"{venue}:") for name, other in self._broken):
            self._health.well(venue, channel)

    def raw(self, venue: str, connection: str, ts_recv: int, payloads: Sequence[bytes]) -> None:
        """Frames as they came, for ``--capture``."""
        if self._capture is not None:
            for payload in payloads:
                self._capture.raw(venue, connection, ts_recv, payload)

    def close(self, ts: int) -> None:
        """The run ends: every silence ends with it, unfilled."""
        for gaps in (self._silences, self._broken):
            for gap in gaps.values():
                self._pipeline.close_gap(gap, ts, ts, backfilled=False)
            gaps.clear()
