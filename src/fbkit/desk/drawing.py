"""A picture before it is drawn: lines, their measure and what is said about them. The page and paper both draw it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.desk.measures import Measure
from fbkit.model import NS_MS

Floats = NDArray[np.float64]

#: Inks of lines that are no venue's, in order, with their dashes.
INKS = (("--ink", ""), ("--ink3", "dash"), ("--ink2", "dot"), ("--ink3", "dashdot"))

#: Venues that have a colour of their own.
_COLOURED = frozenset({"binance", "bybit", "okx", "deribit", "hyperliquid", "bitget", "gate"})


class Line(NamedTuple):
    """One series: ``x`` in UTC ms, numbers or words; ``how`` is ``line step area bar across dots``.

    ``low`` and ``high`` are ends of an interval about each ``y``; ``across`` are bars that lie.
    """

    name: str
    x: Floats | list[str]
    y: Floats
    how: str = "line"
    colour: str = "--ink"
    dash: str = ""
    low: Floats | None = None
    high: Floats | None = None


class Drawing(NamedTuple):
    """A picture: what ``x`` is (``time number words``), the measure of ``y``, rules across it, and its words."""

    title: str
    facts: tuple[str, ...]
    lines: tuple[Line, ...]
    measure: Measure
    market: str
    x: str = "time"
    x_label: str = ""
    rules: tuple[float, ...] = ()
    height: int = 320

    @property
    def sub(self) -> str:
        """Unit and facts, as one line under the title; the market first."""
        clock = ("UTC",) if self.x == "time" else ()
        return " · ".join(
            (self.market, self.measure.unit, *([self.x_label] if self.x_label else []), *clock, *self.facts)
        )

    def text(self) -> str:
        """The picture in words: of each line its newest value, its least and its largest."""
        return "\n".join([f"{self.title} · {self.sub}", *(f"  {_told(line, self.measure)}" for line in self.lines)])


def _told(line: Line, measure: Measure) -> str:
    known = line.y[np.isfinite(line.y)]
    if not len(known):
        return f"{line.name}: no number"
    ends = f"least {measure.text(float(known.min()))}, largest {measure.text(float(known.max()))}"
    return f"{line.name}: newest {measure.text(float(known[-1]))}, {ends}, {len(known):,} values"


def colour_of(name: str, place: int) -> tuple[str, str]:
    """The token and dash of a line: a venue's colour where its name begins with one, else an ink.

    >>> colour_of("okx:BTC-USDT-PERP", 0), colour_of("close", 1)
    (('--v-okx', ''), ('--ink3', 'dash'))
    """
    venue = name.partition(":")[0].partition(" ")[0]
    return (f"--v-{venue}", "") if venue in _COLOURED else INKS[place % len(INKS)]


def instants(index: pd.Index) -> Floats:
    """UTC ms of a frame's instants."""
    ns = pd.DatetimeIndex(index).as_unit("ns").asi8
    return ns.astype(np.float64) / NS_MS
