"""How well the market is heard: health with its reasons, what became of every item, gaps, the collector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fbkit.clock import iso
from fbkit.dashboard import health_words
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tab import Tab
from fbkit.hub import Commit, Gone, Message, Pulse
from fbkit.widgets import StatusPanel
from fbkit.widgets.format import NBSP, count

if TYPE_CHECKING:
    import pandas as pd


class StatusTab(Tab):
    """What stands behind the badge."""

    slug, title = "status", "Status"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.status = StatusPanel()
        self.box.children = [self.status]
        scene.observe(lambda _: self._show_readings(), "venues")
        scene.observe(lambda _: self._show_gaps(), "past")
        self._show_readings()
        self._show_gaps()
        if scene.pulse is not None:
            self._take_pulse(scene.pulse)

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Pulse):
            self._take_pulse(message)
        elif isinstance(message, Commit) and message.gaps:
            self._show_gaps()

    def _take_pulse(self, pulse: Pulse) -> None:
        self.status.streams = health_words.streams(pulse.health)
        self.status.summary = f"{len(health_words.own(pulse.health))} streams, reasons in place"
        if pulse.accounts:
            self.status.show_accounts(one for one in pulse.accounts if one.channel != "control")
        self.status.facts = self._facts(pulse)

    def _show_readings(self) -> None:
        self.status.readings = self.scene.readings.lines()
        self.status.unsupported = self.scene.readings.unsupported()

    def _show_gaps(self) -> None:
        self.status.show_gaps(self.scene.gaps.values(), self.scene.now)

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
        hello = self.scene.hello
        if hello is not None:
            facts.append(("collector since", iso(hello.started)))
            facts.append(("writer epoch, process", f"{hello.epoch}, {hello.pid}"))
            facts.append(("fbkit", hello.version))
        return facts

    def exported(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.status.accounts)
