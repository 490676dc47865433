"""What the engine remembers of one instrument between Beats: its open slots, and the last value of everything."""

from __future__ import annotations

import msgspec

from fbkit.model import NS_MIN, NS_S, Bar, Funding, Mark, OpenInterest, Quote, Ratio

#: Kinds of last values, by their place in :attr:`Slot.values` and :attr:`Tape.known`.
QUOTE, DEPTH, MARK, FUNDING, OI, ACCT_GLOBAL, ACCT_TOP, POS_TOP, TAKER = range(9)
KINDS = 9
#: The first of them arrive all the time and are kept by minute; the others are polled.
STREAMED = 3
RATIOS = {"acct_global": ACCT_GLOBAL, "acct_top": ACCT_TOP, "pos_top": POS_TOP, "taker": TAKER}

#: How old a value may be at a bar's close; a settled funding rate for its interval (8 h where the venue is silent).
FRESH_NS = (60 * NS_S, 60 * NS_S, 60 * NS_S, 480 * NS_MIN, *[15 * NS_MIN] * 5)

Value = Quote | Mark | Funding | OpenInterest | Ratio

NAN = float("nan")
NEVER = -1


class Slot(msgspec.Struct):
    """An open minute ``[t0, t1)`` of one instrument, as far as heard.

    Trades belong to ``[t0, t1)``; a value to ``(t0, t1]``, so that one stated for the very end counts.
    Sums run in ``seq`` order, in USD and coins. ``backfilled`` counts those of the ``n`` trades that were fetched.
    """

    t0: int
    t1: int
    n: int = 0
    vol_base: float = 0.0
    buy: float = 0.0
    sell: float = 0.0
    high: float = float("-inf")
    low: float = float("inf")
    open: float = NAN
    open_ts: int = 1 << 62
    open_id: int = 0
    close: float = NAN
    close_ts: int = NEVER
    close_id: int = 0
    backfilled: int = 0
    liq_long: float = 0.0
    liq_short: float = 0.0
    values: list[Quote | Mark | None] = msgspec.field(default_factory=lambda: [None] * STREAMED)


def nowhere() -> Slot:
    """A slot that holds no instant: the newest slot of a tape that has none."""
    return Slot(0, 0)


class Tape(msgspec.Struct):
    """One instrument: ``i`` is its row in every array; ``next`` the end of its next slot to close (0: none yet).

    ``first`` is the earliest slot heard of before any closed.
    ``past`` holds values that are polled or fetched later, ``bars`` the venue's closed minutes, until a slot takes
    them. ``close_before`` and ``oi_before`` are the previous bar's, NaN where not heard in it; ``last_close`` is the
    last that was not.
    """

    i: int
    name: str
    venue: str
    next: int = 0
    first: int = 0
    slot: Slot = msgspec.field(default_factory=nowhere)
    slots: dict[int, Slot] = {}
    bars: dict[int, Bar] = {}
    past: list[Value] = []
    known: list[Value | None] = msgspec.field(default_factory=lambda: [None] * KINDS)
    last_close: float = NAN
    close_before: float = NAN
    oi_before: float = NAN
    cvd: float = NAN

    @property
    def is_live(self) -> bool:
        """Whether an open slot holds anything that was not fetched."""
        return any(any(slot.values) or slot.n > slot.backfilled for slot in self.slots.values())

    def begin_at(self, t1: int) -> None:
        """A slot was heard of: until one has closed, the earliest is where this instrument begins."""
        if not self.next and (not self.first or t1 < self.first):
            self.first = t1

    def earliest(self, horizon: int) -> int:
        """The first slot heard of that is not older than ``horizon``; 0 where there is none."""
        return min((t1 for t1 in (*self.slots, *self.bars) if t1 > horizon), default=0)

    def find_slot(self, t1: int) -> Slot | None:
        """The open slot that ends at ``t1``, made when new; ``None`` when it is closed."""
        slot = self.slots.get(t1)
        if slot is None:
            if t1 < self.next:
                return None
            slot = self.slots[t1] = Slot(t1 - NS_MIN, t1)
            if t1 > self.slot.t1:
                self.slot = slot
        return slot

    def learn(self, kind: int, event: Value) -> None:
        """Remember the newest value of a kind."""
        known = self.known[kind]
        if known is None or known.ts_event <= event.ts_event:
            self.known[kind] = event


def kind_of_value(event: Value) -> int:
    """The place of a value's kind."""
    if isinstance(event, Quote):
        return DEPTH if event.levels else QUOTE
    if isinstance(event, Mark):
        return MARK
    if isinstance(event, Funding):
        return FUNDING
    return OI if isinstance(event, OpenInterest) else RATIOS[event.ratio_kind]
