"""From the bars of a stretch to what is said of it: the push, who was forced out, what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fbkit.clock import iso
from fbkit.dashboard.flow.bars import Flow
from fbkit.dashboard.flow.cvd import FIRST, GOES_ON, MIDNIGHT
from fbkit.dashboard.flow.words import Forced, Push, forced, last_words, pushed
from fbkit.dashboard.instrument.wording import Paragraph
from fbkit.dashboard.instrument.words import gaps_told
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, Gap
from fbkit.widgets.format import NBSP, count

#: Flow columns as a reader calls them.
CALLED = {"taker_imb": "taker imbalance", "obi_5": "book imbalance", "ln_vol": "volume"}


#: With sides of less than this share of volume, it is said.
_SIDED = 0.995


class Died(NamedTuple):
    """One venue's liquidations of a stretch in USD; NaN: none was told. ``tells``: all, at least, or why not."""

    venue: str
    long_usd: float
    short_usd: float
    tells: str


def lasting(ns: int) -> str:
    """A stretch of time in words.

    >>> [lasting(ns).replace(NBSP, " ") for ns in (45 * NS_MIN, 4 * NS_HOUR, 2 * NS_DAY)]
    ['45 min', '4 h', '2 days']
    """
    if ns < 2 * NS_HOUR and ns % NS_HOUR:
        return f"{ns // NS_MIN}{NBSP}min"
    return f"{ns / NS_HOUR:.0f}{NBSP}h" if ns < 2 * NS_DAY else f"{ns / NS_DAY:.0f}{NBSP}days"


def push_of(flow: Flow) -> Push:
    """The stretch that is shown: from the start of its first slot to the end of its last."""
    closes = flow.columns["close"]
    steps = np.diff(np.log(np.concatenate(([flow.before], closes))))
    steps = steps[np.isfinite(steps)]
    known = closes[np.isfinite(closes)]
    start = flow.before if np.isfinite(flow.before) else known[0] if len(known) else np.nan
    return Push(
        over=lasting(len(flow.t0) * flow.length),
        delta=flow.sum_of("delta"),
        sided_usd=flow.sum_of("sided_usd"),
        ret=float(known[-1] / start - 1.0) if len(known) else np.nan,
        walk=float(steps.std() * np.sqrt(len(steps))) if len(steps) > 1 else np.nan,
        whose=flow.price_of.replace(":", " ", 1) if len(flow.names) > 1 else "",
    )


def died(flow: Flow, lacking: Sequence[str]) -> list[Died]:
    """A row a venue, the one that told of the most first; ``lacking`` are the venues without a feed of them."""
    from fbkit.across.liquidations import COMPLETE

    found = []
    for venue in dict.fromkeys(name.partition(":")[0] for name in flow.names):
        places = [place for place, name in enumerate(flow.names) if name.startswith(f"{venue}:")]
        long, short = (_sum(flow.each[f"liq_{side}_usd"][:, places]) for side in ("long", "short"))
        tells = "no feed" if venue in lacking else "all" if venue in COMPLETE else "at least"
        found.append(Died(venue, long, short, tells))
    return sorted(found, key=lambda one: -np.nan_to_num(one.long_usd + one.short_usd, nan=-1.0))


def _sum(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    there = np.isfinite(values)
    return float(values[there].sum()) if there.any() else float("nan")


def forced_of(flow: Flow, rows: Sequence[Died]) -> Forced | None:
    """All venues that told; ``None`` where none did."""
    told = [row for row in rows if np.isfinite(row.long_usd)]
    if not told:
        return None
    total = flow.columns["liq_long_usd"] + flow.columns["liq_short_usd"]
    heard = np.isfinite(total)
    peak = int(np.nanargmax(total))
    return Forced(
        sum(row.long_usd for row in told), sum(row.short_usd for row in told),
        float(np.nansum(flow.columns["vol_usd"][heard])), _instant(int(flow.t0[peak]), len(flow.t0) * flow.length),
        all(row.tells == "all" for row in told), float(heard.mean()),
    )  # fmt: skip  # an answer


def _instant(ts: int, span: int) -> str:
    """HH:MM, with the day where the stretch has several."""
    told = iso(ts)
    # A hyphen and a space at which no line is broken.
    return told[11:16] if span <= NS_DAY else f"{told[5:7]}\N{NON-BREAKING HYPHEN}{told[8:10]}{NBSP}{told[11:16]}"


def cvd_since(flow: Flow) -> str:
    """From where the newest CVD counts: ``since 00:00 UTC``."""
    places = np.flatnonzero(flow.begins != GOES_ON)
    if not len(places):
        return "since 00:00 UTC"
    at, why = int(flow.t0[places[-1]]), int(flow.begins[places[-1]])
    if why == MIDNIGHT:
        return "since 00:00 UTC"
    again = "after a gap" if len(flow.names) == 1 else "venues changed"
    return f"since {iso(at)[11:16]} UTC, {'from its first bar' if why == FIRST else again}"


def loudest(flow: Flow) -> tuple[str, float]:
    """The flow column of the largest Z at the newest slot, by size, as a reader calls it."""
    z = {CALLED[name]: float(values[-1]) for name, values in flow.z.items() if np.isfinite(values[-1])}
    name = max(z, key=lambda one: abs(z[one]), default="")
    return name, z.get(name, float("nan"))


def paragraphs(flow: Flow, rows: Sequence[Died], gaps: Sequence[Gap]) -> list[Paragraph]:
    """All that is said, the last what is not known."""
    told = [
        pushed(push_of(flow)),
        forced(forced_of(flow, rows)),
        last_words(list(unknowns(flow, rows, gaps))),
    ]
    return [paragraph for paragraph in told if paragraph]


def unknowns(flow: Flow, rows: Sequence[Died], gaps: Sequence[Gap]) -> Iterator[str]:
    """Sides that nobody told, liquidations that are sampled or unheard, books not heard, gaps."""
    volume, sided = flow.sum_of("vol_usd"), np.nan_to_num(flow.sum_of("sided_usd"))
    if volume > 0 and sided < _SIDED * volume:
        share = f"{100 * sided / volume:.0f}{NBSP}%"
        yield f"Takers' sides are known of {share} of volume: klines of most venues do not tell them."
    deaf = [row.venue for row in rows if row.tells == "no feed"]
    if deaf:
        yield f"{', '.join(deaf)} {'has' if len(deaf) == 1 else 'have'} no feed of liquidations."
    sampled = [row.venue for row in rows if row.tells == "at least" and np.isfinite(row.long_usd)]
    if sampled:
        yield f"{', '.join(sampled)} {'does' if len(sampled) == 1 else 'do'} not tell of every liquidation."
    if len(deaf) < len(rows):
        yield from _heard(flow, "liq_long_usd", "Liquidations were")
    yield from _heard(flow, "obi_5", "The book was")
    for told in gaps_told(gaps):
        yield f"Not seen: {told}."


def _heard(flow: Flow, column: str, words: str) -> Iterator[str]:
    heard = int(np.isfinite(flow.columns[column]).sum())
    if heard < len(flow.t0):
        yield f"{words} heard in {count(heard)} of {count(len(flow.t0))} bars."
