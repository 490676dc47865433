"""What is known of one stream: a (venue, channel) over all its instruments."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

import msgspec

from fbkit.model import NS_MIN, NS_S

#: How often a channel should speak, in seconds; ``None`` where silence means nothing.
#: Of polled funding only news is heard, and a rate is settled every 8 h at the latest.
EXPECTED_S: dict[str, float | None] = {
    "trade": 1.0,
    "quote": 1.0,
    "depth": 1.0,
    "mark": 1.0,
    "day": 5.0,
    "bar": 60.0,
    "open_interest": 15.0,
    "ratio": 300.0,
    "funding": 28_800.0,
    "liquidation": None,
    "listing": None,
}

#: The stream of a venue's frames of which not even the channel can be read.
FRAMES = "frames"

#: A venue is as well as the worst of these.
VITAL = ("trade", "quote", "mark")

OK, DEGRADED, DOWN = "ok", "degraded", "down"
RANK = {OK: 0, DEGRADED: 1, DOWN: 2}

#: Age, in expected intervals, up to which a stream is ok, and up to which it is only degraded.
OK_AGES, DEGRADED_AGES = 2.0, 10.0

#: Share of items not believed, over a minute, above which a stream is degraded.
QUARANTINE_SHARE = 0.01

#: How long after a loss a stream is degraded, ns.
LOSS_NS = 5 * NS_MIN

#: So long after history moved on a queue may be full of it, ns.
HISTORY_NS = 10 * NS_S

#: A clock skew beyond this is degraded, ns.
SKEW_NS = 2 * NS_S


class Counted(Protocol):
    """Items of a stream since the run began, and whether all are accounted for; rows and accounts both are."""

    @property
    def venue(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def received(self) -> int: ...
    @property
    def quarantined(self) -> int: ...
    @property
    def balances(self) -> bool: ...


class Verdict(NamedTuple):
    """A state, its reason code, and the sentence with the next step."""

    state: str
    reason: str = ""
    sentence: str = ""


class Stream(msgspec.Struct):
    """What was heard of a stream, and what is wrong with it now.

    ``known`` is when it was first judged, ``heard`` when it last spoke (UTC ns). ``gaps`` counts causes of gaps that
    are open; ``trouble`` is what a feed told, until it says it is well.
    ``counts`` are the last minute's samples of (ts, received, quarantined).
    """

    venue: str
    channel: str
    known: int | None = None
    heard: int | None = None
    gaps: dict[str, int] = {}
    trouble: tuple[str, str] | None = None
    counts: deque[tuple[int, int, int]] = msgspec.field(default_factory=deque)
    lost_ts: int | None = None
    lost: int = 0

    def open_gap(self, cause: str) -> None:
        """A gap opened."""
        self.gaps[cause] = self.gaps.get(cause, 0) + 1

    def close_gap(self) -> None:
        """The oldest open gap closed."""
        for cause in self.gaps:
            self.gaps[cause] -= 1
            if not self.gaps[cause]:
                del self.gaps[cause]
            return

    def count(self, ts: int, received: int, quarantined: int) -> None:
        """Totals so far; kept for the last minute."""
        self.counts.append((ts, received, quarantined))
        while len(self.counts) > 2 and self.counts[1][0] <= ts - NS_MIN:
            self.counts.popleft()

    @property
    def quarantine_share(self) -> float:
        """Share of the last minute's items that were not believed."""
        if len(self.counts) < 2:
            return 0.0
        (_, received_0, bad_0), (_, received_1, bad_1) = self.counts[0], self.counts[-1]
        return (bad_1 - bad_0) / (received_1 - received_0) if received_1 > received_0 else 0.0
