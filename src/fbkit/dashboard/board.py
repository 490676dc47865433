"""The page: a bar over tabs, and one task that hands them what the store remembers and the hub says."""

from __future__ import annotations

import asyncio
from typing import Any

import ipywidgets

from fbkit.clock import Clock
from fbkit.dashboard import health_words
from fbkit.dashboard.asking import Asking, Job
from fbkit.dashboard.layout import layout
from fbkit.dashboard.scene import ALERTS_KEPT, Scene, size_of
from fbkit.dashboard.source import Source
from fbkit.dashboard.tab import Tab
from fbkit.dashboard.tabs import TABS, make_tab
from fbkit.errors import FbkitError
from fbkit.hub import Commit, Gone, Hello, Live, Message, Pulse
from fbkit.model import NS_MS, Market
from fbkit.widgets import Brand, HealthBadge, Mode
from fbkit.widgets import Clock as ClockWidget

#: More venues than these are counted in the badge, not named.
_VENUES_NAMED = 3


class Board:
    """One page of one viewer.

    ``page`` is what a notebook shows; ``scene`` what the viewer chose. ``start`` runs it on the kernel's event loop
    until ``stop``; an error in one part is told where that part is drawn, and the others live on.
    """

    def __init__(self, source: Source, *, tf: str = "5m", window: int = 60, clock: Clock | None = None) -> None:
        self.source = source
        self.scene = Scene(source, clock, tf=tf, window=window)
        self.mode = Mode()
        self.health = HealthBadge()
        self.time = ClockWidget()
        self.brand = Brand(tabs=[[slug, title] for slug, title, _ in TABS], layout_text=layout())
        self.tabs: dict[str, Tab] = {}
        bar = ipywidgets.Box([self.brand, self.mode, self.health, self.time]).add_class("fb-bar")
        self._inside = ipywidgets.Box([bar]).add_class("fbkit").add_class("fb-page")
        self.page = ipywidgets.Box([self._inside]).add_class("fbkit").add_class("fb-frame")
        self._asking = Asking(self.scene)
        self._asking.jobs = {"market": Job(self._read_market, self.brand), "past": Job(self._read_past, self.brand)}
        self._asking.open = True
        self._asking.want_new()
        self._group: asyncio.TaskGroup | None = None
        self._task: asyncio.Task[None] | None = None
        self.show("market")
        self.brand.observe(lambda change: self.show(change["new"]), "tab")
        self.brand.observe(lambda change: self.scene.adopt(change["new"]), "words")
        self.scene.observe(self._on_choice)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def tab(self) -> Tab:
        """The tab that is shown."""
        return self.tabs[self.brand.tab]

    def show(self, slug: str) -> None:
        """Show a tab, made now if it never was."""
        if slug not in {known for known, _, _ in TABS}:
            return
        self.brand.tab = slug
        for tab in self.tabs.values():
            tab.go()
        if slug not in self.tabs:
            self.tabs[slug] = make_tab(slug, self.scene)
            self._inside.children = (*self._inside.children, self.tabs[slug].box)
            self._run(self.tabs[slug])
        self.tabs[slug].come()

    def choose(self, instrument: str) -> None:
        """Show an instrument's charts."""
        self.scene.instrument = instrument

    def _on_choice(self, change: dict[str, Any]) -> None:
        if change["name"] in self.scene.CHOICES.values():
            self.brand.words = self.scene.words()

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
        """Listen, ask and push until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            self._group.create_task(self._listening())
            self._group.create_task(self._asking.asking())
            self._group.create_task(self._ticking())
            for tab in self.tabs.values():
                self._run(tab)

    def _run(self, tab: Tab) -> None:
        if self._group is not None:
            self._group.create_task(tab.run(), name=f"fbkit tab {tab.slug}")

    async def _listening(self) -> None:
        while True:
            try:
                async for message in self.source.messages():
                    self.take(message)
            except (FbkitError, OSError) as error:
                self._fell_silent(str(error))
            await asyncio.sleep(1.0)

    async def _ticking(self) -> None:
        """Once a second: a sign of life."""
        while True:
            self.health.ticks += 1
            for tab in self.tabs.values():
                tab.ticked()
            await asyncio.sleep(1.0)

    # --- what the collector says --------------------------------------------------------------------------------------

    def take(self, message: Message | Gone) -> None:
        """One message of the hub: the scene first, then every tab."""
        if isinstance(message, Live):
            self._spoke()
            self.scene.live.update((row.instrument, row) for row in message.rows)
        elif isinstance(message, Pulse):
            self._take_pulse(message)
        elif isinstance(message, Commit):
            self.scene.remember(message.alerts, message.gaps)
        elif isinstance(message, Hello):
            self.scene.hello = message
            self.scene.market, self.scene.seed = Market(message.market), message.seed
            self._show_market()
            self._asking.want("market", "past")
        elif isinstance(message, Gone):
            self._fell_silent(message.why)
        for tab in list(self.tabs.values()):
            tab.hear(message)

    def _spoke(self) -> None:
        if self.health.stopped_s is not None:
            self.health.stopped_s = None
            self.scene.old = False

    def _fell_silent(self, why: str) -> None:
        if self.health.stopped_s is None:
            spoken = self.time.beat_ms
            self.health.stopped_why = why
            self.health.stopped_s = max(0.0, self.scene.clock.now() / NS_MS - spoken) / 1000 if spoken else 0.0
            self.time.runs = self.time.runs and self.mode.market != "RECORDED"
            self.scene.old = True

    def _take_pulse(self, pulse: Pulse) -> None:
        self._spoke()
        self.scene.pulse = pulse
        self.time.beat_ms = pulse.ts / NS_MS
        self.time.runs = True
        self.health.state = health_words.system_state(pulse.health)
        self.health.detail = health_words.detail(pulse.health) if pulse.health else "first heartbeat awaited"
        self.health.reasons = health_words.reasons(pulse.health)

    # --- what the store remembers -------------------------------------------------------------------------------------

    async def _read_market(self) -> None:
        scene = self.scene
        scene.market, scene.seed = await self._asking.ask(self.source.market)
        scene.known = await self._asking.ask(self.source.instruments)
        venues = sorted({instrument.venue for instrument in scene.known.values()}, key=size_of)
        if venues != scene.venues:
            scene.readings = await self._asking.ask(self.source.readings, venues)
            scene.venues = venues  # tabs hear of it, and find the readings there
            scene.venue = scene.venue if scene.venue in venues else ""
        self._show_market()

    async def _read_past(self) -> None:
        alerts = await self._asking.ask(self.source.alerts, ALERTS_KEPT)
        gaps = await self._asking.ask(self.source.gaps)
        # What was heard since is newer than what was read.
        heard_alerts, heard_gaps = self.scene.alerts, self.scene.gaps
        self.scene.alerts, self.scene.gaps = {}, {}
        self.scene.remember([*alerts, *heard_alerts.values()], [*gaps, *heard_gaps.values()])
        self.scene.past += 1

    def _show_market(self) -> None:
        scene = self.scene
        if scene.market is not None:
            self.mode.market = scene.market.value
        told = ", ".join(scene.venues) if len(scene.venues) <= _VENUES_NAMED else f"{len(scene.venues)} venues"
        self.mode.detail = f"seed {scene.seed}" if scene.seed is not None else told
