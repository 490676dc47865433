"""The whole market: key numbers, a row an instrument, the chosen one's charts beside, alerts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import ipywidgets
import msgspec
import numpy as np
import traitlets

from fbkit.dashboard.day import DAY_BARS, DAY_TF, MINUTES, Day, Hour
from fbkit.dashboard.kpis import kpis
from fbkit.dashboard.scene import Scene, first_choice
from fbkit.dashboard.series import BARS_READ, series
from fbkit.dashboard.sheet import BARS_NEEDED, Sheet
from fbkit.dashboard.tab import Job, Tab
from fbkit.hub import Commit, Gone, Hello, Live, Message, Pulse
from fbkit.model import NS_DAY, NS_MS, NS_S, TIMEFRAMES
from fbkit.widgets import AlertFeed, Foot, KpiStrip, MarketTable, PlotStream, Toolbar

if TYPE_CHECKING:
    import pandas as pd

#: While a backfill fills slots of the past, or new names are heard, the table is judged anew no more often than this.
_REFRESH_S = 3.0

_ALERTS_SHOWN = 200


class MarketTab(Tab):
    """Every instrument at once; the tab a page begins with."""

    slug, title = "market", "Market"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        tf, window = scene.tf, scene.window
        tf_s = TIMEFRAMES[tf] / NS_S
        self.tools = Toolbar(tf=tf, window=window, venue=scene.venue)
        self.kpis = KpiStrip()
        self.table = MarketTable(tf=tf, tf_s=tf_s, window=window, venue=scene.venue, chosen=scene.instrument)
        self.chart = PlotStream(tf=tf, tf_s=tf_s, window=window)
        self.feed = AlertFeed()
        self.foot = Foot(tf=tf, window=window)
        self.box.children = [self.tools, self.kpis, self.table, self.chart, self.feed, self.foot]
        self.jobs = {
            "table": Job(self._read_table, self.table, on=("tf",)),
            "chart": Job(self._read_chart, self.chart, on=("tf", "instrument")),
            "day": Job(self._read_day, self.table),
            "refresh": Job(self._read_again, self.table, at_first=False),
        }
        self.sheet = Sheet([])
        self.day: Day | None = None
        self.hour = Hour()
        self._heard: set[str] = set()
        self._newest_ts = 0
        self._refreshing = False
        self.table.waiting = "The collector is asked which instruments there are; rows come with the first numbers."
        self.feed.watching = "Rules look at every closed bar; what they say comes here."
        self._connect()
        self.show_kpis()

    # --- controls -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        # The search goes from control to table inside the browser; Python only keeps what it shows.
        ipywidgets.jslink((self.tools, "query"), (self.table, "query"))
        ipywidgets.jslink((self.tools, "venue"), (self.table, "venue"))
        ipywidgets.jslink((self.table, "opened"), (self.chart, "opened"))
        for name in ("tf", "window", "venue"):
            traitlets.link((self.scene, name), (self.tools, name))
        traitlets.link((self.scene, "instrument"), (self.table, "chosen"))
        traitlets.dlink((self.scene, "old"), (self.table, "old"))
        traitlets.dlink((self.scene, "venues"), (self.tools, "venues"))
        self.scene.observe(self._on_tf, "tf")
        self.scene.observe(self._on_window, "window")
        self.scene.observe(lambda _: self.show_kpis(), "venue")
        self.scene.observe(lambda _: self._show_readings(), "venues")
        self.scene.observe(lambda _: self._show_alerts(), "past")
        self.feed.observe(lambda _: self._choose(self.feed.chosen), "opened")
        self._show_readings()
        self._show_alerts()

    def _choose(self, instrument: str) -> None:
        self.scene.instrument = instrument

    def _on_tf(self, change: dict[str, Any]) -> None:
        for widget in (self.table, self.foot):
            widget.tf = change["new"]
        self.table.tf_s = TIMEFRAMES[change["new"]] / NS_S
        self.sheet.clear()
        self._push_closed()

    def _on_window(self, change: dict[str, Any]) -> None:
        for widget in (self.table, self.foot, self.chart):
            widget.window = change["new"]
        self.show_kpis()

    def _show_readings(self) -> None:
        known = self.scene.readings
        self.foot.venues = len(self.scene.venues)
        self.table.doubts, self.table.lacks = known.doubts(), known.lacks()

    # --- what the collector says --------------------------------------------------------------------------------------

    def come(self) -> None:
        super().come()
        self.sheet.take_live(self.scene.live.values())

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Live):
            self._newest_ts = message.ts
            self._heard.update(self.sheet.take_live(message.rows))
            self.touch()
        elif isinstance(message, Pulse):
            self._take_pulse(message)
        elif isinstance(message, Commit):
            self._take_commit(message)
        elif isinstance(message, Hello):
            self.want("table", "chart", "day")
        elif isinstance(message, Gone):
            self.foot.runs = False
            self.tools.progress_text = ""

    def _take_pulse(self, pulse: Pulse) -> None:
        self.foot.beat_ms = pulse.ts / NS_MS
        self.foot.runs = True
        self.foot.events_s = float(sum(pulse.rates.values()))
        self.foot.stored = pulse.stored
        self._show_progress(pulse.backfill)

    def _take_commit(self, commit: Commit) -> None:
        tf = self.scene.tf
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
            self.want("chart")
        for bar in commit.bars:
            row = self.sheet.row.get(bar.instrument)
            if bar.tf == DAY_TF and self.day is not None and row is not None:
                self.day.take(row, bar.t1, msgspec.structs.asdict(bar))
        if self.day is not None and any(bar.tf == "1m" for bar in commit.bars):
            self.table.show_sparks(self.day.sparks(self.sheet.column("last")))
        if commit.alerts:
            self._show_alerts()

    def tick(self) -> None:
        if not self._heard <= self.sheet.row.keys():
            self._refresh_later()
        self._show_fresh()
        self.show_kpis()

    # --- what the store remembers -------------------------------------------------------------------------------------

    def waits(self, name: str, why: str) -> None:
        self.table.waiting = why

    async def _read_table(self) -> None:
        scene, tf = self.scene, self.scene.tf
        bars = await self.ask(scene.source.bars, tf, BARS_NEEDED)
        names = self._heard | set(self.sheet.names) | set(bars["instrument"].astype(str).unique())
        if not names <= scene.known.keys():
            scene.known = await self.ask(scene.source.instruments)
        shown = sorted(names & scene.known.keys())
        if shown != self.sheet.names:
            self._resize(shown)
        if tf != scene.tf:
            return
        if len(bars):
            await self.ask(self.sheet.take_history, tf, bars)
            self.touch()
        self._push_closed()
        self.show_kpis()
        scene.begin_with(first_choice(shown))

    async def _read_again(self) -> None:
        self._refreshing = False
        await self._read_table()
        if self._thin():
            await self._read_day()

    def _refresh_later(self) -> None:
        if not self._refreshing:
            self._refreshing = True
            asyncio.get_running_loop().call_later(_REFRESH_S, self.want, "refresh")

    def _thin(self) -> bool:
        """Whether the day was read before its bars were there."""
        return self.day is None or bool(np.isnan(self.day.columns["close"]).mean() > 0.05)

    def _resize(self, names: list[str]) -> None:
        """Another set of instruments: values already heard move along."""
        self.sheet = Sheet(names)
        self.sheet.take_live(self.scene.live.values())
        self.table.show_instruments([self.scene.known[name] for name in names])
        self.foot.instruments = len(names)
        self.feed.watching = f"Rules watch {len(names)} instruments on every closed bar; what they say comes here."
        self._heard &= set(names)
        self.day = None
        self.push()
        self.want("day")

    async def _read_chart(self) -> None:
        scene = self.scene
        name, tf = scene.instrument, scene.tf
        if name not in scene.known:
            return
        bars = await self.ask(scene.source.bars, tf, BARS_READ, name)
        matrix = await self.ask(series, name, tf, bars)
        if (name, tf) != (scene.instrument, scene.tf):
            return  # something else was chosen meanwhile; that is read next
        self._show_last()
        self.chart.show(name, tf, TIMEFRAMES[tf] / NS_S, scene.known[name].tick, matrix)
        self._show_lane()

    async def _read_day(self) -> None:
        names, source = self.sheet.names, self.scene.source
        self.hour.take_history(await self.ask(source.bars, "1m", MINUTES))
        bars = await self.ask(source.bars, DAY_TF, DAY_BARS)
        day = await self.ask(Day, names, bars)
        if names == self.sheet.names:
            self.day = day
            self.table.show_sparks(day.sparks(self.sheet.column("last")))
            self.show_kpis()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def push(self) -> None:
        self.table.show_live(self.sheet.live, self._newest_ts / NS_MS)
        self._show_last()

    def _show_last(self) -> None:
        i = self.sheet.row.get(self.scene.instrument)
        if i is not None:
            last, change = self.sheet.column("last")[i], self.sheet.column("day_change")[i]
            self.chart.last = None if np.isnan(last) else float(last)
            self.chart.day_change = None if np.isnan(change) else float(change)

    def _push_closed(self) -> None:
        self.table.show_closed(self.sheet.closed, self.sheet.reasons, self.sheet.counts)
        coverage = self.sheet.column("coverage")
        known = coverage[np.isfinite(coverage)]
        self.foot.coverage = float(known.mean()) if known.size else None

    def _show_fresh(self) -> None:
        ts, now = self.sheet.column("ts_ms"), self.scene.now / NS_MS
        self.foot.fresh = int((now - ts <= 1000 * self.table.stale_after_s).sum()) if not self.table.old else 0

    def show_kpis(self) -> None:
        """The key numbers, of one venue where one is chosen."""
        sheet, day, hour, venue = self.sheet, self.day, self.hour, self.scene.venue
        if venue:
            rows = sheet.rows_at(venue)
            sheet, day, hour = sheet.part(rows), day and day.part(rows), hour.part(venue)
        self.kpis.show(kpis(sheet, day, hour, self.scene.tf, self.scene.window, self.scene.readings))

    def _show_alerts(self) -> None:
        newest = list(self.scene.alerts.values())[-_ALERTS_SHOWN:]
        now = self.scene.now
        self.feed.market = self.scene.market.value if self.scene.market is not None else self.feed.market
        self.feed.today = sum(alert.ts >= now - now % NS_DAY for alert in newest)
        self.feed.show(newest)
        self._show_lane()

    def _show_lane(self) -> None:
        shown = (self.chart.instrument, self.chart.tf)
        self.chart.show_alerts(a for a in self.scene.alerts.values() if (a.instrument, a.tf) == shown)

    def _show_progress(self, backfill: dict[str, Any] | None) -> None:
        share = None
        if backfill and backfill.get("total"):
            share = min(1.0, float(backfill.get("done", 0)) / float(backfill["total"]))
        running = backfill is not None and share != 1.0
        self.tools.progress = share if running else None
        self.tools.progress_text = str(backfill.get("sentence", "fetching history")) if backfill and running else ""

    def exported(self) -> pd.DataFrame:
        return self.sheet.frame()
