"""One instrument: its charts, the same coin at every venue, and what the numbers say in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets
import numpy as np

from fbkit.clock import iso
from fbkit.dashboard.export import formats
from fbkit.dashboard.instrument_kpis import Seen, kpis
from fbkit.dashboard.instrument_words import gaps_told, paragraphs, provenance
from fbkit.dashboard.newest import Newest, concerns, newest
from fbkit.dashboard.scene import Z_KINDS, Scene, first_choice
from fbkit.dashboard.series import anchors, judge, series
from fbkit.dashboard.tab import Job, Tab
from fbkit.dashboard.venue_rows import VenueRow, cells, perpetuals, row_of
from fbkit.hub import Commit, Gone, Live, Message
from fbkit.model import JUDGED, NS_DAY, NS_HOUR, NS_MS, NS_S, TIMEFRAMES, Z_WINDOWS, Gap, Instrument
from fbkit.quant.frames.metrics import is_judged
from fbkit.quant.reading import REASONS
from fbkit.widgets import SERIES_FIELDS, AlertList, Control, Controls, FootLine, Grid, KpiStrip, PlotStream, Words
from fbkit.widgets.format import NBSP, count

if TYPE_CHECKING:
    import pandas as pd

#: Stretches of time a chart can show, in ns.
SPANS = {
    "6h": 6 * NS_HOUR,
    "12h": 12 * NS_HOUR,
    "1d": NS_DAY,
    "2d": 2 * NS_DAY,
    "1w": 7 * NS_DAY,
    "1m": 30 * NS_DAY,
}

#: A chart of fewer bars says nothing, one of more is a smear; first shown is the longest of no more than USUAL.
_FEWEST, _MOST, _USUAL = 20, 2880, 300

#: A choice of what is drawn over the chart.
_DRAWN = ("alerts", "liquidations", "gaps")

#: How long between readings of index, settlement and coins held, in seconds.
_NEWEST_S = 5.0


def spans_of(tf: str) -> list[str]:
    """The stretches a timeframe can fill, the shortest first.

    >>> spans_of("15m"), spans_of("1d")
    (['6h', '12h', '1d', '2d', '1w', '1m'], ['1m'])
    """
    return [name for name, length in SPANS.items() if _FEWEST <= length // TIMEFRAMES[tf] <= _MOST]


def usual_span(tf: str) -> str:
    """What a timeframe shows first.

    >>> usual_span("15m"), usual_span("1m")
    ('2d', '6h')
    """
    fitting = [name for name in spans_of(tf) if SPANS[name] // TIMEFRAMES[tf] <= _USUAL]
    return fitting[-1] if fitting else spans_of(tf)[0]


class Read(NamedTuple):
    """What was read of one instrument: its bars, the chart's matrix, Z of the newest bar and why some are missing."""

    name: str
    tf: str
    bars: pd.DataFrame
    matrix: np.ndarray[Any, np.dtype[np.float64]]
    z: dict[str, float]
    why: dict[str, str]


def read(name: str, tf: str, window: int, kind: str, shown: int, bars: pd.DataFrame) -> Read:
    """Judge bars of one instrument; takes a moment, so in a thread."""
    matrix = series(name, tf, bars, kind=kind, windows=(window,), shown=shown)
    if not len(bars):
        return Read(name, tf, bars, matrix, {}, {})
    judged = judge(name, tf, bars, JUDGED, (window,), kind)
    newest_of = {column: judged[f"z_{column}_{window}"] for column in JUDGED}
    z = {column: float(found.value[-1]) for column, found in newest_of.items()}
    why = {
        column: REASONS[int(found.code[-1])] if is_judged(column, tf) else "unsupported"
        for column, found in newest_of.items()
    }
    return Read(name, tf, bars, matrix, z, why)


