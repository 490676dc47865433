"""One instrument: its charts, the same coin at every venue, and what the numbers say in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import msgspec
import numpy as np

from fbkit.clock import iso
from fbkit.dashboard.export import formats
from fbkit.dashboard.instrument.bars import Bars, judged, newest_volume
from fbkit.dashboard.instrument.choices import DRAWN, SPANS, controls, judged_of, spans_of, usual_span
from fbkit.dashboard.instrument.kpis import Seen, awaited, kpis
from fbkit.dashboard.instrument.newest import Newest, concerns, newest
from fbkit.dashboard.instrument.venue_rows import VenueRow, cells, perpetuals, row_of
from fbkit.dashboard.instrument.words import gaps_told, paragraphs, provenance
from fbkit.dashboard.scene import Scene, first_choice
from fbkit.dashboard.series import anchors, bars_behind
from fbkit.dashboard.tab import Job, Tab
from fbkit.hub import Commit, Gone, Live, LiveRow, Message
from fbkit.model import NS_DAY, NS_MS, NS_S, TIMEFRAMES, Gap, Instrument
from fbkit.widgets import SERIES_FIELDS, AlertList, Controls, FootLine, Grid, KpiStrip, PlotStream, Words
from fbkit.widgets.format import NBSP, count

if TYPE_CHECKING:
    import pandas as pd

#: How long between readings of index, settlement and coins held, in seconds.
_NEWEST_S = 5.0

#: From which age on (s) a trade, a mark and an open interest are old.
_OLD = (10.0, 15.0, 120.0)

_CHOICES = ("tf", "instrument", "window", "kind", "venues")


class InstrumentTab(Tab):
    """The chosen instrument from close by."""

    slug, title = "instrument", "Instrument"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools = Controls()
        self.kpis = KpiStrip()
        self.chart = PlotStream(heading=False, tf=scene.tf, window=scene.window, kind=scene.kind)
        self.venues = Grid(title="Across venues", waiting="The same coin at the other venues comes with its bars.")
        self.words = Words(title="In words", waiting="Sentences come with the first closed bar.")
        self.alerts = AlertList(title="Alerts here", sub="24 h")
        self.origin = Words(title="Provenance", waiting="Where the numbers come from is said when they are there.")
        self.foot = FootLine()
        side = ipywidgets.Box([self.venues, self.words, self.alerts, self.origin]).add_class("fb-side")
        self.box.children = [self.tools, self.kpis, self.chart, side, self.foot]
        self.jobs = {
            "chart": Job(self._read_bars, self.chart, on=_CHOICES),
            "newest": Job(self._read_newest, self.origin, on=("tf", "instrument", "venues"), fresh_s=_NEWEST_S),
            "venues": Job(self._read_venues, self.venues, on=_CHOICES, closed=True),
        }
        self.read: Bars | None = None
        self.newest = Newest()
        self.rows: list[VenueRow] = []
        self._venue_bars: dict[str, tuple[dict[str, Any], float]] = {}
        self._pushed: LiveRow | None = None
        self._usual = usual_span(scene.tf)
        self._offered = 0
        self._connect()
        self._offer()

    # --- choices ------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.tools.choose(span=self._usual, z="ret", drawn=list(DRAWN))
        self.tools.on_export(formats(), self.file)
        self.tools.observe(lambda _: self._take_choices(), "values")
        scene.observe(lambda _: self._offer(), ["tf", "window", "kind", "venues"])
        scene.observe(lambda _: self._begin(), "instrument")
        scene.observe(lambda _: self._show_marks(), "past")
        scene.observe(lambda _: self._show_age(), "old")
        self.venues.observe(lambda _: self._choose(self.venues.chosen), "opened")
        self.alerts.observe(lambda _: self.chart.point(self.alerts.chosen_ms), "opened")

    def _choose(self, name: str) -> None:
        if name in self.scene.known:
            self.scene.instrument = name

    def _begin(self) -> None:
        """Another instrument: nothing of the one before may be taken for it."""
        name, known = self.scene.instrument, self.scene.known
        if not name and known:
            self.scene.begin_with(first_choice(known))
            return
        self.tools.choose(i=name)
        self.read, self.newest = None, Newest()
        unheard = f"No instrument is called {name}. Choose one above." if self._is_unheard_of() else ""
        with self.chart.hold_sync():
            self.chart.instrument, self.chart.series, self.chart.settled = name, b"", []
            self.chart.waiting = unheard or ("" if known else "The store is asked which instruments there are.")
        self._show_now()
        self._show_venues()
        self._show_marks()

    def _offer(self) -> None:
        """Every choice there is, with what is chosen."""
        scene, pressed = self.scene, dict(self.tools.values)
        # What the viewer pressed stays as long as it fits; what was pressed for them follows the timeframe.
        keeps = pressed["span"] in spans_of(scene.tf) and pressed["span"] != self._usual
        self._usual = usual_span(scene.tf)
        span = pressed["span"] if keeps else self._usual
        z = pressed["z"] if pressed["z"] in judged_of(scene.tf) else "ret"
        chosen = {"tf": scene.tf, "w": scene.window, "kind": scene.kind, "span": span, "z": z}
        self._offered = len(scene.known)
        self.tools.offer(controls(scene.known, scene.tf), **chosen)
        if self.read is None:
            self._begin()

    def _take_choices(self) -> None:
        scene, values = self.scene, dict(self.tools.values)
        words = {"tf": values.get("tf"), "w": values.get("w"), "z": values.get("kind"), "i": values.get("i")}
        scene.adopt({word: str(value) for word, value in words.items() if value})
        with self.chart.hold_sync():
            self.chart.z, self.chart.drawn = values["z"], values["drawn"]
            self.chart.span_s = SPANS[values["span"]] / NS_S
        if self.read is not None and self._bars_shown() > len(self.read.matrix):
            self.want("chart", "newest")

    def _bars_shown(self) -> int:
        return self._span() // TIMEFRAMES[self.scene.tf]

    def _span(self) -> int:
        return SPANS[dict(self.tools.values)["span"]]

    def _asked(self) -> tuple[str, str, int, str]:
        return self.scene.instrument, self.scene.tf, self.scene.window, self.scene.kind

    def _is_unheard_of(self) -> bool:
        return bool(self.scene.known) and self.scene.instrument not in self.scene.known

    def _one(self) -> Instrument | None:
        return self.scene.known.get(self.scene.instrument)

    # --- what is read -------------------------------------------------------------------------------------------------

    async def _read_bars(self) -> None:
        scene, one = self.scene, self._one()
        if one is None:
            return
        asked, shown = self._asked(), self._bars_shown()
        bars = await self.ask(scene.source.bars, scene.tf, shown + bars_behind(scene.kind, scene.window), one.name)
        found = await self.ask(judged, *asked, shown, bars)
        if asked != self._asked():
            return  # something else was chosen meanwhile; that is read next
        self.read = found
        none = f"No {scene.tf} bar of {one.name} is stored yet; the first one comes here."
        self.chart.waiting = "" if len(bars) else none
        with self.chart.hold_sync():
            self.chart.window, self.chart.kind, self.chart.market = scene.window, scene.kind, scene.told
            self.chart.show(one.name, found.tf, TIMEFRAMES[found.tf] / NS_S, one.tick, found.matrix)
        self._show_marks()
        self._show_now()
        self._show_words()

    async def _read_newest(self) -> None:
        one, tf, reach = self._one(), self.scene.tf, self._span()
        if one is None:
            return
        found = await self.ask(self.scene.source.ask, lambda store: newest(store, one.name, tf, reach))
        if (one.name, tf) == (self.scene.instrument, self.scene.tf):
            self.newest = found
            self.chart.settled = [{"t_ms": rate.ts / NS_MS, "rate_8h": rate.rate_8h} for rate in found.settled]
            self._show_marks()
            self._show_now()
            self._show_words()

    async def _read_venues(self) -> None:
        scene, one = self.scene, self._one()
        if one is None:
            return
        asked = self._asked()
        sizes = {name: row.oi_usd or 0.0 for name, row in scene.live.items()}
        found = {}
        for name in perpetuals(scene.known.values(), one, sizes):
            bars = await self.ask(scene.source.bars, scene.tf, bars_behind(scene.kind, scene.window) + 1, name)
            found[name] = await self.ask(newest_volume, name, *asked[1:], bars)
        if asked == self._asked():
            self._venue_bars = found
            self._show_venues()
            self._show_words()

    def waits(self, name: str, why: str) -> None:
        if name == "chart":
            self.chart.waiting = why

    # --- what the collector says --------------------------------------------------------------------------------------

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Live):
            self.touch()
        elif isinstance(message, Commit):
            mine = (self.scene.instrument, self.scene.tf)
            if any((bar.instrument, bar.tf) == mine for bar in message.bars):
                self.want("chart")
            if message.alerts or message.gaps:
                self._show_marks()

    def push(self) -> None:
        live = self.scene.live.get(self.scene.instrument)
        if live is not self._pushed:
            self._pushed = live
            self._show_now()

    def tick(self) -> None:
        if len(self.scene.known) != self._offered:
            self._offer()  # an instrument was heard for the first time
        self._show_now()
        self._show_venues()
        self._show_marks()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def seen(self, one: Instrument) -> Seen:
        """All that is known of it now."""
        scene = self.scene
        read = self.read if self.read is not None and self.read.asked == self._asked() else None
        lacks = tuple(scene.readings.missing.get(one.venue, ()))
        live = scene.live.get(one.name)
        bare = Seen(one, scene.tf, scene.window, scene.kind, live, newest=self.newest, lacks=lacks, old=scene.old)
        if read is None:
            return bare
        return msgspec.structs.replace(bare, bar=read.newest, z=read.z, why=read.why, covered=read.covered)

    def _show_now(self) -> None:
        """What moves with every price: key numbers, the chart's last price, ages."""
        one = self._one()
        if one is None:
            self.kpis.show(awaited("no such instrument" if self._is_unheard_of() else "awaited"))
            self.foot.show(_told(None, []))
            return
        seen = self.seen(one)
        last, day = seen.now("last", "close"), seen.now("day_change", "day_change")
        self.chart.last = last if np.isfinite(last) else None
        self.chart.day_change = day if np.isfinite(day) else None
        self.kpis.show(kpis(seen))
        self._show_foot(seen)

    def _show_age(self) -> None:
        (self.box.add_class if self.scene.old else self.box.remove_class)("is-old")
        self._show_now()
        self._show_venues()

    def _show_marks(self) -> None:
        """Alerts and gaps, in the chart and beside it."""
        name, since = self.scene.instrument, self.scene.now - NS_DAY
        here = [alert for alert in self.scene.alerts.values() if alert.instrument == name]
        none = "No such instrument." if self._is_unheard_of() else "The store is asked for alerts."
        watching = f"Rules look at every closed bar of {name}; none spoke in 24 h."
        self.alerts.watching = watching if name in self.scene.known else none
        self.alerts.show(alert for alert in here if alert.ts >= since)
        self.chart.show_alerts(alert for alert in here if alert.tf == self.scene.tf)
        self.chart.show_gaps(self._gaps())

    def _gaps(self) -> list[Gap]:
        """Gaps that took bars from it; what a first start had to fetch is none."""
        one = self._one()
        heard = [] if one is None else [gap for gap in self.scene.gaps.values() if concerns(gap, one.name, one.venue)]
        known = {gap.gap_id: gap for gap in (*self.newest.gaps, *heard)}
        return sorted((gap for gap in known.values() if gap.cause != "start"), key=lambda gap: gap.t0)

    def _show_venues(self) -> None:
        """Once a second: a row that is pressed may not move under the pointer at every price."""
        one = self._one()
        if one is None:
            self.venues.sub = ""
            self.venues.show([], [])
            return
        live, now = self.scene.live, self.scene.now
        self.venues.sub = f"{one.base} perpetuals" + (", old: the collector is silent" if self.scene.old else "")
        found = {name: known for name, known in self._venue_bars.items() if self.scene.known[name].base == one.base}
        self.rows = [row_of(name, live.get(name), *known, now) for name, known in found.items()]
        columns, rows, reasons = cells(self.rows, one.tick) if self.rows else ([], [], {})
        names = [row.name for row in self.rows]
        self.venues.show(columns, rows, names=names, reasons=reasons, foot_rows=int(bool(rows)))
        self.venues.chosen = one.name

    def _show_words(self) -> None:
        one, read = self._one(), self.read
        if one is None or read is None or read.asked != self._asked():
            return
        if not len(read.bars):
            self.words.show()
            self.origin.show()
            return
        seen = self.seen(one)
        self.words.sub = f"{one.symbol} {one.venue}, {seen.tf} bar to {iso(int(seen.bar['t1']))[11:16]}"
        self.words.show(paragraphs(seen, read.matrix, self.rows, self._gaps()))
        self.origin.show(facts=provenance(seen))

    def _show_foot(self, seen: Seen) -> None:
        traded = seen.live.ts_event if seen.live is not None else None
        stamps = (traded, self.newest.mark_ts, self.newest.oi_ts)
        ages = [
            (label, stamp / NS_MS if stamp else None, old)
            for label, stamp, old in zip(("last trade", "mark", "OI"), stamps, _OLD, strict=True)
        ]
        self.foot.show(_told(self.read, self._gaps()), ages)

    def exported(self) -> pd.DataFrame:
        import pandas as pd

        return self.read.frame() if self.read is not None else pd.DataFrame(columns=list(SERIES_FIELDS))


def _told(read: Bars | None, gaps: list[Gap]) -> list[tuple[str, str, str]]:
    """What was read, how much of it was covered, what is missing, and from where CVD counts."""
    if read is None or not len(read.matrix):
        return [("", "bars are awaited", "")]
    covered = float(np.nan_to_num(read.column("coverage")).mean())
    pieces = [
        ("", f"{count(len(read.bars))} bars of {read.tf} read", ""),
        ("coverage", f"{100 * covered:.1f}{NBSP}%", ""),
        *(("", told, "warn") for told in gaps_told(gaps)),
    ]
    starts = anchors(read.matrix, read.tf)
    if starts:
        again = ", again after each gap" if len(starts) > 1 else ""
        pieces.append(("CVD from", f"{iso(starts[0])[:16].replace('T', ' ')}{again}", ""))
    return pieces
