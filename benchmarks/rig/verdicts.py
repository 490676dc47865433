"""What a bench found beside what it should: a line each, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Verdict(NamedTuple):
    """A number that must, or should, be no larger than a bound. ``None``: no such goal.

    >>> print(Verdict("p99 receive to commit", 1.5, "s", must=2.0))
    p99 receive to commit: 1.5 s (must ≤ 2: met)
    >>> print(Verdict("gaps", 1, "", must=0), "|", Verdict("rss", 310, "MB", aim=300))
    gaps: 1 (must be 0: MISSED) | rss: 310 MB (aim ≤ 300: missed)
    """

    name: str
    found: float
    unit: str = ""
    must: float | None = None
    aim: float | None = None

    @property
    def met(self) -> bool:
        """Whether what must be is."""
        return self.must is None or self.found <= self.must

    def __str__(self) -> str:
        goals = []
        if self.must is not None:
            goals.append(f"must {_bound(self.must)}: {'met' if self.met else 'MISSED'}")
        if self.aim is not None:
            goals.append(f"aim {_bound(self.aim)}: {'met' if self.found <= self.aim else 'missed'}")
        unit = f" {self.unit}" if self.unit else ""
        told = f" ({'; '.join(goals)})" if goals else ""
        return f"{self.name}: {self.found:,.10g}{unit}{told}"


def _bound(bound: float) -> str:
    return f"≤ {bound:g}" if bound else "be 0"


def as_json(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    """The same for a machine."""
    return [{**verdict._asdict(), "met": verdict.met} for verdict in verdicts]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown.

    >>> print(table(("a", "b"), [("1", "2")]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, *rows]
    told = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([told[0], "|" + "---|" * len(head), *told[1:]])
