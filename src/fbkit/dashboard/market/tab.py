"""The whole market: key numbers, a row an instrument, the chosen one's charts beside, alerts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import ipywidgets
import msgspec
import numpy as np
import traitlets

from fbkit.dashboard.among import enough
from fbkit.dashboard.export import formats
from fbkit.dashboard.market.baseline import asked_of, baseline
from fbkit.dashboard.market.basis import Basis, basis_of
from fbkit.dashboard.market.day import DAY_BARS, DAY_COLUMNS, DAY_TF, HOUR_COLUMNS, MINUTES, Day, Hour
from fbkit.dashboard.market.kpis import kpis
from fbkit.dashboard.market.record import record_of
from fbkit.dashboard.market.sheet import Sheet
from fbkit.dashboard.scene import Scene, first_choice
from fbkit.dashboard.series import BARS_READ, SERIES_COLUMNS, bars_behind, judge, series
from fbkit.dashboard.tab import Job, Tab
from fbkit.errors import StoreMissing
from fbkit.hub import Commit, Gone, Hello, Live, Message, Pulse
from fbkit.model import NS_DAY, NS_MS, NS_S, TIMEFRAMES, Z_WINDOWS
from fbkit.widgets import TABLE_JUDGED, AlertFeed, Foot, KpiStrip, MarketTable, PlotStream, Toolbar

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.quant.frames import ZColumn

#: While a backfill fills slots of the past, or new names are heard, the table is judged anew no more often than this.
_REFRESH_S = 3.0

_ALERTS_SHOWN = 200

#: An instrument without a bar in so many slots has no row unless it is heard.
_SLOTS_BACK = max(Z_WINDOWS) + 1

#: Whose basis stands in the key numbers, and how old it may grow, in seconds.
_BASIS_COIN, _BASIS_S = "BTC", 60.0

Judged = dict[str, tuple[int, "dict[str, ZColumn]"]]


def judge_newest(tf: str, window: int, kind: str, bars: dict[str, dict[str, Any]]) -> Judged:
    """Of each instrument, the end of its newest bar and the Z-scores up to it; takes a moment, so in a thread."""
    return {
        name: (int(found["t1"][-1]), judge(name, tf, found, TABLE_JUDGED, (window,), kind))
        for name, found in bars.items()
        if len(found["t1"])
    }


class MarketTab(Tab):
    """Every instrument at once; the tab a page begins with."""

    slug, title = "market", "Market"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        tf, window = scene.tf, scene.window
        tf_s = TIMEFRAMES[tf] / NS_S
        self.tools = Toolbar(tf=tf, window=window, kind=scene.kind, venue=scene.venue)
        self.kpis = KpiStrip()
        self.table = MarketTable(
            tf=tf, tf_s=tf_s, window=window, kind=scene.kind, venue=scene.venue, chosen=scene.instrument
        )
        self.chart = PlotStream(tf=tf, tf_s=tf_s, window=window)
        self.feed = AlertFeed()
        self.foot = Foot(tf=tf, window=window)
        self.box.children = [self.tools, self.kpis, self.table, self.chart, self.feed, self.foot]
        self.jobs = {
            "table": Job(self._read_table, self.table, on=("tf", "kind")),
            "baseline": Job(self._read_baseline, self.table, at_first=False),
            "chart": Job(self._read_chart, self.chart, on=("tf", "instrument")),
            "judged": Job(self._read_judged, self.table, on=("window",), at_first=False),
            "record": Job(self._read_record, self.feed, at_first=False),
            "day": Job(self._read_day, self.table),
            "basis": Job(self._read_basis, self.kpis, fresh_s=_BASIS_S),
            "refresh": Job(self._read_again, self.table, at_first=False),
        }
        self.sheet = Sheet([])
        self.day: Day | None = None
        self.hour = Hour()
        self.basis: Basis | None = None
        self._heard: set[str] = set()
        self._newest_ts = 0
        self._refreshing = False
        self._closed = False
        self._thin = True
        self.table.waiting = "The collector is asked which instruments there are; rows come with the first numbers."
        self.feed.watching = "Rules look at every closed bar; what they say comes here."
        self._connect()
        self.show_kpis()

    # --- controls -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        # The search goes from control to table inside the browser; Python only keeps what it shows.
        ipywidgets.jslink((self.tools, "query"), (self.table, "query"))
        ipywidgets.jslink((self.tools, "venue"), (self.table, "venue"))
        ipywidgets.jslink((self.tools, "columns"), (self.table, "columns"))
        ipywidgets.jslink((self.table, "shown"), (self.tools, "shown"))
        ipywidgets.jslink((self.table, "opened"), (self.chart, "opened"))
        self.tools.on_export(formats(), self.file)
        for name in ("tf", "window", "kind", "venue"):
            traitlets.link((self.scene, name), (self.tools, name))
        traitlets.link((self.scene, "instrument"), (self.table, "chosen"))
        traitlets.dlink((self.scene, "old"), (self.table, "old"))
        traitlets.dlink((self.scene, "venues"), (self.tools, "venues"))
        self.scene.observe(self._on_tf, "tf")
        self.scene.observe(self._on_window, "window")
        self.scene.observe(self._on_kind, "kind")
        self.scene.observe(lambda _: self.show_kpis(), "venue")
        self.scene.observe(lambda _: self._show_readings(), "venues")
        self.scene.observe(lambda _: self._show_alerts(), "past")
        self.feed.observe(lambda _: self._choose(self.feed.chosen), "opened")
        self.feed.observe(lambda _: self.want("record"), "asked")
        self.table.observe(lambda _: self.want("baseline"), "asked")
        self._show_readings()
        self._show_alerts()

    def _choose(self, instrument: str) -> None:
        self.scene.instrument = instrument

    def _on_tf(self, change: dict[str, Any]) -> None:
        for widget in (self.table, self.foot):
            widget.tf = change["new"]
        self.table.tf_s = TIMEFRAMES[change["new"]] / NS_S
        self.sheet.clear()
        self._thin = True
        self._push_closed()

    def _on_window(self, change: dict[str, Any]) -> None:
        for widget in (self.table, self.foot, self.chart):
            widget.window = change["new"]
        self.show_kpis()

    def _on_kind(self, change: dict[str, Any]) -> None:
        self.table.kind = self.foot.kind = change["new"]
        self.sheet.forget_z()
        self._thin = True
        self._push_closed()
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
        self._take_closed(commit)
        self.hour.take(commit.bars)
        if any(bar.instrument == self.table.chosen and bar.tf == self.scene.tf for bar in commit.bars):
            self.want("chart")
        for bar in commit.bars:
            row = self.sheet.row.get(bar.instrument)
            if bar.tf == DAY_TF and self.day is not None and row is not None:
                self.day.take(row, bar.t1, msgspec.structs.asdict(bar))
        if self.day is not None and any(bar.tf == "1m" for bar in commit.bars):
            self.table.show_sparks(self.day.sparks(self.sheet.column("last")))
        if commit.alerts:
            self._show_alerts()

    def _take_closed(self, commit: Commit) -> None:
        """Bars of the chosen timeframe, and what was made of them; shown when all of the commit is here."""
        tf, classic = self.scene.tf, self.scene.kind == "classic"
        bars = [bar for bar in commit.bars if bar.tf == tf]
        metrics = [row for row in commit.metrics if row.tf == tf]
        self.sheet.take_bars(bars)
        self.sheet.take_metrics(metrics, z=classic)
        self.sheet.take_summary(row for row in commit.summary if row.tf == tf)
        self._closed |= bool(bars or metrics)
        if commit.more or not self._closed:
            return
        self._closed = False
        self._push_closed()
        if bars and not metrics:
            self._refresh_later()  # slots of the past were filled: their Z-scores are computed here
        elif not classic:
            self.want("judged")

    def tick(self) -> None:
        if not self._heard <= self.sheet.row.keys():
            self._refresh_later()
        self._show_fresh()
        self.show_kpis()

    # --- what the store remembers -------------------------------------------------------------------------------------

    def waits(self, name: str, why: str) -> None:
        self.table.waiting = why

    async def _read_table(self) -> None:
        scene, asked = self.scene, (self.scene.tf, self.scene.kind)
        found = await self.ask(scene.source.newest, scene.tf, _SLOTS_BACK)
        names = self._heard | set(self.sheet.names) | {bar.instrument for bar in found.bars}
        if not names <= scene.known.keys():
            scene.known = await self.ask(scene.source.instruments)
        shown = sorted(names & scene.known.keys())
        if shown != self.sheet.names:
            self._resize(shown)
        if asked != (scene.tf, scene.kind):
            return
        self.sheet.remember(found.bars)
        self.sheet.take_bars(found.bars)
        self.sheet.take_metrics(found.metrics, z=scene.kind == "classic")
        self.sheet.take_summary(found.summary)
        self.touch()
        self._push_closed()
        self.show_kpis()
        self.want("judged")
        scene.begin_with(first_choice(shown))

    async def _read_judged(self) -> None:
        """Z-scores that nobody stored: of another kind, of slots filled later, of the first bars after a start."""
        scene, asked = self.scene, (self.scene.tf, self.scene.window, self.scene.kind)
        names = self.sheet.unjudged(scene.window, thin=self._thin)
        if not names:
            return
        wanted = ("t1", *TABLE_JUDGED)
        bars = await self.ask(scene.source.columns, asked[0], bars_behind(scene.kind, scene.window), names, wanted)
        judged = await self.ask(judge_newest, *asked, bars)
        if asked != (scene.tf, scene.window, scene.kind):
            return  # something else was chosen meanwhile; that is judged next
        self._thin = False
        for name, (t1, found) in judged.items():
            self.sheet.take_judged(name, t1, found)
        self._push_closed()
        self.show_kpis()

    async def _read_baseline(self) -> None:
        question = self.table.asked
        asked = asked_of(question)
        if asked is None or asked.instrument not in self.sheet.row:
            return
        wanted = ("t1", asked.column)
        bars = await self.ask(self.scene.source.columns, asked.tf, asked.bars, [asked.instrument], wanted)
        found = baseline(asked, bars[asked.instrument]) if bars else {}
        self.table.baseline = {"about": question, **found}

    async def _read_record(self) -> None:
        rule, _, tier = self.feed.asked.rpartition(" ")
        if not rule or not tier.isdecimal():
            return
        source = self.scene.source
        found = await self.ask(source.ask, lambda store: record_of(store, rule, int(tier), enough(source)))
        self.feed.records = {**self.feed.records, f"{rule} {tier}": found}

    async def _read_basis(self) -> None:
        source = self.scene.source
        with suppress(StoreMissing):  # the table waits for it, and says so
            self.basis = await self.ask(source.ask, lambda store: basis_of(store, _BASIS_COIN, enough(source)))
            self.show_kpis()

    async def _read_again(self) -> None:
        self._refreshing = False
        self._thin = True
        await self._read_table()
        if self.day is None or np.isnan(self.day.columns["close"]).mean() > 0.05:
            await self._read_day()  # it was read before its bars were there

    def _refresh_later(self) -> None:
        if not self._refreshing:
            self._refreshing = True
            asyncio.get_running_loop().call_later(_REFRESH_S, self.want, "refresh")

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
        bars = await self.ask(scene.source.columns, tf, BARS_READ, [name], SERIES_COLUMNS)
        matrix = await self.ask(series, name, tf, bars.get(name, {"t1": []}))
        if (name, tf) != (scene.instrument, scene.tf):
            return  # something else was chosen meanwhile; that is read next
        self._show_last()
        self.chart.market = scene.told
        self.chart.show(name, tf, TIMEFRAMES[tf] / NS_S, scene.known[name].tick, matrix)
        self._show_lane()

    async def _read_day(self) -> None:
        names, source = self.sheet.names, self.scene.source
        if not names:
            return
        self.hour.take_history(await self.ask(source.columns, "1m", MINUTES, names, ("t1", *HOUR_COLUMNS)))
        bars = await self.ask(source.columns, DAY_TF, DAY_BARS, names, ("t1", *DAY_COLUMNS))
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
        scene = self.scene
        self.kpis.show(kpis(sheet, day, hour, scene.tf, scene.window, scene.readings, None if venue else self.basis))

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
        return self.sheet.frame(self.scene.kind)
