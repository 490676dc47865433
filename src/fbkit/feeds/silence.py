"""Who is silent: several sockets and pollers may serve one channel, and the collector hears of it once."""

from __future__ import annotations

from collections.abc import Iterable

from fbkit.feeds.sink import Sink


class Silence:
    """Keeps, per channel, which of its sources are away; tells the sink of the first to go and the last to return.

    Every channel that goes is in trouble, with the sentence, until it speaks again.
    """

    def __init__(self, sink: Sink, venue: str) -> None:
        self._sink, self._venue = sink, venue
        self._away: dict[str, dict[str, None]] = {}

    def begin(self, source: str, channels: Iterable[str], cause: str, since: int, sentence: str) -> None:
        """``source`` gives nothing for ``channels`` since ``since`` (UTC ns). Saying it again changes nothing."""
        new = []
        for channel in channels:
            sources = self._away.setdefault(channel, {})
            if not sources:
                new.append(channel)
            sources[source] = None
            self._sink.trouble(self._venue, channel, cause, sentence)
        if new:
            self._sink.silent(self._venue, new, cause, since)

    def end(self, source: str, channels: Iterable[str], ts: int) -> None:
        """``source`` speaks again on ``channels`` since ``ts``."""
        back = []
        for channel in channels:
            sources = self._away.get(channel)
            if sources is not None and source in sources:
                del sources[source]
                if not sources:
                    back.append(channel)
        if back:
            self._sink.speaking(self._venue, back, ts)
            for channel in back:
                self._sink.well(self._venue, channel)

    def is_away(self, source: str, channel: str) -> bool:
        """Whether ``source`` is silent on ``channel``."""
        return source in self._away.get(channel, {})
