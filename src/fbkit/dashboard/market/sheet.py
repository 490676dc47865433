"""The numbers behind the table: one row an instrument, live values and those of the last closed bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fbkit.clock import iso
from fbkit.hub import LiveRow
from fbkit.model import METRIC_COLUMNS, NS_MS, BarRow, MetricRow, SummaryRow
from fbkit.widgets import CLOSED_FIELDS, LIVE_FIELDS, REASONS, TABLE_JUDGED, TABLE_WINDOWS

if TYPE_CHECKING:
    # pandas comes with the first export: live numbers need not wait for it.
    import pandas as pd

    from fbkit.quant.frames import ZColumn

Floats = NDArray[np.float64]

WAITING = REASONS.index("waiting")
_GAP, _WARMUP, _UNSUPPORTED = (REASONS.index(reason) for reason in ("gap", "warmup", "unsupported"))
_FROM_BAR = (
    *("ret", "vol_usd", "delta", "taker_imb", "oi_dlog", "premium", "funding_8h", "coverage"),
    *("close", "oi_base", "n_trades", "obi_5", "ln_ls_acct_global", "ln_ls_pos_top"),
)
_AT = {field: i for i, field in enumerate(CLOSED_FIELDS)}
_Z = [f"z_{column}_{window}" for column in TABLE_JUDGED for window in TABLE_WINDOWS]
_Z_AT = [_AT[name] for name in _Z]
_ALL = slice(None)
_FROM_METRICS = [(name, METRIC_COLUMNS.index(name)) for name in ("rsi_14", *_Z)]

#: While nothing is heard live, what of a closed bar stands in for it.
_STANDS_IN = {"last": "close", "mark": "mark", "funding_8h": "funding_8h", "oi_usd": "oi_usd"}


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

    def forget_z(self, rows: int | slice = _ALL) -> None:
        """Z-scores of a row, or of all, are awaited: of another bar, or another kind, than those that are here."""
        self.closed[rows, _Z_AT], self.reasons[rows, _Z_AT], self.counts[rows, _Z_AT] = np.nan, WAITING, 0

    # --- what is heard or read ----------------------------------------------------------------------------------------

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
        """Closed bars, oldest first; one older than is shown is passed over. Z-scores of a newer one are awaited."""
        for bar in bars:
            i = self.row.get(bar.instrument)
            if i is None or bar.t1 / NS_MS < self.closed[i, _AT["t1_ms"]]:
                continue
            if bar.t1 / NS_MS != self.closed[i, _AT["t1_ms"]]:
                self.forget_z(i)
            self._put_bar(i, bar)

    def take_metrics(self, metrics: Iterable[MetricRow], *, z: bool = True) -> None:
        """RSI and, with ``z``, classic Z-scores of bars that are here; those of other bars are passed over."""
        for row in metrics:
            i = self.row.get(row.instrument)
            if i is None or row.t1 / NS_MS != self.closed[i, _AT["t1_ms"]]:
                continue
            told = list(zip(row.values, row.reasons, row.n, strict=True))
            for name, k in _FROM_METRICS if z else _FROM_METRICS[:1]:
                value, reason, n = told[k]
                self._put(i, name, value, _code(reason), n)

    def take_summary(self, rows: Iterable[SummaryRow]) -> None:
        """The confluence of bars that are here."""
        for row in rows:
            i = self.row.get(row.instrument)
            if i is not None and row.t1 / NS_MS == self.closed[i, _AT["t1_ms"]]:
                self._put(i, "score_long", row.score_long, _GAP)
                self._put(i, "score_short", row.score_short, _GAP)

    def take_judged(self, name: str, t1: int, judged: Mapping[str, ZColumn]) -> None:
        """Z-scores of an instrument that were computed here, the newest of the bar that ends at ``t1`` (UTC ns)."""
        i = self.row.get(name)
        if i is None or t1 / NS_MS != self.closed[i, _AT["t1_ms"]]:
            return
        for column, found in judged.items():
            self._put(i, column, float(found.value[-1]), int(found.code[-1]), int(found.n[-1]))

    def remember(self, bars: Iterable[BarRow]) -> None:
        """While nothing is heard live, what the newest bars ended with; its age is that of the bar."""
        for bar in bars:
            i = self.row.get(bar.instrument)
            if i is not None and np.isnan(self.live[i, LIVE_FIELDS.index("last")]):
                self.live[i, LIVE_FIELDS.index("ts_ms")] = bar.t1 / NS_MS
                for field, column in _STANDS_IN.items():
                    self.live[i, LIVE_FIELDS.index(field)] = getattr(bar, column)

    def unjudged(self, window: int, *, thin: bool = False) -> list[str]:
        """Instruments with a bar whose Z-scores over a window are awaited.

        With ``thin`` also those that had too few bars behind them when they closed: more may have come since.
        """
        columns = [_AT[f"z_{column}_{window}"] for column in TABLE_JUDGED]
        codes = (WAITING, _WARMUP, _GAP) if thin else (WAITING,)
        awaited = np.isin(self.reasons[:, columns], codes).any(axis=1) & np.isfinite(self.column("t1_ms"))
        return [self.names[i] for i in np.flatnonzero(awaited)]

    def _put_bar(self, i: int, bar: BarRow) -> None:
        # A venue's own kline knows no premium and no liquidations: they come with the first bar that is ours.
        borrowed = bar.source == "venue"
        for field in _FROM_BAR:
            value = getattr(bar, field)
            self._put(i, field, np.nan if value is None else float(value), WAITING if borrowed else _GAP)
        net = bar.liq_short_usd - bar.liq_long_usd
        self._put(i, "liq_net", net, WAITING if borrowed else _UNSUPPORTED)
        self._put(i, "t1_ms", bar.t1 / NS_MS, WAITING)

    def _put(self, i: int, field: str, value: float, code: int, n: int = 0) -> None:
        at = _AT[field]
        self.closed[i, at] = value
        self.reasons[i, at] = code if np.isnan(value) else 0
        self.counts[i, at] = n

    # --- what it holds ------------------------------------------------------------------------------------------------

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

    def frame(self, kind: str = "classic") -> pd.DataFrame:
        """A row an instrument: live values, then those of the last closed bar; names as a desk's frames have them.

        ``kind`` says which Z-scores these are: ``z_`` classic, ``zr_`` robust, ``ze_`` EWMA.
        """
        import pandas as pd

        from fbkit.quant.frames.metrics import KINDS

        columns: dict[str, object] = {"ts_event": [_instant(ms) for ms in self.column("ts_ms")]}
        columns |= {_EXPORTED.get(field, field): self.column(field) for field in LIVE_FIELDS if field != "ts_ms"}
        columns["t1"] = [_instant(ms) for ms in self.column("t1_ms")]
        for field in CLOSED_FIELDS:
            if field != "t1_ms" and field not in LIVE_FIELDS:
                name = f"{KINDS[kind]}{field[1:]}" if field in _Z else _EXPORTED.get(field, field)
                columns[name] = self.column(field)
        return pd.DataFrame(columns, index=pd.Index(self.names, name="instrument"))


#: Fields that bear another name, with their unit, in a file.
_EXPORTED = {
    "last": "last_usd", "bid": "bid_usd", "ask": "ask_usd", "mark": "mark_usd", "close": "close_usd",
    "day_change": "day_change_frac", "liq_net": "liq_short_minus_long_usd", "delta": "delta_usd",
}  # fmt: skip  # names by twos


def _instant(ms: float) -> str:
    return "" if np.isnan(ms) else iso(int(ms * NS_MS))


def _code(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else WAITING
