"""What a rule is: data, one struct a kind, with the defaults of the metrics reference, 12 and 14."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from fbkit.model import JUDGED, NS_HOUR, NS_MIN, TIMEFRAMES
from fbkit.quant.confluence import DEFAULT, Condition

#: A smaller Z counts as 0 when it is compared with a threshold.
ZERO_Z = 1e-9

Way: TypeAlias = Literal["at_least", "size", "above", "below"]
WAYS: tuple[Way, ...] = ("at_least", "size", "above", "below")


class Also(NamedTuple):
    """What must hold beside a confluence, without a part in its score.

    ``at_least`` is mirrored for the other side (0: the sign agrees); ``size`` asks for that much either way;
    ``above`` and ``below`` ask for the same on both sides.
    """

    column: str
    way: Way
    bound: float


class Rule(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every rule has. ``cooldown_ns`` is the least time between two alerts about the same thing.

    A bar's coverage, and the share of a baseline that is there, must reach ``min_coverage``.
    """

    name: str
    tier: int
    timeframes: tuple[str, ...] = tuple(TIMEFRAMES)
    cooldown_ns: int = 15 * NS_MIN
    min_coverage: float = 0.8


class Single(Rule, frozen=True, kw_only=True, tag="single"):
    """Speaks when one of ``columns`` is at least ``threshold`` in size.

    Having spoken about an (instrument, column, timeframe), it is silent until the size has fallen below ``rearm``.
    """

    columns: tuple[str, ...]
    threshold: float = 3.0
    rearm: float = 2.0


class Confluence(Rule, frozen=True, kw_only=True, tag="confluence"):
    """Speaks when ``needs`` of ``conditions`` (``None``: all) hold on one side, and everything in ``also``.

    Having spoken about an (instrument, side, timeframe), it is silent until the side's score, the weighted share of
    conditions met, was below ``exit``.
    """

    conditions: tuple[Condition, ...] = DEFAULT
    needs: int | None = None
    exit: float = 0.5
    also: tuple[Also, ...] = ()

    @property
    def needed(self) -> int:
        """How many conditions must hold."""
        return len(self.conditions) if self.needs is None else self.needs


class Divergence(Rule, frozen=True, kw_only=True, tag="divergence"):
    """Speaks when one venue's mark leaves the median of the coin's venues by ``threshold`` of its own deviations.

    The baseline are the ``window`` bars before, of the same venues; the move must be ``floor_bp`` bp at least. Having
    spoken about a (coin, timeframe), it is silent until no venue is further out than ``rearm``.
    """

    window: int = 60
    threshold: float = 2.0
    rearm: float = 1.0
    floor_bp: float = 1.0
    venues: int = 2


class Cluster(Rule, frozen=True, kw_only=True, tag="cluster"):
    """Speaks when rules of tier ``of_tier`` or more spoke the same way in ``coins`` coins at one bar's end."""

    of_tier: int = 2
    coins: int = 3


AnyRule: TypeAlias = Single | Confluence | Divergence | Cluster

#: Kinds by their word in a file.
KINDS: dict[str, type[AnyRule]] = {
    "single": Single,
    "confluence": Confluence,
    "divergence": Divergence,
    "cluster": Cluster,
}

#: One Z alone, over 60 bars.
TIER_1 = Single(name="z", tier=1, columns=tuple(f"z_{column}_60" for column in JUDGED))

#: Money, crowd and book on one side.
TIER_2 = Confluence(name="confluence", tier=2)

#: The same, with takers on that side and open interest moved by more than 1 %.
TIER_3 = Confluence(name="confirmed", tier=3, also=(Also("delta", "at_least", 0.0), Also("oi_dlog", "size", 0.01)))

#: Funding beyond 0.05 % per 8 h while open interest falls; funding is piecewise constant below an hour.
TIER_4 = Confluence(
    name="funding",
    tier=4,
    timeframes=("1h", "4h", "1d"),
    cooldown_ns=4 * NS_HOUR,
    conditions=(Condition("funding_8h", 0.0005),),
    also=(Also("oi_dlog", "below", 0.0),),
)

TIER_5 = Divergence(name="divergence", tier=5, cooldown_ns=NS_HOUR)

TIER_6 = Cluster(name="cluster", tier=6)

#: The rules in force unless told otherwise.
DEFAULTS: tuple[AnyRule, ...] = (TIER_1, TIER_2, TIER_3, TIER_4, TIER_5, TIER_6)


def columns_of(rules: Iterable[AnyRule]) -> tuple[str, ...]:
    """The columns that rules look at, each once.

    >>> columns_of([TIER_4, TIER_5])
    ('funding_8h', 'oi_dlog', 'mark')
    """
    names: dict[str, None] = {}
    for rule in rules:
        if isinstance(rule, Single):
            names |= dict.fromkeys(rule.columns)
        elif isinstance(rule, Confluence):
            names |= dict.fromkeys([one.column for one in rule.conditions] + [one.column for one in rule.also])
        elif isinstance(rule, Divergence):
            names["mark"] = None
    return tuple(names)