class InstrumentTab(Tab):
    """The chosen instrument from close by."""

    slug, title = "instrument", "Instrument"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools = Controls()
        self.kpis = KpiStrip()
        self.chart = PlotStream(tf=scene.tf, window=scene.window)
        self.venues = Grid(title="Across venues", waiting="The same coin at the other venues comes with its bars.")
        self.words = Words(title="In words", waiting="Sentences come with the first closed bar.")
        self.alerts = AlertList(title="Alerts here", sub="24 h")
        self.origin = Words(title="Provenance", waiting="Where the numbers come from is said when they are there.")
        self.foot = FootLine()
        side = ipywidgets.Box([self.venues, self.words, self.alerts, self.origin]).add_class("fb-side")
        self.box.children = [self.tools, self.kpis, self.chart, side, self.foot]
        self.jobs = {
            "chart": Job(self._read_bars, self.chart, on=("tf", "instrument", "window", "kind")),
            "newest": Job(self._read_newest, self.origin, on=("instrument",), fresh_s=_NEWEST_S),
            "venues": Job(self._read_venues, self.venues, on=("tf", "instrument", "window", "kind"), closed=True),
        }
        self.read: Read | None = None
        self.newest = Newest()
        self.rows: list[VenueRow] = []
        self._venue_bars: dict[str, tuple[dict[str, Any], float]] = {}
        self._connect()
        self._offer()

    # --- choices ------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.tools.choose(span=usual_span(scene.tf), z="ret", drawn=list(_DRAWN))
        self.tools.on_export(formats(), self.file)
        self.tools.observe(lambda _: self._chosen_here(), "values")
        scene.observe(lambda _: self._offer(), ("tf", "instrument", "window", "kind", "venues"))
        scene.observe(lambda _: self._show_alerts(), "past")
        scene.observe(lambda _: self.show_now(), "old")
        self.venues.observe(lambda _: self._choose(self.venues.chosen), "opened")

    def _choose(self, name: str) -> None:
        if name in self.scene.known:
            self.scene.instrument = name

    @property
    def span(self) -> int:
        """How much time is shown, ns."""
        return SPANS[self._pressed.get("span") or usual_span(self.scene.tf)]

    @property
    def _pressed(self) -> dict[str, Any]:
        return dict(self.tools.values)

    def _offer(self) -> None:
        """Every choice there is, with what is chosen."""
        scene = self.scene
        if not scene.instrument and scene.known:
            scene.instrument = first_choice(scene.known)
        if self._pressed.get("span") not in spans_of(scene.tf):
            self.tools.choose(span=usual_span(scene.tf))
        pairs = [(name, name) for name in scene.known]
        z_of = [("ret", "return"), ("ln_vol", "volume"), ("oi_dlog", "ΔOI"), ("taker_imb", "delta")]
        z_of.append(("funding_8h", "funding") if TIMEFRAMES[scene.tf] >= NS_HOUR else ("premium", "premium"))
        if self._pressed.get("z") not in dict(z_of):
            self.tools.choose(z=z_of[-1][0])
        controls = [
            Control(name="i", kind="pick", label="instrument", items=pairs),
            Control(name="tf", items=[(tf, tf) for tf in TIMEFRAMES], label="bar"),
            Control(name="span", label="show", items=[(name, name) for name in spans_of(scene.tf)]),
            Control(name="z", label="Z of", items=z_of),
            Control(name="w", label="window", items=[(n, str(n)) for n in Z_WINDOWS]),
            Control(name="kind", label="kind", items=[(kind, kind) for kind in Z_KINDS]),
            Control(name="drawn", kind="many", items=[(name, name) for name in _DRAWN], end=True),
        ]
        self.tools.offer(controls, i=scene.instrument, tf=scene.tf, w=scene.window, kind=scene.kind)

    def _chosen_here(self) -> None:
        scene, values = self.scene, self._pressed
        scene.adopt({"tf": values["tf"], "w": str(values["w"]), "z": values["kind"], "i": values["i"]})
        self.chart.z, self.chart.window = values["z"], scene.window
        if self.read is not None and self._bars_wanted() > len(self.read.matrix):
            self.want("chart")

    # --- what is read -------------------------------------------------------------------------------------------------

    def _bars_wanted(self) -> int:
        return self.span // TIMEFRAMES[self.scene.tf]

    def _instrument(self) -> Instrument | None:
        return self.scene.known.get(self.scene.instrument)

    async def _read_bars(self) -> None:
        scene, one = self.scene, self._instrument()
        if one is None:
            return
        asked = (one.name, scene.tf, scene.window, scene.kind, self._bars_wanted())
        bars = await self.ask(scene.source.bars, scene.tf, self._bars_wanted() + max(Z_WINDOWS), one.name)
        found = await self.ask(read, *asked, bars)
        if asked[:4] != (scene.instrument, scene.tf, scene.window, scene.kind):
            return  # something else was chosen meanwhile; that is read next
        self.read = found
        self._show_chart(one, found)
        self.show_now()
        self._show_words()

    async def _read_newest(self) -> None:
        one = self._instrument()
        if one is None:
            return
        found = await self.ask(self.scene.source.ask, lambda store: newest(store, one.name, self.span))
        if one.name == self.scene.instrument:
            self.newest = found
            self.show_now()
            self._show_words()

    async def _read_venues(self) -> None:
        one = self._instrument()
        if one is None:
            return
        sizes = {name: row.oi_usd or 0.0 for name, row in self.scene.live.items()}
        names = perpetuals(self.scene.known.values(), one, sizes)
        found = {}
        for name in names:
            bars = await self.ask(self.scene.source.bars, self.scene.tf, self.scene.window + 2, name)
            found[name] = await self.ask(self._newest_of, name, bars)
        self._venue_bars = found
        self.show_now()
        self._show_words()

    def _newest_of(self, name: str, bars: pd.DataFrame) -> tuple[dict[str, Any], float]:
        """A venue's newest bar, and the Z of its volume."""
        if not len(bars):
            return {}, float("nan")
        judged = judge(name, self.scene.tf, bars, ("ln_vol",), (self.scene.window,), self.scene.kind)
        return dict(bars.iloc[-1]), float(judged[f"z_ln_vol_{self.scene.window}"].value[-1])

    def waits(self, name: str, why: str) -> None:
        if name == "chart":
            super().waits(name, why)

    # --- what the collector says --------------------------------------------------------------------------------------

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Live):
            self.touch()
        elif isinstance(message, Commit):
            if any(bar.instrument == self.scene.instrument and bar.tf == self.scene.tf for bar in message.bars):
                self.want("chart")
            if message.alerts or message.gaps:
                self._show_alerts()

    def push(self) -> None:
        self.show_now()

    def tick(self) -> None:
        self.show_now()
        self._show_alerts()

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def seen(self, one: Instrument) -> Seen:
        """All that is known of it now."""
        found = self.read if self.read is not None and self.read.name == one.name else None
        bar = dict(found.bars.iloc[-1]) if found is not None and len(found.bars) else {}
        return Seen(
            one, self.scene.tf, self.scene.window, self.scene.kind, self.scene.live.get(one.name), bar,
            found.z if found else {}, found.why if found else {}, self.newest,
            tuple(self.scene.readings.missing.get(one.venue, ())), self.scene.old,
        )  # fmt: skip

    def show_now(self) -> None:
        """What moves with every price: key numbers, venues, the chart's last price."""
        one = self._instrument()
        if one is None:
            return
        live = self.scene.live.get(one.name)
        self.chart.last = live.last if live is not None else None
        self.chart.day_change = live.day_change if live is not None else None
        self.kpis.show(kpis(self.seen(one)))
        self._show_venues(one)
        self._show_foot(one)

    def _show_chart(self, one: Instrument, found: Read) -> None:
        self.chart.window = self.scene.window
        self.chart.show(one.name, found.tf, TIMEFRAMES[found.tf] / NS_S, one.tick, found.matrix)
        self._show_alerts()

    def _show_alerts(self) -> None:
        name, since = self.scene.instrument, self.scene.now - NS_DAY
        here = [alert for alert in self.scene.alerts.values() if alert.instrument == name]
        self.alerts.watching = f"Rules watch every closed bar of {name}; none spoke in 24 h."
        self.alerts.show(alert for alert in here if alert.ts >= since)
        self.chart.show_alerts(alert for alert in here if alert.tf == self.scene.tf)

    def _show_venues(self, one: Instrument) -> None:
        self.venues.sub = f"{one.base} perpetuals"
        live, now = self.scene.live, self.scene.now
        self.rows = [row_of(name, live.get(name), *found, now) for name, found in self._venue_bars.items()]
        if self.rows:
            columns, rows, reasons = cells(self.rows, one.tick)
            self.venues.show(columns, rows, names=[row.name for row in self.rows], reasons=reasons, foot_rows=1)
        self.venues.chosen = one.name

    def _show_words(self) -> None:
        one = self._instrument()
        if one is None or self.read is None or self.read.name != one.name or not len(self.read.bars):
            return
        seen = self.seen(one)
        self.words.sub = f"{seen.tf} bar to {iso(int(seen.bar['t1']))[11:16]}, {seen.window} bars"
        self.words.show(paragraphs(seen, self.read.matrix, self.rows, self._gaps()))
        self.origin.show(facts=provenance(seen, self.read.matrix))

    def _gaps(self) -> list[Gap]:
        one = self._instrument()
        heard = [] if one is None else [gap for gap in self.scene.gaps.values() if concerns(gap, one.name, one.venue)]
        known = {gap.gap_id: gap for gap in (*self.newest.gaps, *heard)}
        return [gap for gap in known.values() if gap.cause != "start"]

    def _show_foot(self, one: Instrument) -> None:
        if self.read is None or self.read.name != one.name:
            return
        matrix = self.read.matrix
        covered = matrix[:, SERIES_FIELDS.index("coverage")]
        pieces = [("", f"{count(len(self.read.bars))} bars of {self.read.tf} read", "")]
        if len(matrix):
            pieces.append(("coverage", f"{100 * float(np.nan_to_num(covered).mean()):.1f}{NBSP}%", ""))
        pieces += [("", told, "warn") for told in gaps_told(self._gaps())]
        starts = anchors(matrix, self.read.tf)
        if starts:
            again = ", again after each gap" if len(starts) > 1 else ""
            pieces.append(("CVD from", f"{iso(starts[0])[:16].replace('T', ' ')}{again}", ""))
        live = self.scene.live.get(one.name)
        traded = None if live is None or live.ts_event is None else live.ts_event / NS_MS
        ages = [
            ("last trade", traded, 10.0),
            ("mark", self.newest.mark_ts / NS_MS or None, 15.0),
            ("OI", self.newest.oi_ts / NS_MS or None, 120.0),
        ]
        self.foot.show(pieces, ages)

    def exported(self) -> pd.DataFrame:
        import pandas as pd

        if self.read is None:
            return pd.DataFrame(columns=list(SERIES_FIELDS))
        ends = pd.to_datetime(self.read.matrix[:, 0], unit="ms", utc=True).rename("t0")
        frame = pd.DataFrame(self.read.matrix[:, 1:], index=ends, columns=list(SERIES_FIELDS[1:]))
        frame.insert(0, "instrument", self.read.name)
        return frame.dropna(axis=1, how="all")
