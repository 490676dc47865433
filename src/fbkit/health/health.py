"""Hears how the streams are and judges at every Beat (metrics reference 11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fbkit.health.judge import QUEUE_SHARE, judge_books, judge_stream, judge_system, judge_writing, note_history
from fbkit.health.streams import EXPECTED_S, FRAMES, HISTORY_NS, OK, Counted, Stream
from fbkit.model import NS_S, HealthRow


class HealthState(NamedTuple):
    """The whole's row, a row for each stream and for our own parts (venue ``""``), and the reasons in words."""

    system: HealthRow
    streams: list[HealthRow]
    reasons: list[str]

    @property
    def state(self) -> str:
        """``ok``, ``degraded`` or ``down``."""
        return self.system.state


class Health:
    """What the collector knows of its streams.

    Parameters
    ----------
    expected_s : mapping
        How often each channel should speak, seconds; ``None`` where silence means nothing.

    Examples
    --------
    >>> health = Health()
    >>> health.heard("binance", "trade", 0)
    >>> [health.judge(s * NS_S).state for s in (2, 3, 11)]
    ['ok', 'degraded', 'down']
    """

    def __init__(self, expected_s: Mapping[str, float | None] | None = None) -> None:
        self._expected = {**EXPECTED_S, **(expected_s or {})}
        self._expected_at: dict[tuple[str, str], float] = {}
        self._heard: dict[tuple[str, str], int] = {}
        self._streams: dict[tuple[str, str], Stream] = {}
        self._frames: dict[str, Stream] = {}
        self._history: tuple[int, int] | None = None
        self._moved: int | None = None

    def expect(self, venue: str, expected_s: Mapping[str, float]) -> None:
        """How often a venue's channels should speak, seconds, where that is not the usual: a thin market is calm."""
        self._expected_at.update({(venue, channel): seconds for channel, seconds in expected_s.items()})

    def heard(self, venue: str, channel: str, ts: int) -> None:
        """An item came in (every item: this is the hot path)."""
        self._heard[venue, channel] = ts

    def gap_opened(self, venue: str, channel: str, cause: str) -> None:
        """We know that we do not know."""
        self._stream(venue, channel).open_gap(cause)

    def gap_closed(self, venue: str, channel: str) -> None:
        """We know again."""
        self._stream(venue, channel).close_gap()

    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None:
        """Something is not as it should be (a retry, a fallback, a refusal), until :meth:`well`."""
        self._stream(venue, channel).trouble = (reason, sentence)

    def well(self, venue: str, channel: str) -> None:
        """It is again."""
        self._stream(venue, channel).trouble = None

    def lost(self, ts: int, count: int, venue: str = "", channel: str = "store") -> None:
        """Events were dropped: degraded for five minutes."""
        stream = self._stream(venue, channel)
        stream.lost_ts = ts
        stream.lost += count

    def judge(
        self,
        now: int,
        *,
        queue_share: float = 0.0,
        history: tuple[int, int] | None = None,
        trouble: BaseException | None = None,
        skews: Mapping[str, int] | None = None,
        accounts: Iterable[Counted] = (),
    ) -> HealthState:
        """The state of everything at ``now`` (UTC ns of ``ts_recv``).

        Parameters
        ----------
        queue_share : float
            How full the queue before the writer is, 0 to 1.
        history : (int, int), optional
            Of how many instruments, of how many, the past is here, while it is fetched. It comes as fast as it can be
            written and waits for the writer by itself, so a full queue is a note and no trouble as long as that moves
            on; when there is no room even for what is live, that is told as ``spilling``.
        trouble : exception, optional
            What keeps the writer from storing.
        skews : mapping, optional
            ``ts_recv − ts_event`` of each venue, ns.
        accounts : iterable, optional
            Items of each stream so far, for the share that is quarantined; and whether they add up.
        """
        accounts = list(accounts)
        self._count(now, accounts)
        for key, ts in self._heard.items():
            stream = self._stream(*key)
            if (
                stream.trouble is not None
                and stream.trouble[0] == "rest"
                and stream.heard is not None
                and ts > stream.heard
            ):
                stream.trouble = None  # asked again, and answered
            stream.heard = ts
        for stream in self._streams.values():
            stream.known = now if stream.known is None else stream.known
        rows = [self._row(stream, now, skews or {}) for _, stream in sorted(self._streams.items()) if stream.venue]
        excused = self._is_filling(now, history)
        own = judge_writing(now, 0.0 if excused else queue_share, trouble, self._streams.get(("", "store")))
        rows.append(HealthRow(now, "", "store", *own))
        if history is not None or (excused and queue_share > QUEUE_SHARE):
            rows.append(HealthRow(now, "", "history", *note_history(history, queue_share)))
        books = judge_books(accounts)
        if books.state != OK:
            rows.append(HealthRow(now, "", "books", *books))
        rows += [
            HealthRow(now, "", stream.channel, "degraded", *stream.trouble)
            for _, stream in sorted(self._streams.items())
            if not stream.venue and stream.channel != "store" and stream.trouble
        ]
        system = HealthRow(now, "", "*", *judge_system(rows))
        return HealthState(system, rows, [row.sentence for row in rows if row.state != "ok"])

    def _is_filling(self, now: int, history: tuple[int, int] | None) -> bool:
        """Whether the past moved on of late; one that stands still excuses no full queue."""
        if history is not None and history != self._history:
            self._moved = now
        self._history = history
        return self._moved is not None and 0 <= now - self._moved <= HISTORY_NS

    def _count(self, now: int, accounts: Sequence[Counted]) -> None:
        """Items of each stream; a frame of which not even the channel could be read is one of all its venue's."""
        received: Counter[str] = Counter()
        unread: Counter[str] = Counter()
        for account in accounts:
            received[account.venue] += account.received
            if account.channel in self._expected:
                self._stream(account.venue, account.channel).count(now, account.received, account.quarantined)
            else:
                unread[account.venue] += account.quarantined
        for venue, count in received.items():
            frames = self._frames.setdefault(venue, Stream(venue, FRAMES))
            frames.count(now, count, unread[venue])
            if unread[venue]:
                self._streams[venue, FRAMES] = frames

    def _row(self, stream: Stream, now: int, skews: Mapping[str, int]) -> HealthRow:
        expected_s = self._expected_at.get((stream.venue, stream.channel), self._expected.get(stream.channel))
        verdict = judge_stream(stream, now, expected_s, skews.get(stream.venue))
        age = None if stream.heard is None else (now - stream.heard) / NS_S
        return HealthRow(now, stream.venue, stream.channel, *verdict, age)

    def _stream(self, venue: str, channel: str) -> Stream:
        stream = self._streams.get((venue, channel))
        if stream is None:
            stream = self._streams[venue, channel] = Stream(venue, channel)
        return stream
