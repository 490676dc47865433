"""Fetching the past because somebody asked: what the store has is passed over, gaps that were filled are closed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec
import pandas as pd

from fbkit.clock import Clock, iso
from fbkit.errors import FbkitError
from fbkit.feeds.feed import Feed, Progress
from fbkit.feeds.sink import Sink
from fbkit.feeds.venues import offers
from fbkit.ingest.beats import Beats
from fbkit.ingest.refill import UNDER_WAY_NS
from fbkit.ingest.session import Session
from fbkit.ingest.sieve import Sieve, known_past
from fbkit.model import NS_HOUR, NS_MIN, Gap, Span

#: Channels with a past, and how much later than asked they may begin without a word: their own pace, and a little.
_PACES = {"bar": 2 * NS_MIN, "open_interest": NS_HOUR, "ratio": NS_HOUR, "funding": 9 * NS_HOUR}


class Fetched(msgspec.Struct):
    """What came of one venue's past: events by channel, gaps, and what there is to say about it."""

    venue: str
    instruments: int = 0
    new: dict[str, int] = {}
    known: dict[str, int] = {}
    refused: list[str] = []
    filled: int = 0
    left: int = 0
    said: list[str] = []


class Backfill:
    """Fetches a venue's past under a running pipeline. ``room`` is awaited after each instrument: live goes first.

    ``waiting`` of :meth:`venue` are gaps that the engine waits for (:meth:`Session.open_history`): their ends come
    with each instrument. Without them an instrument's gap is told afterwards, and nobody waits.
    """

    def __init__(
        self, session: Session, sink: Sink, beats: Beats, clock: Clock, room: Callable[[], Awaitable[None]]
    ) -> None:
        self._session, self._sink, self._beats, self._clock, self._room = session, sink, beats, clock, room
        self._at: dict[str, Progress] = {}

    @property
    def progress(self) -> dict[str, Any] | None:
        """``done`` and ``total`` instruments, and a sentence; ``None`` when nothing is being fetched."""
        if not self._at:
            return None
        done, total = sum(one.done for one in self._at.values()), sum(one.total for one in self._at.values())
        return {"done": done, "total": total, "sentence": ", ".join(_line(v, at) for v, at in self._at.items())}

    async def venue(
        self,
        feed: Feed,
        since: int,
        until: int,
        names: Collection[str] = (),
        waiting: dict[str, Gap] | None = None,
    ) -> Fetched:
        """Fetch ``[since, until)`` (UTC ns) of a venue's instruments, or of those named, and close what it filled."""
        done = Fetched(feed.venue)
        known = await asyncio.to_thread(known_past, self._session.writer, feed.venue, Span(since, until))
        sieve = Sieve(self._sink, self._session.pipeline, known)
        waiting = {} if waiting is None else waiting
        self._at[feed.venue] = Progress("history", 0, len(names))
        try:
            await self._history(feed, sieve, done, (since, until), names, waiting)
            await self._gaps(feed, sieve, done, (since, until), names)
        finally:
            for gap in waiting.values():
                self._close(gap, backfilled=False)
            self._at.pop(feed.venue, None)
        done.new, done.known = dict(sieve.new), dict(sieve.known)
        done.said += _forgotten(feed.venue, sieve, since, until)
        return done

    async def _history(
        self,
        feed: Feed,
        sieve: Sieve,
        done: Fetched,
        span: tuple[int, int],
        names: Collection[str],
        waiting: dict[str, Gap],
    ) -> None:
        async with aclosing(feed.backfill(cast("Sink", sieve), *span, frozenset(names))) as steps:
            async for step in steps:
                self._at[feed.venue] = step
                if step.instrument:
                    done.instruments += 1
                    self._tell(step, sieve, done, span, waiting.pop(step.instrument, None))
                await self._room()

    def _tell(self, step: Progress, sieve: Sieve, done: Fetched, span: tuple[int, int], waited_for: Gap | None) -> None:
        """The end of an instrument's gap; or both its ends, where nobody waited and something came."""
        if not step.complete:
            done.refused.append(step.instrument)
        if waited_for is not None:
            self._close(waited_for, backfilled=step.complete)
        came_since = sieve.came_since(step.instrument)
        if step.complete and came_since is not None:
            now = self._clock.now()
            self._beats.reach(now)
            venue, t0 = step.instrument.partition(":")[0], max(span[0], came_since)
            self._close(
                self._session.pipeline.open_gap(
                    now, "start", t0, venue=venue, channel="bar", instrument=step.instrument, t1=span[1]
                ),
                backfilled=True,
            )

    async def _gaps(
        self, feed: Feed, sieve: Sieve, done: Fetched, span: tuple[int, int], names: Collection[str]
    ) -> None:
        """Gaps of earlier times that lie within: closed as backfilled where what they lack is here now."""
        rows = await asyncio.to_thread(self._session.writer.gaps, Span(*span))
        followed = [one.instrument for one in await feed.listings()]
        for row in _unfilled(rows, feed.venue, span):
            gap = _gap(row)
            if gap.instrument and names and gap.instrument not in names:
                continue
            if gap.channel == "bar":
                filled = bool(gap.instrument) and sieve.reaches(gap.instrument, "bar", gap.t0)
            else:
                asked = [gap.instrument] if gap.instrument else followed
                filled = await self._trades(feed, sieve, done, gap, [one for one in asked if one in followed])
            done.filled, done.left = done.filled + filled, done.left + (not filled)
            if filled:
                self._close(gap, backfilled=True)

    async def _trades(self, feed: Feed, sieve: Sieve, done: Fetched, gap: Gap, names: Sequence[str]) -> bool:
        """The trades of a gap again; true where every one that the venue has is in the store now."""
        begin, end = gap.t0 - UNDER_WAY_NS, cast("int", gap.t1)
        whole = bool(names)
        for name in names:
            await asyncio.to_thread(sieve.know_trades, self._session.writer, name, Span(begin, end))
            try:
                await feed.trades(cast("Sink", sieve), name, begin, end)
            except FbkitError as error:
                _say(done, f"trade: {error}")
                return False
            whole = whole and not sieve.lost.pop(name, 0)
            await self._room()
        return whole

    def _close(self, gap: Gap, *, backfilled: bool) -> None:
        now = self._clock.now()
        self._beats.reach(now)
        self._session.pipeline.close_gap(gap, now, gap.t1 or now, backfilled=backfilled)


