"""Answers what is asked about the market and the collector. Knows the store and the hub, and nothing of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fbkit import __version__
from fbkit.clock import Clock, SystemClock
from fbkit.errors import StoreError
from fbkit.health import uptime_windows, whole
from fbkit.health.standing import Standing, stands, told
from fbkit.model import (
    BAR_COLUMNS,
    METRIC_COLUMNS,
    NS_S,
    SUMMARY_COLUMNS,
    AlertRow,
    BarRow,
    MetricRow,
    SummaryRow,
)
from fbkit.runtime import database_path, workspace
from fbkit.server.counted import count
from fbkit.server.listed import UNITS, listed, offered
from fbkit.server.page import Page
from fbkit.server.plain import instant, plain
from fbkit.server.prometheus import Stored, exposition
from fbkit.server.published import continuity_files, report_runs
from fbkit.server.voice import Voice
from fbkit.settings import Settings

if TYPE_CHECKING:
    from fbkit.store import Commit, Store

T = TypeVar("T")

#: Counting all rows is work: who scrapes more often than this hears the same numbers.
_COUNTED_NS = 10 * NS_S

_UNITS = {column.name: column.unit for column in BAR_COLUMNS}
_SUMMARY_UNITS = {column.name: column.unit for column in SUMMARY_COLUMNS}
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
_METRIC_UNITS = {
    name: {"rsi_14": "0 to 100", "atr_14": "USD"}.get(name, "standard deviations") for name in METRIC_COLUMNS
}


class Answer(msgspec.Struct, frozen=True):
    """What is told: ``body`` fits JSON. ``items``, ``total`` (if known) where it is a part of a list.

    ``text`` is what a Prometheus is told instead.
    """

    body: dict[str, Any]
    items: int | None = None
    total: int | None = None
    text: bytes = b""


class Manager:
    """Reads the database of the settings, opened when it is first asked for, and what the hub last said.

    Every method that reads takes a :class:`~fbkit.server.page.Page` and raises errors of :mod:`fbkit.errors`; reads run
    on a thread of their own, so a slow one holds up nobody else.
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
        self._store: Store | None = None
        self._file: tuple[int, int] | None = None
        self._count: tuple[int, Stored] | None = None
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="fbkit-read")

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        self._reading.shutdown(wait=True, cancel_futures=True)
        self._forget()

    # -- the market ------------------------------------------------------------------------------------------------

    async def instruments(self, page: Page) -> Answer:
        """Every instrument listed, by name, with what its venue offers and leaves open."""
        return await self._read(lambda store: _cut(store, page, listed(store), UNITS, offers=offered(store)))

    async def history(self, page: Page, instrument: str) -> Answer:
        """Closed bars of an instrument on a timeframe, newest first."""

        def answer(store: Store) -> Answer:
            rows = store.row_structs(BarRow, instrument=instrument, tf=page.tf, last=page.end)
            return _newest(store, page, rows, _UNITS, instrument=instrument, tf=page.tf)

        return await self._read(answer)

    async def metrics(self, page: Page) -> Answer:
        """The newest metrics of every instrument on a timeframe, by instrument."""

        def answer(store: Store) -> Answer:
            rows = store.row_structs(MetricRow, tf=page.tf, last=1)
            return _cut(store, page, sorted(rows, key=lambda row: row.instrument), _METRIC_UNITS, tf=page.tf)

        return await self._read(answer)

    async def summary(self, page: Page) -> Answer:
        """The newest state of every instrument on a timeframe, by instrument."""

        def answer(store: Store) -> Answer:
            rows = sorted(store.row_structs(SummaryRow, tf=page.tf), key=lambda row: row.instrument)
            return _opened_up(_cut(store, page, rows, _SUMMARY_UNITS, tf=page.tf), "conditions")

        return await self._read(answer)

    async def alerts(self, page: Page) -> Answer:
        """Alerts, newest first, each with every input it was judged by."""

        def answer(store: Store) -> Answer:
            rows = store.row_structs(AlertRow, last=page.end)
            return _opened_up(_newest(store, page, rows, _ALERT_UNITS), "inputs")

        return await self._read(answer)

    async def gaps(self, page: Page) -> Answer:
        """Intervals in which we know that we do not know, newest first; ``t1`` is null while one is open."""

        def answer(store: Store) -> Answer:
            frame = store.rows("gaps", last=page.end)
            rows = [_without_missing(row) for row in frame.to_dict("records")]
            return _newest(store, page, rows, {"missing": "events the venue's ids say were lost"})

        return await self._read(answer)

    # -- how things are --------------------------------------------------------------------------------------------

    async def health(self, page: Page) -> Answer:
        """``ok``, ``degraded`` or ``down``, always with the reasons; each stream's own state beside it."""
        voice = self._voice
        live = None if voice.pulse is None else voice.pulse.health
        now = self._clock.now()
        try:
            found = await self._read(lambda store: stands(store, now, live=live, running=voice.hello is not None))
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
            stored = await self._read(self._counted)
        except StoreError:
            stored = None
        return Answer({}, text=exposition(stored, self._voice.hello, self._voice.pulse))

    def _counted(self, store: Store) -> Stored:
        """What scrapes ask of the store; counted anew at most every :data:`_COUNTED_NS`, however often they come."""
        now = self._clock.now()
        if self._count is None or not 0 <= now - self._count[0] < _COUNTED_NS:
            self._count = (now, count(store, now))
        return self._count[1]

    async def _published(self, page: Page, find: Callable[[Path], list[dict[str, Any]]]) -> Answer:
        found = await self._apart(find, workspace(self._settings))
        part = found[page.offset : page.end]
        return Answer({"items": part}, len(part), len(found))

    async def _which(self) -> dict[str, Any]:
        hello = self._voice.hello
        if hello is not None:
            return {"market": hello.market, "seed": hello.seed, "database": self._url}
        market, seed = await self._read(lambda store: (str(store.market), store.seed))
        return {"market": market, "seed": seed, "database": self._url}

    # -- the stream ------------------------------------------------------------------------------------------------

    async def newest_commit(self) -> int:
        """The number of the newest commit."""
        return await self._read(lambda store: store.commit_number)

    async def commits_after(self, cursor: int, limit: int) -> list[Commit]:
        """The next commits that made rows, oldest first."""
        return await self._read(lambda store: store.commits_after(cursor, limit))

    # -- the store -------------------------------------------------------------------------------------------------

    async def _read(self, question: Callable[[Store], T]) -> T:
        return await self._apart(lambda: question(self._opened()))

    async def _apart(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, work, *arguments)

    def _opened(self) -> Store:
        """The store; opened anew when another file stands in its place (a damaged one is moved away)."""
        from fbkit.store import open_store  # pandas and SQLAlchemy: half a second that a start need not wait for

        path = database_path(self._url)
        try:
            facts = path.stat()
            file = (facts.st_dev, facts.st_ino)
        except OSError:
            file = None
        store = self._store
        if store is None or file != self._file:
            self._forget()
            self._store = store = open_store(self._url)
            self._file = file
        return store

    def _forget(self) -> None:
        store, self._store, self._count = self._store, None, None
        if store is not None:
            store.close()


