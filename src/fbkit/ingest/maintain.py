"""Keeping the size: what is too old, or too much, goes in small steps; whoever writes meanwhile waits for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import numpy as np

from fbkit.ingest.archiving import Do, alone
from fbkit.ingest.retention import BEATS, EVENTS, GOING, METRICS, SLOTS, Census, Going, HeldRows, Limits, Plan, plan
from fbkit.ingest.rollup import judge_day
from fbkit.model import BASE_TIMEFRAME, NS_DAY, NS_MIN, TIMEFRAMES, Setting, Span
from fbkit.settings import Settings
from fbkit.store import Batch, Writer
from fbkit.store.archive.removed import KEY, removed_before

#: Events removed, and free bytes given back, in one step.
_EVENTS, _BYTES = 50_000, 16 * 2**20

#: Bytes of rows are estimates: after so many looks at the size that came of them it is what it is.
_ROUNDS = 6

#: Stores a Setting and returns when it is stored.
Record = Callable[[str, str], None]


class Maintained(msgspec.Struct):
    """What went or would go, and what stayed. Bytes are of the database file; rows of what went are exact."""

    dry_run: bool
    bytes_before: int
    bytes_after: int
    max_bytes: int
    going: list[Going] = []
    staying: list[str] = []
    #: 1m bars whose day was looked at, that stay because a bar above differs or is missing, or their trades do.
    bars_compared: int = 0
    bars_differing: int = 0
    bars_missing: int = 0
    bars_kept: int = 0

    @property
    def within(self) -> bool:
        """Whether the size is kept."""
        return not self.max_bytes or self.bytes_after <= self.max_bytes


def limits_of(settings: Settings, now: int, max_mb: float | None = None) -> Limits:
    """What the settings ask to be kept; ``max_mb`` instead of theirs."""
    budget = settings.max_mb if max_mb is None else max_mb
    return Limits(now, int(budget * 1e6), settings.keep_ticks_days * NS_DAY, settings.keep_1m_days * NS_DAY)


def maintain(
    writer: Writer,
    *,
    limits: Limits,
    do: Do | None = None,
    record: Record | None = None,
    dry_run: bool = False,
    told: Callable[[float, str], None] = lambda _done, _sentence: None,
) -> Maintained:
    """Remove what is over the limits. Blocks; call it from a thread.

    ``do`` is how the writer is asked (``lambda work: thread.ask(work).result()``), ``record`` how a Setting gets its
    place among the events (alone with the writer: both left out). Before anything goes, one says what. May be killed
    at any moment and called again.
    """
    done = Maintained(dry_run, size_of(writer), size_of(writer), limits.max_bytes)
    hand = _Hand(writer, do or alone(writer), record or partial(_append, writer, limits.now), told, done)
    for _ in range(_ROUNDS):
        found = plan(census_of(writer), limits)
        done.staying = found.staying
        if dry_run:
            done.going = found.going
            break
        removed = hand.carry_out(found)
        done.bytes_after = size_of(writer)
        if not removed or done.within:
            break
    if done.bars_kept:
        done.staying.append(
            f"{done.bars_kept:,} 1m bars stay: {done.bars_differing:,} bars above them differ from their folds, "
            f"{done.bars_missing:,} are missing, or they differ from their trades"
        )
    return done


def size_of(writer: Writer) -> int:
    """Bytes of the database file, without what its write-ahead log will take home."""
    return writer.sizes()["db"]


def census_of(writer: Writer) -> Census:
    """What there is to choose from."""
    parts = writer.tiers.parts()
    return Census(
        size_of(writer),
        writer.tiers.held(),
        [HeldRows(*row) for row in writer.tiers.held_rows()],
        writer.tiers.settled_ts,
        min((part.day for part in parts), default=None),
    )


def _append(writer: Writer, now: int, key: str, value: str) -> None:
    writer.append(Batch([Setting("", now, now, key, value, seq=writer.last_seq + 1)]))


class _Hand:
    """Carries out plans, step by step."""

    def __init__(
        self, writer: Writer, do: Do, record: Record, told: Callable[[float, str], None], done: Maintained
    ) -> None:
        self._writer, self._do, self._record, self._told, self._done = writer, do, record, told, done
        self._shares = _shares(writer)

    def carry_out(self, found: Plan) -> int:
        """Say what goes, let it go, give its room back; returns the rows that went."""
        if not found.going:
            return 0
        known = removed_before(self._writer)
        news = {what: before for what, before in found.borders.items() if before > known.get(what, 0)}
        if news:
            self._record(KEY, msgspec.json.encode(news).decode())
        removed = sum(self._let_go(one) for one in found.going)
        while self._do(partial(Writer.shrink, limit=_BYTES)):
            pass
        self._do(partial(Writer.checkpoint_wal, cut=True))
        return removed

    def _let_go(self, one: Going) -> int:
        self._told(0, f"{one.what}: about {one.rows:,} rows")
        steps = {EVENTS: self._events, SLOTS: self._slots, BEATS: self._beats, METRICS: self._metrics}
        rows = steps[one.what](one.before)
        self._done.going.append(msgspec.structs.replace(one, rows=rows))
        return rows

    def _events(self, before: int) -> int:
        gone = self._all(lambda own: own.forget(GOING, before, limit=_EVENTS))
        # A replay cannot go on from before what went.
        self._do(partial(Writer.forget_checkpoints, before=before))
        return gone

    def _beats(self, before: int) -> int:
        return self._all(lambda own: own.forget(["beat"], before, limit=_EVENTS))

    def _all(self, work: Callable[[Writer], int]) -> int:
        gone = 0
        while step := self._do(work):
            gone += step
        return gone

    def _metrics(self, before: int) -> int:
        above = [tf for tf in TIMEFRAMES if tf != BASE_TIMEFRAME]
        return sum(self._do(partial(Writer.forget_rows, table="metrics", before=before, tf=tf)) for tf in above)

    def _slots(self, before: int) -> int:
        """Days of 1m bars and their metrics, an instrument at a step, each day looked at before it goes."""
        days = sorted({row.day for row in census_of(self._writer).rows if row.tf == BASE_TIMEFRAME})
        names = self._writer.tiers.names().values()
        trades_from = removed_before(self._writer).get(EVENTS, 0)
        days = [day for day in days if day + NS_DAY <= before]
        return sum(self._day(name, day, trades_from) for day in days for name in names)

    def _day(self, name: str, day: int, trades_from: int) -> int:
        judged = judge_day(self._writer, name, day, self._shares, trades_from)
        done, stays = self._done, judged.there & ~judged.may_go
        done.bars_compared += judged.compared
        done.bars_differing += judged.differing
        done.bars_missing += judged.missing
        done.bars_kept += int(stays.sum())
        if not judged.may_go.any():
            return 0
        keep = (day + NS_MIN * (1 + np.flatnonzero(stays))).tolist()
        span = Span(day, day + NS_DAY)
        work: Any = partial(Writer.forget_slots, instrument=name, tf=BASE_TIMEFRAME, span=span, keep=keep)
        return int(self._do(work))


def _shares(writer: Writer) -> dict[int, float]:
    """The smallest coverage that was in force, by stamp."""
    stamps = writer.rows("stamps")
    told = {
        int(stamp): msgspec.json.decode(text) for stamp, text in zip(stamps["stamp"], stamps["settings"], strict=True)
    }
    return {stamp: float(settings["min_coverage"]) for stamp, settings in told.items() if "min_coverage" in settings}
