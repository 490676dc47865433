"""From what is known of an instrument to its paragraphs: which are said, over which stretch, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fbkit.clock import iso
from fbkit.dashboard.instrument.burst import forced, largest_burst
from fbkit.dashboard.instrument.carry import Carry, carry
from fbkit.dashboard.instrument.conditions import leaning
from fbkit.dashboard.instrument.crowd import crowd
from fbkit.dashboard.instrument.kpis import Seen
from fbkit.dashboard.instrument.positions import positions
from fbkit.dashboard.instrument.takers import flow
from fbkit.dashboard.instrument.venue_rows import VenueRow
from fbkit.dashboard.instrument.wording import Paragraph, unknown
from fbkit.model import NS_DAY, NS_MIN, TIMEFRAMES, Gap
from fbkit.widgets import SERIES_FIELDS
from fbkit.widgets.format import NBSP, count

Floats = NDArray[np.float64]


def paragraphs(seen: Seen, matrix: Floats, rows: Sequence[VenueRow], gaps: Sequence[Gap]) -> list[Paragraph]:
    """All that is said of an instrument, the last what is not known."""
    bar = {name: seen.of_bar(name) for name in seen.bar if name not in {"instrument", "tf", "source"}}
    burst = largest_burst(matrix, seen.tf, seen.instrument.venue)
    told = [
        positions(bar, seen.z),
        flow(bar, seen.z),
        carry(carry_of(seen, matrix, rows), seen.z.get("funding_8h", np.nan)),
        forced(burst) if burst is not None else [],
        crowd(bar, seen.z),
        leaning(seen.newest.bias, seen.newest.conditions),
        unknown(list(unknowns(seen, matrix, gaps))),
    ]
    return [paragraph for paragraph in told if paragraph]


def _column(matrix: Floats, field: str) -> Floats:
    return matrix[:, SERIES_FIELDS.index(field)]


def carry_of(seen: Seen, matrix: Floats, rows: Sequence[VenueRow]) -> Carry:
    """Funding now, its rank among the bars that are shown, and the venues at both ends."""
    rate = seen.now("funding_8h", "funding_8h")
    known = _column(matrix, "funding_8h")
    known = known[np.isfinite(known)]
    rank = float((known < rate).mean()) if known.size else np.nan
    days = len(matrix) * TIMEFRAMES[seen.tf] / NS_DAY
    over = f"the last {days:.0f} days" if days >= 2.5 else f"the last {days * 24:.0f}{NBSP}h"
    payers = sorted((row for row in rows if np.isfinite(row.funding_8h)), key=lambda row: row.funding_8h)
    if len(payers) < 2:
        return Carry(rate, rank, known.size, over)
    low, high = payers[0], payers[-1]
    return Carry(rate, rank, known.size, over, high.venue, low.venue, high.funding_8h - low.funding_8h)


#: What a venue may lack, as a reader calls it.
_FEEDS = {
    "liquidation": "liquidations",
    "open_interest": "open interest",
    "ratio:acct_global": "long/short accounts",
    "ratio:pos_top": "top positions",
}


def unknowns(seen: Seen, matrix: Floats, gaps: Sequence[Gap]) -> Iterator[str]:
    """What is not known: feeds that do not exist, gaps, Z-scores that wait, what funding is."""
    lacking = [words for channel, words in _FEEDS.items() if channel in seen.lacks]
    if lacking:
        yield f"{seen.instrument.venue} has no feed of {', '.join(lacking)}."
    elif not np.isfinite(_column(matrix, "liq_long_usd")).all() and len(matrix):
        heard = int(np.isfinite(_column(matrix, "liq_long_usd")).sum())
        yield f"Liquidations were listened to in {count(heard)} of {count(len(matrix))} bars shown."
    for told in gaps_told(gaps):
        yield f"Not seen: {told}; CVD starts again where trades are missing."
    if seen.covered < 0.995:
        yield f"The window of its Z is covered to {100 * seen.covered:.0f}{NBSP}%."
    for why, told in _WAITING.items():
        judged = seen.why.keys() - lacking_z(seen)
        names = [_JUDGED[column] for column in seen.why if column in judged and seen.why[column] == why]
        if names:
            yield f"There is no Z of {_listed(names)}: {told}."


_WAITING = {"warmup": "warming up", "gap": "bars are missing", "zero_var": "no spread"}

_JUDGED = {
    "ret": "return",
    "ln_vol": "volume",
    "taker_imb": "taker imbalance",
    "oi_dlog": "open interest",
    "funding_8h": "funding",
    "premium": "premium",
    "ln_ls_acct_global": "long/short accounts",
    "ln_ls_pos_top": "top positions",
    "obi_5": "the book",
}

_FROM = {"oi_dlog": "open_interest", "ln_ls_acct_global": "ratio:acct_global", "ln_ls_pos_top": "ratio:pos_top"}


def lacking_z(seen: Seen) -> set[str]:
    """Columns that never get a Z here, for their venue has no such feed: that is said once, of the feed."""
    return {column for column, channel in _FROM.items() if channel in seen.lacks}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def gaps_told(gaps: Sequence[Gap]) -> list[str]:
    """Gaps that were not backfilled, in a phrase; those that were are no loss.

    >>> gaps_told([Gap("", 0, 0, 1, "", "*", "closed", "restart", 0, 26 * NS_MIN)])
    ['1 gap, 26 min, not backfilled']
    """
    lost = [gap for gap in gaps if gap.phase != "backfilled"]
    if not lost:
        return []
    minutes = sum((gap.t1 - gap.t0) // NS_MIN for gap in lost if gap.t1 is not None)
    is_open = any(gap.t1 is None for gap in lost)
    told = f"{len(lost)} gap{'s' if len(lost) > 1 else ''}, {minutes} min, not backfilled"
    return [f"{told}, one open" if is_open else told]


def provenance(seen: Seen) -> list[tuple[str, str]]:
    """Where the numbers come from, a fact a line."""
    facts = [
        ("Z", f"{seen.kind}, {seen.window} bars, this bar excluded{_SPREAD[seen.kind]}"),
        ("window covered", f"{100 * seen.covered:.1f}{NBSP}%" if np.isfinite(seen.covered) else "not known"),
        ("newest bar", f"{_SOURCES.get(str(seen.bar.get('source')), 'none')}, to {_minute(int(seen.bar['t1']))}"),
    ]
    if seen.newest.seq:
        facts.append(("store", f"seq to {count(seen.newest.seq)}"))
        facts.append(("last beat stored", f"{iso(seen.newest.beat_ts)[11:19]} UTC"))
    if seen.newest.code:
        facts.append(("code", seen.newest.code))
    return facts


def _minute(ts: int) -> str:
    return iso(ts)[:16].replace("T", " ")


_SPREAD = {"classic": ", ddof 1", "robust": ", median and MAD", "ewma": ", halflife of half the window"}
_SOURCES = {"own": "our trades", "venue": "the venue's kline", "none": "nothing heard"}
