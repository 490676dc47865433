"""Answers what is asked about the market and the collector. Knows the store and the hub, and nothing of HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fbkit import __version__
from fbkit.clock import Clock, SystemClock
from fbkit.errors import StoreError
from fbkit.health import uptime_windows, whole
from fbkit.health.standing import Standing, is_beating, stands, told
from fbkit.model import (
    BAR_COLUMNS,
    METRICS,
    NS_S,
    SUMMARY_COLUMNS,
    AlertRow,
    BarRow,
    Market,
    MetricRow,
    SummaryRow,
)
from fbkit.runtime import shown_url, workspace
from fbkit.server.answer import Answer, cut, newest, opened_up
from fbkit.server.coin import across
from fbkit.server.counted import count
from fbkit.server.listed import UNITS, listed, offered
from fbkit.server.page import Page
from fbkit.server.plain import instant, plain
from fbkit.server.prometheus import Stored, exposition
from fbkit.server.published import continuity_files, report_runs
from fbkit.server.reads import Reads
from fbkit.server.ruled import in_force
from fbkit.server.scores import scored
from fbkit.server.voice import Voice
from fbkit.settings import Settings

if TYPE_CHECKING:
    from fbkit.store import Commit, Store

#: Counting all rows is work: who scrapes more often than this hears the same numbers.
_COUNTED_NS = 10 * NS_S

_UNITS = {column.name: column.unit for column in BAR_COLUMNS}
_SUMMARY_UNITS = {column.name: column.unit for column in SUMMARY_COLUMNS}
_METRIC_UNITS = {column.name: column.unit for column in METRICS}
_ALERT_UNITS = {
    "value": "that of its column: standard deviations for z_, else as /metrics and /history say",
    "threshold": "that of its column",
    "n": "values behind it",
    "coverage": "share of the window that lies in no gap",
}
_HEALTH_UNITS = {
    "age_s": "seconds since the stream spoke",
    "uptime_percent": "% of the window in which a collector ran",
    "available_percent": "% of the window in which it was ok or degraded",
    "ok_percent": "% of the window in which it was ok",
}


class Manager:
    """Reads the database of the settings and what the hub last said.

    Every method that reads takes a :class:`~fbkit.server.page.Page` and raises errors of :mod:`fbkit.errors`.
    """

    def __init__(
        self,
        settings: Settings,
        url: str,
        voice: Voice,
        *,
        clock: Clock | None = None,
        kernel: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._settings, self._url, self._voice = settings, url, voice
        self._clock = clock or SystemClock()
        self._kernel = kernel
        self._count: tuple[Store, int, Stored] | None = None
        self._reads = Reads(url)

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        self._reads.close()

    # -- the market ------------------------------------------------------------------------------------------------

    async def instruments(self, page: Page) -> Answer:
        """Every instrument listed, by name, with what its venue offers and leaves open."""
        return await self._reads.ask(lambda store: cut(store, page, listed(store), UNITS, offers=offered(store)))

    async def history(self, page: Page, instrument: str) -> Answer:
        """Closed bars of an instrument on a timeframe, newest first."""

        def answer(store: Store) -> Answer:
            rows = store.row_structs(BarRow, instrument=instrument, tf=page.tf, span=page.span, last=page.end)
            return newest(store, page, rows, _UNITS, "t1", instrument=instrument, tf=page.tf)

        return await self._reads.ask(answer)

    async def metrics(self, page: Page) -> Answer:
        """The newest metrics of every instrument on a timeframe, by instrument."""

        def answer(store: Store) -> Answer:
            rows = store.row_structs(MetricRow, tf=page.tf, last=1)
            return cut(store, page, sorted(rows, key=lambda row: row.instrument), _METRIC_UNITS, tf=page.tf)

        return await self._reads.ask(answer)

    async def summary(self, page: Page) -> Answer:
        """The newest state of every instrument on a timeframe, by instrument."""

        def answer(store: Store) -> Answer:
            rows = sorted(store.row_structs(SummaryRow, tf=page.tf), key=lambda row: row.instrument)
            return opened_up(cut(store, page, rows, _SUMMARY_UNITS, tf=page.tf), "conditions")

        return await self._reads.ask(answer)

    async def alerts(self, page: Page) -> Answer:
        """Alerts, newest first, each with every input it was judged by."""

        def answer(store: Store) -> Answer:
            rows = store.row_structs(AlertRow, span=page.span, last=page.end)
            return opened_up(newest(store, page, rows, _ALERT_UNITS, "ts"), "inputs")

        return await self._reads.ask(answer)

    async def scorecard(self, page: Page) -> Answer:
        """What came of alerts, a row a group and horizon, against random instants of the same instruments."""

        def answer(store: Store) -> Answer:
            return scored(store, page, self._market_now(store), self._settings.min_coverage)

        return await self._reads.ask(answer)

    async def rules(self, page: Page) -> Answer:
        """The rules that alerts are judged by."""
        return await self._reads.ask(lambda store: in_force(store, page))

    async def across(self, page: Page, coin: str) -> Answer:
        """A coin over its venues, a row a bar, newest first."""
        return await self._reads.ask(lambda store: across(store, page, coin, self._settings.min_coverage))

    async def gaps(self, page: Page) -> Answer:
        """Intervals in which we know that we do not know, newest first; ``t1`` is null while one is open."""

        def answer(store: Store) -> Answer:
            rows = store.records("gaps", span=page.span, last=page.end)
            return newest(store, page, rows, {"missing": "events the venue's ids say were lost"}, "t0")

        return await self._reads.ask(answer)

    # -- how things are --------------------------------------------------------------------------------------------

    async def health(self, page: Page) -> Answer:
        """``ok``, ``degraded`` or ``down``, always with the reasons; each stream's own state beside it."""
        voice = self._voice
        live = None if voice.pulse is None else voice.pulse.health
        now = self._clock.now()
        try:
            found = await self._reads.ask(lambda store: stands(store, now, live=live, running=voice.hello is not None))
        except StoreError:
            if live is None:
                raise
            found = Standing(whole(live), uptime_windows([], None))
        streams = plain(found.whole.streams)
        return Answer({**told(found), "units": _HEALTH_UNITS, "streams": streams, **await self._which()})

    async def status(self, page: Page) -> Answer:
        """The collector at work: rates, lag, queue, what became of every item received, backfill; and the server."""
        voice = self._voice
        collector: dict[str, Any] = {"heard": voice.hello is not None, "why": voice.why}
        if voice.hello is not None:
            collector |= plain(msgspec.structs.replace(voice.hello, owners=0))
            collector.pop("owners")
        if voice.pulse is not None:
            collector["beat"] = plain(voice.pulse)
        body = {"version": __version__, "ts": instant(self._clock.now()), "collector": collector, **self._kernel()}
        return Answer({**body, **await self._which()})

    async def reports(self, page: Page) -> Answer:
        """Reports that were published, newest first, with their files."""
        return await self._published(page, report_runs)

    async def continuity(self, page: Page) -> Answer:
        """The newest continuity files, as they stand in the workspace."""
        return await self._published(page, continuity_files)

    async def prometheus(self, page: Page) -> Answer:
        """All of that in the text format of Prometheus; without a database or a collector it says that."""
        try:
            stored = await self._reads.ask(self._counted)
        except StoreError:
            stored = None
        return Answer({}, text=exposition(stored, self._voice.hello, self._voice.pulse))

    def _counted(self, store: Store) -> Stored:
        """What scrapes ask of the store; counted anew at most every :data:`_COUNTED_NS`, however often they come."""
        now = self._clock.now()
        if self._count is None or self._count[0] is not store or not 0 <= now - self._count[1] < _COUNTED_NS:
            self._count = (store, now, count(store, now))
        return self._count[2]

    def _market_now(self, store: Store) -> int:
        """How far the market has come: the clock's instant while it goes on, else the last Beat's."""
        now, beat = self._clock.now(), store.last_beat()
        return now if beat is None or store.market is Market.LIVE or is_beating(beat, now) else beat.ts_recv

    async def _published(self, page: Page, find: Callable[[Path], list[dict[str, Any]]]) -> Answer:
        found = await self._reads.apart(find, workspace(self._settings))
        part = found[page.offset : page.end]
        return Answer({"items": part}, len(part), len(found))

    async def _which(self) -> dict[str, Any]:
        hello = self._voice.hello
        if hello is not None:
            return {"market": hello.market, "seed": hello.seed, "database": shown_url(self._url)}
        market, seed = await self._reads.ask(lambda store: (str(store.market), store.seed))
        return {"market": market, "seed": seed, "database": shown_url(self._url)}

    # -- the stream ------------------------------------------------------------------------------------------------

    async def newest_commit(self) -> int:
        """The number of the newest commit."""
        return await self._reads.ask(lambda store: store.commit_number)

    async def commits_after(self, cursor: int, limit: int) -> list[Commit]:
        """The next commits that made rows, oldest first."""
        return await self._reads.ask(lambda store: store.commits_after(cursor, limit))
