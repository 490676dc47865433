"""The key numbers over the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.day import MINUTES, Day, Hour
from fbkit.dashboard.sheet import Sheet
from fbkit.model import NS_HOUR, TIMEFRAMES
from fbkit.widgets import Kpi
from fbkit.widgets.format import NBSP, bp, count, funding, money, percent, signed, usd

Floats = NDArray[np.float64]


def kpis(sheet: Sheet, day: Day | None, hour: Hour, tf: str, window: int) -> list[Kpi]:
    """Seven of them; a number that is not there says why."""
    return [
        _open_interest(sheet, day),
        _volume(sheet, day),
        _funding(sheet),
        _liquidations(hour),
        _breadth(sheet, tf),
        _loud(sheet, tf, window),
        _premium(hour),
    ]


def _tone(value: float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _line(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(f"{v:.6g}") for v in values)


def _venues(sheet: Sheet) -> str:
    venues = sorted({name.partition(":")[0] for name in sheet.names})
    return venues[0] if len(venues) == 1 else f"{len(venues)} venues"


def _open_interest(sheet: Sheet, day: Day | None) -> Kpi:
    oi = sheet.column("oi_usd")
    heard = np.isfinite(oi)
    label = f"Open interest, {_venues(sheet)}" if sheet.names else "Open interest"
    about = "One side counted, at the mark price, over every instrument that has been heard"
    if not heard.any():
        return Kpi(label, None, about=about)
    number, letter = usd(float(oi[heard].sum()))
    line, change = day.open_interest() if day else (np.empty(0), np.nan)
    context = (
        ((percent(change) + NBSP + "%", _tone(change)), (" 24 h", ""))
        if np.isfinite(change)
        else ((f"{heard.sum()} of {len(oi)} heard", ""),)
    )
    return Kpi(label, number, f"{letter} USD".strip(), context, _line(line), about=about)


def _volume(sheet: Sheet, day: Day | None) -> Kpi:
    volume = sheet.column("day_vol_usd")
    about = "As the venues state it for the last 24 hours; the line is by the hour, from closed bars"
    if not np.isfinite(volume).any():
        return Kpi("Volume 24 h", None, about=about)
    number, letter = usd(float(np.nansum(volume)))
    line, change = day.volume() if day else (np.empty(0), np.nan)
    context = (
        ((percent(change, 1) + NBSP + "%", _tone(change)), (" on the day before", ""))
        if np.isfinite(change)
        else ((f"{np.isfinite(volume).sum()} of {len(volume)} heard", ""),)
    )
    return Kpi("Volume 24 h", number, f"{letter} USD", context, _line(line), about=about)


def _funding(sheet: Sheet) -> Kpi:
    rate, oi = sheet.column("funding_8h"), sheet.column("oi_usd")
    both = np.isfinite(rate) & np.isfinite(oi)
    about = "Predicted, per 8 h, weighted by open interest; above zero, longs pay shorts"
    if not both.any() or not oi[both].sum():
        return Kpi("Funding, OI-weighted", None, about=about)
    mean = float((rate[both] * oi[both]).sum() / oi[both].sum())
    apr = signed(mean * 3 * 365 * 100, 2)
    return Kpi("Funding, OI-weighted", funding(mean), "% 8 h", ((f"{apr}{NBSP}% APR, predicted", ""),), about=about)


def _liquidations(hour: Hour) -> Kpi:
    label, about = "Liquidations 1 h", "The newest hour of closed 1m bars; the venue samples, so it is a lower bound"
    longs, shorts, minutes = hour.liquidations()
    if not minutes:
        return Kpi(label, None, about=about)
    number, letter = usd(longs + shorts)
    share = shorts / (longs + shorts) if longs + shorts else 0.0
    split = ((share, "up"), (1 - share, "down")) if longs + shorts else ()
    heard = ", at least" if minutes >= MINUTES else f", {minutes} min"
    context = ((f"short {money(shorts)}", "up"), (" ", ""), (f"long {money(longs)}", "down"), (heard, ""))
    return Kpi(label, number, f"{letter} USD".strip(), context, split=split, about=about)


def _breadth(sheet: Sheet, tf: str) -> Kpi:
    ret = sheet.column("ret")
    known = ret[np.isfinite(ret)]
    about = f"Share of instruments whose last closed {tf} bar rose"
    if not known.size:
        return Kpi(f"Breadth {tf}", None, about=about)
    up, down = int((known > 0).sum()), int((known < 0).sum())
    flat = known.size - up - down
    context = ((f"{up}", "up"), (" up ", ""), (f"{down}", "down"), (f" down, {flat} flat", ""))
    split = ((up / known.size, "up"), (flat / known.size, "control"), (down / known.size, "down"))
    return Kpi(f"Breadth {tf}", f"{100 * up / known.size:.0f}", "% up", context, split=split, about=about)


def _loud(sheet: Sheet, tf: str, window: int) -> Kpi:
    fourth = "funding_8h" if TIMEFRAMES[tf] >= NS_HOUR else "taker_imb"
    z = np.column_stack([sheet.column(f"z_{column}_{window}") for column in ("ret", "ln_vol", "oi_dlog", fourth)])
    judged = np.isfinite(z).any(axis=1)
    about = f"Of the last closed {tf} bar against the {window} before it: return, volume, open interest or {fourth}"
    label = "Instruments at |Z| ≥ 3"
    if not judged.any():
        return Kpi(label, None, missing="warm-up", about=about)
    size = np.where(np.isfinite(z), np.abs(z), 0.0)
    loudest = int(size.max(axis=1).argmax())
    coin = sheet.names[loudest].partition(":")[2].partition("-")[0]
    context = ((f"loudest {coin} ", ""), (f"{size.max():.1f}", "l"))
    return Kpi(label, count(int((size.max(axis=1) >= 3).sum())), f"of {int(judged.sum())}", context, about=about)


def _premium(hour: Hour) -> Kpi:
    about = "Mark price above index at the close of the newest 1m bar; half of the instruments lie above the median"
    known = {name: value for name, value in hour.premium.items() if np.isfinite(value)}
    if not known:
        return Kpi("Premium, median", None, about=about)
    widest = max(known, key=lambda name: abs(known[name]))
    coin = widest.partition(":")[2].partition("-")[0]
    context = ((f"widest {coin} {bp(known[widest])} bp", ""),)
    return Kpi("Premium, median", bp(float(np.median(list(known.values())))), "bp", context, about=about)
