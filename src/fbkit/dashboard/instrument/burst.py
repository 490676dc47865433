"""The largest burst of liquidations of the last day: where it lies, and whether it made the move."""

from __future__ import annotations

from math import isfinite, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.across.liquidations import COMPLETE
from fbkit.clock import iso
from fbkit.dashboard.instrument.wording import Paragraph, piece, tone
from fbkit.model import NS_DAY, NS_HOUR, NS_MS, TIMEFRAMES
from fbkit.widgets import SERIES_FIELDS
from fbkit.widgets.format import NBSP, money, percent

Floats = NDArray[np.float64]

#: Bars on both sides of the largest liquidations that belong to one burst.
_BURST = 2

#: From these shares of volume on, liquidations are called a part of a move, and the move forced.
_PARTLY, _FORCED = 0.02, 0.1


class Forced(NamedTuple):
    """The largest burst of liquidations: when (HH:MM), USD of each side, of so much volume, price meanwhile and after.

    ``ret`` and ``after`` are fractions, ``after`` over the hour that followed (NaN: not over yet); ``complete`` whether
    the venue tells every liquidation.
    """

    at: str
    long_usd: float
    short_usd: float
    vol_usd: float
    ret: float
    after: float
    bars: int
    complete: bool
    venue: str


def _column(matrix: Floats, field: str) -> Floats:
    return matrix[:, SERIES_FIELDS.index(field)]


def largest_burst(matrix: Floats, tf: str, venue: str) -> Forced | None:
    """The bars around the largest liquidations of the last day; ``None`` where there were none, or none was told."""
    length = TIMEFRAMES[tf]
    day = matrix[-max(1, NS_DAY // length) :]
    total = _column(day, "liq_long_usd") + _column(day, "liq_short_usd")
    if not np.nansum(total) > 0:
        return None
    peak = int(np.nanargmax(total))
    first, last = max(0, peak - _BURST), min(len(day), peak + _BURST + 1)
    part, close = day[first:last], _column(day, "close")
    before = close[first - 1] if first else _column(day, "open")[0]
    hour = last - 1 + max(1, NS_HOUR // length)
    return Forced(
        at=iso(int(day[peak, 0]) * NS_MS)[11:16],
        long_usd=float(np.nansum(_column(part, "liq_long_usd"))),
        short_usd=float(np.nansum(_column(part, "liq_short_usd"))),
        vol_usd=float(np.nansum(_column(part, "vol_usd"))),
        ret=float(close[last - 1] / before - 1.0),
        after=float(close[hour] / close[last - 1] - 1.0) if hour < len(day) else np.nan,
        bars=last - first,
        complete=venue in COMPLETE,
        venue=venue,
    )


def forced_claim(one: Forced) -> str:
    """Whether liquidations went with a move, and how much of it they were.

    A long that dies is sold: it belongs to a fall. >= 10 % of volume is called forced, >= 2 % partly.

    >>> forced_claim(Forced("07:45", 23e6, 0.0, 180e6, -0.011, -0.0063, 5, False, "binance"))
    'The 07:45 fall was forced.'
    """
    total = one.long_usd + one.short_usd
    share = total / one.vol_usd if one.vol_usd > 0 else 0.0
    if share < _PARTLY:  # where a venue samples, there may have been more
        return "Few were forced." if one.complete else "Few forced closes are known."
    died = "Longs" if one.long_usd >= one.short_usd else "Shorts"
    if not isfinite(one.ret):
        return f"{died} were forced out at {one.at}."
    with_move = one.ret < 0 if one.long_usd >= one.short_usd else one.ret > 0
    if not with_move:
        return f"{died} were forced out at {one.at} against the move."
    move = "fall" if one.ret < 0 else "rise"
    return f"The {one.at} {move} was {'forced' if share >= _FORCED else 'partly forced'}."


def forced(one: Forced) -> Paragraph:
    """The largest burst of liquidations of the last day."""
    died = [(one.long_usd, "longs", "down"), (one.short_usd, "shorts", "up")]
    named: Paragraph = []
    for usd, side, ink in sorted((part for part in died if part[0] > 0), reverse=True):
        named += [piece(" and " if named else " "), (money(usd), ink), piece(f" of {side}")]
    bars = f"{one.bars} bars" if one.bars > 1 else "one bar"
    share = (one.long_usd + one.short_usd) / one.vol_usd if one.vol_usd > 0 else nan
    told = f" were liquidated in {bars} around {one.at}"
    told += f", {_share(share)} of volume" if isfinite(share) else ""
    told += "" if one.complete else f", at least: {one.venue} does not tell of all"
    paragraph: Paragraph = [(forced_claim(one), "claim"), *named, piece(told + ".")]
    if isfinite(one.after):
        moved = (f"{percent(one.after)}{NBSP}%", tone(one.after))
        paragraph += [piece(" In the hour after, price moved "), moved, piece(".")]
    return paragraph


def _share(share: float) -> str:
    return f"{100 * share:.0f}{NBSP}%" if share >= 0.01 else f"under 1{NBSP}%"
