"""One call that draws what a frame is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fbkit.desk.base import Base
from fbkit.desk.kinds import title_of
from fbkit.model import NS_S, TIMEFRAMES

if TYPE_CHECKING:
    from fbkit.desk.drawing import Drawing
    from fbkit.desk.picture import Picture


class Pictures(Base):
    """The desk's word for it."""

    def plot(self, frame: pd.DataFrame | pd.Series, *columns: str, how: str | None = None) -> Picture:
        """A picture of a frame of this desk: live in a notebook, a PNG on paper, units, UTC, market and coverage said.

        Parameters
        ----------
        frame : DataFrame or Series
            What any word of the desk gave; else columns over instants.
        columns : str
            What to draw over time, in the unit of the first. Without any, what the frame is says how it is drawn:
            bars as candles with flow, open interest, funding and Z; a curve by days to expiry; a profile by price; a
            correlation as a matrix.
        how : {"line", "step", "bar", "dots"}, optional
            How lines are drawn.

        Raises ``UnknownName`` for a column that is not there, or where no picture goes without one.

        Examples
        --------
        >>> desk.plot(desk.bars("binance:BTC-USDT-PERP", "5m"))                       # doctest: +SKIP
        >>> desk.plot(desk.across("BTC"), "oi_total_usd").png()                       # doctest: +SKIP
        """
        if isinstance(frame, pd.Series):
            name = "value" if frame.name is None else str(frame.name)
            frame, columns = frame.to_frame(name), (name,)
        what = frame.attrs.get("what")
        if what == "correlation" and not columns:
            return self._matrix(frame)
        if what == "bars" and not columns and len(frame["instrument"].unique()) == 1:
            return self._candles(frame)
        from fbkit.desk.drawn import drawing_of

        return _pictured(drawing_of(frame, columns, str(self.market), how))

    def _candles(self, bars: pd.DataFrame) -> Picture:
        """Price, flow, open interest, funding and Z of one instrument, with the gaps and alerts of that time."""
        from fbkit.dashboard.series import series
        from fbkit.desk.picture import Picture
        from fbkit.reports.pictures.price import price_picture
        from fbkit.widgets import PlotStream

        name, tf = str(bars["instrument"].iloc[0]), str(bars["tf"].iloc[0])
        one = self.store.instruments().get(name)
        tick = None if one is None else one.tick
        since, until = int(bars["t0"].iloc[0]), int(bars["t1"].iloc[-1])
        title = f"{name} · {tf} · {self.market} · UTC · coverage {bars['coverage'].mean():.2%}"

        def widget() -> PlotStream:
            chart = PlotStream(market=str(self.market))
            chart.layout.height, chart.layout.width = "620px", "100%"
            chart.show(name, tf, TIMEFRAMES[tf] / NS_S, tick, series(name, tf, bars))
            return chart

        def png() -> bytes:
            return price_picture(bars, title, tick, (since, until), [])

        return Picture(f"{title}: {_moved(bars)}", widget, png)

    def _matrix(self, frame: pd.DataFrame) -> Picture:
        """Correlations with what is alike side by side."""
        from fbkit.dashboard.correlation.similarity import alike
        from fbkit.desk.matrix import png_of_matrix, text_of_matrix
        from fbkit.desk.picture import Picture
        from fbkit.widgets import Heat

        order = alike(frame["r"].to_numpy(dtype=np.float64))
        names = [str(frame.index[at]) for at in order]
        r, low, high, n = (
            frame[part].to_numpy(dtype=np.float64)[np.ix_(order, order)] for part in ("r", "low", "high", "n")
        )
        sub = f"{self.market} · r of {frame.attrs['tf']} bars · coverage {frame.attrs['coverage']:.2%}"

        def widget() -> Heat:
            heat = Heat(title=title_of(frame), sub=sub)
            heat.layout.height, heat.layout.width = f"{110 + 26 * len(names)}px", "100%"
            heat.show(names, r, low=low, high=high, n=n.astype(np.int64))
            return heat

        def png() -> bytes:
            return png_of_matrix(names, r, title_of(frame), sub)

        return Picture(text_of_matrix(names, r, low, high, f"{title_of(frame)} · {sub}"), widget, png)


def _pictured(drawing: Drawing) -> Picture:
    from fbkit.desk.picture import Picture

    def widget() -> Any:
        from fbkit.desk.traces import widget_of

        return widget_of(drawing)

    def paper() -> bytes:
        from fbkit.desk.painted import png

        return png(drawing)

    return Picture(drawing.text(), widget, paper)


def _moved(bars: pd.DataFrame) -> str:
    first, last = (
        f"{pd.Timestamp(int(bars[at].iloc[end]), tz='UTC'):%Y-%m-%d %H:%M}" for at, end in (("t0", 0), ("t1", -1))
    )
    close, change = float(bars["close"].iloc[-1]), float(bars["ret"].sum())
    return f"{first} to {last}, {len(bars):,} bars, close {close:,.6g} USD, {np.expm1(change):+.2%} over them"
