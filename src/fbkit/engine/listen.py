"""Every event finds its place: the hot path of the collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from fbkit.engine.checkpoint import State
from fbkit.engine.gaps import Gaps
from fbkit.engine.tape import DEPTH, MARK, NEVER, QUOTE, Slot, Tape
from fbkit.model import (
    NS_MIN,
    Bar,
    Day,
    Event,
    Funding,
    Gap,
    Liquidation,
    Listing,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Ratio,
    Setting,
    Trade,
)

_BACKFILL = int(Origin.BACKFILL)


class Listener:
    """Puts events on the tapes of their instruments, in ``seq`` order.

    An event whose slot is closed changes no bar; live trades, quotes, marks and liquidations that come so are counted
    in ``late`` by (venue, channel). Polled kinds state a past instant by nature and count as known from then on.
    What is older than ``horizon`` (UTC ns) begins no history: one absurd instant would mean millions of slots.
    """

    def __init__(self) -> None:
        self.tapes: dict[str, Tape] = {}
        self.order: list[Tape] = []
        self.unheard: set[str] = set()
        #: Who was listed: for so many there should be room before the first minute closes.
        self.listed: set[str] = set()
        self.liquidates: dict[str, int] = {}
        self.late: Counter[tuple[str, str]] = Counter()
        self.gaps = Gaps()
        self.horizon = NEVER
        self.handlers: dict[type, Callable[..., None]] = {
            Trade: self._trade,
            Quote: self._quote,
            Mark: self._mark,
            Liquidation: self._liquidation,
            Bar: self._bar,
            OpenInterest: self._polled,
            Ratio: self._polled,
            Funding: self._polled,
            Listing: self._listing,
            Gap: self._gap,
            Day: _pass,
            Setting: _pass,
        }

    def meet(self, name: str) -> Tape:
        """The tape of an instrument, made at its first event."""
        tape = self.tapes.get(name)
        if tape is None:
            tape = self.tapes[name] = Tape(len(self.order), name, name.partition(":")[0])
            self.order.append(tape)
            if tape.venue not in self.gaps.begins:
                self.unheard.add(tape.venue)
        return tape

    def begin(self, ts: int) -> None:
        """A Beat: venues heard live since the last one, for the first time, are listened to from ``ts`` on."""
        for tape in self.order:
            if tape.venue in self.unheard and tape.is_live:
                self.gaps.begins[tape.venue] = ts
                self.unheard.discard(tape.venue)

    def set_horizon(self, horizon: int) -> None:
        """Time has passed; the first time, what was heard before is looked at again."""
        if self.horizon == NEVER:
            for tape in self.order:
                tape.first = tape.earliest(horizon)
        self.horizon = horizon

    def adopt(self, state: State) -> None:
        """Go on with what an earlier listener knew."""
        self.order = state.tapes
        self.tapes = {tape.name: tape for tape in state.tapes}
        for tape in state.tapes:
            tape.slot = tape.slots.get(tape.slot.t1, tape.slot)  # one slot again, not a copy
        self.unheard = {tape.venue for tape in state.tapes} - set(state.begins)
        self.liquidates = state.liquidates
        self.late = Counter({(venue, channel): n for venue, channel, n in state.late})
        self.gaps.holes, self.gaps.open, self.gaps.begins = state.holes, state.open, state.begins
        self.gaps.unheard = state.unheard
        self.horizon = state.horizon

    def take_all(self, events: Iterable[Event]) -> None:  # noqa: PLR0912 - one loop, see below
        """Whatever was heard, in one loop: nearly all of it is trades and quotes, and what is odd goes to its handler.

        The steps are :meth:`_trade`'s and :meth:`_quote`'s; a test holds that both end alike.
        """
        tape_of, handlers = self.tapes.get, self.handlers
        for event in events:
            kind = type(event)
            if kind is Quote:
                quote: Quote = event  # type: ignore[assignment]  # the kind is known
                tape = tape_of(quote.instrument)
                ts = quote.ts_event
                if tape is not None and (slot := tape.slot).t0 < ts <= slot.t1:
                    values, place = slot.values, DEPTH if quote.levels else QUOTE
                    held = values[place]
                    if held is None or held.ts_event <= ts:
                        values[place] = quote
                else:
                    self._quote(quote)
            elif kind is Trade:
                trade: Trade = event  # type: ignore[assignment]  # as above
                tape = tape_of(trade.instrument)
                if tape is None:
                    self._trade(trade)
                    continue
                ts, slot, venue_id = trade.ts_event, tape.slot, trade.venue_id
                close_ts = slot.close_ts
                # Not the first of its slot and the newest: beside the sums it can move close, high and low alone.
                if slot.n and close_ts <= ts < slot.t1 and (ts > close_ts or venue_id >= slot.close_id):
                    price, size = trade.price, trade.size
                    slot.n += 1
                    slot.vol_base += size
                    if trade.side > 0:  # as the long way asks: a bare 1 is a buy, too
                        slot.buy += price * size
                    else:
                        slot.sell += price * size
                    if price > slot.high:  # noqa: PLR1730 - a call of max() costs a tenth of this path
                        slot.high = price
                    if price < slot.low:  # noqa: PLR1730 - as above
                        slot.low = price
                    slot.close, slot.close_ts, slot.close_id = price, ts, venue_id
                else:
                    self._trade(trade)
            else:
                handlers[kind](event)

    def _trade(self, event: Trade) -> None:
        tape = self.tapes.get(event.instrument) or self.meet(event.instrument)
        ts = event.ts_event
        slot = tape.slot
        if not slot.t0 <= ts < slot.t1:
            found = self._other(tape, ts - ts % NS_MIN + NS_MIN)
            if found is None:
                self._late(event, tape, "trade")
                return
            slot = found
        if event.origin == _BACKFILL:
            slot.backfilled += 1
        price, size, venue_id = event.price, event.size, event.venue_id
        slot.n += 1
        slot.vol_base += size
        if event.side > 0:
            slot.buy += price * size
        else:
            slot.sell += price * size
        if price > slot.high:  # noqa: PLR1730 - a call of max() costs a tenth of this path
            slot.high = price
        if price < slot.low:  # noqa: PLR1730 - as above
            slot.low = price
        if ts > slot.close_ts or (ts == slot.close_ts and venue_id >= slot.close_id):
            slot.close, slot.close_ts, slot.close_id = price, ts, venue_id
        if ts < slot.open_ts or (ts == slot.open_ts and venue_id < slot.open_id):
            slot.open, slot.open_ts, slot.open_id = price, ts, venue_id

    def _quote(self, event: Quote) -> None:
        tape = self.tapes.get(event.instrument) or self.meet(event.instrument)
        kind = DEPTH if event.levels else QUOTE
        ts = event.ts_event
        slot = tape.slot
        if not slot.t0 < ts <= slot.t1:
            found = self._other(tape, -(-ts // NS_MIN) * NS_MIN)
            if found is None:
                tape.learn(kind, event)
                self._late(event, tape, "depth" if event.levels else "quote")
                return
            slot = found
        values = slot.values
        held = values[kind]
        if held is None or held.ts_event <= ts:
            values[kind] = event

    def _mark(self, event: Mark) -> None:
        tape = self.tapes.get(event.instrument) or self.meet(event.instrument)
        if event.origin == _BACKFILL:
            tape.past.append(event)
            return
        ts = event.ts_event
        slot = tape.slot
        if not slot.t0 < ts <= slot.t1:
            found = self._other(tape, -(-ts // NS_MIN) * NS_MIN)
            if found is None:
                tape.learn(MARK, event)
                self._late(event, tape, "mark")
                return
            slot = found
        held = slot.values[MARK]
        if held is None or held.ts_event <= ts:
            slot.values[MARK] = event

    def _liquidation(self, event: Liquidation) -> None:
        tape = self.meet(event.instrument)
        self.liquidates.setdefault(tape.venue, event.ts_event)
        ts = event.ts_event
        slot = self._other(tape, ts - ts % NS_MIN + NS_MIN)
        if slot is None:
            self._late(event, tape, "liquidation")
        elif event.liquidated == "long":
            slot.liq_long += event.price * event.size
        else:
            slot.liq_short += event.price * event.size

    def _polled(self, event: OpenInterest | Ratio | Funding) -> None:
        self.meet(event.instrument).past.append(event)

    def _bar(self, event: Bar) -> None:
        tape = self.meet(event.instrument)
        if event.tf == "1m" and event.ts_event >= tape.next:
            tape.bars[event.ts_event] = event
            if event.ts_event > self.horizon:
                tape.begin_at(event.ts_event)

    def _listing(self, event: Listing) -> None:
        self.listed.add(event.instrument)

    def _gap(self, event: Gap) -> None:
        self.gaps.take(event)

    def _other(self, tape: Tape, t1: int) -> Slot | None:
        """The open slot ending at ``t1``, which need not be the newest; ``None`` when it is closed."""
        slot = tape.find_slot(t1)
        if slot is not None and t1 > self.horizon:
            tape.begin_at(t1)
        return slot

    def _late(self, event: Event, tape: Tape, channel: str) -> None:
        if event.origin != _BACKFILL:
            self.late[tape.venue, channel] += 1


def _pass(event: Event) -> None:
    """Nothing here depends on it."""
