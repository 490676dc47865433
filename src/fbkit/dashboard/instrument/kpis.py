"""The key numbers of one instrument, and why one of them is missing."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, expm1, isfinite
from typing import Any

import msgspec

from fbkit.dashboard.instrument.newest import Newest
from fbkit.hub import LiveRow
from fbkit.model import NS_MS, Instrument
from fbkit.quant.formulas import basis, funding
from fbkit.widgets import Kpi
from fbkit.widgets.format import NBSP, clock, decimals, money, percent, price, signed, usd, zscore
from fbkit.widgets.format import bp as as_bp
from fbkit.widgets.format import funding as as_funding

NAN = float("nan")
Context = tuple[tuple[str, str], ...]


class Seen(msgspec.Struct, frozen=True):
    """All that is known of one instrument now.

    ``bar`` is the newest closed bar (fields of ``BarRow``, NaN: missing), ``z`` its Z-scores by column and ``why`` the
    reason where one is missing; ``lacks`` the channels its venue does not have; ``covered`` the share of the window
    that was not inside a gap.
    """

    instrument: Instrument
    tf: str
    window: int
    kind: str = "classic"
    live: LiveRow | None = None
    bar: Mapping[str, Any] = {}
    z: Mapping[str, float] = {}
    why: Mapping[str, str] = {}
    newest: Newest = Newest()
    lacks: tuple[str, ...] = ()
    old: bool = False
    covered: float = NAN

    def of_bar(self, column: str) -> float:
        """A number of the newest closed bar."""
        value = self.bar.get(column)
        return NAN if value is None else float(value)

    def now(self, field: str, column: str) -> float:
        """A live value; of the newest closed bar where nothing is heard."""
        known = getattr(self.live, field) if self.live is not None else None
        return self.of_bar(column) if known is None else float(known)

    def told_z(self, column: str) -> str:
        """``Z +1.1``, or why there is none."""
        z = self.z.get(column, NAN)
        return f"Z{NBSP}{zscore(z)}" if isfinite(z) else f"Z {_WORDS.get(self.why.get(column, ''), 'awaited')}"

    def missing(self, channel: str) -> str:
        """Why there is no number of a channel."""
        return "no feed" if channel in self.lacks else "awaited"


_WORDS = {
    "warmup": "warming up",
    "gap": "has a gap",
    "zero_var": "has no spread",
    "stale": "is stale",
    "unsupported": "is not judged here",
}


def kpis(seen: Seen) -> list[Kpi]:
    """Seven of them; live where something is heard, else of the newest closed bar."""
    return [_last(seen), _mark(seen), _premium(seen), _funding(seen), _interest(seen), _taker(seen), _crowd(seen)]


def awaited(why: str = "awaited") -> list[Kpi]:
    """Their labels, before anything is known, and why nothing is."""
    labels = ("Last", "Mark, index", "Premium", "Funding", "Open interest", "Taker imbalance", "Long/short")
    return [Kpi(label, None, missing=why) for label in labels]


def _tone(value: float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _change(fraction: float, over: str) -> Context:
    if not isfinite(fraction):
        return ()
    return (f"{percent(fraction)}{NBSP}%", _tone(fraction)), (f"{NBSP}{over}  ", "")


def _last(seen: Seen) -> Kpi:
    tick = seen.instrument.tick
    told = f"{tick:.{decimals(tick)}f} tick" if tick else "tick not known"
    last, close = seen.now("last", "close"), seen.of_bar("close")
    heard = seen.live is not None and seen.live.last is not None
    bar = (
        _change(last / close - 1.0, f"this {seen.tf}")
        if heard and close
        else _change(expm1(seen.of_bar("ret")), seen.tf)
    )
    context = (*bar, *_change(seen.now("day_change", "day_change"), "24 h"))
    context += (("old", "warn"),) if seen.old else ()
    about = "Last trade, live; its change since the close of the newest bar, and over 24 h as the venue states it"
    if not isfinite(last):
        return Kpi(f"Last, {told}", None, about=about)
    return Kpi(f"Last, {told}", price(last, tick), seen.instrument.quote, context, about=about)


def _marked(seen: Seen) -> tuple[float, float]:
    """Mark and index of one instant: the newest event of both, else the newest bar."""
    if isfinite(seen.newest.index):
        return seen.newest.mark, seen.newest.index
    return seen.of_bar("mark"), seen.of_bar("index")


def _mark(seen: Seen) -> Kpi:
    mark, index = seen.now("mark", "mark"), _marked(seen)[1]
    tick = seen.instrument.tick
    about = "What the venue values positions at, and the index it follows"
    if not isfinite(mark):
        return Kpi("Mark, index", None, missing=seen.missing("mark"), about=about)
    told = f"index {price(index, tick)}" if isfinite(index) else "index awaited"
    return Kpi("Mark, index", price(mark, tick), "", ((told, ""),), about=about)


def _premium(seen: Seen) -> Kpi:
    label = "Premium" if seen.instrument.expiry is None else "Basis to index"
    value = float(basis.premium(*_marked(seen)))
    about = "Mark over index; its Z is of the newest closed bar"
    if not isfinite(value):
        return Kpi(label, None, missing=seen.missing("mark"), about=about)
    context = ((f"{seen.told_z('premium')}, {seen.window}{NBSP}×{NBSP}{seen.tf}", ""),)
    return Kpi(label, as_bp(value), "bp", context, about=about)


def _funding(seen: Seen) -> Kpi:
    rate, at = seen.now("funding_8h", "funding_8h"), seen.newest.ts_funding
    label = f"Funding, next {clock(at / NS_MS)[:5]}" if at else "Funding"
    about = "Predicted, scaled to 8 h; above zero, longs pay shorts"
    if isfinite(seen.newest.funding_hours):
        about += f". Settled every {seen.newest.funding_hours:g} h"
    if seen.instrument.expiry is not None:
        return Kpi(label, None, missing="none: a dated future", about="A dated future has no funding")
    if not isfinite(rate):
        return Kpi(label, None, missing=seen.missing("mark"), about=about)
    year = signed(float(funding.apr(rate, 8.0)) * 100, 2)
    return Kpi(label, as_funding(rate), "% 8 h", ((f"{year}{NBSP}% APR, predicted", ""),), about=about)


def _interest(seen: Seen) -> Kpi:
    about = "One side counted, at the mark price; coins, and their change over the newest closed bar"
    value = seen.now("oi_usd", "oi_usd")
    if not isfinite(value):
        return Kpi("Open interest", None, missing=seen.missing("open_interest"), about=about)
    coins = seen.newest.oi_base if isfinite(seen.newest.oi_base) else seen.of_bar("oi_base")
    number, letter = usd(value)
    told: Context = ((f"{_coins(coins)}{NBSP}{seen.instrument.base}  ", ""),) if isfinite(coins) else ()
    return Kpi(
        "Open interest",
        number,
        f"{letter} USD".strip(),
        (*told, *_change(expm1(seen.of_bar("oi_dlog")), seen.tf)),
        about=about,
    )


def _coins(coins: float) -> str:
    return signed(coins, 0 if coins >= 1000 else 2).lstrip("+") if coins < 1e7 else money(coins)


def _taker(seen: Seen) -> Kpi:
    label, about = f"Taker imbalance, {seen.tf}", "(buys − sells) / (buys + sells) of takers in the newest closed bar"
    value = seen.of_bar("taker_imb")
    if not isfinite(value):
        why = "bar without sides" if seen.bar.get("source") == "venue" else "awaited"
        return Kpi(label, None, missing=why, about=f"{about}; a kline of the venue may not tell who took")
    told = f"buy {money(seen.of_bar('buy_usd'))}, sell {money(seen.of_bar('sell_usd'))}"
    if not isfinite(seen.of_bar("buy_usd")):
        told = seen.told_z("taker_imb")
    return Kpi(label, signed(value, 2), "", ((told, ""),), about=about)


_RATIOS = (
    ("pos_top", "top positions", "ln_ls_pos_top"),
    ("acct_global", "accounts", "ln_ls_acct_global"),
    ("acct_top", "top accounts", "ln_ls_acct_top"),
)


def _crowd(seen: Seen) -> Kpi:
    known = [(words, column) for _, words, column in _RATIOS if isfinite(seen.of_bar(column))]
    about = "Long over short; accounts count heads, positions the size of the top fifth"
    if not known:
        lacks = all(f"ratio:{kind}" in seen.lacks for kind, _, _ in _RATIOS)
        return Kpi("Long/short", None, missing="no feed" if lacks else "awaited", about=about)
    words, column = known[0]
    ln = seen.of_bar(column)
    # Top accounts have no Z of their own.
    told = f", {seen.told_z(column)}" if column in seen.z else ""
    others = "".join(f"; {other} {exp(seen.of_bar(at)):.2f}" for other, at in known[1:])
    context = ((f"ln{NBSP}{signed(ln, 2)}{told}", ""),)
    return Kpi(f"Long/short, {words}", f"{exp(ln):.2f}", "", context, about=about + others)
