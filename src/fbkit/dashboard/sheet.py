"""The numbers behind the table: one row an instrument, live values and those of the last closed bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fbkit.hub import LiveRow
from fbkit.model import METRIC_COLUMNS, NS_MS, TIMEFRAMES, BarRow, MetricRow
from fbkit.widgets import CLOSED_FIELDS, LIVE_FIELDS, REASONS, TABLE_JUDGED, TABLE_WINDOWS

if TYPE_CHECKING:
    # pandas comes with the first bars that are read: live numbers need not wait for it.
    import pandas as pd

    from fbkit.quant.frames import ZColumn

Floats = NDArray[np.float64]

WAITING = REASONS.index("waiting")
_GAP, _UNSUPPORTED = REASONS.index("gap"), REASONS.index("unsupported")
_FROM_BAR = ("ret", "vol_usd", "delta", "taker_imb", "oi_dlog", "premium", "funding_8h", "coverage")
_AT = {field: i for i, field in enumerate(CLOSED_FIELDS)}
_Z = [(f"z_{column}_{window}", column, window) for column in TABLE_JUDGED for window in TABLE_WINDOWS]
_METRIC_AT = {name: METRIC_COLUMNS.index(name) for name, _, _ in _Z}

#: Bars read of each instrument to judge the newest one: the longest window and the bar itself.
BARS_NEEDED = max(TABLE_WINDOWS) + 1


class Sheet:
    """Arrays as the table takes them; ``NaN`` with a reason code where there is no number.

    >>> sheet = Sheet(["binance:BTC-USDT-PERP"])
    >>> unknown = sheet.take_live([LiveRow("binance:BTC-USDT-PERP", last=91482.6)])
    >>> sheet.live[0, 0]
    np.float64(91482.6)
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.row = {name: i for i, name in enumerate(self.names)}
        self.live: Floats = np.full((len(names), len(LIVE_FIELDS)), np.nan)
        self.clear()

    def clear(self) -> None:
        """Forget the closed bars, as when the timeframe changes."""
        shape = (len(self.names), len(CLOSED_FIELDS))
        self.closed: Floats = np.full(shape, np.nan)
        self.reasons = np.full(shape, WAITING, np.uint8)
        self.counts = np.zeros(shape, np.uint16)

    def take_live(self, rows: Iterable[LiveRow]) -> list[str]:
        """Newest values; returns the names that have no row here."""
        unknown = []
        for r in rows:
            i = self.row.get(r.instrument)
            if i is None:
                unknown.append(r.instrument)
                continue
            ts_ms = None if r.ts_event is None else r.ts_event / NS_MS
            values = (r.last, ts_ms, r.bid, r.ask, r.mark, r.funding_8h, r.oi_usd, r.day_change, r.day_vol_usd)
            self.live[i] = [np.nan if v is None else v for v in values]
        return unknown

    def take_bars(self, bars: Iterable[BarRow]) -> None:
        """Bars that closed just now; an older one than is shown is passed over."""
        for bar in bars:
            i = self.row.get(bar.instrument)
            if i is None or bar.t1 / NS_MS < self.closed[i, _AT["t1_ms"]]:
                continue
            net = bar.liq_short_usd - bar.liq_long_usd
            self._put_bar(i, {field: getattr(bar, field) for field in _FROM_BAR}, bar.t1, net, bar.source)

    def take_metrics(self, metrics: Iterable[MetricRow]) -> None:
        """Z-scores of bars that closed just now."""
        for row in metrics:
            i = self.row.get(row.instrument)
            if i is None or row.t1 / NS_MS < self.closed[i, _AT["t1_ms"]]:
                continue
            for name, _, _ in _Z:
                k = _METRIC_AT[name]
                self._put(i, name, row.value(name), _code(row.reasons[k]), row.n[k])

    def take_history(self, tf: str, frame: pd.DataFrame) -> None:
        """The newest bar of each instrument, judged against those before it: the bits the engine gives live."""
        for name, bars in frame.groupby("instrument", observed=True, sort=False):
            i = self.row.get(str(name))
            if i is None:
                continue
            newest = bars.iloc[-1]
            net = float(newest["liq_short_usd"] - newest["liq_long_usd"])
            values = {field: float(newest[field]) for field in _FROM_BAR}
            self._put_bar(i, values, int(newest["t1"]), net, str(newest["source"]))
            self._remember(i, newest)
            for column, judged in z_columns(str(name), tf, bars).items():
                self._put(i, column, judged.value[-1], int(judged.code[-1]), int(judged.n[-1]))

    def _remember(self, i: int, bar: pd.Series[float]) -> None:
        """While nothing is heard live, what the newest bar ended with; its age is that of the bar."""
        if np.isnan(self.live[i, LIVE_FIELDS.index("last")]):
            known = {"last": bar["close"], "ts_ms": bar["t1"] / NS_MS}
            known |= {field: bar[field] for field in ("mark", "funding_8h", "oi_usd") if field in bar}
            for field, value in known.items():
                self.live[i, LIVE_FIELDS.index(field)] = float(value)

    def _put_bar(self, i: int, values: Mapping[str, float], t1: int, net: float, source: str) -> None:
        # A venue's own kline knows no premium and no liquidations: they come with the first bar that is ours.
        borrowed = source == "venue"
        for field, value in values.items():
            self._put(i, field, value, WAITING if borrowed else _GAP)
        self._put(i, "liq_net", net, WAITING if borrowed else _UNSUPPORTED)
        self._put(i, "t1_ms", t1 / NS_MS, WAITING)

    def _put(self, i: int, field: str, value: float, code: int, n: int = 0) -> None:
        at = _AT[field]
        self.closed[i, at] = value
        self.reasons[i, at] = code if np.isnan(value) else 0
        self.counts[i, at] = n

    def rows_at(self, venue: str) -> NDArray[np.intp]:
        """The rows of one venue; of all where none is named."""
        return np.array([i for i, name in enumerate(self.names) if name.startswith(f"{venue}:") or not venue], np.intp)

    def part(self, rows: NDArray[np.intp]) -> Sheet:
        """Some of the rows, as they stand."""
        some = Sheet([self.names[i] for i in rows])
        some.live, some.closed = self.live[rows], self.closed[rows]
        some.reasons, some.counts = self.reasons[rows], self.counts[rows]
        return some

    def column(self, field: str) -> Floats:
        """One column as an array over the instruments: live where there is one of that name, else of the closed bar."""
        if field in LIVE_FIELDS:
            return self.live[:, LIVE_FIELDS.index(field)]
        return self.closed[:, _AT[field]]

    def frame(self) -> pd.DataFrame:
        """A row an instrument: live values, then those of the last closed bar; fields as the table has them."""
        import pandas as pd

        live = {field: self.live[:, i] for i, field in enumerate(LIVE_FIELDS)}
        closed = {field: self.closed[:, i] for i, field in enumerate(CLOSED_FIELDS) if field not in live}
        return pd.DataFrame(live | closed, index=pd.Index(self.names, name="instrument"))


def z_columns(instrument: str, tf: str, bars: pd.DataFrame) -> dict[str, ZColumn]:
    """Every Z-score the page shows, over bars of one instrument (oldest first, missing slots left out)."""
    from fbkit.quant.frames import ZColumn, zscore_readings
    from fbkit.quant.frames.metrics import is_judged, stagger

    slots = bars["t1"].to_numpy(np.int64) // TIMEFRAMES[tf]
    places = slots - slots[0]
    found = {}
    for name, column, window in _Z:
        x = np.full(int(places[-1]) + 1, np.nan)
        if is_judged(column, tf):
            x[places] = bars[column].to_numpy(np.float64)
        offset = int(slots[0]) + stagger(instrument, window)
        judged = zscore_readings(x, window, offset=offset)
        code = judged.code if is_judged(column, tf) else np.full(len(x), _UNSUPPORTED, np.int8)
        found[name] = ZColumn(judged.value[places], code[places], judged.n[places])
    return found


def _code(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else WAITING
