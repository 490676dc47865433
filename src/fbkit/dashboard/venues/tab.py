"""One coin at all its venues, and the largest coins across them: open interest, funding, basis, dispersion."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets

from fbkit.clock import iso
from fbkit.dashboard.among import SPANS, among, drawn_tf, enough
from fbkit.dashboard.export import formats
from fbkit.dashboard.largest import newest
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tab import Job, Tab
from fbkit.dashboard.venues.export import across_rows
from fbkit.dashboard.venues.interest import Interest, interest_of
from fbkit.dashboard.venues.interest_drawn import begun, layers_drawn, left_out, total_told
from fbkit.dashboard.venues.minute import Minute, minute_of
from fbkit.dashboard.venues.rates import HOURS, History, behind, history_of, kinds
from fbkit.dashboard.venues.rates_table import rates_table
from fbkit.dashboard.venues.spreads import MINUTES
from fbkit.dashboard.venues.spreads_table import spreads_table
from fbkit.dashboard.venues.term import Term, no_curve, term_drawn, term_of, three_months_told
from fbkit.dashboard.venues.weighted import LINES, newest_told, settled_until, weighted_drawn
from fbkit.hub import Gone, Hello, Message
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, TIMEFRAMES, Span
from fbkit.widgets import Caption, Control, Controls, Grid, Plot
from fbkit.widgets.format import NBSP

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.across import Coin
    from fbkit.store import Store

#: Coins that are buttons.
_BUTTONS = 5

_RULE = "totals add the venues fresh at that moment; changes are in coins and compare the same venues only"


class VenuesTab(Tab):
    """What no venue says alone: every number is one of ``fbkit.across``, over the venues that are pressed."""

    slug, title = "venues", "Across venues"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools = Controls()
        self.interest = Plot(axes={"x": "time", "y": "usd"}, waiting="Open interest by venue is being read.")
        self.funding = Grid(
            title="Funding", scale=True, waiting="The newest minute of the largest coins is being read."
        )
        self.basis = Plot(axes={"x": "count", "y": "percent"}, waiting="Dated futures are being read.")
        self.weighted = Plot(title="OI-weighted funding", waiting="Hours of funding are being read.")
        self.dispersion = Grid(title="Dispersion", waiting="The newest minute of the largest coins is being read.")
        self.caption = Caption()
        for name in ("interest", "funding", "basis", "weighted", "dispersion"):
            getattr(self, name).add_class(f"at-{name}")
        self.box.children = [
            self.tools, self.interest, self.funding, self.basis, self.weighted, self.dispersion, self.caption,
        ]  # fmt: skip  # as they lie
        self.jobs = {
            "interest": Job(self._read_interest, self.interest, on=("tf", "coin"), closed=True),
            "newest": Job(self._read_newest, self.funding, fresh_s=20.0),
            "basis": Job(self._read_basis, self.basis, on=("coin",), fresh_s=60.0),
            "past": Job(self._read_past, self.weighted, on=("coin",), fresh_s=900.0),
        }
        self.span, self.unit = "2d", "8h"
        self.chosen: list[str] = []
        self.stack: Interest | None = None
        self.minute: Minute | None = None
        self.histories: dict[str, History] = {}
        self._connect()

    # --- controls -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.tools.on_export(formats(), self.file)
        self.tools.observe(self._on_values, "values")
        traitlets.dlink((self.funding, "error"), (self.dispersion, "error"))
        for grid in (self.funding, self.dispersion):
            grid.observe(lambda change: setattr(scene, "coin", change["owner"].chosen), "opened")
        scene.observe(lambda _: self._on_venues(), "venues")
        scene.observe(lambda _: self._on_coin(), "coin")
        scene.observe(lambda _: self.tools.choose(tf=scene.tf), "tf")
        scene.observe(lambda _: self._on_old(), "old")
        self._on_venues()
        self._on_coin()

    def _offer(self) -> None:
        scene, coins, every = self.scene, self._buttons(), self.scene.coins()
        self.tools.offer(
            [
                Control(name="coin", items=[(coin, coin) for coin in coins]),
                Control(name="other", kind="pick", label="other coin", items=[(coin, coin) for coin in every]),
                Control(name="venues", kind="many", marks=True, items=[(venue, venue) for venue in scene.venues]),
                Control(name="tf", label="bar", items=[(tf, tf) for tf in TIMEFRAMES]),
                Control(name="span", label="show", items=[(span, span) for span in SPANS]),
                Control(name="unit", label="funding", items=[("8h", "% per 8 h"), ("apr", "% APR")], end=True),
            ],
            coin=scene.coin, other="" if scene.coin in coins else scene.coin, venues=self.chosen, tf=scene.tf,
            span=self.span, unit=self.unit,
        )  # fmt: skip  # a row of choices

    def _buttons(self) -> list[str]:
        return (self.minute.coins if self.minute is not None else self.scene.coins())[:_BUTTONS]

    def _on_values(self, change: dict[str, Any]) -> None:
        takers: dict[str, Callable[[Any], None]] = {
            "coin": self._take_coin,
            "other": self._take_coin,
            "tf": lambda tf: setattr(self.scene, "tf", tf),
            "span": self._take_span,
            "unit": self._take_unit,
            "venues": self._take_venues,
        }
        for name, value in change["new"].items():
            if change["old"].get(name) != value:
                takers[name](value)

    def _take_coin(self, coin: str) -> None:
        self.scene.coin = coin or self.scene.coin

    def _take_span(self, span: str) -> None:
        self.span = span
        self.want("interest")
        self._show_weighted()

    def _take_unit(self, unit: str) -> None:
        self.unit = unit
        self._show_funding()
        self._show_weighted()

    def _take_venues(self, venues: list[str]) -> None:
        chosen = [venue for venue in self.scene.venues if venue in venues] or list(self.scene.venues)
        self.tools.choose(venues=chosen)
        if chosen != self.chosen:
            self.chosen = chosen
            self.want(*self.jobs)

    def _on_venues(self) -> None:
        self.chosen = list(self.scene.venues)
        self._offer()
        self.want(*self.jobs)

    def _on_coin(self) -> None:
        coin = self.scene.coin
        self.tools.choose(coin=coin, other="" if coin in self._buttons() else coin)
        self.funding.chosen = self.dispersion.chosen = coin
        self.interest.title, self.basis.title = f"{coin} open interest by venue", f"{coin} basis curve"

    def _on_old(self) -> None:
        (self.box.add_class if self.scene.old else self.box.remove_class)("old")
        self._say()

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Hello):
            self.want(*self.jobs)

    # --- what the store remembers -------------------------------------------------------------------------------------

    def _coin_at(self, store: Store, coin: str, tf: str, span: Span) -> Coin:
        from fbkit.across import venues_of

        return among(venues_of(store, coin, tf, span, enough(self.scene.source)), self.chosen)

    async def _read_interest(self) -> None:
        coin, span = self.scene.coin, SPANS[self.span]
        tf = drawn_tf(self.scene.tf, span)

        def question(store: Store) -> Interest:
            end = newest(store)
            return interest_of(self._coin_at(store, coin, tf, Span(end - span, end)))

        found = await self.ask(self.scene.source.ask, question)
        if coin == self.scene.coin:
            self.stack = found
            self._show_interest(coin, tf, found)

    async def _read_basis(self) -> None:
        coin = self.scene.coin

        def question(store: Store) -> Term:
            end = newest(store)
            spans = [Span(ts - 15 * NS_MIN, ts) for ts in (end, end - NS_DAY)]
            return term_of(*(self._coin_at(store, coin, "1m", span) for span in spans))

        found = await self.ask(self.scene.source.ask, question)
        if coin == self.scene.coin:
            self._show_basis(coin, found)

    async def _read_newest(self) -> None:
        coverage, unfed = enough(self.scene.source), self.scene.readings.without(self.chosen, "mark")

        def question(store: Store) -> Minute:
            return minute_of(store, self.chosen, coverage, unfed)

        found = await self.ask(self.scene.source.ask, question)
        before, self.minute = self._buttons(), found
        if self._buttons() != before:
            self._offer()
        if not set(found.coins) <= self.histories.keys():
            self.want("past")
        self._show_funding()
        self.dispersion.sub = f"marks of main perpetuals, bp, Z over {MINUTES // 60} h"
        spreads_table(found.spreads).show_in(self.dispersion)
        self._say()

    async def _read_past(self) -> None:
        coins = list(dict.fromkeys([self.scene.coin, *(self.minute.coins if self.minute else [])]))

        def question(store: Store) -> dict[str, History]:
            end = newest(store)
            span = Span(end - HOURS * NS_HOUR, end)
            listed = {one.base for one in store.instruments().values()}
            return {coin: history_of(self._coin_at(store, coin, "1h", span)) for coin in coins if coin in listed}

        self.histories = await self.ask(self.scene.source.ask, question)
        self.weighted.waiting = "No hour of funding is there yet; the first comes when an hour closes."
        self._show_funding()
        self._show_weighted()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def _show_interest(self, coin: str, tf: str, found: Interest) -> None:
        plot = self.interest
        plot.market = self.scene.told
        plot.sub = f"one side, USD, {tf} bars, UTC"
        plot.value = total_told(found, len(self.chosen))
        plot.waiting = f"No open interest of {coin} was heard in the last {self.span} at {', '.join(self.chosen)}."
        traces, edges = layers_drawn(found)
        # The ring of an old venue is a dot, for which plotly would leave room at the right.
        ends = {"range": [found.t_ms[0], found.t_ms[-1]]} if len(found.t_ms) > 1 else {}
        plot.show(traces, shapes=edges, margin={"r": 132}, xaxis=ends, yaxis={"rangemode": "tozero"})
        self._say()

    def _show_basis(self, coin: str, term: Term) -> None:
        plot = self.basis
        plot.market = self.scene.told
        plot.sub = "% a year over index"
        plot.value = three_months_told(term)
        plot.waiting = no_curve(coin, term)
        traces, axes = term_drawn(term)
        plot.show(traces, **axes, margin={"b": 38, "r": 84})

    def _show_funding(self) -> None:
        if self.minute is None:
            return
        hours = behind(self.histories)
        over = f"{hours // 24} d" if hours >= 48 else f"{hours} h"
        unit = "% a year" if self.unit == "apr" else "% per 8 h"
        told = f"{kinds(self.minute.rates)}, {unit}"
        self.funding.sub = f"{told}, shade = Z over {over}" if hours else told
        table = rates_table(self.minute.rates, self.histories, self.chosen, per_year=self.unit == "apr")
        table.show_in(self.funding)

    def _show_weighted(self) -> None:
        plot, span, per_year = self.weighted, SPANS[self.span], self.unit == "apr"
        order = sorted(self.histories, key=lambda coin: coin != self.scene.coin)
        drawn = {coin: self.histories[coin] for coin in order if len(self.histories[coin].t_ms)}
        drawn = dict(list(drawn.items())[:LINES])
        plot.market = self.scene.told
        for coin, past in list(drawn.items())[:1]:
            plot.sub = f"{'% a year' if per_year else '% per 8 h'}, {settled_until(past, span)}"
            plot.value = newest_told(coin, past, per_year=per_year)
        plot.axes = {"x": "time", "y": "apr" if per_year else "funding"}
        plot.show(weighted_drawn(drawn, span, per_year=per_year), margin={"r": 76})

    def _say(self) -> None:
        """The line below: how sums are made, who is not in them, coverage and the instant."""
        parts, end = [(_RULE, "")], []
        if self.scene.old:
            parts.insert(0, ("the collector is silent: these are its last numbers", "warn"))
        if self.stack is not None:
            parts += [(text, "warn") for text in left_out(self.scene.coin, self.stack)]
            parts += [(text, "") for text in begun(self.stack)]
        if self.stack is not None and math.isfinite(self.stack.coverage):
            end.append((f"coverage {100 * self.stack.coverage:.1f}{NBSP}%", "ink"))
        if self.minute is not None and self.minute.end:
            end.append((f"newest minute {iso(self.minute.end)[11:16]} UTC", ""))
        self.caption.say(parts, end)

    def exported(self) -> pd.DataFrame:
        """One row a coin and venue at the newest minute, and one of each coin over all of them."""
        import pandas as pd

        minute = self.minute
        rows = list(across_rows(minute.rates, minute.spreads, self.histories)) if minute is not None else []
        return pd.DataFrame(rows).set_index(["coin", "venue"]) if rows else pd.DataFrame()
