"""What the numbers of one instrument say, in sentences: pure functions, a claim each, then its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, expm1, isfinite
from typing import NamedTuple

from fbkit.widgets.format import NBSP, bp, funding, money, percent, signed, zscore
from fbkit.widgets.words import Piece

Paragraph = list[Piece]
Numbers = Mapping[str, float]

NAN = float("nan")

#: Below this share of volume, takers of both sides count as even.
_EVEN = 0.02

#: From these shares of volume on, liquidations are called a part of a move, and the move forced.
_PARTLY, _FORCED = 0.02, 0.1

#: Values a rank needs: of fewer, "usual" means nothing.
_RANKED = 24


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


def _text(text: str) -> Piece:
    return text, ""


def _with_z(z: float) -> Piece:
    return _text(f" (Z{NBSP}{zscore(z)})" if isfinite(z) else "")


def _moved(fraction: float) -> Piece:
    """How far, without the sign that the verb has said already."""
    return f"{percent(abs(fraction)).lstrip('+')}{NBSP}%", _tone(fraction)


def _tone(x: float) -> str:
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
        told += [_text(f" Price {verb} "), _moved(expm1(ret)), _with_z(z.get("ret", NAN))]
    if not isfinite(change):
        return [*told, _text(". Open interest of this bar is missing." if isfinite(ret) else " Nor is open interest.")]
    verb = "rose" if change > 0 else "fell" if change < 0 else "stayed, by"
    size = (f"{percent(abs(expm1(change))).lstrip('+')}{NBSP}%", "number")
    link = " while open interest " if isfinite(ret) else " Open interest "
    told += [_text(f"{link}{verb} "), size, _with_z(z.get("oi_dlog", NAN))]
    if isfinite(bar.get("oi_usd", NAN)):
        told += [_text(" to "), (f"{money(bar['oi_usd'])}{NBSP}USD", "number")]
    return [*told, _text(".")]


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
        told += [_text(f" They {did} "), (money(abs(delta)), _tone(delta)), _text(f" more than they {less}, {share}")]
        told += [_with_z(z.get("taker_imb", NAN)), _text(".")]
    if isfinite(volume):
        told += [_text(" Volume was "), (money(volume), "number"), _with_z(z.get("ln_vol", NAN)), _text(".")]
    return told + _book(bar.get("obi_5", NAN), z.get("obi_5", NAN))


def _book(obi: float, z: float) -> Paragraph:
    if not isfinite(obi):
        return []
    heavier, lighter = ("bids", "asks") if obi >= 0 else ("asks", "bids")
    told = f" At its close {heavier} outweighed {lighter} over five levels, "
    return [_text(told), (signed(obi, 2) or "0.00", "number"), _with_z(z), _text(".")]


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
    told += [_text(" Predicted funding of "), (f"{funding(one.rate)}{NBSP}% per 8{NBSP}h", "number"), _with_z(z)]
    told += [_text(f" is {year}{NBSP}% a year")]
    if one.n >= _RANKED and isfinite(one.rank):
        told += [_text(f", above {100 * one.rank:.0f}{NBSP}% of its values of {one.over}")]
    told += [_text(".")]
    if one.highest and one.lowest and isfinite(one.apart):
        apart = f"{bp(one.apart).lstrip('+')}{NBSP}bp"
        told += [_text(f" {one.highest} is highest, {one.lowest} lowest: "), (apart, "number"), _text(" apart.")]
    return told


# --- forced moves -----------------------------------------------------------------------------------------------------


def forced_claim(one: Forced) -> str:
    """Whether liquidations went with a move, and how much of it they were.

    A long that dies is sold: it belongs to a fall. >= 10 % of volume is called forced, >= 2 % partly.

    >>> forced_claim(Forced("07:45", 23e6, 0.0, 180e6, -0.011, -0.0063, 5, False, "binance"))
    'The 07:45 fall was forced.'
    """
    total = one.long_usd + one.short_usd
    share = total / one.vol_usd if one.vol_usd > 0 else 0.0
    if share < _PARTLY:
        return "Few were forced."
    with_move = one.ret < 0 if one.long_usd >= one.short_usd else one.ret > 0
    if not with_move:
        died = "Longs" if one.long_usd >= one.short_usd else "Shorts"
        return f"{died} were forced out at {one.at} against the move."
    move = "fall" if one.ret < 0 else "rise"
    return f"The {one.at} {move} was {'forced' if share >= _FORCED else 'partly forced'}."


def forced(one: Forced) -> Paragraph:
    """The largest burst of liquidations of the last day."""
    died = [(one.long_usd, "longs", "down"), (one.short_usd, "shorts", "up")]
    named: Paragraph = []
    for usd, side, tone in sorted((part for part in died if part[0] > 0), reverse=True):
        named += [_text(" and " if named else " "), (money(usd), tone), _text(f" of {side}")]
    bars = f"{one.bars} bars" if one.bars > 1 else "one bar"
    share = (one.long_usd + one.short_usd) / one.vol_usd if one.vol_usd > 0 else NAN
    told = f" were liquidated in {bars} around {one.at}"
    told += f", {_share(share)} of volume" if isfinite(share) else ""
    told += "" if one.complete else f", at least: {one.venue} does not tell of all"
    paragraph: Paragraph = [(forced_claim(one), "claim"), *named, _text(told + ".")]
    if isfinite(one.after):
        moved = (f"{percent(one.after)}{NBSP}%", _tone(one.after))
        paragraph += [_text(" In the hour after, price moved "), moved, _text(".")]
    return paragraph


def _share(share: float) -> str:
    return f"{100 * share:.0f}{NBSP}%" if share >= 0.01 else f"under 1{NBSP}%"


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
    told: Paragraph = [(crowd_claim(heads, top), "claim"), _text(" There are ")]
    told += [(f"{exp(heads):.2f}", "number"), _text(" accounts long for one short"), _with_z(_of(z, "acct_global"))]
    if isfinite(top):
        told += [_text("; the top fifth holds "), (f"{exp(top):.2f}", "number"), _text(" long for one short")]
        told += [_with_z(_of(z, "pos_top"))]
    return [*told, _text(".")]


def _of(z: Numbers, ratio: str) -> float:
    return z.get(f"ln_ls_{ratio}", NAN)


def unknown(sentences: Sequence[str]) -> Paragraph:
    """What is not known, in one quiet paragraph.

    >>> unknown(["It has no feed of liquidations."])
    [('It has no feed of liquidations.', 'quiet')]
    """
    return [(" ".join(sentences), "quiet")] if sentences else []
