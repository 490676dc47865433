"""What a rule is: data, with the defaults of the metrics reference, 14."""

from __future__ import annotations

import msgspec

from fbkit.model import JUDGED, NS_MIN, TIMEFRAMES

#: A smaller Z counts as 0 when it is compared with a threshold.
ZERO_Z = 1e-9


class Rule(msgspec.Struct, frozen=True):
    """Speaks when a Z of one of ``columns`` is at least ``threshold`` in size.

    Having spoken about an (instrument, column, timeframe), it is silent until the size has fallen below ``rearm`` and
    ``cooldown_ns`` have passed. The bar's coverage, and the share of the baseline that is there, must reach
    ``min_coverage``.
    """

    name: str
    tier: int
    columns: tuple[str, ...]
    timeframes: tuple[str, ...] = tuple(TIMEFRAMES)
    threshold: float = 3.0
    rearm: float = 2.0
    cooldown_ns: int = 15 * NS_MIN
    min_coverage: float = 0.8


#: One Z alone, over 60 bars.
TIER_1 = Rule("z", 1, tuple(f"z_{column}_60" for column in JUDGED))