def _newest(store: Store, page: Page, rows: Sequence[Any], units: dict[str, str], **said: Any) -> Answer:
    """Rows oldest first, at most ``page.end`` of them, as a part of a list that begins with the newest."""
    total = len(rows) if len(rows) < page.end else None
    return _tell(store, rows[::-1][page.offset : page.end], total, units, said)


def _cut(store: Store, page: Page, rows: Sequence[Any], units: dict[str, str], **said: Any) -> Answer:
    return _tell(store, rows[page.offset : page.end], len(rows), units, said)


def _tell(store: Store, part: Sequence[Any], total: int | None, units: dict[str, str], said: dict[str, Any]) -> Answer:
    beat = store.last_beat()
    covered = [row.coverage for row in part if hasattr(row, "coverage")]
    body = {
        "market": str(store.market),
        "seed": store.seed,
        "as_of": instant(beat.ts_event if beat else None),
        **said,
        "units": units,
        "coverage": sum(covered) / len(covered) if covered else None,
        "items": plain(part),
    }
    return Answer(body, len(part), total)


def _opened_up(answer: Answer, name: str) -> Answer:
    """A field that the store keeps as JSON text, as what it says."""
    for item in answer.body["items"]:
        item[name] = msgspec.json.decode(item[name])
    return answer


def _without_missing(row: dict[Any, Any]) -> dict[str, Any]:
    """A frame's record as plain values: what pandas calls missing is ``None``, numpy's numbers are Python's."""
    return {str(name): None if value is None or value != value else _own(value) for name, value in row.items()}  # noqa: PLR0124 - NaN alone differs from itself


def _own(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
