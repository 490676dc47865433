"""The one line every event goes through: sequence, conflation, engine, alerts, and out as batches cut at Beats.

Synchronous, without a clock, a socket or a thread: items and Beats in, batches out. Whoever drives it (the collector,
the demo, a recording) brings the time and takes the batches to the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import force_setattr

from fbkit.alerts import Rules
from fbkit.engine import Closed, Engine
from fbkit.ingest.accounting import Account, Accounts
from fbkit.ingest.conflation import Conflation
from fbkit.ingest.live import LiveBoard
from fbkit.ingest.sequence import FUTURE_NS, Hole, Verdict
from fbkit.ingest.sequence import Sequence as Order
from fbkit.ingest.short_way import ShortWay
from fbkit.ingest.skew import Skew, largest_fair
from fbkit.model import (
    SAMPLE_BYTES,
    Beat,
    Control,
    Event,
    Gap,
    Ignored,
    Item,
    Mark,
    Origin,
    QuarantineRow,
    Quote,
    Rejected,
    Row,
    Setting,
    Trade,
    channel_of,
)
from fbkit.store.packed import Packed, Packer, Sheet

log = logging.getLogger(__name__)

#: So many events wait as they are; then they are packed, before they leave the processor's caches.
PACK = 512

#: Every so many Beats comes the heartbeat of the metrics reference, 11.
HEARTBEAT = 10

_TIMED = frozenset({Trade, Quote, Mark})


class Cut(NamedTuple):
    """What one Beat leaves: events in ``seq`` order, the gaps among them, rows, and whose items they were."""

    events: Sequence[Event]
    rows: list[Row]
    closed: Closed
    items: dict[Account, int]
    beat: Beat
    gaps: Sequence[Gap]


class Pipeline:
    """Gives every event its place and hands it to the engine; cuts a batch at every Beat.

    Parameters
    ----------
    writer : int
        Number of this writer; ``seq = writer << 48 | n``.
    last_seq, last_beat : int
        Where an earlier run ended.
    cadence : int
        Conflation of quotes, ns of event time; 0 keeps all.
    run : int
        The ``engine_runs`` row that accounts are kept under.
    counted : collection of str
        The venues whose trade ids count one by one.
    """

    def __init__(  # noqa: PLR0913 - one argument for each thing an earlier run left, all by name
        self,
        engine: Engine,
        rules: Rules,
        *,
        writer: int = 1,
        last_seq: int = 0,
        last_beat: int = 0,
        last_beat_ts: int = 0,
        cadence: int = 100_000_000,
        run: int = 0,
        counted: Collection[str] = frozenset({"binance"}),
    ) -> None:
        self.engine, self.rules = engine, rules
        self.accounts, self.order, self.board = Accounts(), Order(counted), LiveBoard()
        self.skews: dict[str, Skew] = {}
        self.run = run
        self.beats = last_beat
        self.on_hole: Callable[[Hole, Gap], None] = lambda _hole, _gap: None
        #: Whether what a silence of a venue missed is still being fetched.
        self.is_refilling: Callable[[str], bool] = lambda _venue: False
        #: At every Beat, for each stream that spoke live since the last: venue, channel, when (``ts_recv``, UTC ns).
        self.on_heard: Callable[[str, str, int], None] = lambda _venue, _channel, _ts: None
        self.conflation = Conflation(cadence)
        self._seq = max(last_seq, writer << 48)
        self._beat_ts = last_beat_ts
        self._packer = Packer()
        self._sheets: list[Sheet] = []
        self._events: list[Event] = []
        self._gaps: list[Gap] = []
        self._rows: list[Row] = []
        self._ways: dict[str, ShortWay] = {}
        self._heard_beside: dict[tuple[str, str], int] = {}

    # -- in -----------------------------------------------------------------------------------------------------

    def take(self, venue: str, items: Iterable[Item], ts_recv: int) -> None:
        """Take parsed frames or a page; ``ts_recv`` (UTC ns) is when they came."""
        skew = self.skews.get(venue)
        if skew is None or skew.ns is None:
            for item in items:
                self.take_item(venue, item, ts_recv)
            if self.engine.lacks_room:  # they were Listings: made now, room holds up no Beat
                self.engine.make_room()
            return
        way = self._ways.get(venue)
        if way is None:
            way = self._ways[venue] = ShortWay(self, venue, skew)
        way.take(items, ts_recv)

    def take_item(self, venue: str, item: Item, ts_recv: int) -> None:
        """Take one item, whatever it is."""
        kind = type(item)
        if kind is Control:
            self.accounts[venue, "control"].control += 1
        elif kind is Ignored:
            account = self.accounts[venue, item.channel]  # type: ignore[union-attr]  # the kind is known
            account.received += 1
            account.ignored += 1
        elif kind is Rejected:
            self._reject(venue, item, ts_recv)  # type: ignore[arg-type]  # the kind is known
        elif kind is tuple:
            self._take_many(venue, item, ts_recv)  # type: ignore[arg-type]  # the kind is known
        else:
            self._take_one(venue, item, ts_recv)  # type: ignore[arg-type]  # the kind is known

    def _take_one(self, venue: str, event: Event, ts_recv: int) -> None:
        channel = channel_of(event)
        account = self.accounts[venue, channel]
        account.received += 1
        if event.origin is not Origin.BACKFILL:
            account.heard = ts_recv
        if not self._plausible(venue, event, ts_recv):
            self.disbelieve(event, account, ts_recv)
            return
        self.board.hear(event)
        if type(event) is Quote:
            released = self.conflation.offer(event, account)
            if released is not None:
                self._order(released, account)
        else:
            self._order(event, account)

    def _take_many(self, venue: str, events: tuple[Event, ...], ts_recv: int) -> None:
        """An item of several events is stored when one of them is; its quotes are not conflated."""
        account = self.accounts[venue, channel_of(events[0])]
        account.received += 1
        news = 0
        for event in events:
            if not self._plausible(venue, event, ts_recv):
                self._quarantine(venue, channel_of(event), event.instrument, "future", b"", ts_recv)
                continue
            self.board.hear(event)
            self._heard_beside[venue, channel_of(event)] = ts_recv
            if self.order.judge(event, self.beats) is Verdict.NEWS:
                self._place(event)
                news += 1
        if news:
            account.fresh += 1
        else:
            account.duplicate += 1

    def disbelieve(self, event: Event, account: Account, ts_recv: int) -> None:
        account.quarantined += 1
        sample = repr(event).encode()[:SAMPLE_BYTES]
        self._quarantine(account.venue, account.channel, event.instrument, "future", sample, ts_recv)

    def _plausible(self, venue: str, event: Event, ts_recv: int) -> bool:
        """Whether the event is not from a future that no clock skew explains; live times feed the skew."""
        ts_event = event.ts_event
        skew = self.skews.get(venue)
        known = skew is not None and skew.ns is not None
        believed = not known or ts_event <= ts_recv - skew.ns + FUTURE_NS  # type: ignore[union-attr,operator]  # known
        if type(event) in _TIMED and event.origin is Origin.LIVE:
            if skew is None:
                skew = self.skews[venue] = Skew()
            skew.hear(ts_recv, ts_event)
        elif not known:
            believed = ts_event <= ts_recv + FUTURE_NS
        return believed

    def _reject(self, venue: str, item: Rejected, ts_recv: int) -> None:
        account = self.accounts[venue, item.channel]
        account.received += 1
        account.quarantined += 1
        self._quarantine(venue, item.channel, item.instrument, item.reason, item.sample[:SAMPLE_BYTES], ts_recv)

    def _quarantine(self, venue: str, channel: str, instrument: str, reason: str, sample: bytes, ts_recv: int) -> None:
        self._rows.append(QuarantineRow(ts_recv, venue, channel, instrument, reason, sample))

    # -- order --------------------------------------------------------------------------------------------------

    def _order(self, event: Event, account: Account) -> None:
        verdict = self.order.judge(event, self.beats)
        if verdict is Verdict.NEWS:
            self._place(event)
            account.fresh += 1
        elif verdict is Verdict.UNCHANGED:
            account.ignored += 1
        else:
            account.duplicate += 1

    def place_all(self, events: list[Event]) -> None:
        """Give news their places, in this order, and let the engine hear them."""
        seq = self._seq
        for event in events:
            seq += 1
            force_setattr(event, "seq", seq)
        self._seq = seq
        self._events += events
        self.engine.take_all(events)
        if len(self._events) >= PACK:
            self._pack()

    def _pack(self) -> None:
        self._sheets.append(self._packer.pack(self._events))
        self._events = []

    def _take_events(self) -> Sequence[Event]:
        """What was placed since the last Beat; packed where there was much of it."""
        if not self._sheets:
            events, self._events = self._events, []
            return events
        if self._events:
            self._pack()
        packed = Packed(tuple(self._packer.names), self._sheets)
        self._sheets = []
        return packed

    def _place(self, event: Event) -> None:
        self._seq += 1
        force_setattr(event, "seq", self._seq)
        self._events.append(event)
        if type(event) is not Beat:
            self.engine.take(event)

    def _place_gap(self, gap: Gap) -> None:
        self._gaps.append(gap)
        self._place(gap)

    # -- gaps and settings --------------------------------------------------------------------------------------

    def open_gap(  # noqa: PLR0913 - the fields of a Gap, all by name
        self,
        ts_recv: int,
        cause: str,
        t0: int,
        *,
        venue: str = "",
        channel: str = "*",
        instrument: str = "",
        t1: int | None = None,
        missing: int | None = None,
    ) -> Gap:
        """Write that from ``t0`` on we know that we do not know; returns the opening event."""
        gap = Gap(instrument, t0, ts_recv, self._seq + 1, venue, channel, "opened", cause, t0, t1, missing)
        self._place_gap(gap)
        return gap

    def close_gap(
        self,
        opened: Gap,
        ts_recv: int,
        t1: int,
        *,
        backfilled: bool,
        missing: int | None = None,
    ) -> None:
        """Write that the gap ended at ``t1``, and whether what was missing came in after all."""
        phase: Literal["closed", "backfilled"] = "backfilled" if backfilled else "closed"
        self._place_gap(
            Gap(
                opened.instrument, t1, ts_recv, opened.gap_id, opened.venue, opened.channel,
                phase, opened.cause, opened.t0, t1, missing,
            )
        )  # fmt: skip

    def setting(self, ts_recv: int, key: str, value: str) -> None:
        """Write a setting or rule that holds from here on."""
        self._place(Setting("", ts_recv, ts_recv, key, value))

    @property
    def received(self) -> int:
        """Items that came in so far."""
        return self.accounts.received

    @property
    def uncut(self) -> int:
        """Events and rows that wait for the next Beat."""
        return sum(sheet.n for sheet in self._sheets) + len(self._events) + len(self._rows)

    @property
    def last_seq(self) -> int:
        """The place of the newest event."""
        return self._seq

    @property
    def beat_ts(self) -> int:
        """Event time of the newest Beat, UTC ns."""
        return self._beat_ts

    def add_row(self, row: Row) -> None:
        """Write a row with the next batch."""
        self._rows.append(row)

    # -- time ---------------------------------------------------------------------------------------------------

    def beat(self, ts_recv: int, *, last: bool = False) -> Cut:
        """One second has passed: release what was held, tell of holes, close bars, cut the batch."""
        ts_event = self._beat_time(ts_recv)
        for quote, account in self.conflation.release_all(ts_event):
            account.held -= 1
            self._order(quote, account)
        for hole in self.order.overdue(self.beats, self.is_refilling):
            self._tell_hole(hole, ts_recv)
        self.beats += 1
        beat = Beat("", ts_event, ts_recv, self.beats, last)
        self._place(beat)
        closed = self.engine.beat(beat)
        rows = self._rows
        rows.extend(closed.bars)
        rows.extend(closed.metrics)
        rows.extend(closed.summary)
        if closed.metrics:
            rows.extend(self.rules.judge(closed, ts_event))
        if last or self.beats % HEARTBEAT == 0:
            self._check_books()
            rows.extend(account.row(self.run, self._late(account)) for account in self.accounts)
        items = {account: count for account in self.accounts if (count := account.cut())}
        cut = Cut(self._take_events(), rows, closed, items, beat, self._gaps)
        self._gaps, self._rows = [], []
        self._tell_heard()
        return cut

    def _tell_heard(self) -> None:
        """Who spoke since the last Beat: told once a second, not once an item."""
        heard = self._heard_beside
        for account in self.accounts:
            if account.heard:
                key = (account.venue, account.channel)
                heard[key] = max(account.heard, heard.get(key, 0))
                account.heard = 0
        for (venue, channel), ts in heard.items():
            self.on_heard(venue, channel, ts)
        heard.clear()

    def _beat_time(self, ts_recv: int) -> int:
        behind = largest_fair([skew.ns for skew in self.skews.values() if skew.ns is not None])
        self._beat_ts = max(self._beat_ts, ts_recv - behind)
        return self._beat_ts

    def _tell_hole(self, hole: Hole, ts_recv: int) -> None:
        venue = hole.instrument.partition(":")[0]
        gap = self.open_gap(
            ts_recv,
            "sequence",
            hole.t0,
            venue=venue,
            channel="trade",
            instrument=hole.instrument,
            t1=hole.t1,
            missing=self.order.missing(hole),
        )
        self.on_hole(hole, gap)

    def _late(self, account: Account) -> int:
        return self.engine.late.get((account.venue, account.channel), 0)

    def _check_books(self) -> None:
        for sentence in self.accounts.unbalanced():
            log.error("the books do not balance: %s", sentence)

    # -- out ----------------------------------------------------------------------------------------------------

    def stored(self, cut: Cut) -> None:
        """The store has acknowledged a batch."""
        for account, count in cut.items.items():
            account.pending -= count
            account.stored += count

    def dropped(self, cut: Cut) -> None:
        """A batch could not be kept."""
        for account, count in cut.items.items():
            account.pending -= count
            account.dropped += count
