"""The key numbers over the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.market.basis import Basis
from fbkit.dashboard.market.day import MINUTES, Day, Hour
from fbkit.dashboard.market.sheet import Sheet
from fbkit.dashboard.readings import Readings
from fbkit.model import NS_HOUR, TIMEFRAMES
from fbkit.widgets import Kpi
from fbkit.widgets.format import NBSP, bp, count, funding, money, percent, signed, usd

Floats = NDArray[np.float64]
Context = tuple[tuple[str, str], ...]


def kpis(  # noqa: PLR0917 - what seven numbers are made of, in the order in which it comes
    sheet: Sheet,
    day: Day | None,
    hour: Hour,
    tf: str,
    window: int,
    known: Readings | None = None,
    basis: Basis | None = None,
) -> list[Kpi]:
    """Seven of them; a number that is not there says why, and one whose meaning a venue leaves open names the venue.

    The last is the basis in three months where dated futures are listed, else the median premium.
    """
    known = known or Readings()
    return [
        _open_interest(sheet, day, known),
        _volume(sheet, day),
        _funding(sheet, known),
        _liquidations(sheet, hour, known),
        _breadth(sheet, tf),
        _loud(sheet, tf, window),
        _basis(basis) if basis is not None and basis.dated else _premium(hour),
    ]


def _tone(value: float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _line(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(f"{v:.6g}") for v in values)


#: More venues than these are counted in a label, and named where the pointer rests.
_NAMED = 3


def _venues(names: Iterable[str]) -> list[str]:
    return sorted({name.partition(":")[0] for name in names})


def _heard(sheet: Sheet, there: NDArray[np.bool_]) -> list[str]:
    return _venues(name for name, heard in zip(sheet.names, there, strict=True) if heard)


def _over(what: str, venues: Sequence[str]) -> str:
    if not venues:
        return what
    return f"{what}, {', '.join(venues) if len(venues) <= _NAMED else f'{len(venues)} venues'}"


def _summed(about: str, venues: Sequence[str]) -> str:
    return f"{about}. Over {', '.join(venues)}"


def _in_doubt(about: str, known: Readings, venues: Sequence[str], *channels: str) -> tuple[str, Context]:
    """What is told of a number some of which may mean something else: the notes, and a mark on the card."""
    notes = [
        f"{venue}: {known.notes[venue][channel]}" for channel in channels for venue in known.open_at(venues, channel)
    ]
    if not notes:
        return about, ()
    return ". ".join([about, "In doubt: " + "; ".join(notes)]), ((" ?", "l"),)


def _open_interest(sheet: Sheet, day: Day | None, known: Readings) -> Kpi:
    oi = sheet.column("oi_usd")
    heard = np.isfinite(oi)
    venues = _heard(sheet, heard)
    label = _over("Open interest", venues)
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
    about, doubt = _in_doubt(_summed(about, venues), known, venues, "open_interest")
    return Kpi(label, number, f"{letter} USD".strip(), (*context, *doubt), _line(line), about=about, leads="venues")


def _volume(sheet: Sheet, day: Day | None) -> Kpi:
    volume = sheet.column("day_vol_usd")
    about = (
        "As the venues state it for the last 24 hours, else the sum of closed bars; the line is by the hour, from these"
    )
    if day is not None:
        volume = np.where(np.isfinite(volume), volume, day.traded())
    heard = np.isfinite(volume)
    venues = _heard(sheet, heard)
    label = _over("Volume 24 h", venues)
    if not heard.any():
        return Kpi(label, None, about=about)
    number, letter = usd(float(np.nansum(volume)))
    line, change = day.volume() if day else (np.empty(0), np.nan)
    context = (
        ((percent(change, 1) + NBSP + "%", _tone(change)), (" on the day before", ""))
        if np.isfinite(change)
        else ((f"{heard.sum()} of {len(volume)} heard", ""),)
    )
    return Kpi(label, number, f"{letter} USD", context, _line(line), about=_summed(about, venues))


def _funding(sheet: Sheet, known: Readings) -> Kpi:
    rate, oi = sheet.column("funding_8h"), sheet.column("oi_usd")
    both = np.isfinite(rate) & np.isfinite(oi)
    label = "Funding, OI-weighted"
    about = "Predicted, per 8 h, weighted by open interest; above zero, longs pay shorts"
    if not both.any() or not oi[both].sum():
        return Kpi(label, None, about=about)
    venues = _heard(sheet, both)
    mean = float((rate[both] * oi[both]).sum() / oi[both].sum())
    apr = signed(mean * 3 * 365 * 100, 2)
    about, doubt = _in_doubt(_summed(about, venues), known, venues, "mark", "open_interest")
    context = ((f"{apr}{NBSP}% APR, predicted", ""), *doubt)
    return Kpi(label, funding(mean), "% 8 h", context, about=about, leads="venues")


def _liquidations(sheet: Sheet, hour: Hour, known: Readings) -> Kpi:
    about = "The newest hour of closed 1m bars; venues sample, so it is a lower bound"
    venues = hour.venues
    label = _over("Liquidations 1 h", venues)
    longs, shorts, minutes = hour.liquidations()
    deaf = known.without(_venues(sheet.names), "liquidation")
    if deaf:
        about = f"{about}; no feed of them at {', '.join(deaf)}"
    if not minutes:
        missing = "no feed" if deaf and deaf == _venues(sheet.names) else "awaited"
        return Kpi(label, None, missing=missing, about=about)
    number, letter = usd(longs + shorts)
    share = shorts / (longs + shorts) if longs + shorts else 0.0
    split = ((share, "up"), (1 - share, "down")) if longs + shorts else ()
    heard = ", at least" if minutes >= MINUTES else f", {minutes} min"
    about, doubt = _in_doubt(_summed(about, venues), known, venues, "liquidation")
    context = ((f"short {money(shorts)}", "up"), (" ", ""), (f"long {money(longs)}", "down"), (heard, ""), *doubt)
    return Kpi(label, number, f"{letter} USD".strip(), context, split=split, about=about, leads="flow")


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
    share = f"{100 * up / known.size:.0f}"
    return Kpi(f"Breadth {tf}", share, "% up", context, split=split, about=about, leads="correlation")


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
    context = ((f"loudest {_short(sheet.names[loudest])} ", ""), (f"{size.max():.1f}", "l"))
    loud = count(int((size.max(axis=1) >= 3).sum()))
    return Kpi(label, loud, f"of {int(judged.sum())}", context, about=about, leads="alerts")


def _basis(basis: Basis) -> Kpi:
    how = "extrapolated from" if basis.extrapolated else "between"
    about = (
        f"Dated futures over index, a year, in 90 days, {how} expiries at {', '.join(basis.venues)}. "
        f"Dated futures of {basis.coin} that are listed: {basis.dated}"
    )
    label, leads = f"Basis 3 m, {basis.coin}", f"venues?coin={basis.coin}"
    if np.isnan(basis.three_months):
        return Kpi(label, None, missing="stale", about=f"{about}; no mark of theirs is fresh", leads=leads)
    change = basis.three_months - basis.day_before
    context: Context = ((f"{basis.dated} dated future{'s' * (basis.dated > 1)}", ""),)
    if np.isfinite(change):
        context = ((f"{bp(change)}{NBSP}bp", _tone(change)), (" 24 h", ""))
    return Kpi(label, percent(basis.three_months), "% a year", context, about=about, leads=leads)


def _premium(hour: Hour) -> Kpi:
    about = "Mark price above index at the close of the newest 1m bar; half of the instruments lie above the median"
    known = {name: value for name, value in hour.premium.items() if np.isfinite(value)}
    if not known:
        return Kpi("Premium, median", None, about=about)
    widest = max(known, key=lambda name: abs(known[name]))
    context = ((f"widest {_short(widest)} {bp(known[widest])} bp", ""),)
    return Kpi("Premium, median", bp(float(np.median(list(known.values())))), "bp", context, about=about)


def _short(name: str) -> str:
    """Coin and venue: ``BTC okx``."""
    venue, _, symbol = name.partition(":")
    return f"{symbol.partition('-')[0]} {venue}"
