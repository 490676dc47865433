"""What the numbers of a report are expected to be, each with the reason for its bounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import msgspec
import numpy as np

from fbkit.model.timeframe import NS_DAY
from fbkit.reports import words
from fbkit.reports.facts import Facts, joined_length, live_ns, slots_expected

#: The share of a bar that must be covered for it to be ours (metrics reference 0).
MIN_COVERAGE = 0.8

_LEAST_DAYS = 1 / 24


class Kpi(msgspec.Struct, frozen=True):
    """A number, its bounds (inclusive; ``None`` is no bound), and why they are so.

    ``value`` is ``None`` when there is nothing to compute it from; ``why_not`` then says what is missing.
    ``then`` is what to do when the number is outside.
    """

    key: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    write: Callable[[float], str]
    reason: str
    then: str
    why_not: str = ""
    detail: str = ""

    @property
    def inside(self) -> bool | None:
        """Whether the number is where it should be; ``None`` when there is none."""
        if self.value is None:
            return None
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)

    @property
    def target(self) -> str:
        """The bounds in words.

        >>> Kpi("z", "z", 1.0, 0.5, 1.2, lambda v: words.plain(v, 1), "", "").target
        '0.5 to 1.2'
        """
        low, high = (None if bound is None else self.write(bound) for bound in (self.low, self.high))
        if low and high:
            return low if low == high else f"{low} to {high}"
        return f"at least {low}" if low else f"at most {high}" if high else "none"


@lru_cache(maxsize=1)  # asked by several sections of one report
def kpis(facts: Facts) -> list[Kpi]:
    """Every number that has a target, in the order of the report."""
    return [*_rows(facts), *_quant(facts), *_intake(facts)]


def rows_stored(facts: Facts) -> int:
    """Events and rows of every table together."""
    return sum(facts.counts.values())


def _fine(share: float) -> str:
    """A small share: three decimals, so that a few in a million are not nothing."""
    return words.percent(share, 3)


def _rows(facts: Facts) -> list[Kpi]:
    expected, bars = slots_expected(facts), len(facts.bars)
    own = float((facts.bars["coverage"] >= MIN_COVERAGE).mean()) if bars else None
    no_bars = f"no {facts.asked.tf} bar has closed in the window"
    return [
        Kpi(
            "bars_complete", f"bars of {facts.asked.tf} present", bars / expected if expected else None, 0.99, None,
            words.percent, "every slot without a bar leaves a hole in each Z-score that looks back over it",
            "backfill what is missing: `fbkit collect` fetches it at its start", no_bars,
            f"{words.count(bars)} of {words.count(expected)}",
        ),
        Kpi(
            "bars_covered", "of them covered", own, 0.95, None, words.percent,
            "a number that looks back over bars with holes stands on less than it seems",
            "look for gaps in the section above and at what caused them", no_bars,
            f"coverage of at least {words.percent(MIN_COVERAGE, 0)}",
        ),
        Kpi(
            "uptime", f"stream uptime, {facts.asked.hours} h", facts.uptime, 0.995, None, words.percent,
            "half a per cent of a day is 7 minutes: longer than a restart takes",
            "read the collector's log around the gaps and find what ended it", "no heartbeat was ever stored",
            f"covered by heartbeats{words.of_window(facts.known_ns, facts.window_ns) or ', of the window'}",
        ),
    ]  # fmt: skip


def _quant(facts: Facts) -> list[Kpi]:
    finite = facts.z[np.isfinite(facts.z)]
    weights = sum(row.n_z for row in facts.summary)
    mean = sum(row.mean_abs_z * row.n_z for row in facts.summary if row.n_z and math.isfinite(row.mean_abs_z))
    days = live_ns(facts) / NS_DAY
    per_day = len(facts.alerts) / len(facts.names) / days if facts.names and days > _LEAST_DAYS else None
    none = "no metrics row yet: the first is written when a bar closes live"
    return [
        Kpi(
            "mean_abs_z", "mean |Z|, newest bar", mean / weights if weights else None, 0.5, 1.3,
            lambda value: words.plain(value, 2),
            "0.80 for a normal variable; far below, inputs are frozen, far above, baselines do not fit",
            "compare the loudest columns in the market section with their inputs", none,
            f"over {words.count(weights)} Z-scores",
        ),
        Kpi(
            "tail_share", "share of |Z| ≥ 3", float((np.abs(finite) >= 3).mean()) if len(finite) else None, None, 0.03,
            words.percent, "a normal variable gives 0.27 %; a market has heavier tails, but not ten times over",
            "see which columns are loud, and whether one venue or all are", none,
            f"of {words.count(len(finite))} Z-scores in the window",
        ),
        Kpi(
            "alerts", "alerts an instrument a day", per_day, None, 3.0, lambda value: words.plain(value, 2),
            "more than three is more than a desk reads", "raise the threshold, or look at what is shaking the market",
            "a collector was up for less than an hour of the window", words.many(len(facts.alerts), "alert"),
        ),
    ]  # fmt: skip


def _intake(facts: Facts) -> list[Kpi]:
    total: Counter[str] = Counter()
    for row in facts.accounts:
        for field in ("received", "stored", "late", "quarantined", "dropped"):
            total[field] += getattr(row, field)
    heard, stored = total["received"], total["stored"]
    lost = joined_length([hole for hole in facts.holes if not hole.filled])
    none = "no item was counted yet"
    return [
        Kpi(
            "dropped", "items dropped", float(total["dropped"]) if heard else None, None, 0.0, words.count,
            "what is dropped is lost for good", "find out why the writer fell behind: disk, lock or processor", none,
            f"of {words.count(heard)} received",
        ),
        Kpi(
            "quarantined", "quarantined", total["quarantined"] / heard if heard else None, None, 0.01, _fine,
            "above one per cent the venue's format has changed, or its clock",
            "read the samples: they are kept in the table `quarantine`", none, words.many(total["quarantined"], "item"),
        ),
        Kpi(
            "late", "late", total["late"] / stored if stored else None, None, 0.001, _fine,
            "a late event is stored but changes no closed bar", "raise `lateness_ms` if the venue is slow every day",
            none, words.many(total["late"], "event"),
        ),
        Kpi(
            "unfilled", "time without data", lost / facts.window_ns if facts.until and facts.window_ns else None,
            None, 0.005, words.percent, "the counterpart of uptime: gaps that no backfill has filled",
            "let a collector run: it backfills what the venue still has", "nothing was heard yet",
            words.duration(lost),
        ),
    ]  # fmt: skip
