"""Whether price went where takers pushed, and what lay in the book, in words."""

from __future__ import annotations

from math import isfinite

from fbkit.dashboard.instrument.wording import NAN, Numbers, Paragraph, piece, tone, with_z
from fbkit.widgets.format import NBSP, money, signed

#: Below this share of volume, takers of both sides count as even.
_EVEN = 0.02


def flow_claim(ret: float, delta: float, vol_usd: float) -> str:
    """Whether price went where takers pushed.

    >>> flow_claim(-0.0021, -7e6, 99.6e6), flow_claim(0.003, -7e6, 99.6e6)
    ('Takers sold the fall.', 'Selling was absorbed.')
    """
    if not isfinite(delta) or not isfinite(vol_usd):
        return "Who took is not known."
    if not vol_usd:
        return "Nobody traded."
    if abs(delta) / vol_usd < _EVEN:
        return "Takers of both sides were even."
    if not isfinite(ret) or not ret:
        return "Takers bought, price stood still." if delta > 0 else "Takers sold, price stood still."
    if (delta > 0) is (ret > 0):
        return "Takers bought the rise." if delta > 0 else "Takers sold the fall."
    return "Buying was absorbed." if delta > 0 else "Selling was absorbed."


def flow(bar: Numbers, z: Numbers) -> Paragraph:
    """Takers against volume, and what lay in the book at the close."""
    delta, volume = bar.get("delta", NAN), bar.get("vol_usd", NAN)
    told: Paragraph = [(flow_claim(bar.get("ret", NAN), delta, volume), "claim")]
    if isfinite(delta) and isfinite(volume) and volume:
        did, less = ("bought", "sold") if delta >= 0 else ("sold", "bought")
        share = f"{100 * abs(delta) / volume:.0f}{NBSP}% of volume"
        told += [piece(f" They {did} "), (money(abs(delta)), tone(delta)), piece(f" more than they {less}, {share}")]
        told += [with_z(z.get("taker_imb", NAN)), piece(".")]
    if isfinite(volume):
        told += [piece(" Volume was "), (money(volume), "number"), with_z(z.get("ln_vol", NAN)), piece(".")]
    return told + _book(bar.get("obi_5", NAN), z.get("obi_5", NAN))


def _book(obi: float, z: float) -> Paragraph:
    if not isfinite(obi):
        return []
    heavier, lighter = ("bids", "asks") if obi >= 0 else ("asks", "bids")
    told = f" At its close {heavier} outweighed {lighter} over five levels, "
    return [piece(told), (signed(obi, 2) or "0.00", "number"), with_z(z), piece(".")]
