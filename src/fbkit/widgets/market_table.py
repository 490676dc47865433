"""The live table of all instruments: one row each, prices as they come, flows and Z-scores of the last closed bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from fbkit.model.columns import Z_WINDOWS
from fbkit.model.instrument import Instrument
from fbkit.settings import VENUES
from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel

#: Columns of the live numbers: USD a coin, UTC ms, fraction per 8 h, USD, fraction in 24 h, USD.
LIVE_FIELDS = ("last", "ts_ms", "bid", "ask", "mark", "funding_8h", "oi_usd", "day_change", "day_vol_usd")

#: What a Z-score judges in this table, and over how many bars.
TABLE_JUDGED = ("ret", "ln_vol", "oi_dlog", "premium", "funding_8h", "taker_imb")
TABLE_WINDOWS = Z_WINDOWS

#: Columns of the closed bar: ln, USD, USD, [-1, 1], ln, USD, fraction, fraction per 8 h, [0, 1], UTC ms; USD a coin,
#: coins, count, [-1, 1], ln, ln, 0 to 100, [0, 1], [0, 1]; then the Z-scores.
CLOSED_FIELDS = (
    *("ret", "vol_usd", "delta", "taker_imb", "oi_dlog", "liq_net", "premium", "funding_8h", "coverage", "t1_ms"),
    *("close", "oi_base", "n_trades", "obi_5", "ln_ls_acct_global", "ln_ls_pos_top"),
    *("rsi_14", "score_long", "score_short"),
    *(f"z_{column}_{window}" for column in TABLE_JUDGED for window in TABLE_WINDOWS),
)

#: Why a number is missing, by its code in :attr:`MarketTable.reasons`.
REASONS = ("", "warmup", "zero_var", "gap", "stale", "unsupported", "waiting")


class MarketTable(Panel):
    """One row an instrument: sorted, searched, coloured and flashed by the browser; a chosen row reaches Python.

    Numbers travel as buffers, rows in the order of ``instruments``: ``live`` is float64 ``(rows, LIVE_FIELDS)``,
    ``closed`` float64 ``(rows, CLOSED_FIELDS)`` with ``reasons`` (uint8) and ``counts`` (uint16) of the same shape,
    ``sparks`` float32 ``(rows, points)``. ``NaN`` is missing and drawn with its reason.

    Examples
    --------
    >>> table = MarketTable()
    >>> table.show_instruments([Instrument("binance:BTC-USDT-PERP", "binance", "BTCUSDT", "BTC", "USDT", "USDT")])
    >>> table.show_live(np.array([[91482.6, 1.8e12, *[np.nan] * 7]]), sent_ms=1.8e12)
    >>> len(table.live) == len(LIVE_FIELDS) * 8
    True
    """

    _esm = module("market_table.js")

    instruments = traitlets.List(
        traitlets.Dict(), help="name, base, quote, suffix, venue, size of the venue and tick (USD) of each row"
    ).tag(sync=True)
    live_fields = traitlets.List(traitlets.Unicode(), list(LIVE_FIELDS), help="Columns of live").tag(sync=True)
    closed_fields = traitlets.List(traitlets.Unicode(), list(CLOSED_FIELDS), help="Columns of closed").tag(sync=True)
    live = traitlets.Bytes(help="float64 (rows, live_fields)").tag(sync=True)
    sent_ms = traitlets.Float(0.0, help="When the newest live numbers left the hub, UTC ms").tag(sync=True)
    closed = traitlets.Bytes(help="float64 (rows, closed_fields), of the last closed bar").tag(sync=True)
    reasons = traitlets.Bytes(help="uint8 (rows, closed_fields): index into REASONS, 0 where there is a number").tag(
        sync=True
    )
    counts = traitlets.Bytes(help="uint16 (rows, closed_fields): values behind a Z-score").tag(sync=True)
    sparks = traitlets.Bytes(help="float32 (rows, points): closes of 24 h, oldest first").tag(sync=True)

    tf = traitlets.Unicode("15m", help="Timeframe of the closed bars").tag(sync=True)
    tf_s = traitlets.Float(900.0, help="Length of a bar, seconds").tag(sync=True)
    window = traitlets.Int(60, help="Bars in a Z-score's baseline: 20, 60 or 240").tag(sync=True)
    kind = traitlets.Unicode("classic", help="How Z-scores measure spread: classic, robust or ewma").tag(sync=True)
    stale_after_s = traitlets.Float(10.0, min=1.0, help="An instrument silent for longer is stale, seconds").tag(
        sync=True
    )
    old = traitlets.Bool(False, help="The collector is silent: live numbers are shown as old").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited while the table is empty").tag(sync=True)

    venue = traitlets.Unicode("", help="The one venue whose rows are shown; empty: all").tag(sync=True)
    doubts = traitlets.Dict(help="By venue and field, the note that belongs to its numbers: they are marked").tag(
        sync=True
    )
    lacks = traitlets.Dict(help="By venue, the fields it has no feed for").tag(sync=True)
    columns = traitlets.Dict(
        help="Columns a viewer wants (true) or not (false), by key; the others come and go with the room there is"
    ).tag(sync=True)
    shown = traitlets.List(traitlets.Unicode(), help="Keys of the columns that are shown; set by the browser").tag(
        sync=True
    )
    asked = traitlets.Unicode(
        "", help="Whose baseline is asked for: instrument, judged column, timeframe, window, UTC ms of the bar's end"
    ).tag(sync=True)
    baseline = traitlets.Dict(
        help="The answer: about (what was asked), mean and spread (in the column's unit) of the window before the bar, "
        "next_mean and next_spread of the window up to it, classic, robust and ewma (Z)"
    ).tag(sync=True)
    query = traitlets.Unicode("", help="Words looked for in the names; Z>3 keeps rows with a |Z| of at least 3").tag(
        sync=True
    )
    sort = traitlets.Unicode("oi", help="Key of the column sorted by").tag(sync=True)
    way = traitlets.Enum(
        ("down", "up", "abs"), "down", help="Largest first, smallest first, largest in size first"
    ).tag(sync=True)
    pins = traitlets.List(
        traitlets.Unicode(), ["BTC", "ETH", "SOL"], help="Coins held on top, each at the first venue shown"
    ).tag(sync=True)
    chosen = traitlets.Unicode("", help="Name of the chosen instrument; set by a click or Enter").tag(sync=True)
    opened = traitlets.Int(0, help="Counts choices, so that choosing the same row again is heard").tag(sync=True)

    def show_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Set the rows. Buffers must follow in the same order; until then cells say ``awaited``."""
        rows = [_row(instrument) for instrument in instruments]
        with self.hold_sync():
            self.live = self.closed = self.reasons = self.counts = self.sparks = b""
            self.instruments = rows

    def show_live(self, values: NDArray[np.float64], sent_ms: float) -> None:
        """Live numbers of all rows, ``(rows, LIVE_FIELDS)``; ``sent_ms`` is when they left the hub."""
        with self.hold_sync():
            self.sent_ms = sent_ms
            self.live = np.ascontiguousarray(values, np.float64).tobytes()

    def show_closed(self, values: NDArray[np.float64], reasons: NDArray[np.uint8], counts: NDArray[np.uint16]) -> None:
        """Numbers of the last closed bars, why some are missing, and how many values stood behind each Z."""
        with self.hold_sync():
            self.reasons = np.ascontiguousarray(reasons, np.uint8).tobytes()
            self.counts = np.ascontiguousarray(counts, np.uint16).tobytes()
            self.closed = np.ascontiguousarray(values, np.float64).tobytes()

    def show_sparks(self, closes: NDArray[np.float64]) -> None:
        """Closes of the last 24 hours, ``(rows, points)``, oldest first."""
        self.sparks = np.ascontiguousarray(closes, np.float32).tobytes()


def _row(instrument: Instrument) -> dict[str, Any]:
    tail = instrument.symbol.rpartition("-")[2]
    return {
        "name": instrument.name,
        "base": instrument.base,
        "quote": instrument.quote,
        "suffix": "" if tail == "PERP" else tail,
        "venue": instrument.venue,
        "rank": VENUES.index(instrument.venue) if instrument.venue in VENUES else len(VENUES),
        "tick": instrument.tick,
    }
