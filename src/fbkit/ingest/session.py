"""One run on one database: opened, restored to where the last run ended, filled, and closed with its accounts."""

from __future__ import annotations

import heapq
import logging
import os
import platform
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

import msgspec
import numpy as np

from fbkit.alerts import AnyRule, Rules
from fbkit.alerts.load import dump, load
from fbkit.clock import Clock, iso
from fbkit.engine import Engine
from fbkit.engine.stamp import stamp_of
from fbkit.errors import SettingError, StoreError
from fbkit.feeds.venues import COUNTED
from fbkit.ingest.backlog import Backlog
from fbkit.ingest.kept import Pending
from fbkit.ingest.pipeline import Pipeline
from fbkit.ingest.rulebook import KEY, Rulebook
from fbkit.ingest.spill import Head, Spill, spill_base, spill_path, spill_paths
from fbkit.ingest.writing import Spilling
from fbkit.model import NS_MIN, NS_MS, AccountRow, Bar, Beat, Event, Gap, Market, RunRow, Setting, Span, Trade
from fbkit.settings import Settings
from fbkit.store import Batch, Checkpoint, Writer, open_writer

log = logging.getLogger(__name__)

#: Trades of so long before the last Beat are known again at a start.
_KNOWN_AGAIN_NS = 10 * NS_MIN


