"""The chosen instrument's charts: price with alerts, volume and delta, open interest, funding, CVD, Z-scores."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from fbkit.model.events import Gap
from fbkit.model.rows import AlertRow
from fbkit.model.timeframe import NS_MS
from fbkit.widgets.assets import module
from fbkit.widgets.market_table import TABLE_JUDGED, TABLE_WINDOWS
from fbkit.widgets.panel import Panel

#: Columns of a series: UTC ms, USD a coin, ln, USD, [-1, 1], USD, ln, fraction per 8 h, fraction, USD, [0, 1], then Z.
SERIES_FIELDS = (
    *("t0_ms", "open", "high", "low", "close", "ret", "vol_usd", "delta", "taker_imb", "cvd", "oi_usd", "oi_dlog"),
    *("funding_8h", "premium", "liq_long_usd", "liq_short_usd", "coverage"),
    *(f"z_{column}_{window}" for column in TABLE_JUDGED for window in TABLE_WINDOWS),
)


class PlotStream(Panel):
    """Stacked plotly panes over one time axis; closed bars are appended, the last price moves with every message.

    ``series`` is float64 ``(bars, SERIES_FIELDS)`` on a whole grid of slots: a slot without a bar is a row of ``NaN``
    (but for its time) and is drawn as a gap. plotly.js comes from our own server where the page says that it serves
    it, else over the widget's connection, once a page; never from elsewhere.

    Examples
    --------
    >>> chart = PlotStream()
    >>> chart.show("binance:BTC-USDT-PERP", "15m", 900.0, 0.1, np.full((2, len(SERIES_FIELDS)), np.nan))
    >>> len(chart.series) == 2 * len(SERIES_FIELDS) * 8
    True
    """

    _esm = module("chart.js")

    instrument = traitlets.Unicode("", help="Whose charts").tag(sync=True)
    tf = traitlets.Unicode("15m", help="Timeframe").tag(sync=True)
    tf_s = traitlets.Float(900.0, help="Length of a bar, seconds").tag(sync=True)
    tick = traitlets.Float(None, allow_none=True, help="Smallest price step, USD").tag(sync=True)
    window = traitlets.Int(60, help="Bars in a Z-score's baseline").tag(sync=True)
    z = traitlets.Unicode("ret", help="Column whose Z-scores are drawn").tag(sync=True)
    fields = traitlets.List(traitlets.Unicode(), list(SERIES_FIELDS), help="Columns of series").tag(sync=True)
    series = traitlets.Bytes(help="float64 (bars, fields)").tag(sync=True)
    kind = traitlets.Unicode("classic", help="How the Z-scores measure spread").tag(sync=True)
    heading = traitlets.Bool(True, help="A heading of its own; without, the tools around it say all that").tag(
        sync=True
    )
    span_s = traitlets.Float(0.0, help="Time shown, seconds; 0: as many bars as its own buttons say").tag(sync=True)
    drawn = traitlets.List(
        traitlets.Unicode(), ["alerts", "liquidations", "gaps"], help="What is drawn over the bars"
    ).tag(sync=True)
    settled = traitlets.List(traitlets.Dict(), help="Settled funding: t_ms (UTC), rate_8h (fraction per 8 h)").tag(
        sync=True
    )
    gaps = traitlets.List(traitlets.Dict(), help="Recorded gaps: t0_ms, t1_ms (UTC; none: open), phase").tag(sync=True)
    market = traitlets.Unicode("", help="Whose market it is, written on exported pictures").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited while there is nothing to draw").tag(sync=True)
    pointed_ms = traitlets.Float(0.0, help="End of the bar to be pointed at, UTC ms").tag(sync=True)
    points = traitlets.Int(0, help="Counts such askings").tag(sync=True)
    alerts = traitlets.List(traitlets.Dict(), help="t1_ms, tier and sentence of this instrument's alerts").tag(
        sync=True
    )
    last = traitlets.Float(None, allow_none=True, help="Last price, USD").tag(sync=True)
    day_change = traitlets.Float(None, allow_none=True, help="Change in 24 h, a fraction").tag(sync=True)
    opened = traitlets.Int(0, help="Counts choices; a phone opens its sheet").tag(sync=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.on_msg(self._hear)

    def show(self, instrument: str, tf: str, tf_s: float, tick: float | None, series: NDArray[np.float64]) -> None:
        """Show these bars, oldest first; the same instrument with more of them appends."""
        with self.hold_sync():
            self.instrument, self.tf, self.tf_s, self.tick = instrument, tf, tf_s, tick
            self.series = np.ascontiguousarray(series, np.float64).tobytes()

    def point(self, t1_ms: float) -> None:
        """Put the crosshair on the bar that ended at ``t1_ms`` (UTC ms), and bring it into view."""
        with self.hold_sync():
            self.pointed_ms = t1_ms
            self.points += 1

    def show_gaps(self, gaps: Iterable[Gap]) -> None:
        """Gaps in what was heard; slots without a bar are drawn as such without being told."""
        self.gaps = [
            {"t0_ms": gap.t0 / NS_MS, "t1_ms": None if gap.t1 is None else gap.t1 / NS_MS, "phase": gap.phase}
            for gap in gaps
        ]

    def show_alerts(self, alerts: Iterable[AlertRow]) -> None:
        """Chips in the lane above the price."""
        self.alerts = [{"t1_ms": a.t1 / NS_MS, "tier": a.tier, "sentence": a.sentence} for a in alerts]

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "plotly":
            self.send({"kind": "plotly"}, buffers=[plotly_js()])


@cache
def plotly_js() -> bytes:
    """plotly.js, for a page that is not served it."""
    # Read as a file: importing plotly for it would cost a viewer's kernel half a second and its memory.
    return files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
