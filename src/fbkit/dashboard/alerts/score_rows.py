"""The scorecard as lines and in words, which claim no more than the intervals allow."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fbkit.widgets import ScoreLine
from fbkit.widgets.format import NBSP, count, percent

if TYPE_CHECKING:
    from fbkit.widgets.words import Piece

#: As :data:`fbkit.scorecard.TOO_FEW`, which a test compares: that module brings pandas along.
TOO_FEW = 20

_BETTER, _WORSE = "better than random times", "worse than random times"


def score_lines(rows: Iterable[Mapping[str, Any]], rule: str, tiers: Collection[int]) -> list[ScoreLine]:
    """A line a rule and tier of those that are chosen, in the order of tiers."""
    chosen = [row for row in rows if rule in {"", row["rule"]} and row["tier"] in tiers]
    return [_line(row) for row in sorted(chosen, key=lambda row: (row["tier"], row["rule"]))]


def enough(row: Mapping[str, Any]) -> bool:
    """Whether a row may say anything: alerts enough, and a time long enough."""
    return bool(row["n"] - row["n_flat"] >= TOO_FEW and row["stretches"] >= TOO_FEW)


def record_told(rows: Iterable[Mapping[str, Any]], rule: str, tier: int) -> str:
    """The record of one rule in a sentence."""
    found = next((row for row in rows if (row["rule"], row["tier"]) == (rule, tier)), None)
    if found is None:
        return "not scored yet"
    return (
        f"after {found['horizon']}: {_hits(found)} went its way of {count(found['n_alerts'])} alerts; {found['says']}"
    )


def in_words(rows: Sequence[Mapping[str, Any]], coverage: float, span: str) -> list[list[Piece]]:
    """What the card says at all, and what it rests on.

    >>> in_words([], float("nan"), "24 h")[0][0]
    ('No alert in 24 h', 'claim')
    """
    if not rows:
        return [[(f"No alert in {span}", "claim"), (": there is nothing to score.", "")]]
    judged = [row for row in rows if enough(row)]
    better = [row for row in judged if str(row["says"]).startswith(_BETTER)]
    worse = [row for row in judged if str(row["says"]).startswith(_WORSE)]
    return [_claim(judged, better, worse), _rests(rows, coverage)]


def _claim(
    judged: Sequence[Mapping[str, Any]], better: Sequence[Mapping[str, Any]], worse: Sequence[Mapping[str, Any]]
) -> list[Piece]:
    if not judged:
        return [("Too few alerts, or too short a time, to say anything of any rule.", "claim")]
    rest: list[Piece] = [(f" Judged were {len(judged)}; of 20 that bring nothing, one seems to bring more.", "")]
    if better:
        return [(f"Better than chance at 95 %: {_named(better)}.", "claim"), *rest]
    told: list[Piece] = [("No rule here is better than chance at 95 %.", "claim")]
    if worse:
        told.append((f" Worse than chance: {_named(worse)}.", ""))
    return [*told, *rest]


def _rests(rows: Sequence[Mapping[str, Any]], coverage: float) -> list[Piece]:
    alerts, still = sum(row["n_alerts"] for row in rows), sum(row["n_open"] for row in rows)
    lacks = sum(row["n_gap"] + row["n_no_bars"] + row["n_no_direction"] for row in rows)
    told = f"{count(alerts)} alerts; {count(still)} still open, {count(lacks)} without an outcome."
    bars = "No bar after an alert is there yet." if math.isnan(coverage) else f"Bars cover {100 * coverage:.1f}{NBSP}%."
    how = "Entry: the first minute after the alert. Hit rates by Wilson; the verdict minds that alerts overlap."
    return [(f"{told} {bars} {how}", "quiet")]


def _named(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{row['rule']} (tier {row['tier']})" for row in rows)


def _line(row: Mapping[str, Any]) -> ScoreLine:
    says = str(row["says"])
    counts = enough(row)
    tone = "better" if says.startswith(_BETTER) else "worse" if says.startswith(_WORSE) else ""
    line = ScoreLine(
        int(row["tier"]), str(row["rule"]), int(row["n"]), _hits(row), says, tone if counts else "", counts
    )
    if not counts:
        return line
    return ScoreLine(
        line.tier, line.rule, line.n, line.hits, line.says, line.tone, counts=True,
        rate=_known(row["hit_rate"]), low=_known(row["hit_low"]), high=_known(row["hit_high"]),
        base=_known(row["base_hit_rate"]), ret=_known(row["ret_mean_frac"]), base_ret=_known(row["base_ret_frac"]),
        excess=_known(row["excess_ret_frac"]), excess_low=_known(row["excess_ret_low_frac"]),
        excess_high=_known(row["excess_ret_high_frac"]),
    )  # fmt: skip  # a line's fields


def _hits(row: Mapping[str, Any]) -> str:
    """A share where there are enough of them, else a count: three of three is no 100 %."""
    decided = row["n"] - row["n_flat"]
    if not decided:
        return "none yet"
    if decided < TOO_FEW:
        return f"{row['hits']} of {decided}"
    return f"{percent(row['hits'] / decided, 0).removeprefix('+')}{NBSP}%"


def _known(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
