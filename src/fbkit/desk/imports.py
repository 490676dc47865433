"""Tables from files: bars out of a CSV, stored, and judged on the grid they are of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.desk.base import Base
from fbkit.errors import MarketMismatch, StoreMissing, UnknownName
from fbkit.ingest.csv import length_of
from fbkit.ingest.importing import Imported, import_csv, preview_csv
from fbkit.model import NS_HOUR, Z_WINDOWS, Market, Span
from fbkit.quant.frames.atr import atr_readings
from fbkit.quant.frames.metrics import stagger
from fbkit.quant.frames.rsi import rsi_readings
from fbkit.quant.frames.zscore import zscore_readings
from fbkit.runtime import database_url
from fbkit.store import open_store

Floats = NDArray[np.float64]

#: What an imported series is judged by.
_JUDGED = ("ret", "ln_vol", "oi_dlog", "funding_8h")


class Imports(Base):
    """The desk's words for it."""

    def import_csv(  # noqa: PLR0913 - each is one thing about the file that only the caller knows, all by name
        self,
        path: str | Path,
        *,
        to: str | None = None,
        tz: str = "UTC",
        label: str = "open",
        tf: str | None = None,
        columns: Mapping[str, str] | None = None,
        instrument: str | None = None,
        skip_bad: bool = False,
        dry_run: bool = False,
    ) -> Imported:
        """Bars out of a ``.csv`` or ``.csv.gz`` into a database marked RECORDED.

        Bars become bars of the venue, rates settled funding, amounts open interest, all in one line with every other
        event. Bars of 1m go through the engine: bars of every timeframe and their metrics follow. It folds minutes
        alone, so bars of any other length (``8h``) stay what they are, and :meth:`imported` judges them on their own
        grid by the same functions.

        Parameters
        ----------
        path : path
            A header, then a bar a row; of several instruments where columns say whose. The same again is not stored
            again.
        to : str, optional
            URL of the database, made where there is none. Without it this desk's own, if that is RECORDED.
        tz : str
            The zone of times without an offset. An hour that came twice is read as its series' even steps or its order
            say, which is told; where neither does, and for an hour that was passed over, it is an error.
        label : {"open", "close"}
            Whether a bar's time is its beginning or its end. A funding rate is taken as settled at the beginning.
        tf : str, optional
            How long a bar is; without it the step that is met most often.
        columns : mapping, optional
            Role to column (``{"time": "Datum"}``), where a name is not understood: time open high low close, volume
            (coins), volume_usd, buy_usd, trades, funding (a fraction an interval), open_interest (coins), venue,
            symbol, contract.
        instrument : str, optional
            Whose bars they are, where no column says it: ``"binance:BTC-USDT-PERP"``.
        skip_bad : bool
            Leave out rows that cannot be bars, and say which, instead of refusing the file.
        dry_run : bool
            Only say what would be stored.

        Raises ``TableRefused`` (which line, which column), ``SettingError``, ``MarketMismatch``.

        Examples
        --------
        >>> desk.import_csv("bars.csv", tz="Europe/London")            # doctest: +SKIP
        """
        url = to or database_url(self.settings.model_copy(update={"db": self.store.url}))
        if to is None and self.market is not Market.RECORDED:
            why = f"holds the {self.market} market, and what is imported is RECORDED"
            raise MarketMismatch(self.store.url, why, "name a database of its own: to='sqlite:///imported.db'")
        how: dict[str, Any] = {
            "label": label,
            "tz": tz,
            "tf": tf,
            "columns": columns,
            "instrument": instrument,
            "skip_bad": skip_bad,
        }
        if dry_run:
            return preview(Path(path), url, how)
        return import_csv(Path(path), url, self.settings, **how)

    def imported(self, instrument: str, tf: str | None = None) -> pd.DataFrame:
        """Bars as a venue or a file gave them, judged on their own grid, by the end t1 (UTC).

        ``ret`` and ``oi_dlog`` in ln, ``funding_8h`` the rate settled within the bar (a fraction per 8 h), Z over 20,
        60 and 240 bars, RSI and ATR (USD) over 14: the functions and the slots of the metrics reference. ``coverage``
        is the share of the newest 60 slots that have a bar. Without ``tf`` the only one there is.

        Examples
        --------
        >>> desk.imported("binance:BTC-USDT-PERP", "8h")[["close_usd", "z_funding_8h_60"]]      # doctest: +SKIP
        """
        name = self._one(instrument)
        bars = self.store.read("bar", name)
        all_tf = np.asarray(bars["tf"])
        known = sorted(set(all_tf.tolist()), key=length_of)
        if tf is None:
            tf = known[0] if len(known) == 1 else ""
        if tf not in known:
            raise UnknownName(f"timeframe among the venue's own bars of {name}", tf, known)
        mine = all_tf == tf
        t1, length = bars["ts_event"][mine], length_of(tf)
        grid = _Grid(name, t1, length)
        found = {field: grid.spread(bars[field][mine]) for field in ("open", "high", "low", "close")}
        found |= {"vol_base": grid.spread(bars["vol_base"][mine]), "vol_usd": grid.spread(bars["vol_usd"][mine])}
        found["funding_8h"] = grid.within(*self._settled(name, int(t1[0]) - length, int(t1[-1])))
        interest = self.store.read("open_interest", name, Span(int(t1[0]) - length, int(t1[-1])))
        found["oi_base"] = grid.within(interest["ts_event"], interest["oi_base"])
        return self._named(grid.judged(found), "imported", instrument=name, tf=tf)

    def _settled(self, name: str, since: int, until: int) -> tuple[NDArray[np.int64], Floats]:
        """Settled funding of ``[since, until)``: when, and per 8 h."""
        funding = self.store.read("funding", name, Span(since, until))
        hours = np.array([math.nan if h is None else h for h in funding["funding_hours"].tolist()], np.float64)
        return funding["ts_event"], funding["rate"] * 8.0 / hours


