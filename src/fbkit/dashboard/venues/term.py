"""The basis curve of a coin: its dated futures, now and a day ago."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from fbkit.clock import iso
from fbkit.dashboard.venues.hue import of_venue
from fbkit.widgets.format import NBSP, percent

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.across import Coin

#: Days at which the one number of the heading stands.
THREE_MONTHS = 90.0

#: Ticks nearer than this factor of days would cover one another.
_APART = 1.25


class Future(NamedTuple):
    """A dated future with a fresh mark: days to expiry, basis per year (a fraction), expiry (UTC ns)."""

    venue: str
    instrument: str
    days: float
    annualised: float
    expiry: int


class Term(NamedTuple):
    """The futures of a coin, those of 24 h before, the basis in 3 months; ``dated`` are all that are listed."""

    futures: tuple[Future, ...]
    before: tuple[Future, ...]
    three_months: float
    extrapolated: bool
    dated: int
    venues: tuple[str, ...]


def term_of(now: Coin, before: Coin) -> Term:
    """The curve at the newest slot of each."""
    from fbkit.across import curve

    dated = int((~now.perpetual).sum())
    if not len(now.t1):
        return Term((), (), math.nan, extrapolated=False, dated=dated, venues=now.venues)
    frame = curve(now)
    then = _futures(curve(before)) if len(before.t1) else ()
    return Term(
        _futures(frame), then, frame.attrs["basis_3m"],
        extrapolated=frame.attrs["extrapolated"], dated=dated, venues=now.venues,
    )  # fmt: skip  # an answer


def _futures(frame: pd.DataFrame) -> tuple[Future, ...]:
    there = frame[frame["basis_ann"].notna()]
    rows = zip(there["venue"], there["instrument"], there["days"], there["basis_ann"], there["expiry"], strict=True)
    return tuple(
        Future(venue, name, float(days), float(year), expiry.value) for venue, name, days, year, expiry in rows
    )


def term_drawn(term: Term) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and axes: a line a venue, the median of a day ago dotted, a diamond in 3 months."""
    then = _medians(term.before)
    traces: list[dict[str, Any]] = []
    if then:
        days, years = zip(*then, strict=True)
        traces.append(
            {"type": "scatter", "mode": "lines+markers", "x": list(days), "y": list(years), "name": "24 h ago",
             "line": {"color": "--ink3", "width": 1, "dash": "2px,3px"}, "marker": {"size": 4, "color": "--ink3"},
             "meta": {"format": "percent", "end": "24 h ago", "told": f"{percent(years[-1])} %"}}
        )  # fmt: skip  # a trace
    venues = dict.fromkeys(one.venue for one in sorted(term.futures, key=lambda one: -one.days))
    traces += [_line(venue, [one for one in term.futures if one.venue == venue]) for venue in venues]
    if math.isfinite(term.three_months):
        marker = {"symbol": "diamond-open", "size": 11, "color": "--ink", "line": {"width": 1.5, "color": "--ink"}}
        traces.append(
            {"type": "scatter", "mode": "markers", "x": [THREE_MONTHS], "y": [term.three_months], "name": "3 months",
             "marker": marker, "meta": {"format": "percent"}}
        )  # fmt: skip  # a trace
    return traces, {"xaxis": _days_axis(term), "yaxis": _year_axis(term)} if term.futures else {}


def _line(venue: str, futures: list[Future]) -> dict[str, Any]:
    futures = sorted(futures, key=lambda one: one.days)
    colour = of_venue(venue)
    return {
        "type": "scatter", "mode": "lines+markers", "name": venue, "x": [one.days for one in futures],
        "y": [one.annualised for one in futures], "line": {"color": colour, "width": 1.25},
        "marker": {"size": 6, "color": colour},
        "meta": {"format": "percent", "end": venue, "told": f"{percent(futures[-1].annualised)} %"},
    }  # fmt: skip  # a trace


def _medians(futures: tuple[Future, ...]) -> list[tuple[float, float]]:
    """Days and the median over venues of each expiry."""
    from statistics import median

    shared: dict[int, list[Future]] = {}
    for one in futures:
        shared.setdefault(one.expiry, []).append(one)
    return sorted((all_of[0].days, median(one.annualised for one in all_of)) for all_of in shared.values())


def _days_axis(term: Term) -> dict[str, Any]:
    """Days on a scale of factors; ticks at expiries, as many as have room."""
    expiries = sorted({one.expiry: one.days for one in term.futures}.items(), key=lambda one: one[1])
    ticks = expiries[:1]
    for one in expiries[1:]:
        if one[1] > _APART * ticks[-1][1]:
            ticks.append(one)
    ends = [one.days for one in (*term.futures, *term.before)]
    if math.isfinite(term.three_months):
        ends.append(THREE_MONTHS)
    low, high = min(ends), max(ends)
    return {
        "type": "log", "range": [math.log10(low / 1.3), math.log10(high * 1.3)], "tickangle": 0,
        "tickvals": [days for _, days in ticks], "ticktext": [f"{iso(ts)[:10]}<br>{days:.0f} d" for ts, days in ticks],
    }  # fmt: skip  # an axis


def _year_axis(term: Term) -> dict[str, Any]:
    """Room of a tenth, and of half a percent at least, above and below: one future alone is no line of 200 %."""
    years = [one.annualised for one in (*term.futures, *term.before)]
    room = max(0.005, (max(years) - min(years)) / 10)
    return {"range": [min(years) - room, max(years) + room]}


def three_months_told(term: Term) -> str:
    """The heading's number: the basis in 3 months, and whether two expiries lie around it."""
    if not math.isfinite(term.three_months):
        return ""
    how = "extrapolated" if term.extrapolated else "interpolated"
    return f"3 m {percent(term.three_months)}{NBSP}%, {how}"


def no_curve(coin: str, term: Term) -> str:
    """Why there is no curve."""
    venues = ", ".join(term.venues) or "these venues"
    if not term.dated:
        return f"{coin} has no dated futures at {venues}; a curve needs one."
    return f"{term.dated} dated futures of {coin} are listed at {venues}; no mark of theirs is fresh."
