"""The printed table: a line a contestant, medians and minima, ratios against the floor, goals beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A contestant's rounds, CPU µs a message; ``msgs_s`` is the median of messages a second of wall time."""

    name: str
    median_us: float
    min_us: float
    sys_us: float
    msgs_s: float


class Goal(NamedTuple):
    """What fbkit's CPU time against another contestant's must be, and what it aims at."""

    against: str
    must: float
    aim: float


HEAD = ("contestant", "CPU µs/msg (median)", "min", "of it sys", "msgs/s wall", "ratio of medians", "ratio of minima")


def line_of(name: str, rounds: Sequence[Mapping[str, float]]) -> Line:
    """The line of a contestant's answers.

    >>> line_of("x", [{"cpu_us": 2.0, "sys_us": 0.1, "mps": 4.0}, {"cpu_us": 4.0, "sys_us": 0.1, "mps": 2.0}])
    Line(name='x', median_us=3.0, min_us=2.0, sys_us=0.1, msgs_s=3.0)
    """
    cpu = [one["cpu_us"] for one in rounds]
    return Line(
        name, median(cpu), min(cpu), median(one["sys_us"] for one in rounds), median(one["mps"] for one in rounds)
    )


def table(lines: Sequence[Line], floor: str) -> str:
    """The table in Markdown; ratios are against the line named ``floor``.

    >>> lines = [Line("floor", 2.0, 2.0, 0.1, 500_000.0), Line("it", 5.0, 4.0, 0.2, 9.0)]
    >>> print(table(lines, "floor").splitlines()[-1])
    | it | 5.00 | 4.00 | 0.20 | 9 | 2.50 | 2.00 |
    """
    base = next((line for line in lines if line.name == floor), None)
    rows = [HEAD, ("---",) * len(HEAD), *(_cells(line, base) for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cells(line: Line, base: Line | None) -> tuple[str, ...]:
    ratios = (
        ("–", "–") if base is None else (f"{line.median_us / base.median_us:.2f}", f"{line.min_us / base.min_us:.2f}")
    )
    return (
        line.name, f"{line.median_us:.2f}", f"{line.min_us:.2f}", f"{line.sys_us:.2f}", f"{line.msgs_s:,.0f}", *ratios,
    )  # fmt: skip


def verdicts(lines: Sequence[Line], ours: str, goals: Sequence[Goal]) -> list[str]:
    """A sentence for each goal whose contestant ran, by the ratio of minima: other load only adds.

    >>> verdicts([Line("floor", 2.0, 2.0, 0, 1), Line("fbkit", 5.0, 3.5, 0, 1)], "fbkit", [Goal("floor", 2.0, 1.6)])
    ['fbkit against floor: 1.75 (must ≤ 2.00: met; aim ≤ 1.60: missed)']
    """
    by_name = {line.name: line for line in lines}
    told = []
    for goal in goals:
        if ours in by_name and goal.against in by_name:
            ratio = by_name[ours].min_us / by_name[goal.against].min_us
            must, aim = ("met" if ratio <= bound else "missed" for bound in (goal.must, goal.aim))
            told.append(
                f"{ours} against {goal.against}: {ratio:.2f} "
                f"(must ≤ {goal.must:.2f}: {must}; aim ≤ {goal.aim:.2f}: {aim})"
            )
    return told


def as_json(lines: Sequence[Line], told: Sequence[str], **facts: Any) -> dict[str, Any]:
    """The same for a machine."""
    return {**facts, "contestants": [line._asdict() for line in lines], "goals": list(told)}