class _Grid:
    """Even slots from a series' first bar to its last; a slot without a bar is missing."""

    def __init__(self, name: str, t1: NDArray[np.int64], length: int) -> None:
        self._name, self._length = name, length
        self._first = int(t1[0])
        self._rows = (t1 - t1[0]) // length
        self._t1 = self._first + length * np.arange(int(self._rows[-1]) + 1)

    def spread(self, values: Floats) -> Floats:
        whole = np.full(len(self._t1), np.nan)
        whole[self._rows] = values
        return whole

    def within(self, ts: NDArray[np.int64], values: Floats) -> Floats:
        """The last value of each slot's ``[t0, t1)``."""
        whole = np.full(len(self._t1), np.nan)
        rows = (ts - self._first + self._length) // self._length
        inside = (rows >= 0) & (rows < len(whole))
        whole[rows[inside]] = values[inside]
        return whole

    def judged(self, bars: dict[str, Floats]) -> pd.DataFrame:
        bars["ret"] = _dlog(bars["close"])
        bars["ln_vol"] = _ln(bars["vol_usd"])
        bars["oi_dlog"] = _dlog(bars["oi_base"])
        close = bars["close"]
        bars["rsi_14"] = rsi_readings(close, 14)[0]
        bars["atr_14"] = atr_readings(bars["high"], bars["low"], close, 14)[0]
        slot = self._first // self._length
        for column in _JUDGED:
            for window in Z_WINDOWS:
                offset = slot + stagger(self._name, window)
                bars[f"z_{column}_{window}"] = zscore_readings(bars[column], window, offset=offset).value
        there = pd.Series(np.isfinite(close).astype(np.float64))
        bars["coverage"] = there.rolling(60, min_periods=1).mean().to_numpy(np.float64)
        units = {name: f"{name}_usd" for name in ("open", "high", "low", "close")} | {"atr_14": "atr_14_usd"}
        index = pd.DatetimeIndex(pd.to_datetime(self._t1, unit="ns", utc=True), name="t1")
        frame = pd.DataFrame(bars, index=index).rename(columns=units)
        frame.attrs = {"coverage": float(there.mean()), "hours": self._length / NS_HOUR}
        return frame


def _ln(values: Floats) -> Floats:
    """A transcendental is evaluated once, by ``math``."""
    return np.array([math.log(one) if one > 0 else math.nan for one in values.tolist()], np.float64)


def _dlog(values: Floats) -> Floats:
    before = np.concatenate(([np.nan], values[:-1]))
    with np.errstate(all="ignore"):
        return _ln(values / before)


def preview(path: Path, url: str, how: dict[str, Any]) -> Imported:
    """What an import would store; raises ``MarketMismatch`` where the database is of another market."""
    try:
        with open_store(url) as store:
            if store.market is not Market.RECORDED:
                why = f"holds the {store.market} market, and what is imported is RECORDED"
                raise MarketMismatch(store.url, why, "name another database")
            return preview_csv(path, url, store, **how)
    except StoreMissing:
        return preview_csv(path, url, None, **how)
