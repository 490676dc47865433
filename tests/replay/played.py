"""Runs of a collector without sockets: two instruments that trade all the time, second by second, into a database."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fbkit.alerts import AnyRule
from fbkit.clock import VirtualClock
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.session import Session
from fbkit.model import NS_MIN, NS_S, Beat, Gap, Listing, Mark, Market, OpenInterest, Quote, Setting, Side, Trade
from fbkit.settings import Settings, load_settings
from fbkit.store import Batch
from fbkit.store.packed import Packed

T0 = 1_767_200_400 * NS_S
NAMES = ("binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP")


class Played:
    """One run after the other; prices are drawn from one seed, so they do not know of restarts."""

    def __init__(self, url: str) -> None:
        self.url, self.now = url, T0
        self._random = random.Random(7)
        self._ids = dict.fromkeys(NAMES, 0)
        self._prices = dict(zip(NAMES, (60_000.0, 3_000.0), strict=True))

    def run(
        self,
        seconds: int,
        *,
        dies: bool = False,
        settings: Settings | None = None,
        checkpoint_at: int = 0,
        drops: Sequence[int] = (),
        rules: Mapping[int, Sequence[AnyRule]] = MappingProxyType({}),
    ) -> None:
        """Collect for so long; who ``dies`` writes neither a last Beat nor a checkpoint.

        ``rules`` are taken over after so many seconds; in the seconds ``drops`` there is no room before the writer.
        """
        chosen = settings or load_settings()
        session = Session.open(
            self.url, chosen, VirtualClock(self.now), market=Market.SIMULATED, seed=7, holder="played"
        )
        try:
            session.begin(self.now, fetches=False)
            for second in range(seconds):
                self._second(session)
                if second in rules:
                    session.adopt(self.now, tuple(rules[second]))
                cut = session.pipeline.beat(self.now)
                if second in drops:
                    cut = self._overflow(session, cut)
                self._write(session, cut, checkpoint=second + 1 == checkpoint_at)
            if not dies:
                self._write(session, session.pipeline.beat(self.now, last=True), checkpoint=True)
        finally:
            session.writer.close()

    def away(self, seconds: int) -> None:
        """Nobody collects."""
        self.now += seconds * NS_S

    def _overflow(self, session: Session, cut: Cut) -> Cut:
        """As the collector does it: what is left of a second whose events were dropped, and a gap that says so."""
        rest = cut.events.rest if isinstance(cut.events, Packed) else cut.events
        session.pipeline.dropped(cut)
        gap = session.pipeline.open_gap(self.now, "overflow", self.now - NS_S)
        session.pipeline.close_gap(gap, self.now, self.now, backfilled=False)
        return cut._replace(
            events=[event for event in rest if isinstance(event, (Beat, Gap, Setting, Listing))], items={}
        )

    def _write(self, session: Session, cut: Cut, *, checkpoint: bool) -> None:
        made = session.checkpoint()() if checkpoint else None
        session.writer.append(Batch(cut.events, cut.rows, made))
        session.pipeline.stored(cut)

    def _second(self, session: Session) -> None:
        start, draw = self.now, self._random
        self.now += NS_S
        take = session.pipeline.take_item
        for name in NAMES:
            if start == T0:
                symbol = name[8:11] + "USDT"
                take("binance", Listing(name, start, start, symbol, name[8:11], "USDT", "USDT"), start)
            recv = start + NS_S // 2
            for _ in range(draw.randrange(3, 7)):
                self._ids[name] += 1
                at = start + draw.randrange(NS_S // 2)
                jump = 0.03 if draw.random() < 0.002 else 0.0
                self._prices[name] *= 1.0 + draw.gauss(jump, 1e-4)
                price, size = round(self._prices[name], 1), round(draw.uniform(0.1, 3.0), 3)
                side = Side.BUY if draw.random() < 0.5 else Side.SELL
                take(
                    "binance", Trade(name, at, start + NS_S // 2, self._ids[name], price, size, side), start + NS_S // 2
                )
            price = self._prices[name]
            at = start + NS_S // 4
            take("binance", Quote(name, at, recv, self._ids[name], price - 1, 2.0, price + 1, 3.0), recv)
            take("binance", Mark(name, at, recv, price, price * 0.9999, 1e-4, 8.0, None), recv)
            if start % (10 * NS_S) == 0:
                take("binance", OpenInterest(name, at, recv, 1e5 * (1.0 + draw.gauss(0.0, 0.01))), recv)


def minutes(n: float) -> int:
    return int(n * NS_MIN // NS_S)
