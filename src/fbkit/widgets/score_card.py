"""What came of rules: hit rates and returns beside those of random times, with intervals drawn over nothing gained."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class ScoreLine(msgspec.Struct, frozen=True):
    """A rule at one horizon. Rates are shares of 1, returns fractions of the entry price; ``None``: not known.

    ``hits`` is the rate in words. ``low`` and ``high`` bound the hit rate (Wilson 95 %), ``base`` is that of random
    times; ``excess`` the mean return above theirs, between ``excess_low`` and ``excess_high`` (95 %). ``counts``:
    whether there is enough to say anything. ``tone``: ``better worse`` or ``""``.
    """

    tier: int
    rule: str
    n: int
    hits: str
    says: str
    tone: str = ""
    counts: bool = False
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    base: float | None = None
    ret: float | None = None
    base_ret: float | None = None
    excess: float | None = None
    excess_low: float | None = None
    excess_high: float | None = None


class ScoreCard(Panel):
    """A line a rule; where there are too few alerts nothing is drawn, and it is said how many are lacking.

    Examples
    --------
    >>> card = ScoreCard(title="Scorecard", sub="after 1h")
    >>> card.show([ScoreLine(1, "z", 3, "2 of 3", "too few alerts to say anything: 3 of 20")])
    >>> card.lines[0]["counts"]
    False
    """

    _esm = module("score_card.js")

    title = traitlets.Unicode("", help="What is scored").tag(sync=True)
    sub = traitlets.Unicode("", help="How far ahead, of which span").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited, or why there is nothing, while there are no lines").tag(
        sync=True
    )
    lines = traitlets.List(traitlets.Dict(), help="One ScoreLine each").tag(sync=True)

    def show(self, lines: Sequence[ScoreLine]) -> None:
        """Show these."""
        self.lines = [msgspec.to_builtins(line) for line in lines]
