"""The key numbers of a stretch of flow, and why one of them is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.flow.bars import Flow
from fbkit.dashboard.flow.told import CALLED, Died, cvd_since, lasting, loudest
from fbkit.widgets import Kpi
from fbkit.widgets.format import NBSP, money, signed, usd, zscore

Floats = NDArray[np.float64]

#: Points of a small line.
_POINTS = 60

_WHY = {"warmup": "warm-up", "zero_var": "no spread", "gap": "gap", "unsupported": "not judged here"}


def kpis(flow: Flow, rows: Sequence[Died]) -> list[Kpi]:
    """Six of them, over the stretch that is shown."""
    over = lasting(len(flow.t0) * flow.length)
    return [
        _volume(flow, over),
        _delta(flow, over),
        _cvd(flow),
        _died(rows, over),
        _book(flow),
        _loud(flow),
    ]


def _tone(value: float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _z(flow: Flow, column: str) -> str:
    z = float(flow.z[column][-1])
    return f"Z{NBSP}{zscore(z)}" if np.isfinite(z) else f"Z {_WHY.get(flow.why[column], 'awaited')}"


def line(values: Floats, *, last: bool = False) -> tuple[float | None, ...]:
    """At most 60 points: sums of equal parts, or (``last``) what stood at the end of each.

    >>> line(np.array([1.0, 2.0]), last=True)
    (1.0, 2.0)
    """
    if not len(values):
        return ()
    parts = np.array_split(values, min(_POINTS, len(values)))
    reduced = [float(part[-1]) if last else float(np.nanmean(np.nan_to_num(part))) for part in parts]
    return tuple(float(f"{value:.6g}") if np.isfinite(value) else None for value in reduced)


def _volume(flow: Flow, over: str) -> Kpi:
    about = "Of the bars shown; the line is volume over time"
    total = flow.sum_of("vol_usd")
    if not np.isfinite(total):
        return Kpi(f"Volume, {over}", None, about=about)
    number, letter = usd(total)
    context = ((f"{money(flow.newest('vol_usd'))} in the last {flow.tf}, ", ""), (_z(flow, "ln_vol"), ""))
    return Kpi(f"Volume, {over}", number, f"{letter} USD".strip(), context, line(flow.columns["vol_usd"]), about=about)


def _delta(flow: Flow, over: str) -> Kpi:
    label, about = (
        f"Delta, {over}",
        "Takers' buys minus sells, where the sides are known; imbalance is delta over their volume",
    )
    delta, sided = flow.sum_of("delta"), flow.sum_of("sided_usd")
    if not np.isfinite(delta):
        return Kpi(label, None, missing="bars without sides", about=about)
    number, letter = usd(delta, plus=True)
    if not sided > 0:
        return Kpi(label, number, f"{letter} USD".strip(), (("nobody traded", ""),), about=about)
    buy = (sided + delta) / 2 / sided
    context = (
        (f"imbalance {signed(delta / sided, 2)}, ", ""),
        (f"last {flow.tf} {signed(flow.newest('taker_imb'), 2)}", ""),
    )
    return Kpi(label, number, f"{letter} USD".strip(), context, split=((buy, "up"), (1 - buy, "down")), about=about)


def _cvd(flow: Flow) -> Kpi:
    label, about = "CVD", "Sum of delta; it starts again at 0 at 00:00 UTC and after missing trades"
    value = flow.newest("cvd")
    if not np.isfinite(value):
        return Kpi(label, None, missing="bar without sides", about=about)
    number, letter = usd(value, plus=True)
    since = np.flatnonzero(flow.begins)
    path = flow.columns["cvd"][since[-1] if len(since) else 0 :]
    return Kpi(
        label, number, f"{letter} USD".strip(), ((cvd_since(flow), _tone(0)),), line(path, last=True), about=about
    )


def _died(rows: Sequence[Died], over: str) -> Kpi:
    label, about = (
        f"Liquidations, {over}",
        "Positions closed by the venue; a sum over venues that sample is a lower bound",
    )
    told = [row for row in rows if np.isfinite(row.long_usd)]
    if not told:
        deaf = bool(rows) and all(row.tells == "no feed" for row in rows)
        return Kpi(label, None, missing="no feed" if deaf else "none heard yet", about=about)
    long, short = sum(row.long_usd for row in told), sum(row.short_usd for row in told)
    number, letter = usd(long + short)
    total = long + short
    split = ((short / total, "up"), (long / total, "down")) if total else ()
    least = "" if all(row.tells == "all" for row in told) else ", at least"
    context = ((f"short {money(short)}", "up"), ("  ", ""), (f"long {money(long)}", "down"), (least, ""))
    return Kpi(label, number, f"{letter} USD".strip(), context, split=split, about=about)


def _book(flow: Flow) -> Kpi:
    several = f", mean of {len(flow.names)}" if len(flow.names) > 1 else ""
    label = f"Book imbalance, 5 levels{several}"
    about = "(bids − asks) / (bids + asks) of the five best levels at the last close; spread in bp of mid"
    value, spread = flow.newest("obi_5"), flow.newest("spread_bp")
    if not np.isfinite(value):
        return Kpi(label, None, missing="no book heard", about=about)
    context = ((f"spread {signed(spread, 2).lstrip('+')}{NBSP}bp, ", ""), (_z(flow, "obi_5"), ""))
    return Kpi(label, signed(value, 2), "", context, about=about)


def _loud(flow: Flow) -> Kpi:
    label = f"Loudest Z, {flow.window}{NBSP}×{NBSP}{flow.tf}"
    about = f"Of {', '.join(CALLED.values())} in the last bar, {flow.kind}, this bar excluded"
    name, z = loudest(flow)
    if not np.isfinite(z):
        reasons = [_WHY.get(why, "awaited") for why in flow.why.values()]
        return Kpi(label, None, missing=reasons[0] if reasons else "awaited", about=about)
    others = [
        f"{called} {_z(flow, column).removeprefix('Z' + NBSP)}" for column, called in CALLED.items() if called != name
    ]
    return Kpi(label, zscore(z), name, ((", ".join(others), ""),), about=about)
