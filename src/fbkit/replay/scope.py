"""What is compared at the moment: which bars by their end, how strictly, and what retention took away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fbkit.model import BASE_TIMEFRAME, Span


class Scope:
    """What is compared now.

    ``is_on`` is false while an engine hears again what led to where a comparison begins. ``note`` says why values are
    compared to 1e-12 alone, ``""`` where bit by bit. ``removed`` are retention's borders, UTC ns by what it removed.
    """

    def __init__(self, span: Span, removed: dict[str, int]) -> None:
        self.span, self.removed = span, removed
        self.is_on = False
        self.note = ""

    def wants(self, t1: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which bars are compared, by their ends."""
        low, high = self.span.since, self.span.until
        wanted = np.full(len(t1), self.is_on)
        if low is not None:
            wanted &= t1 > low
        if high is not None:
            wanted &= t1 <= high
        return wanted

    def wants_one(self, t1: int) -> bool:
        """The same for one."""
        low, high = self.span.since, self.span.until
        return self.is_on and (low is None or t1 > low) and (high is None or t1 <= high)

    def went(self, table: str, tf: str, t1: int) -> bool:
        """Whether retention may have removed this row."""
        minutes = self.removed.get("bars 1m", 0)
        if tf == BASE_TIMEFRAME:
            return t1 <= minutes  # days of slots go, and a day's last one ends at the next midnight
        return table == "metrics" and t1 < self.removed.get("metrics", 0)
