"""How well the market is heard: health with its reasons, uptime, gaps, rates, the books, and what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from fbkit.clock import iso
from fbkit.dashboard import health_words
from fbkit.dashboard.export import formats
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.status import gaps_drawn, told
from fbkit.dashboard.status.export import status_rows
from fbkit.dashboard.status.kpis import Known, Sizes, kpis, sizes_of
from fbkit.dashboard.status.papers import Papers
from fbkit.dashboard.status.process import Process
from fbkit.dashboard.status.process import look as process_look
from fbkit.dashboard.status.rates_rows import rates_rows
from fbkit.dashboard.status.stood import SLOTS, Past, ends, reached, read, whole_of
from fbkit.dashboard.status.stood_drawn import HEADS, LEGEND, over, strips
from fbkit.dashboard.status.throughput import Throughput
from fbkit.dashboard.tab import Job, Tab
from fbkit.health import Uptime
from fbkit.hub import Commit, Gone, Hello, Message, Pulse
from fbkit.model import NS_DAY, NS_MS, NS_S, Gap
from fbkit.widgets import (
    Control,
    Controls,
    FootLine,
    Grid,
    KpiStrip,
    StatusPanel,
    TimeLine,
    Timeline,
)

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.store import Store

#: Uptime is told over a week, whatever window is looked at.
_WEEK = 7 * NS_DAY


class StatusTab(Tab):
    """What stands behind the badge; the numbers are those of ``fbkit.health``, the store and the workspace."""

    slug, title = "status", "Status"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools, self.kpis, self.foot = Controls(), KpiStrip(), FootLine()
        self.health = StatusPanel(parts=["health"])
        self.uptime = Timeline(title="Uptime", legend=LEGEND, waiting="Heartbeats are counted.")
        self.gaps = Timeline(title="Gaps", legend=gaps_drawn.LEGEND)
        self.rates = Grid(title="Rates", sub="items a second, mean of 60 s", waiting="Two heartbeats are awaited.")
        self.books = StatusPanel(parts=["accounts", "readings"])
        self.collector = StatusPanel(parts=["facts"])
        self.papers = Papers(scene.source, lambda: self.want("published"))
        self._place()
        self.window, self.chosen = "24h", list(scene.venues)
        self.heard = Throughput()
        self.past: Past | None = None
        self.up: Uptime | None = None
        self.holes: list[gaps_drawn.Hole] = []
        self.older: list[Gap] = []
        self.sizes: Sizes | None = None
        self.process: Process | None = None
        self._heard_at: int | None = None
        self.jobs = {
            "uptime": Job(self._read_uptime, self.uptime, fresh_s=10.0),
            "gaps": Job(self._read_gaps, self.gaps, fresh_s=60.0),
            "sizes": Job(self._read_sizes, self.collector, fresh_s=30.0),
            "published": Job(self._read_published, self.papers.report, fresh_s=15.0),
            "process": Job(self._look, self.collector, fresh_s=5.0),
        }
        self._connect()

    def _place(self) -> None:
        middle = [self.uptime, self.gaps, self.rates, self.books, self.collector]
        columns = {"left": [self.health], "middle": middle, "right": self.papers.panels}
        self.box.children = [
            self.tools,
            self.papers.actions,
            self.kpis,
            *(ipywidgets.Box(inside).add_class("fb-column").add_class(f"at-{at}") for at, inside in columns.items()),
            self.foot,
        ]

    # --- controls -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.tools.on_export(formats(), self.file)
        self.tools.observe(self._on_values, "values")
        scene.observe(lambda _: self._on_venues(), "venues")
        scene.observe(lambda _: self._show_gaps(), "past")
        scene.observe(lambda _: self._on_old(), "old")
        self._on_venues()
        self._show_gaps()
        if scene.pulse is not None:
            self._take_pulse(scene.pulse)
        self._on_old()

    def _on_values(self, change: dict[str, Any]) -> None:
        values = change["new"]
        if values.get("window", self.window) != self.window:
            self.window = values["window"]
            self.want("uptime", "gaps")
            self._show_gaps()
        chosen = [venue for venue in self.scene.venues if venue in values.get("venues", ())] or list(self.scene.venues)
        self.tools.choose(venues=chosen)
        if chosen != self.chosen:
            self.chosen = chosen
            self._show_all()

    def _on_venues(self) -> None:
        scene = self.scene
        self.chosen = list(scene.venues)
        self.tools.offer(
            [
                Control(name="window", label="window", items=[(name, told.spaced(name)) for name in SLOTS]),
                Control(name="venues", kind="many", items=[(venue, venue) for venue in scene.venues]),
            ],
            window=self.window,
            venues=self.chosen,
        )
        self._show_all()

    def _show_all(self) -> None:
        self.want("uptime")
        self._show_gaps()
        self._show_live()
        known, chosen = self.scene.readings, set(self.chosen)
        self.books.readings = [line for line in known.lines() if line["venue"] in chosen]
        self.books.unsupported = [line for line in known.unsupported() if line["venue"] in chosen]

    # --- what the collector says --------------------------------------------------------------------------------------

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Pulse):
            self._take_pulse(message)
        elif isinstance(message, Commit) and message.gaps:
            self._show_gaps()
        elif isinstance(message, Hello):
            self.process = None
            self.want(*self.jobs)

    def _take_pulse(self, pulse: Pulse) -> None:
        self.heard.take(pulse)
        self._heard_at = self.scene.clock.now()
        self.touch()

    def push(self) -> None:
        self._show_live()

    def tick(self) -> None:
        if self.scene.old:
            self._show_live()

    def _on_old(self) -> None:
        old = self.scene.old
        (self.box.add_class if old else self.box.remove_class)("is-old")
        self._show_live()

    @property
    def silent_s(self) -> float | None:
        """How long the collector has been silent; ``None`` while it speaks, or before it ever did."""
        if not self.scene.old or self._heard_at is None:
            return None
        return max(0.0, (self.scene.clock.now() - self._heard_at) / NS_S)

    # --- what the store and the workspace remember --------------------------------------------------------------------

    def waits(self, name: str, why: str) -> None:
        if name == "uptime":
            self.uptime.waiting = why

    async def _read_uptime(self) -> None:
        running, now = self.scene.pulse is not None and not self.scene.old, self.scene.now

        def piece(store: Store, known: Past | None) -> Past | None:
            end = ends(store, now, running=running)
            return None if end is None else read(store, end - max(_WEEK, SLOTS[self.window][0]), end, known)

        past = await self.ask(self.scene.source.ask, lambda store: piece(store, self.past))
        while past is not None and not reached(past, past.until - max(_WEEK, SLOTS[self.window][0])):
            past = await self.ask(self.scene.source.ask, lambda store, known=past: piece(store, known))
        self.past = past
        await self._count_uptime()

    async def _count_uptime(self) -> None:
        """Weeks of heartbeats are counted beside the event loop."""
        past, window, chosen = self.past, self.window, list(self.chosen)
        if past is None:
            self.uptime.waiting = "No heartbeat is stored yet: a collector writes one every 10 s."
            return
        self.up = await self.ask(whole_of, past)
        lines = await self.ask(strips, past, window, chosen)
        if (window, chosen) == (self.window, self.chosen):
            self._show_uptime(past, lines)
        self._show_kpis()

    async def _read_gaps(self) -> None:
        """Gaps of a day are the scene's; those of longer windows are read."""
        length = SLOTS[self.window][0]
        if length > NS_DAY:
            since = self.scene.now - length
            self.older = await self.ask(self.scene.source.ask, lambda store: gaps_drawn.read(store, since))
        self._show_gaps()

    async def _read_sizes(self) -> None:
        self.sizes = await self.ask(self.scene.source.ask, sizes_of)
        self._show_kpis()

    async def _read_published(self) -> None:
        found = await self.ask(self.papers.read)
        if found is not None:
            self.papers.show(found, self.scene.now)

    async def _look(self) -> None:
        hello = self.scene.hello
        if hello is not None and self.papers.settings is not None:
            self.process = await self.ask(process_look, hello, self.process)
        self._show_collector()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def _show_live(self) -> None:
        """What changes with every Beat."""
        pulse, chosen = self.scene.pulse, set(self.chosen)
        self._show_kpis()
        if pulse is None:
            return
        rows = [row for row in pulse.health if not row.venue or row.venue in chosen]
        self.health.streams = [health_words.whole_line(pulse.health), *health_words.streams(rows)]
        silent = self.silent_s
        streams = f"{len(health_words.own(rows))} streams, reasons in place"
        self.health.summary = streams if silent is None else f"as of {iso(pulse.ts)[11:19]} UTC, {told.stopped(silent)}"
        if self.heard.accounts:
            mine = [one for one in self.heard.accounts if not one.venue or one.venue in chosen]
            self.books.show_accounts(mine)
            rates_rows(self.heard, self.scene.readings, chosen).show_in(self.rates)
        self._show_collector()
        self._show_foot(silent)

    def _show_kpis(self) -> None:
        holes = self.holes if self.scene.past else None
        self.kpis.show(
            kpis(Known(self.scene.pulse, self.silent_s, self.up, self.heard, self.sizes, holes, self.window))
        )

    def _show_uptime(self, past: Past, lines: list[TimeLine]) -> None:
        length = SLOTS[self.window][0]
        self.uptime.sub = f"{over(self.window)}, {told.spaced(self.window)} to {iso(past.until)[11:16]} UTC"
        self.uptime.show(lines, (past.until - length) / NS_MS, past.until / NS_MS, HEADS)

    def _show_gaps(self) -> None:
        scene, length = self.scene, SLOTS[self.window][0]
        gaps = [*(self.older if length > NS_DAY else ()), *scene.gaps.values()]
        chosen = {*self.chosen, ""}
        mine = [gap for gap in gaps if gap.venue in chosen or not scene.venues]
        self.holes = gaps_drawn.holes(mine, scene.now - length, scene.now)
        lines, self.gaps.note = gaps_drawn.lines(self.holes)
        self.gaps.sub = gaps_drawn.summed(self.holes, self.window)
        self.gaps.waiting = (
            f"No gap in {told.spaced(self.window)}. Every time without data would lie here, with its cause."
        )
        self.gaps.show(lines, (scene.now - length) / NS_MS, scene.now / NS_MS)
        self._show_kpis()

    def _show_collector(self) -> None:
        hello, pulse, silent = self.scene.hello, self.scene.pulse, self.silent_s
        if hello is None:
            self.collector.about = "none was heard yet"
            return
        now = self.scene.now if silent is None or pulse is None else pulse.ts
        self.collector.facts = [list(fact) for fact in told.facts(self.process, hello, pulse, now)]
        self.collector.about = told.began(hello, silent)

    def _show_foot(self, silent: float | None) -> None:
        pulse = self.scene.pulse
        if self.heard.accounts and pulse is not None:
            self.foot.show(told.fates(self.heard, silent), [("last heartbeat", pulse.ts / NS_MS, 2.0)])

    def exported(self) -> pd.DataFrame:
        """Streams, accounts, gaps of the window and uptime, a row each; ``table`` says which."""
        import pandas as pd

        health = self.scene.pulse.health if self.scene.pulse is not None else []
        rows = list(status_rows(health_words.own(health), self.heard.accounts, self.holes, self.past))
        return pd.DataFrame(rows).set_index("table") if rows else pd.DataFrame()
