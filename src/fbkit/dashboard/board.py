"""The page: widgets arranged, and one task that hands them what the store remembers and the hub says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import ipywidgets
import msgspec
import numpy as np

from fbkit.clock import Clock, SystemClock, iso
from fbkit.dashboard import health_words
from fbkit.dashboard.day import DAY_BARS, DAY_TF, MINUTES, Day, Hour
from fbkit.dashboard.kpis import kpis
from fbkit.dashboard.readings import Readings
from fbkit.dashboard.series import BARS_READ, series
from fbkit.dashboard.sheet import BARS_NEEDED, Sheet
from fbkit.dashboard.source import Source
from fbkit.errors import FbkitError, StoreMissing
from fbkit.hub import Commit, Gone, Hello, Live, Message, Pulse
from fbkit.model import NS_DAY, NS_MS, NS_S, TIMEFRAMES, AlertRow, Gap, Instrument, Market
from fbkit.settings import VENUES
from fbkit.widgets import (
    AlertFeed,
    Brand,
    Foot,
    HealthBadge,
    KpiStrip,
    MarketTable,
    Mode,
    PlotStream,
    StatusPanel,
    Toolbar,
)
from fbkit.widgets import Clock as ClockWidget
from fbkit.widgets.format import NBSP, count

T = TypeVar("T")

#: Live numbers go to the browser at once when none went for so long, else then.
PUSH_GAP_S = 0.08

_ALERTS_KEPT = 200
_TRY_AGAIN_S = 4.0

#: What is read from the store, most urgent first.
_JOBS = ("market", "table", "chart", "alerts", "day", "refresh")

#: While a backfill fills slots of the past, the table is judged anew no more often than this, and after all else.
_REFRESH_S = 5.0
_DEFAULT_COIN = "BTC"

#: More venues than these are counted in the badge, not named.
_VENUES_NAMED = 3


class Board:
    """One page of one viewer.

    ``page`` is what a notebook shows. ``start`` runs it on the kernel's event loop until ``stop``; an error in one
    part is told where that part is drawn, and the others live on.
    """

    def __init__(self, source: Source, *, tf: str = "5m", window: int = 60, clock: Clock | None = None) -> None:
        self.source = source
        self.clock = clock or SystemClock()
        self.mode = Mode()
        self.health = HealthBadge()
        self.time = ClockWidget()
        self.brand = Brand(tabs=["Market", "Status"])
        self.tools = Toolbar(tf=tf, window=window)
        self.kpis = KpiStrip()
        self.table = MarketTable(tf=tf, tf_s=TIMEFRAMES[tf] / NS_S, window=window)
        self.chart = PlotStream(tf=tf, tf_s=TIMEFRAMES[tf] / NS_S, window=window)
        self.feed = AlertFeed()
        self.status = StatusPanel()
        self.foot = Foot(tf=tf, window=window)
        self.page = self._arranged()
        self.sheet = Sheet([])
        self.day: Day | None = None
        self.hour = Hour()
        self._known: dict[str, Instrument] = {}
        self._readings = Readings()
        self._heard: set[str] = set()
        self._alerts: dict[int, AlertRow] = {}
        self._gaps: dict[int, Gap] = {}
        self._hello: Hello | None = None
        self._silent_since: float | None = None
        self._newest_ts = 0
        self._refreshing = False
        self._dirty = asyncio.Event()
        self._wanted: set[str] = {"market", "table", "day", "alerts"}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.table.waiting = "The collector is asked which instruments there are; rows come with the first numbers."
        self.feed.watching = "Rules look at every closed bar; what they say comes here."
        self._connect_controls()
        self.kpis.show(kpis(self.sheet, None, self.hour, tf, window))

    # --- the page and its controls ------------------------------------------------------------------------------------

    def _arranged(self) -> ipywidgets.Box:
        bar = ipywidgets.Box([self.brand, self.mode, self.health, self.time]).add_class("fb-bar")
        parts = [bar, self.tools, self.kpis, self.table, self.chart, self.feed, self.status, self.foot]
        page = ipywidgets.Box(parts).add_class("fbkit").add_class("fb-page")
        return ipywidgets.Box([page]).add_class("fbkit").add_class("fb-frame")

    def _connect_controls(self) -> None:
        # The search goes from control to table inside the browser; Python only keeps what it shows.
        ipywidgets.jslink((self.tools, "query"), (self.table, "query"))
        ipywidgets.jslink((self.tools, "venue"), (self.table, "venue"))
        self.tools.observe(lambda _: self._show_kpis(), "venue")
        ipywidgets.jslink((self.table, "opened"), (self.chart, "opened"))
        self.tools.observe(self._on_tf, "tf")
        self.tools.observe(self._on_window, "window")
        self.table.observe(self._on_chosen, "chosen")
        self.feed.observe(lambda _: self.choose(self.feed.chosen), "opened")

    def _on_tf(self, change: dict[str, Any]) -> None:
        tf = change["new"]
        for widget in (self.table, self.foot):
            widget.tf = tf
        self.table.tf_s = TIMEFRAMES[tf] / NS_S
        self.sheet.clear()
        self._push_closed()
        self._want("table", "chart")

    def _on_window(self, change: dict[str, Any]) -> None:
        for widget in (self.table, self.foot, self.chart):
            widget.window = change["new"]
        self._show_kpis()

    def _on_chosen(self, change: dict[str, Any]) -> None:
        self._want("chart")

    def choose(self, instrument: str) -> None:
        """Show an instrument's charts."""
        self.table.chosen = instrument

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> Board:
        """Run on the event loop that is running, once."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self.run(), name="fbkit board")
        return self

    def stop(self) -> None:
        """End the task; the page keeps what it shows and says that the notebook is silent."""
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Listen, read and push until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listening())
            group.create_task(self._reading())
            group.create_task(self._pushing())
            group.create_task(self._ticking())

    async def _listening(self) -> None:
        while True:
            try:
                async for message in self.source.messages():
                    self.take(message)
            except (FbkitError, OSError) as error:
                self._fell_silent(str(error))
            await asyncio.sleep(1.0)

    async def _reading(self) -> None:
        """Read what is wanted from the store, one thing after the other, in a thread; what failed is tried again."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._wanted:
                job = min(self._wanted, key=_JOBS.index)
                self._wanted.discard(job)
                try:
                    await self._read(job)
                except StoreMissing as error:
                    self.table.waiting = f"{error}. The page fills as soon as a collector writes."
                    loop.call_later(1.0, self._want, job)
                except FbkitError as error:
                    self._tell(job, f"{error}. Trying again in {_TRY_AGAIN_S:.0f} s.")
                    loop.call_later(_TRY_AGAIN_S, self._want, job)

    async def _read(self, job: str) -> None:
        await {
            "market": self._read_market,
            "table": self._read_table,
            "chart": self._read_chart,
            "alerts": self._read_alerts,
            "day": self._read_day,
            "refresh": self._read_again,
        }[job]()
        self._tell(job, "")

    def _tell(self, job: str, text: str) -> None:
        where = {"chart": self.chart, "alerts": self.feed}.get(job, self.table)
        where.error = text

    def _want(self, *jobs: str) -> None:
        self._wanted |= set(jobs)
        self._wake.set()

    def _refresh_later(self) -> None:
        if not self._refreshing:
            self._refreshing = True
            asyncio.get_running_loop().call_later(_REFRESH_S, self._want, "refresh")

    async def _pushing(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._push_live()
            await asyncio.sleep(PUSH_GAP_S)

    async def _ticking(self) -> None:
        """Once a second: a sign of life, counts of what is fresh, key numbers."""
        self._want(*self._wanted)
        while True:
            self.health.ticks += 1
            if self.health.ticks % 2 and not self._heard <= self.sheet.row.keys():
                self._want("table")
            self._show_fresh()
            self._show_kpis()
            await asyncio.sleep(1.0)

    # --- what the collector says --------------------------------------------------------------------------------------

    def take(self, message: Message | Gone) -> None:
        """One message of the hub."""
        if isinstance(message, Live):
            self._take_live(message)
        elif isinstance(message, Pulse):
            self._take_pulse(message)
        elif isinstance(message, Commit):
            self._take_commit(message)
        elif isinstance(message, Hello):
            self._hello = message
            self._show_market(Market(message.market), message.seed)
            self._want("market", "table", "chart", "alerts", "day")
        elif isinstance(message, Gone):
            self._fell_silent(message.why)

    def _spoke(self) -> None:
        if self._silent_since is not None or self.health.stopped_s is not None:
            self._silent_since = None
            self.health.stopped_s = None
            self.table.old = False

    def _fell_silent(self, why: str) -> None:
        if self.health.stopped_s is None:
            spoken = self.time.beat_ms
            self.health.stopped_why = why
            self.health.stopped_s = max(0.0, self.clock.now() / NS_MS - spoken) / 1000 if spoken else 0.0
            self.table.old = True
            self.time.runs = self.time.runs and self.mode.market != "RECORDED"
            self.foot.runs = False
            self.tools.progress_text = ""

    def _take_live(self, message: Live) -> None:
        self._spoke()
        self._newest_ts = message.ts
        self._heard.update(self.sheet.take_live(message.rows))
        self._dirty.set()

    def _take_pulse(self, pulse: Pulse) -> None:
        self._spoke()
        self.time.beat_ms = self.foot.beat_ms = pulse.ts / NS_MS
        self.time.runs = self.foot.runs = True
        self.foot.events_s = float(sum(pulse.rates.values()))
        self.foot.stored = pulse.stored
        self.health.state = health_words.system_state(pulse.health)
        self.health.detail = health_words.detail(pulse.health) if pulse.health else "first heartbeat awaited"
        self.health.reasons = health_words.reasons(pulse.health)
        self._show_progress(pulse.backfill)
        self.status.streams = health_words.streams(pulse.health)
        self.status.summary = f"{len(health_words.own(pulse.health))} streams, reasons in place"
        if pulse.accounts:
            self.status.show_accounts(one for one in pulse.accounts if one.channel != "control")
        self.status.facts = self._facts(pulse)

    def _take_commit(self, commit: Commit) -> None:
        tf = self.tools.tf
        bars = [bar for bar in commit.bars if bar.tf == tf]
        metrics = [row for row in commit.metrics if row.tf == tf]
        self.hour.take(commit.bars)
        self.sheet.take_bars(bars)
        self.sheet.take_metrics(metrics)
        if bars or metrics:
            self._push_closed()
        if bars and not metrics and not commit.more:
            self._refresh_later()  # slots of the past were filled: their Z-scores are computed here
        if any(bar.instrument == self.table.chosen for bar in bars):
            self._want("chart")
        for bar in commit.bars:
            row = self.sheet.row.get(bar.instrument)
            if bar.tf == DAY_TF and self.day is not None and row is not None:
                self.day.take(row, bar.t1, msgspec.structs.asdict(bar))
        if self.day is not None and any(bar.tf == "1m" for bar in commit.bars):
            self.table.show_sparks(self.day.sparks(self.sheet.column("last")))
        for alert in commit.alerts:
            self._alerts[alert.alert_id] = alert
        if commit.alerts:
            self._show_alerts()
        for gap in commit.gaps:
            self._gaps[gap.gap_id] = gap
        if commit.gaps:
            self._show_gaps()

    # --- what the store remembers -------------------------------------------------------------------------------------

    async def _ask(self, question: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.to_thread(question, *arguments)

    async def _read_market(self) -> None:
        market, seed = await self._ask(self.source.market)
        self._known = await self._ask(self.source.instruments)
        self._show_market(market, seed)

    async def _read_table(self) -> None:
        tf = self.tools.tf
        bars = await self._ask(self.source.bars, tf, BARS_NEEDED)
        names = self._heard | set(self.sheet.names) | set(bars["instrument"].astype(str).unique())
        if not names <= self._known.keys():
            self._known = await self._ask(self.source.instruments)
        shown = sorted(names & self._known.keys())
        if shown != self.sheet.names:
            await self._read_readings(shown)
            self._resize(shown)
        if tf != self.tools.tf:
            return
        if len(bars):
            await self._ask(self.sheet.take_history, tf, bars)
            self._dirty.set()
        self._push_closed()
        self._show_kpis()
        if not self.table.chosen and shown:
            self.choose(_first_choice(shown))

    async def _read_readings(self, names: list[str]) -> None:
        venues = sorted({self._known[name].venue for name in names}, key=_size)
        if venues != self.tools.venues:
            self._readings = await self._ask(self.source.readings, venues)
            self.tools.venues = venues
            self.tools.venue = self.tools.venue if self.tools.venue in venues else ""
            self.table.doubts, self.table.lacks = self._readings.doubts(), self._readings.lacks()
            self.status.readings = self._readings.lines()
            self.status.unsupported = self._readings.unsupported()

    async def _read_again(self) -> None:
        self._refreshing = False
        await self._read_table()
        if self._thin():
            await self._read_day()

    def _thin(self) -> bool:
        """Whether the day was read before its bars were there."""
        return self.day is None or bool(np.isnan(self.day.columns["close"]).mean() > 0.05)

    def _resize(self, names: list[str]) -> None:
        """Another set of instruments: values already heard move along."""
        before, self.sheet = self.sheet, Sheet(names)
        for name, i in before.row.items():
            if name in self.sheet.row:
                self.sheet.live[self.sheet.row[name]] = before.live[i]
        self.table.show_instruments([self._known[name] for name in names])
        self.foot.instruments = len(names)
        self.foot.venues = len(self.tools.venues)
        self.feed.watching = f"Rules watch {len(names)} instruments on every closed bar; what they say comes here."
        self._heard &= set(names)
        self.day = None
        self._push_live()
        self._want("day")

    async def _read_chart(self) -> None:
        name, tf = self.table.chosen, self.tools.tf
        if name not in self._known:
            return
        bars = await self._ask(self.source.bars, tf, BARS_READ, name)
        matrix = await self._ask(series, name, tf, bars)
        if (name, tf) != (self.table.chosen, self.tools.tf):
            return  # something else was chosen meanwhile; that is read next
        self._show_last()
        self.chart.show(name, tf, TIMEFRAMES[tf] / NS_S, self._known[name].tick, matrix)
        self._show_lane()

    async def _read_alerts(self) -> None:
        for alert in await self._ask(self.source.alerts, _ALERTS_KEPT):
            self._alerts.setdefault(alert.alert_id, alert)
        for gap in await self._ask(self.source.gaps):
            self._gaps.setdefault(gap.gap_id, gap)
        self._show_alerts()
        self._show_gaps()

    async def _read_day(self) -> None:
        names = self.sheet.names
        self.hour.take_history(await self._ask(self.source.bars, "1m", MINUTES))
        bars = await self._ask(self.source.bars, DAY_TF, DAY_BARS)
        day = await self._ask(Day, names, bars)
        if names == self.sheet.names:
            self.day = day
            self.table.show_sparks(day.sparks(self.sheet.column("last")))
            self._show_kpis()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def _push_live(self) -> None:
        self.table.show_live(self.sheet.live, self._newest_ts / NS_MS)
        self._show_last()

    def _show_last(self) -> None:
        i = self.sheet.row.get(self.table.chosen)
        if i is not None:
            last, change = self.sheet.column("last")[i], self.sheet.column("day_change")[i]
            self.chart.last = None if np.isnan(last) else float(last)
            self.chart.day_change = None if np.isnan(change) else float(change)

    def _push_closed(self) -> None:
        self.table.show_closed(self.sheet.closed, self.sheet.reasons, self.sheet.counts)
        coverage = self.sheet.column("coverage")
        known = coverage[np.isfinite(coverage)]
        self.foot.coverage = float(known.mean()) if known.size else None

    def _show_market(self, market: Market, seed: int | None) -> None:
        self.mode.market = self.feed.market = market.value
        venues = sorted({instrument.venue for instrument in self._known.values()}, key=_size)
        told = ", ".join(venues) if len(venues) <= _VENUES_NAMED else f"{len(venues)} venues"
        self.mode.detail = f"seed {seed}" if seed is not None else told

    def _show_fresh(self) -> None:
        ts = self.sheet.column("ts_ms")
        now = self.time.beat_ms or self.clock.now() / NS_MS
        self.foot.fresh = int((now - ts <= 1000 * self.table.stale_after_s).sum()) if not self.table.old else 0

    def _show_kpis(self) -> None:
        sheet, day, hour, venue = self.sheet, self.day, self.hour, self.tools.venue
        if venue:
            rows = sheet.rows_at(venue)
            sheet, day, hour = sheet.part(rows), day and day.part(rows), hour.part(venue)
        self.kpis.show(kpis(sheet, day, hour, self.tools.tf, self.tools.window, self._readings))

    def _show_alerts(self) -> None:
        newest = sorted(self._alerts.values(), key=lambda alert: (alert.ts, alert.alert_id))[-_ALERTS_KEPT:]
        self._alerts = {alert.alert_id: alert for alert in newest}
        now = int((self.time.beat_ms or self.clock.now() / NS_MS) * NS_MS)
        self.feed.today = sum(alert.ts >= now - now % NS_DAY for alert in newest)
        self.feed.show(newest)
        self._show_lane()

    def _show_lane(self) -> None:
        mine = [a for a in self._alerts.values() if a.instrument == self.chart.instrument and a.tf == self.chart.tf]
        self.chart.show_alerts(mine)

    def _show_gaps(self) -> None:
        self.status.show_gaps(self._gaps.values(), int((self.time.beat_ms or self.clock.now() / NS_MS) * NS_MS))

    def _show_progress(self, backfill: dict[str, Any] | None) -> None:
        share = None
        if backfill and backfill.get("total"):
            share = min(1.0, float(backfill.get("done", 0)) / float(backfill["total"]))
        running = backfill is not None and share != 1.0
        self.tools.progress = share if running else None
        self.tools.progress_text = str(backfill.get("sentence", "fetching history")) if backfill and running else ""

    def _facts(self, pulse: Pulse) -> list[Any]:
        facts: list[Any] = [
            ("events stored in this run", count(pulse.stored)),
            ("items before the writer", count(pulse.queue)),
            *((f"{venue}, items a second", count(rate)) for venue, rate in sorted(pulse.rates.items())),
            *(
                (f"{venue}, receive minus venue time", f"{ms:.0f}{NBSP}ms")
                for venue, ms in sorted(pulse.lag_ms.items())
            ),
        ]
        if self._hello is not None:
            facts.append(("collector since", iso(self._hello.started)))
            facts.append(("writer epoch, process", f"{self._hello.epoch}, {self._hello.pid}"))
            facts.append(("fbkit", self._hello.version))
        return facts


def _size(venue: str) -> tuple[int, str]:
    """By which venues stand in order, the largest first."""
    return (VENUES.index(venue) if venue in VENUES else len(VENUES)), venue


def _first_choice(names: list[str]) -> str:
    """The perpetual of the first coin at the largest venue that has it."""
    coins = [name for name in names if f":{_DEFAULT_COIN}-" in name]
    return min(coins or names, key=lambda name: (_size(name.partition(":")[0]), not name.endswith("-PERP"), name))
