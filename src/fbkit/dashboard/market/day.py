"""What the last two days say about the market as a whole, and each instrument's line of 24 hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_DAY, NS_HOUR, TIMEFRAMES, BarRow

Floats = NDArray[np.float64]

#: The day is looked at in bars of this length.
DAY_TF = "15m"
_SLOT = TIMEFRAMES[DAY_TF]
_A_DAY = NS_DAY // _SLOT

#: Bars read of each instrument.
DAY_BARS = 2 * _A_DAY

#: Bars of one minute in the newest hour, and what of them is looked at.
MINUTES = 60
HOUR_COLUMNS = ("premium", "liq_long_usd", "liq_short_usd")

#: What of them is looked at.
DAY_COLUMNS = ("close", "oi_usd", "vol_usd")


class Day:
    """Two days of 15m bars of every instrument, ``(instruments, slots)`` a column; NaN where there is no bar.

    ``bars`` holds by name ``t1`` (UTC ns, rising) and :data:`DAY_COLUMNS`; who is not there has none.
    ``ends`` is the end (UTC ns) of the newest slot. All values in USD.
    """

    def __init__(self, names: Sequence[str], bars: Mapping[str, Mapping[str, Any]]) -> None:
        self.ends = max((int(found["t1"][-1]) for found in bars.values() if len(found["t1"])), default=0)
        self.columns = {column: np.full((len(names), DAY_BARS), np.nan) for column in DAY_COLUMNS}
        for i, name in enumerate(names):
            if name in bars:
                self._lay(i, bars[name])

    def _lay(self, i: int, bars: Mapping[str, Any]) -> None:
        places = DAY_BARS - 1 - (self.ends - np.asarray(bars["t1"], np.int64)) // _SLOT
        inside = places >= 0
        for column, values in self.columns.items():
            values[i, places[inside]] = np.asarray(bars[column], np.float64)[inside]

    def take(self, instrument_row: int, t1: int, values: dict[str, float]) -> None:
        """One more closed 15m bar."""
        while self.ends and t1 > self.ends:
            self.ends += _SLOT
            for column in self.columns.values():
                column[:, :-1] = column[:, 1:]
                column[:, -1] = np.nan
        self.ends = self.ends or t1
        place = DAY_BARS - 1 - (self.ends - t1) // _SLOT
        if place >= 0:
            for name, column in self.columns.items():
                column[instrument_row, place] = values[name]

    def part(self, rows: NDArray[np.intp]) -> Day:
        """Some of the rows, as they stand."""
        some = copy(self)
        some.columns = {name: column[rows] for name, column in self.columns.items()}
        return some

    def traded(self) -> Floats:
        """USD traded in the last day by instrument; NaN where more than a few bars are missing."""
        volume = self.columns["vol_usd"][:, -_A_DAY:]
        total: Floats = np.where(np.isfinite(volume).mean(axis=1) > 0.95, np.nansum(volume, axis=1), np.nan)
        return total

    def sparks(self, last: Floats) -> Floats:
        """Closes of 24 hours and the last price, ``(instruments, points)``."""
        return np.column_stack((self.columns["close"][:, -_A_DAY:], last))

    def open_interest(self) -> tuple[Floats, float]:
        """Total by slot of the last day, and its change over it, over the instruments that were there all along."""
        oi = self.columns["oi_usd"][:, -_A_DAY:]
        there = np.isfinite(oi).mean(axis=1) > 0.9
        total = _carried(oi[there]).sum(axis=0) if there.any() else np.full(_A_DAY, np.nan)
        return total, float(total[-1] / total[0] - 1) if there.any() and total[0] else np.nan

    def volume(self) -> tuple[Floats, float]:
        """USD traded by hour of the last day, and against the day before, over the bars that are there in both."""
        volume = self.columns["vol_usd"]
        hours = _nansum(volume[:, -_A_DAY:].reshape(len(volume), -1, NS_HOUR // _SLOT), (0, 2))
        both = np.isfinite(volume[:, -_A_DAY:]) & np.isfinite(volume[:, :_A_DAY])
        before = float(volume[:, :_A_DAY][both].sum())
        enough = before > 0 and both.mean() > 0.8
        return hours, float(volume[:, -_A_DAY:][both].sum() / before - 1) if enough else np.nan


class Hour:
    """The newest hour in closed 1m bars: what was liquidated in each minute, and each instrument's newest premium.

    >>> from fbkit.model import BarRow
    >>> hour = Hour()
    >>> hour.take([BarRow("a", "1m", 0, 60 * 10**9, liq_long_usd=3.0, liq_short_usd=0.0)])
    >>> hour.liquidations()
    (3.0, 0.0, 1)
    """

    def __init__(self) -> None:
        self.premium: dict[str, float] = {}
        self._minutes: dict[int, dict[str, tuple[float, float]]] = {}

    def take(self, bars: Iterable[BarRow]) -> None:
        """Bars that closed; those of another timeframe are passed over."""
        for bar in bars:
            if bar.tf == "1m":
                self._put(bar.instrument, bar.t1, bar.premium, bar.liq_long_usd, bar.liq_short_usd)

    def take_history(self, bars: Mapping[str, Mapping[str, Any]]) -> None:
        """The 1m bars of the newest hour by name, oldest first: ``t1`` (UTC ns) and :data:`HOUR_COLUMNS`."""
        for name, found in bars.items():
            numbers = (np.asarray(found[column], np.float64).tolist() for column in HOUR_COLUMNS)
            for t1, *values in zip(np.asarray(found["t1"], np.int64).tolist(), *numbers, strict=True):
                self._put(name, t1, *values)

    @property
    def venues(self) -> list[str]:
        """Where forced closes were listened to."""
        return sorted({name.partition(":")[0] for minute in self._minutes.values() for name in minute})

    def _put(self, name: str, t1: int, premium: float, longs: float, shorts: float) -> None:
        if np.isfinite(premium):
            self.premium[name] = premium
        if np.isfinite(longs) and np.isfinite(shorts):
            self._minutes.setdefault(t1, {})[name] = (longs, shorts)
        while len(self._minutes) > MINUTES:
            del self._minutes[min(self._minutes)]

    def part(self, venue: str) -> Hour:
        """What was heard at one venue."""
        some = Hour()
        some.premium = {name: value for name, value in self.premium.items() if name.startswith(f"{venue}:")}
        for t1, minute in self._minutes.items():
            if heard := {name: pair for name, pair in minute.items() if name.startswith(f"{venue}:")}:
                some._minutes[t1] = heard
        return some

    def liquidations(self) -> tuple[float, float, int]:
        """Longs and shorts liquidated, USD, at least; and in how many of the newest 60 minutes anybody listened."""
        newest = max(self._minutes, default=0)
        heard = [minute for t1, minute in self._minutes.items() if t1 > newest - NS_HOUR]
        pairs = [pair for minute in heard for pair in minute.values()]
        return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs), len(heard)


def _carried(rows: Floats) -> Floats:
    """Holes filled with the value before, at the start with the first one after."""
    places = np.arange(rows.shape[1])
    known = np.isfinite(rows)
    before = np.maximum.accumulate(np.where(known, places, -1), axis=1)
    first = known.argmax(axis=1)[:, None]
    return np.take_along_axis(rows, np.where(before < 0, first, before), axis=1)


def _nansum(values: Floats, axis: tuple[int, ...]) -> Floats:
    total: Floats = np.where(np.isfinite(values).any(axis=axis), np.nansum(values, axis=axis), np.nan)
    return total
