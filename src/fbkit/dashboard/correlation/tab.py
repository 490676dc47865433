"""How coins move together: the matrix, who leads in a pair, the strongest and weakest pairs, breadth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets

from fbkit.clock import iso
from fbkit.dashboard.among import SPANS, drawn_tf, enough
from fbkit.dashboard.correlation.breadth import Breadth, breadth_drawn, breadth_of, loud_told
from fbkit.dashboard.correlation.lagged import dots_drawn, lags_drawn
from fbkit.dashboard.correlation.together import Pair, Together, pair_of, pairs_of, pairs_table, together_of
from fbkit.dashboard.export import formats
from fbkit.dashboard.largest import largest, newest
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tab import Job, Tab
from fbkit.hub import Gone, Hello, Message
from fbkit.model import TIMEFRAMES, Span
from fbkit.widgets import Caption, Control, Controls, Grid, Heat, Plot
from fbkit.widgets.format import NBSP, signed

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.store import Store

#: Coins in the matrix, of which one may choose.
_COUNTS = (10, 20, 30)

#: More slots than these of one coin are not read: a longer bar stands for them, and is named.
_SLOTS = 3000

#: What may be correlated, by the column of a bar.
_OF = {"ret": "returns", "oi_dlog": "OI changes"}

_RULE = "over the slots that both have; 30 pairs at least; a gap is never bridged"


class CorrelationTab(Tab):
    """Correlations of log returns, or of changes of open interest, of the largest coins and of those added."""

    slug, title = "correlation", "Correlation"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools = Controls()
        self.matrix = Heat(waiting="Bars of the largest coins are being read.")
        self.lags = Plot(axes={"x": "count", "y": "signed"}, waiting="A pair is awaited.")
        self.said = Caption()
        self.dots = Plot(axes={"x": "percent", "y": "percent"}, waiting="A pair is awaited.")
        self.pairs = Grid(title="Strongest and weakest pairs", waiting="The matrix is awaited.")
        self.breadth = Plot(title="Breadth", waiting="Bars of every perpetual are being read.")
        self.breadth.axes = {"x": "time", "y": "share", "y2": "percent"}
        self.caption = Caption()
        for name in ("matrix", "lags", "said", "dots", "pairs", "breadth"):
            getattr(self, name).add_class(f"at-{name}")
        self.box.children = [
            self.tools, self.matrix, self.lags, self.said, self.dots, self.pairs, self.breadth, self.caption,
        ]  # fmt: skip  # as they lie
        self.jobs = {
            "matrix": Job(self._read_matrix, self.matrix, on=("tf",), closed=True),
            "pair": Job(self._look_at_pair, self.lags, at_first=False),
            "breadth": Job(self._read_breadth, self.breadth, on=("tf",), closed=True),
        }
        self.span, self.count, self.column = "2d", 20, "ret"
        self.coins: list[str] = []
        self.added: list[str] = []
        self.found: Together | None = None
        self.seen: Breadth | None = None
        self._breadth_of: tuple[str, int, int] | None = None
        self._connect()

    # --- controls -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.tools.on_export(formats(), self.file)
        self.tools.observe(self._on_values, "values")
        traitlets.dlink((self.matrix, "error"), (self.pairs, "error"))
        self.matrix.observe(lambda _: self.want("pair"), "chosen")
        self.pairs.observe(lambda _: self._choose(self.pairs.chosen.split("\n")), "opened")
        scene.observe(lambda _: self._offer(), "venues")
        scene.observe(lambda _: self.tools.choose(tf=scene.tf), "tf")
        scene.observe(lambda _: self._on_old(), "old")
        self._offer()
        self._say()

    def _offer(self) -> None:
        coins = self.scene.coins()
        added = Control(name="added", kind="many", items=[(coin, coin) for coin in self.added])
        self.tools.offer(
            [
                Control(name="tf", label="bar", items=[(tf, tf) for tf in TIMEFRAMES]),
                Control(name="span", label="show", items=[(span, span) for span in SPANS]),
                Control(name="count", label="largest coins", items=[(count, str(count)) for count in _COUNTS]),
                Control(name="add", kind="pick", label="add a coin", items=[(coin, coin) for coin in coins]),
                *([added] if self.added else []),
                Control(name="column", label="of", items=list(_OF.items()), end=True),
            ],
            tf=self.scene.tf, span=self.span, count=self.count, add="", added=self.added, column=self.column,
        )  # fmt: skip  # a row of choices

    def _on_values(self, change: dict[str, Any]) -> None:
        takers: dict[str, Callable[[Any], None]] = {
            "tf": lambda tf: setattr(self.scene, "tf", tf),
            "span": lambda span: self._take("span", span, "matrix", "breadth"),
            "count": lambda count: self._take("count", count, "matrix"),
            "column": lambda column: self._take("column", column, "matrix"),
            "add": lambda coin: self._keep([*self.added, coin]) if coin else None,
            "added": self._keep,
        }
        for name, value in change["new"].items():
            if change["old"].get(name) != value:
                takers[name](value)

    def _take(self, name: str, value: Any, *jobs: str) -> None:
        setattr(self, name, value)
        self.want(*jobs)

    def _keep(self, coins: list[str]) -> None:
        """These coins are in the matrix beside the largest; one that is pressed once more leaves it."""
        kept = list(dict.fromkeys(coins))
        if kept != self.added:
            self.added = kept
            self._offer()
            self.want("matrix")

    def _choose(self, pair: list[str]) -> None:
        self.matrix.chosen = pair

    def _on_old(self) -> None:
        (self.box.add_class if self.scene.old else self.box.remove_class)("old")
        self._say()

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Hello):
            self._breadth_of = None
            self.want("matrix", "breadth")

    # --- what the store remembers -------------------------------------------------------------------------------------

    async def _read_matrix(self) -> None:
        span, column, added = SPANS[self.span], self.column, list(self.added)
        tf, count = drawn_tf(self.scene.tf, span, _SLOTS), self.count
        coverage = enough(self.scene.source)

        def question(store: Store) -> tuple[list[str], Together]:
            from fbkit.across import coin_returns

            end = newest(store)
            coins = list(dict.fromkeys([*largest(store, count), *added]))
            return coins, together_of(coin_returns(store, coins, tf, Span(end - span, end), coverage, column))

        self.coins, found = await self.ask(self.scene.source.ask, question)
        self.found = found
        self._show_matrix(found, tf, column)
        self.want("pair")

    async def _look_at_pair(self) -> None:
        if self.found is None or len(self.matrix.chosen) < 2:
            return
        a, b = self.matrix.chosen[:2]
        pair = await self.ask(pair_of, self.found, a, b)
        if pair is not None and [a, b] == self.matrix.chosen[:2]:
            self._show_pair(pair)

    async def _read_breadth(self) -> None:
        span = SPANS[self.span]
        tf, coverage = drawn_tf(self.scene.tf, span), enough(self.scene.source)

        known = self._breadth_of

        def question(store: Store) -> tuple[Breadth | None, tuple[str, int, int]]:
            # Every perpetual is read: not again before a slot of the bars that are drawn has closed.
            end = newest(store)
            key = tf, span, end // TIMEFRAMES[tf]
            return (breadth_of(store, tf, Span(end - span, end), coverage) if key != known else None), key

        found, self._breadth_of = await self.ask(self.scene.source.ask, question)
        if found is not None:
            self.seen = found
            self._show_breadth(found)

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def _show_matrix(self, found: Together, tf: str, column: str) -> None:
        heat = self.matrix
        heat.title = f"Correlation of {_OF[column]}"
        heat.sub = f"{len(found.names)} coins, each at its fullest venue, {tf} bars, {self.span}"
        heat.waiting = "No coin has a bar in this span."
        heat.show(found.names, found.r, low=found.low, high=found.high, n=found.n)
        if not set(heat.chosen) <= set(found.names) or len(heat.chosen) < 2:
            heat.chosen = sorted(found.names, key=self._size)[:2]
        pairs_table(found).show_in(self.pairs)
        self.pairs.sub = f"of {len(pairs_of(found))} with a number"
        self._say()

    def _size(self, name: str) -> int:
        """By which coins stand in order, the largest first."""
        return self.coins.index(name) if name in self.coins else len(self.coins)

    def _show_pair(self, pair: Pair) -> None:
        told, (a, b) = self.scene.told, pair.names
        self.pairs.chosen = next((name for name in (f"{a}\n{b}", f"{b}\n{a}") if name in self.pairs.names), "")
        self.lags.market = self.dots.market = told
        self.lags.title, self.dots.title = f"{a} and {b}: who leads", f"{a} against {b}"
        self.lags.sub = f"r at lags of −{pair.lags[-1]} to {pair.lags[-1]} bars, band = 95 %"
        self.lags.value = _largest(pair)
        same = pair.r[pair.lags == 0]
        self.dots.sub, self.dots.value = "a dot a bar", f"r {signed(float(same[0]), 2)}" if len(same) else ""
        traces, axes = lags_drawn(pair)
        self.lags.show(traces, **axes)
        traces, axes = dots_drawn(pair)
        self.dots.waiting = f"{a} and {b} have no bar in common in this span."
        self.dots.show(traces, **axes, margin={"b": 40, "l": 62})
        self.said.say([(pair.sentence, "ink")])

    def _show_breadth(self, found: Breadth) -> None:
        plot = self.breadth
        plot.market, plot.sub = self.scene.told, f"share of perpetuals, {found.tf} bars, UTC"
        plot.value, plot.waiting = loud_told(found), "No perpetual has a bar in this span."
        traces, axes = breadth_drawn(found) if len(found.t_ms) else ([], {})
        plot.show(traces, **axes)

    def _say(self) -> None:
        """The line below: how pairs are made, what is behind them, coverage and the instant."""
        parts, end = [(_RULE, "")], []
        if self.scene.old:
            parts.insert(0, ("the collector is silent: these are its last numbers", "warn"))
        found = self.found
        if found is not None and len(found.names) > 1:
            counts = [int(found.n[i, j]) for i in range(len(found.names)) for j in range(i)]
            least, most = min(counts), max(counts)
            parts.append((f"{least:,}{f' to {most:,}' if most > least else ''} pairs behind each r", ""))
            end.append((f"coverage {100 * found.coverage:.1f}{NBSP}%", "ink"))
            end.append((f"newest bar {iso(found.end)[11:16]} UTC", ""))
        self.caption.say(parts, end)

    def exported(self) -> pd.DataFrame:
        """One row a pair of coins: r, its 95 % interval, pairs, and the contracts that stand for the coins."""
        import pandas as pd

        found = self.found
        rows = [
            {
                "coin": found.names[j], "other": found.names[i], "of": _OF[self.column], "r": found.r[i, j],
                "low": found.low[i, j], "high": found.high[i, j], "pairs": found.n[i, j],
                "instrument": found.instruments[j], "other_instrument": found.instruments[i],
            }
            for i, j in pairs_of(found)
        ] if found is not None else []  # fmt: skip  # a table
        return pd.DataFrame(rows).set_index(["coin", "other"]) if rows else pd.DataFrame()


def _largest(pair: Pair) -> str:
    """The largest r of all lags, and where it is."""
    r = pair.r[pair.lags == pair.best]
    where = "same bar" if pair.best == 0 else f"{abs(pair.best)} bars, {pair.names[pair.best < 0]} first"
    return f"r {signed(float(r[0]), 2)} {where}" if len(r) else ""