def _unfilled(rows: pd.DataFrame, venue: str, span: tuple[int, int]) -> list[dict[Any, Any]]:
    """Closed gaps of trades or bars of a venue that lie within a span, none of them filled."""
    found: list[dict[Any, Any]] = [] if rows.empty else rows.to_dict("records")
    return [
        row
        for row in found
        if row["venue"] == venue
        and row["channel"] in {"trade", "bar"}
        and row["phase"] == "closed"
        and row["t0"] >= span[0]
        and row["t1"] <= span[1]
    ]


def _gap(row: dict[Any, Any]) -> Gap:
    name = row["instrument"] if isinstance(row["instrument"], str) else ""
    return Gap(
        name, int(row["t0"]), 0, int(row["gap_id"]), row["venue"], row["channel"], "closed", row["cause"],
        int(row["t0"]), int(row["t1"]),
    )  # fmt: skip


def _forgotten(venue: str, sieve: Sieve, since: int, until: int) -> list[str]:
    """What a venue has no memory of, a sentence a channel."""
    said = []
    for channel, pace in _PACES.items():
        earliest = sieve.earliest(channel)
        if earliest is None and not _is_offered(venue, channel):
            said.append(f"{channel}: not offered")
        elif earliest is None:
            said += [f"{channel}: nothing is remembered"] if until - since > pace else []
        elif earliest > since + pace:
            said.append(f"{channel}: remembered from {iso(earliest)} on")
    return said


def _is_offered(venue: str, channel: str) -> bool:
    known = offers(venue)
    return any(one.how != "unsupported" for name, one in known.items() if name.partition(":")[0] == channel)


def _say(done: Fetched, sentence: str) -> None:
    if sentence not in done.said:
        done.said.append(sentence)


def _line(venue: str, at: Progress) -> str:
    return f"{venue} {at.done} of {at.total}"
