"""What happened to positions while price moved, in words."""

from __future__ import annotations

from math import expm1, isfinite

from fbkit.dashboard.instrument.wording import NAN, Numbers, Paragraph, moved_by, piece, with_z
from fbkit.widgets.format import NBSP, money, percent


def size_word(z: float) -> str:
    """How large a move was, against those before it.

    >>> [size_word(z) for z in (0.4, -1.3, 2.2, -3.5, float("nan"))]
    ['small ', '', 'large ', 'very large ', '']
    """
    size = abs(z)
    return "small " if size < 1 else "very large " if size >= 3 else "large " if size >= 2 else ""


def positions_claim(ret: float, oi_dlog: float, z_ret: float = NAN) -> str:
    """What happened to positions while price moved. Every contract has both sides: "added" names none of them.

    >>> positions_claim(-0.0021, 0.0049, -1.3)
    'Positions were added into a fall.'
    """
    if not isfinite(ret):
        return "How price moved is not known."
    way = f"{size_word(z_ret)}{'rise' if ret > 0 else 'fall'}" if ret else ""
    if not isfinite(oi_dlog):
        return f"Price had a {way}." if ret else "Price stood still."
    if not oi_dlog:
        return f"Price had a {way} on unchanged positions." if ret else "Nothing moved."
    done = "added" if oi_dlog > 0 else "closed"
    return f"Positions were {done} into a {way}." if ret else f"Positions were {done} while price stood still."


def positions(bar: Numbers, z: Numbers) -> Paragraph:
    """Price against open interest, of the newest closed bar; logs in, percent out."""
    ret, change = bar.get("ret", NAN), bar.get("oi_dlog", NAN)
    told: Paragraph = [(positions_claim(ret, change, z.get("ret", NAN)), "claim")]
    if isfinite(ret):
        verb = "gained" if ret > 0 else "lost" if ret < 0 else "moved"
        told += [piece(f" Price {verb} "), moved_by(expm1(ret)), with_z(z.get("ret", NAN))]
    if not isfinite(change):
        return [*told, piece(". Open interest of this bar is missing." if isfinite(ret) else " Nor is open interest.")]
    verb = "rose" if change > 0 else "fell" if change < 0 else "stayed, by"
    size = (f"{percent(abs(expm1(change))).lstrip('+')}{NBSP}%", "number")
    link = " while open interest " if isfinite(ret) else " Open interest "
    told += [piece(f"{link}{verb} "), size, with_z(z.get("oi_dlog", NAN))]
    if isfinite(bar.get("oi_usd", NAN)):
        told += [piece(" to "), (f"{money(bar['oi_usd'])}{NBSP}USD", "number")]
    return [*told, piece(".")]
