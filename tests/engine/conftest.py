"""A small market made of events, and rows compared by their bits."""

import random
from collections.abc import Iterator

import msgspec
import pytest

from fbkit.engine import Closed, Engine
from fbkit.model import (
    NS_DAY,
    NS_MIN,
    NS_S,
    Bar,
    Beat,
    Event,
    Funding,
    Gap,
    Liquidation,
    Mark,
    OpenInterest,
    Origin,
    Quote,
    Ratio,
    Side,
    Trade,
)

BTC, ETH, THIN = "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP", "binance:THIN-USDT-PERP"
DAY = 20_000 * NS_DAY


class Desk:
    """An engine and short words to feed it; times are seconds after ``start``."""

    def __init__(self, start: int = DAY + 10 * 60 * NS_MIN, **options) -> None:
        self.engine, self.start = Engine(**options), start
        self.bars, self.metrics, self.summary, self.filled = [], [], [], 0
        self.n = 0

    def ns(self, s: float) -> int:
        return self.start + round(s * NS_S)

    def trade(self, s, price=100.0, size=1.0, side=Side.BUY, *, name=BTC, venue_id=None, origin=Origin.LIVE):
        self.n += 1
        ts = self.ns(s)
        self.engine.take(
            Trade(name, ts, ts, self.n if venue_id is None else venue_id, price, size, side, origin=origin)
        )

    def kline(self, minute, price=100.0, *, vol=1000.0, buy=600.0, name=BTC, origin=Origin.BACKFILL):
        t1 = self.ns(60 * minute)
        self.engine.take(
            Bar(name, t1, t1, "1m", price, price + 1, price - 1, price + 0.5, 10.0, vol, buy, 7, origin=origin)
        )

    def gap(self, number, s, phase, t0, t1=None, *, channel="trade", name="", venue="binance", cause="disconnect"):
        ends = None if t1 is None else self.ns(t1)
        self.engine.take(Gap(name, self.ns(s), self.ns(s), number, venue, channel, phase, cause, self.ns(t0), ends))

    def take(self, *events: Event) -> None:
        for event in events:
            self.engine.take(event)

    def beat(self, s: float) -> Closed:
        closed = self.engine.beat(Beat("", self.ns(s), self.ns(s), round(s)))
        self.bars += closed.bars
        self.metrics += closed.metrics
        self.summary += closed.summary
        self.filled += closed.filled
        return closed

    def beats(self, first: int, last: int) -> None:
        for s in range(first, last + 1):
            self.beat(s)

    def one(self, minute: int, tf: str = "1m", name: str = BTC):
        (row,) = (b for b in self.bars if (b.tf, b.t1, b.instrument) == (tf, self.ns(60 * minute), name))
        return row


@pytest.fixture
def desk():
    return Desk


def bits(rows) -> list[bytes]:
    """Rows as bytes: NaN equals NaN, and −0.0 does not equal 0.0."""
    return [msgspec.msgpack.encode(row) for row in rows]


def street(seed: int, minutes: int, start: int, names=(BTC, ETH, THIN), step: int = 20) -> Iterator[Event | Beat]:
    """Events and Beats of a lively market, in ``seq`` order; values arrive before the Beat that closes their bar."""
    draw = random.Random(seed)
    price = dict.fromkeys(names, 100.0)
    n = 0
    for s in range(0, minutes * 60 + 2, step):
        ts = start + s * NS_S
        yield Beat("", ts, ts, s)
        for name in names:
            for _ in range(draw.randrange(0, 2 if name == THIN else 4)):
                n += 1
                at = ts + draw.randrange(NS_S * step)
                price[name] *= 1 + draw.gauss(0, 1e-3)
                yield Trade(name, at, at, n, round(price[name], 3), draw.random(), draw.choice((Side.BUY, Side.SELL)))
            p = price[name]
            at = ts + draw.randrange(NS_S * step)
            yield Quote(name, at, at, n, p - 0.1, 1.0, p + 0.1 * draw.random(), 2.0)
            if draw.random() < 0.5:
                yield Quote(name, at, at, n, p - 0.1, 1.0, p + 0.1, 2.0, 5, 10 * draw.random(), 10 * draw.random())
            if draw.random() < 0.9:
                yield Mark(name, at, at, p * (1 + draw.gauss(0, 1e-4)), p, draw.gauss(0, 1e-4), 8.0)
            if draw.random() < 0.2:
                yield OpenInterest(name, at, at, 1e4 + draw.random())
            if draw.random() < 0.05:
                for kind in ("acct_global", "acct_top", "pos_top", "taker"):
                    yield Ratio(name, at, at, kind, 0.5 + draw.random(), 300)
            if draw.random() < 0.02:
                yield Liquidation(name, at, at, draw.choice(("long", "short")), p, draw.random())
            if draw.random() < 0.002:
                yield Funding(name, at, at, draw.gauss(0, 1e-4), 8.0)


def run(engine: Engine, events) -> tuple[list, list, list]:
    """Everything an engine says about a stretch of events: bars, metrics, summary."""
    bars, metrics, summary = [], [], []
    for event in events:
        if type(event) is Beat:
            closed = engine.beat(event)
            bars += closed.bars
            metrics += closed.metrics
            summary += closed.summary
        else:
            engine.take(event)
    return bars, metrics, summary
