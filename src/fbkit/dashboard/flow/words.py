"""Who pushed, whether price went along, who was forced out, what is not known: pure functions, a claim each.

The rules are told in the reference page ``docs/reference/flow.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from fbkit.dashboard.instrument.wording import Paragraph, unknown
from fbkit.widgets.format import NBSP, money, percent
from fbkit.widgets.words import Piece

NAN = float("nan")

#: Below this share of volume, takers of both sides count as even.
EVEN = 0.02

#: Price stands still below this share of what a random walk of such bars does.
STILL = 0.5

#: From this share of volume on, liquidations are called a part of it.
PARTLY = 0.02


class Push(NamedTuple):
    """A stretch of flow: how long (text), USD of takers' buys minus sells, USD of which sides are known, price.

    ``ret`` is price's change, a fraction, ``walk`` what a random walk of its bars would do (one standard deviation, a
    fraction); ``whose`` says whose price it is where several contracts are summed.
    """

    over: str
    delta: float
    sided_usd: float
    ret: float
    walk: float
    whose: str = ""


class Forced(NamedTuple):
    """Liquidations of a stretch: USD of longs and shorts, of so much volume; when the most died (HH:MM).

    ``complete``: every venue behind it tells all; ``told`` is how much of the stretch they were listened to, [0, 1].
    """

    long_usd: float
    short_usd: float
    vol_usd: float
    at: str
    complete: bool
    told: float


def went(push: Push) -> str:
    """What price did: ``rose``, ``fell``, ``stood still`` or ``""`` where it is not known.

    >>> went(Push("4 h", -7e6, 99e6, 0.004, 0.003)), went(Push("4 h", -7e6, 99e6, 0.001, 0.003))
    ('rose', 'stood still')
    """
    if not isfinite(push.ret):
        return ""
    if not push.ret or (isfinite(push.walk) and abs(push.ret) < STILL * push.walk):
        return "stood still"
    return "rose" if push.ret > 0 else "fell"


def verdict(push: Push) -> str:
    """What became of the push: ``absorbed``, ``price went along``, or ``""`` where neither can be said.

    >>> verdict(Push("4 h", -7e6, 99e6, 0.004, 0.003)), verdict(Push("4 h", -7e6, 99e6, -0.004, 0.003))
    ('absorbed', 'price went along')
    """
    move = went(push)
    if not move or not isfinite(push.delta) or is_even(push):
        return ""
    return "price went along" if move == ("rose" if push.delta > 0 else "fell") else "absorbed"


def is_even(push: Push) -> bool:
    """Whether takers of both sides were about the same."""
    return abs(push.delta) < EVEN * push.sided_usd


def claim(push: Push) -> str:
    """The one sentence.

    >>> claim(Push("4 h", -7e6, 99e6, 0.0042, 0.003)).replace(NBSP, " ")
    'Takers sold 7.00 M more than they bought in 4 h while price rose 0.42 %: absorbed.'
    """
    if not isfinite(push.delta):
        return f"Who pushed in {push.over} is not known."
    if not push.sided_usd:
        return f"Nobody traded in {push.over}."
    if is_even(push):
        return f"Takers bought about as much as they sold in {push.over}{_while(push)}."
    did, less = ("bought", "sold") if push.delta > 0 else ("sold", "bought")
    said = f": {verdict(push)}" if verdict(push) else ""
    return f"Takers {did} {money(abs(push.delta))} more than they {less} in {push.over}{_while(push)}{said}."


def _while(push: Push) -> str:
    move = went(push)
    far = "" if move in {"", "stood still"} else f" {percent(abs(push.ret)).lstrip('+')}{NBSP}%"
    return f" while price {move}{far}" if move else ""


def pushed(push: Push) -> Paragraph:
    """The claim, its share of volume, whose price it is."""
    told: Paragraph = [(claim(push), "claim")]
    if isfinite(push.delta) and push.sided_usd:
        share = f"{100 * abs(push.delta) / push.sided_usd:.1f}{NBSP}%"
        told += [_text(" That is "), (share, "number"), _text(" of the volume whose sides are known.")]
    if push.whose:
        told += [_text(f" Price is that of {push.whose}.")]
    return told


def forced_claim(one: Forced) -> str:
    """Who died, and whether it mattered.

    >>> forced_claim(Forced(4e6, 14e6, 100e6, "07:45", False, 1.0))
    'Mostly shorts were forced out.'
    """
    total = one.long_usd + one.short_usd
    if not total > 0:
        return "Nobody was seen forced out."
    if one.vol_usd > 0 and total / one.vol_usd < PARTLY:
        return "Few were forced out."
    if max(one.long_usd, one.short_usd) < 0.6 * total:
        return "Both sides were forced out."
    return f"Mostly {'longs' if one.long_usd > one.short_usd else 'shorts'} were forced out."


def forced(one: Forced | None) -> Paragraph:
    """Liquidations of the stretch; empty where none was told."""
    if one is None:
        return []
    told: Paragraph = [(forced_claim(one), "claim")]
    total = one.long_usd + one.short_usd
    if not total > 0:
        return told
    least = "" if one.complete else "at least "
    told += [_text(f" Liquidated were {least}"), (money(one.long_usd), "down"), _text(" of longs and ")]
    told += [(money(one.short_usd), "up"), _text(" of shorts")]
    if one.vol_usd > 0:
        share = total / one.vol_usd
        told += [_text(f", {100 * share:.1f}{NBSP}% of volume" if share >= 0.001 else f", under 0.1{NBSP}% of volume")]
    return [*told, _text(f"; most around {one.at}.")]


def last_words(sentences: Sequence[str]) -> Paragraph:
    """What is not known; never empty: that nothing is missing is worth a sentence too.

    >>> last_words([])[0][0]
    'Nothing of this stretch is known to be missing; who stood behind a trade never is known.'
    """
    nothing = "Nothing of this stretch is known to be missing; who stood behind a trade never is known."
    return unknown(sentences or [nothing])


def _text(text: str) -> Piece:
    return text, ""
