"""One instrument, or a coin over all its venues: who is pushing, and who was forced out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from fbkit.dashboard.export import formats
from fbkit.dashboard.flow.bars import Flow, bars_wanted, flow_of, names_of
from fbkit.dashboard.flow.kpis import kpis
from fbkit.dashboard.flow.lists import BACK, LISTED, show_died, show_largest
from fbkit.dashboard.flow.panes import forced_drawn, imbalance_drawn, price_drawn, volume_drawn
from fbkit.dashboard.flow.pieces import pooled
from fbkit.dashboard.flow.profile import Traded, profile_drawn, profile_told, step_of, traded
from fbkit.dashboard.flow.spans import SPANS, spans_of, usual_span
from fbkit.dashboard.flow.tape import Tape
from fbkit.dashboard.flow.told import Died, cvd_since, died, lasting, paragraphs
from fbkit.dashboard.instrument.newest import concerns
from fbkit.dashboard.instrument.words import gaps_told
from fbkit.dashboard.scene import Scene, first_choice
from fbkit.dashboard.tab import Job, Tab
from fbkit.model import NS_MS, NS_S, TIMEFRAMES, Gap
from fbkit.widgets import Control, Controls, FootLine, Grid, KpiStrip, Plot, Words
from fbkit.widgets.format import NBSP, count

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.store import Store

#: How old the profile and the list of trades may get, in seconds.
_TAPE_S = 15.0

#: What an instrument has, and a coin over its venues.
_FRESH = ("tf", "instrument", "coin", "of", "at", "window", "kind")


class FlowTab(Tab):
    """What takers did, whether price went along, and who was liquidated."""

    slug, title = "flow", "Flow"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools, self.kpis, self.foot = Controls(), KpiStrip(), FootLine()
        self.price = _pane("Price and CVD", y="price", y2="usd_signed")
        self.volume = _pane("Volume and delta", y="usd")
        self.imbalance = _pane("Imbalance", y="signed", y2="signed")
        self.forced = _pane("Liquidations", y="usd")
        self.words = Words(title="In words", waiting="Sentences come with the first closed bar.")
        self.profile = Plot(title="Volume profile", axes={"x": "usd", "y": "price"}, waiting="Trades are being read.")
        self.died = Grid(title="Forced out", waiting="Liquidations by venue come with the bars.")
        self.largest = Grid(title="Largest trades", sub="5 min", waiting="Trades are being read.")
        panes = ipywidgets.Box([self.price, self.volume, self.imbalance, self.forced]).add_class("fb-panes")
        side = ipywidgets.Box([self.words, self.profile, self.died, self.largest]).add_class("fb-side")
        self.box.children = [self.tools, self.kpis, panes, side, self.foot]
        self.jobs = {
            "bars": Job(self._read_bars, self.price, on=_FRESH, closed=True),
            "tape": Job(self._read_tape, self.profile, on=("instrument", "coin", "of", "at"), fresh_s=_TAPE_S),
        }
        self.flow: Flow | None = None
        self.rows: list[Died] = []
        self.tape, self.traded = Tape([]), None
        self._connect()
        self._offer()

    # --- choices ------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.tools.choose(span=usual_span(scene.tf))
        self.tools.on_export(formats(), self.file)
        self.tools.observe(self._on_values, "values")
        scene.observe(lambda _: self._on_whose(), ("instrument", "coin", "of"))
        scene.observe(lambda _: self._offer(), ("tf", "at", "venues"))
        scene.observe(lambda _: self._show_foot(), "old")

    @property
    def coin(self) -> str:
        """The coin that is looked at."""
        one = self.scene.known.get(self.scene.instrument)
        return self.scene.coin if self.scene.of == "coin" or one is None else one.base

    @property
    def _pressed(self) -> dict[str, Any]:
        return dict(self.tools.values)

    @property
    def span(self) -> int:
        """How much time is shown, ns."""
        return SPANS[self._pressed.get("span") or usual_span(self.scene.tf)]

    def _venues(self) -> list[str]:
        """The venues that list the coin as a perpetual, in the order of the page."""
        there = {one.venue for one in self.scene.known.values() if one.base == self.coin and one.expiry is None}
        return [venue for venue in self.scene.venues if venue in there]

    @property
    def chosen(self) -> list[str]:
        """Those of them that were pressed; none: all are shown."""
        asked = self.scene.at.split(",")
        return [venue for venue in self._venues() if venue in asked]

    def _shown(self) -> list[str]:
        """Those of them whose flow is shown."""
        if self.scene.of == "instrument":
            return [self.scene.instrument.partition(":")[0]]
        return self.chosen or self._venues()

    def _on_whose(self) -> None:
        self.scene.at = ""
        self._offer()

    def _offer(self) -> None:
        """Every choice there is, with what is chosen."""
        scene = self.scene
        if not scene.instrument and scene.known:
            scene.begin_with(first_choice(scene.known))
        if self._pressed.get("span") not in spans_of(scene.tf):
            self.tools.choose(span=usual_span(scene.tf))
        about = "An instrument, or a coin over its venues"
        whose = [(coin, f"{coin} at every venue") for coin in scene.coins()] + [(name, name) for name in scene.known]
        self.tools.offer(
            [
                Control(name="whose", kind="pick", label="instrument or coin", items=whose, about=about),

                Control(name="venues", kind="many", items=[(venue, venue) for venue in self._venues()]),
                Control(name="tf", label="bar", items=[(tf, tf) for tf in TIMEFRAMES]),
                Control(name="span", label="show", items=[(name, name) for name in spans_of(scene.tf)]),
            ],
            whose=scene.coin if scene.of == "coin" else scene.instrument, venues=self._shown(), tf=scene.tf,
        )  # fmt: skip  # a row of choices

    def _on_values(self, change: dict[str, Any]) -> None:
        takers: dict[str, Callable[[Any], None]] = {
            "whose": self._take_whose,
            "venues": self._take_venues,
            "tf": lambda tf: setattr(self.scene, "tf", tf),
            "span": lambda _: self.want("bars", "tape"),
        }
        for name, value in change["new"].items():
            if change["old"].get(name) != value:
                takers[name](value)

    def _take_whose(self, name: str) -> None:
        if name in self.scene.known:
            self.scene.instrument, self.scene.of = name, "instrument"
        elif name in self.scene.coins():
            self.scene.coin, self.scene.of = name, "coin"

    def _take_venues(self, venues: list[str]) -> None:
        """Some of the coin's venues; of an instrument, its coin's."""
        if sorted(venues) == sorted(self._shown()):
            return
        self.scene.coin, self.scene.of = self.coin, "coin"
        self.scene.at = "" if len(venues) == len(self._venues()) else ",".join(venues)
        self._offer()

    def names(self) -> list[str]:
        """The contracts whose flow is shown. Takes a moment the first time."""
        scene = self.scene
        if scene.of == "instrument":
            return [scene.instrument] if scene.instrument in scene.known else []
        chosen = self.chosen
        return [name for name in names_of(scene.known, scene.coin) if not chosen or name.partition(":")[0] in chosen]

    # --- what the store remembers -------------------------------------------------------------------------------------

    async def _read_bars(self) -> None:
        scene, names = self.scene, await self.ask(self.names)
        if not names:
            return
        shown = self.span // TIMEFRAMES[scene.tf]
        asked = (scene.tf, scene.window, scene.kind, shown)
        wanted = bars_wanted(scene.tf, shown, scene.window)
        bars = {name: await self.ask(scene.source.bars, scene.tf, wanted, name) for name in names}
        found = await self.ask(lambda: flow_of(bars, asked[0], window=asked[1], kind=asked[2], shown=asked[3]))
        if asked[:3] == (scene.tf, scene.window, scene.kind) and names == self.names():
            self.flow = found
            self._show()

    async def _read_tape(self) -> None:
        names = await self.ask(self.names)
        if not names:
            return
        if self.tape.names != tuple(names):
            self.tape = Tape(names)
        tape, span = self.tape, self.span

        def question(store: Store) -> tuple[Traded, list[tuple[int, str, float, float]]]:
            from fbkit.dashboard.largest import newest

            now = newest(store)
            tape.read(store, now - span, now)
            return traded(store, tape, now), tape.largest(now - BACK, LISTED)

        found, largest = await self.ask(self.scene.source.ask, question)
        if tape is self.tape:
            self.traded = found
            self._show_profile(found)
            show_largest(self.largest, largest, self._tick())
            self._show_foot()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def _tick(self) -> float | None:
        ticks = [
            one.tick for name in self.tape.names or self.names() if (one := self.scene.known.get(name)) and one.tick
        ]
        return min(ticks, default=None)

    def _show(self) -> None:
        flow, scene = self.flow, self.scene
        if flow is None:
            self._show_nothing()
            return
        lacking = scene.readings.without({name.partition(":")[0] for name in flow.names}, "liquidation")
        self.rows = died(flow, lacking)
        one = scene.known.get(flow.price_of)
        price = f"price:{one.tick}" if one is not None and one.tick else "price"
        self.price.axes = {"x": "time", "y": price, "y2": "usd_signed"}
        several = f"mean of {len(flow.names)} contracts" if len(flow.names) > 1 else "5 levels"
        self._draw(
            self.price, price_drawn(flow), f"USD, price at {flow.price_of.replace(':', ' ')}, CVD {cvd_since(flow)}"
        )
        self._draw(self.volume, volume_drawn(flow), f"USD a bar of {flow.tf}{_pooled(flow)}")
        band = f"band ±2 and ±3 sd of {flow.window} bars, {flow.kind}"
        self._draw(self.imbalance, imbalance_drawn(flow), f"{several}, {band}{_pooled(flow)}")
        self._draw(self.forced, forced_drawn(flow, self.rows), f"USD a bar, shorts above, longs below{_pooled(flow)}")
        self.kpis.show(kpis(flow, self.rows))
        show_died(self.died, self.rows, lasting(len(flow.t0) * flow.length))
        self.words.sub = f"{flow.tf} bars to {_clock(flow.end)} UTC"
        self.words.show(paragraphs(flow, self.rows, self._gaps(flow)))
        self._show_foot()

    def _show_nothing(self) -> None:
        waiting = f"No bar of {self.coin} of {self.scene.tf} is there yet; the first closes within {self.scene.tf}."
        for pane in (self.price, self.volume, self.imbalance, self.forced):
            pane.waiting = waiting
            pane.show([])

    def _draw(self, pane: Plot, drawn: tuple[list[dict[str, Any]], dict[str, Any]], sub: str) -> None:
        traces, layout = drawn
        pane.market, pane.sub = self.scene.told, sub
        pane.show(traces, **layout)

    def _show_profile(self, found: Traded) -> None:
        plot = self.profile
        plot.market, plot.sub = self.scene.told, profile_told(found)
        plot.axes = {"x": "usd", "y": f"price:{step_of(found.width)}" if found.n else "price"}
        plot.waiting = f"No trade of {self.coin} was heard yet; history brings bars, not trades."
        traces, layout = profile_drawn(found)
        plot.show(traces, **layout)

    def _gaps(self, flow: Flow) -> list[Gap]:
        return [
            gap for gap in self.scene.gaps.values()
            if gap.cause != "start" and (gap.t1 is None or gap.t1 > int(flow.t0[0]))
            and any(concerns(gap, name, name.partition(":")[0]) for name in flow.names)
        ]  # fmt: skip  # a condition a line

    def _show_foot(self) -> None:
        flow = self.flow
        if flow is None:
            return
        covered = 100 * float(np.nan_to_num(flow.columns["coverage"]).mean())
        pieces = [("", f"{count(flow.read)} bars of {flow.tf} read", ""), ("coverage", f"{covered:.1f}{NBSP}%", "")]
        if self.scene.old:
            pieces.insert(0, ("", "the collector is silent: these are its last numbers", "warn"))
        pieces += [("", told, "warn") for told in gaps_told(self._gaps(flow))]
        pieces.append(("CVD", cvd_since(flow), ""))
        if self.traded is not None and self.traded.n:
            heard = (
                f"{count(self.traded.n)} since {_clock(self.traded.since)}, coverage {100 * self.traded.coverage:.1f}"
            )
            pieces.append(("trades", f"{heard}{NBSP}%", ""))
        live = [row.ts_event for name in flow.names if (row := self.scene.live.get(name)) and row.ts_event]
        ages = [
            ("last trade", max(live) / NS_MS if live else None, 10.0),
            ("bar", flow.end / NS_MS, 2.0 * flow.length / NS_S + 5.0),
        ]
        self.foot.show(pieces, ages)

    def exported(self) -> pd.DataFrame:
        """A row a bar: everything the panes draw."""
        import pandas as pd

        flow = self.flow
        if flow is None:
            return pd.DataFrame(columns=["of", "close_usd", "vol_usd", "delta_usd", "cvd_usd"])
        named = {"close": "close_usd", "delta": "delta_usd", "cvd": "cvd_usd"}
        columns = {named.get(name, name): values for name, values in flow.columns.items()}
        columns |= {f"z_{name}_{flow.window}": values for name, values in flow.z.items()}
        frame = pd.DataFrame(columns, index=pd.to_datetime(flow.t0, utc=True).rename("t0"))
        frame.insert(0, "of", " + ".join(flow.names))
        return frame


def _pane(title: str, **axes: str) -> Plot:
    return Plot(title=title, pane=True, axes={"x": "time", **axes}, waiting="Bars are being read.")


def _pooled(flow: Flow) -> str:
    """Said where a bar that is drawn stands for several."""
    return f", the largest of each {pooled(flow)} drawn" if pooled(flow) > 1 else ""


def _clock(ns: int) -> str:
    from fbkit.clock import iso

    return iso(ns)[11:16]
