"""What the numbers of one instrument say, in sentences: pure functions, a claim each, then its numbers.

Liquidations: :mod:`fbkit.dashboard.instrument.burst`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, expm1, isfinite
from typing import NamedTuple

from fbkit.dashboard.instrument.newest import Condition
from fbkit.widgets.format import NBSP, bp, funding, money, percent, signed, zscore
from fbkit.widgets.words import Piece

Paragraph = list[Piece]
Numbers = Mapping[str, float]

NAN = float("nan")

#: Below this share of volume, takers of both sides count as even.
_EVEN = 0.02

#: Values a rank needs: of fewer, "usual" means nothing.
_RANKED = 24


class Carry(NamedTuple):
    """Predicted funding (fraction per 8 h), its rank among ``n`` earlier values (share below), over how long (text).

    ``highest`` and ``lowest`` are venues that pay most and least, ``apart`` the difference (fraction per 8 h).
    """

    rate: float
    rank: float = NAN
    n: int = 0
    over: str = ""
    highest: str = ""
    lowest: str = ""
    apart: float = NAN


def piece(words: str) -> Piece:
    """Plain words."""
    return words, ""


def with_z(z: float) -> Piece:
    """`` (Z +1.1)``, or nothing."""
    return piece(f" (Z{NBSP}{zscore(z)})" if isfinite(z) else "")


def moved_by(fraction: float) -> Piece:
    """How far, without the sign that the verb has said already."""
    return f"{percent(abs(fraction)).lstrip('+')}{NBSP}%", tone(fraction)


def tone(x: float) -> str:
    """The tone of a number that has a direction."""
    return "up" if x > 0 else "down" if x < 0 else "number"


def size_word(z: float) -> str:
    """How large a move was, against those before it.

    >>> [size_word(z) for z in (0.4, -1.3, 2.2, -3.5, float("nan"))]
    ['small ', '', 'large ', 'very large ', '']
    """
    size = abs(z)
    return "small " if size < 1 else "very large " if size >= 3 else "large " if size >= 2 else ""


# --- price and open interest ------------------------------------------------------------------------------------------


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


# --- flow -------------------------------------------------------------------------------------------------------------


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


# --- carry ------------------------------------------------------------------------------------------------------------


def carry_claim(rate: float, rank: float = NAN, n: int = 0) -> str:
    """Who pays, and whether that is more than usual for the side that pays; ``rank`` is the share of values below.

    >>> carry_claim(0.000138, 0.9, 100), carry_claim(-0.0002, 0.03, 100), carry_claim(0.0001)
    ('Longs pay shorts, more than usual.', 'Shorts pay longs, more than usual.', 'Longs pay shorts.')
    """
    if not isfinite(rate):
        return "There is no funding here."
    if not rate:
        return "Nobody pays."
    who = "Longs pay shorts" if rate > 0 else "Shorts pay longs"
    if n < _RANKED or not isfinite(rank):
        return f"{who}."
    beyond = rank if rate > 0 else 1.0 - rank
    return f"{who}, {'more than' if beyond >= 0.8 else 'less than' if beyond <= 0.2 else 'as'} usual."


def carry(one: Carry, z: float = NAN) -> Paragraph:
    """Predicted funding, what it is a year, its rank, and who pays more or less for the same coin elsewhere."""
    told: Paragraph = [(carry_claim(one.rate, one.rank, one.n), "claim")]
    if not isfinite(one.rate):
        return told
    year = signed(one.rate * 3 * 365 * 100, 2)
    told += [piece(" Predicted funding of "), (f"{funding(one.rate)}{NBSP}% per 8{NBSP}h", "number"), with_z(z)]
    told += [piece(f" is {year}{NBSP}% a year")]
    if one.n >= _RANKED and isfinite(one.rank):
        told += [piece(f", above {100 * one.rank:.0f}{NBSP}% of its values of {one.over}")]
    told += [piece(".")]
    if one.highest and one.lowest and isfinite(one.apart):
        apart = f"{bp(one.apart).lstrip('+')}{NBSP}bp"
        told += [piece(f" {one.highest} is highest, {one.lowest} lowest: "), (apart, "number"), piece(" apart.")]
    return told


# --- crowd, and what is not known -------------------------------------------------------------------------------------


def crowd_claim(ln_accounts: float, ln_positions: float) -> str:
    """Where accounts lean, and whether the large ones lean with them.

    >>> crowd_claim(0.6, -0.2), crowd_claim(-0.4, float("nan"))
    ('Most accounts are long, large positions are not.', 'Most accounts are short.')
    """
    side = "long" if ln_accounts > 0 else "short"
    if not isfinite(ln_positions) or not ln_positions:
        return f"Most accounts are {side}." if ln_accounts else "Accounts are even."
    if (ln_accounts > 0) is (ln_positions > 0):
        return f"Accounts and large positions are {side}."
    return f"Most accounts are {side}, large positions are not."


def crowd(bar: Numbers, z: Numbers) -> Paragraph:
    """Long/short ratios: heads, and the positions of the largest; empty where the venue tells none."""
    heads, top = bar.get("ln_ls_acct_global", NAN), bar.get("ln_ls_pos_top", NAN)
    if not isfinite(heads):
        return []
    told: Paragraph = [(crowd_claim(heads, top), "claim"), piece(" There are ")]
    told += [(f"{exp(heads):.2f}", "number"), piece(" accounts long for one short"), with_z(_of(z, "acct_global"))]
    if isfinite(top):
        told += [piece("; the top fifth holds "), (f"{exp(top):.2f}", "number"), piece(" long for one short")]
        told += [with_z(_of(z, "pos_top"))]
    return [*told, piece(".")]


def _of(z: Numbers, ratio: str) -> float:
    return z.get(f"ln_ls_{ratio}", NAN)


def leaning_claim(bias: str, n: int) -> str:
    """Which side the conditions of the confluence favour; ``bias`` is the summary's, ``n`` how many are met.

    >>> leaning_claim("long", 2), leaning_claim("none", 0), leaning_claim("", 1)
    ('Conditions lean long.', 'Conditions lean to no side.', 'Conditions have no score.')
    """
    if bias in {"long", "short"}:
        return f"Conditions lean {bias}."
    return "Conditions lean to no side." if bias else "Conditions have no score." if n else ""


def leaning(bias: str, conditions: Sequence[Condition]) -> Paragraph:
    """The conditions that are met, each with its value and what it needed; empty where there is nothing to say."""
    claim = leaning_claim(bias, len(conditions))
    if not claim:
        return []
    told: Paragraph = [(claim, "claim")]
    for i, one in enumerate(conditions):
        told += [piece("; " if i else " Met: "), piece(f"{_NAMES.get(one.column, one.column)} ")]
        told += [(signed(one.value, 2), "number"), piece(f" ({one.side} needs {signed(one.needed, 2)})")]
    return [*told, piece("." if conditions else " None is met.")]


_NAMES = {"z_oi_dlog_60": "Z of open interest", "ln_ls_acct_global": "ln of long/short accounts", "obi_5": "the book"}


def unknown(sentences: Sequence[str]) -> Paragraph:
    """What is not known, in one quiet paragraph.

    >>> unknown(["It has no feed of liquidations."])
    [('It has no feed of liquidations.', 'quiet')]
    """
    return [(" ".join(sentences), "quiet")] if sentences else []