class Session:
    """The writer of a database and the pipeline that fills it.

    ``last_beat_ts`` is where an earlier run ended (UTC ns), ``None`` on a fresh database.
    """

    def __init__(
        self, writer: Writer, settings: Settings, counted: Collection[str] = COUNTED, rulebook: Rulebook | None = None
    ) -> None:
        self.writer = writer
        self.rulebook = rulebook or Rulebook.of(settings)
        self._rules = self.rulebook.read()
        self.spill_base = spill_base(writer.url, settings.home)
        self.backlog = Backlog(writer, spill_paths(self.spill_base))
        self.stamp = stamp_of(settings)
        self.number = writer.stamp(self.stamp.code, self.stamp.settings)
        self._history: dict[str, Gap] = {}
        self._run: RunRow | None = None
        self.from_checkpoint = 0
        last = max(filter(None, (writer.last_beat(), self.backlog.last_beat)), key=lambda beat: beat.n, default=None)
        self.last_beat_ts = last.ts_recv if last else None
        self.pipeline = Pipeline(
            Engine(
                lateness_ns=settings.lateness_ms * NS_MS,
                min_coverage=settings.min_coverage,
                stamp=self.number,
            ),
            Rules(stamp=self.number),
            last_seq=max(writer.last_seq, self.backlog.last_seq),
            last_beat=last.n if last else 0,
            last_beat_ts=last.ts_event if last else 0,
            cadence=settings.cadence_ms * NS_MS,
            run=writer.epoch,
            counted=counted,
        )
        if last is not None:
            self._restore(last)

    @classmethod
    def open(
        cls,
        url: str,
        settings: Settings,
        clock: Clock,
        *,
        market: Market,
        seed: int | None,
        holder: str,
        counted: Collection[str] = COUNTED,
    ) -> Session:
        """Take the database for writing; raises what :func:`fbkit.store.open_writer` raises.

        ``clock`` times the lease, so it is the machine's, also for a recording or a simulation. ``counted`` are the
        venues whose trade ids count one by one.
        """
        rulebook = Rulebook.of(settings)
        rulebook.read()  # a wrong file is refused before anything is touched
        writer = open_writer(
            url, market=market, seed=seed, clock=clock, holder=holder, synchronous=settings.synchronous
        )
        try:
            return cls(writer, settings, counted, rulebook)
        except BaseException:
            writer.close()
            raise

    # -- at the start -------------------------------------------------------------------------------------------

    def begin(self, now: int, *, fetches: bool = True) -> None:
        """Write that a run begins, and the gap since the last one.

        With ``fetches`` the bars of that time are still to come (:meth:`open_history`); a recording has none to fetch.
        """
        facts = self.stamp
        self._run = RunRow(
            run=self.writer.epoch,
            ts_start=now,
            seq_start=self.pipeline.last_seq + 1,
            stamp=self.number,
            code=facts.code,
            settings=facts.settings,
            python=facts.python,
            numpy=facts.numpy,
            pid=os.getpid(),
            host=platform.node(),
            from_checkpoint=self.from_checkpoint,
        )
        self.pipeline.add_row(self._run)
        self.pipeline.setting(now, "engine", facts.settings)
        self.adopt(now, self._rules)
        self._close_left_open(now)
        for absence in self.backlog.absences:
            gap = self.pipeline.open_gap(now, "stopped", absence.t0, t1=absence.t1)
            self.pipeline.close_gap(gap, now, absence.t1, backfilled=False)
        if self.last_beat_ts is not None and now > self.last_beat_ts:
            gap = self.pipeline.open_gap(now, "stopped", self.last_beat_ts)
            self.pipeline.close_gap(gap, now, now, backfilled=False)
            if fetches:
                self._history = {name: self._open(name, now, self.last_beat_ts) for name in self.writer.instruments()}

    def adopt(self, now: int, rules: tuple[AnyRule, ...]) -> None:
        """Judge by these rules from the next Beat on, and write that it is so, for whoever replays."""
        self.pipeline.setting(now, KEY, dump(rules))
        self.pipeline.rules.adopt(rules)

    def _close_left_open(self, now: int) -> None:
        """A run that was killed closed nothing: its gaps end where it was last alive, unfilled."""
        if self.last_beat_ts is None:
            return
        opened = {gap.gap_id: gap for gap in self._gap_events() if gap.phase == "opened"}
        ended = {gap.gap_id for gap in self._gap_events() if gap.phase != "opened"}
        for number in sorted(opened.keys() - ended):
            gap = opened[number]
            self.pipeline.close_gap(gap, now, max(gap.t0, self.last_beat_ts), backfilled=False)

    def _gap_events(self) -> Iterator[Gap]:
        known = chain(self.writer.events("gap"), self.backlog.replay())
        return (event for event in known if isinstance(event, Gap))

    def open_history(self, names: Iterable[str], venue: str, now: int, since: int) -> dict[str, Gap]:
        """Gaps under which the past of a venue's instruments is fetched; the engine waits for their ends."""
        opened = {}
        for name in names:
            known = self._history.pop(name) if name in self._history else None
            opened[name] = known if known is not None else self._open(name, now, since)
        # Known from an earlier run, not asked for now: nobody will fetch it.
        self.abandon_history(now, f"{venue}:")
        return opened

    def abandon_history(self, now: int, prefix: str = "") -> None:
        """Close the gaps of instruments (by the beginning of their names) whose past nobody will fetch any more."""
        for name in [name for name in self._history if name.startswith(prefix)]:
            self.pipeline.close_gap(self._history.pop(name), now, now, backfilled=False)

    def _open(self, name: str, now: int, since: int) -> Gap:
        venue = name.partition(":")[0]
        return self.pipeline.open_gap(now, "start", since, venue=venue, channel="bar", instrument=name, t1=now)

    def _restore(self, last: Beat) -> None:
        """Know again what the last run knew: instruments, trade ids, and the engine as of its newest checkpoint."""
        writer, pipeline = self.writer, self.pipeline
        checkpoint = writer.checkpoint(self.stamp.code)
        since = 0 if checkpoint is None else self._take_up(checkpoint)
        for event in self._placed(since + 1):
            if type(event) is Beat:
                closed = pipeline.engine.beat(event)
                if closed.metrics:
                    # What spoke since the checkpoint has spoken: its cooldown goes on.
                    pipeline.rules.judge(closed, event.ts_event)
            else:
                if type(event) is Setting and event.key == KEY:
                    self._adopt_again(event)
                pipeline.engine.take(event)
        recent = Span(last.ts_recv - _KNOWN_AGAIN_NS, None)
        trades, bars = self._left(recent.since or 0)
        for name in writer.instruments():
            stored = writer.read("trade", name, recent)
            trades[name].update(zip(stored["venue_id"].tolist(), stored["ts_event"].tolist(), strict=True))
            stored = writer.read("bar", name)  # an imported table may have left bars of other lengths
            bars[name] += stored["ts_event"][np.asarray(stored["tf"]) == "1m"].tolist()
        for name, known in trades.items():
            if known:
                pipeline.order.reload(name, sorted(known), max(known.values()))
        for name, minutes in bars.items():
            if minutes:
                pipeline.order.reload_bars(name, "1m", minutes)

    def _adopt_again(self, setting: Setting) -> None:
        """Rules that were in force; such as this fbkit cannot read were judged by another, and stay what they were."""
        try:
            self.pipeline.rules.adopt(load(setting.value))
        except SettingError as error:
            log.warning("rules of an earlier run are passed over: %s", error)

    def _take_up(self, checkpoint: Checkpoint) -> int:
        """Go on from a saved state: from which event. One made under other settings is of no use: from the first."""
        state = msgspec.msgpack.decode(checkpoint.state, type=dict[str, bytes])
        try:
            self.pipeline.engine.restore(state["engine"])
        except ValueError:  # nothing was taken over
            return 0
        self.pipeline.rules.restore(state["rules"])
        self.from_checkpoint = checkpoint.seq
        return checkpoint.seq

    def _placed(self, since: int) -> Iterator[Event]:
        """Every event from a place on, by its place: stored ones, and what earlier runs left to be stored."""
        stored = self.writer.replay(since_seq=since)
        if self.backlog.is_empty:
            yield from stored
            return
        newest = 0
        for event in heapq.merge(stored, self.backlog.replay(since), key=lambda event: event.seq):
            if event.seq > newest:  # else stored already, and not yet crossed off
                newest = event.seq
                yield event

    def _left(self, recent: int) -> tuple[dict[str, dict[int, int]], dict[str, list[int]]]:
        """Of what waits to be stored, by instrument: recent trades (id to ``ts_event``), and closed bars."""
        trades: dict[str, dict[int, int]] = defaultdict(dict)
        bars: dict[str, list[int]] = defaultdict(list)
        for event in self.backlog.replay():
            if type(event) is Trade and event.ts_event >= recent:
                trades[event.instrument][event.venue_id] = event.ts_event
            elif type(event) is Bar and event.tf == "1m":
                bars[event.instrument].append(event.ts_event)
        return trades, bars

    def spilling(self, megabytes: int, started: int) -> Spilling:
        """Where this run's batches go that find no room in memory, beside what earlier ones left there."""
        head = Head(self.writer.market, self.writer.seed, self.writer.epoch)
        rest, spill = (
            Spill(spill_path(self.spill_base, started, part), megabytes * 1_000_000, head) for part in (1, 2)
        )
        return Spilling(spill, rest, self.backlog, self.pipeline.accounts, self.writer.epoch)

    # -- at the end ---------------------------------------------------------------------------------------------

    def checkpoint(self) -> Pending:
        """The state of engine and rules as of the last event placed, to be packed by whoever stores it."""
        pipeline = self.pipeline
        engine, rules = pipeline.engine.freeze(), pipeline.rules.checkpoint()
        seq, ts, code = pipeline.last_seq, pipeline.beat_ts, self.stamp.code

        def packed() -> Checkpoint:
            return Checkpoint(seq, ts, code, msgspec.msgpack.encode({"engine": engine.pack(), "rules": rules}))

        return packed

    def end(self, now: int) -> list[AccountRow]:
        """Write the final accounts and close the database; returns the accounts."""
        accounts = self.accounts()
        try:
            ended = [] if self._run is None else [msgspec.structs.replace(self._run, ts_stop=now)]
            self.writer.append(Batch([], [*accounts, *ended], None))
        except StoreError:
            # The lease or the disk is gone; the accounts are still told to whoever asked for the run.
            return accounts
        finally:
            self.writer.close()
        return accounts

    def accounts(self) -> list[AccountRow]:
        """What became of every item so far, per venue and channel."""
        pipeline = self.pipeline
        late = pipeline.engine.late
        return [one.row(pipeline.run, late.get((one.venue, one.channel), 0)) for one in pipeline.accounts]

    def refuse_older_than_last_beat(self, first: int, path: str) -> None:
        """A recording older than what the database holds wants a new one."""
        if self.last_beat_ts is not None and first <= self.last_beat_ts:
            raise StoreError(
                self.writer.url,
                f"holds data up to {iso(self.last_beat_ts)}, and {path} begins at {iso(first)}",
                "give a new database with --db",
            )
