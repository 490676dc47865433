"""Markets full of trouble: whatever happens, every slot is told once, and the same way in every run."""

import itertools
import math
import random

import numpy as np
import pytest

from fbkit.engine import Engine
from fbkit.engine.fold import LAST, SUMS
from fbkit.model import (
    JUDGED,
    METRIC_COLUMNS,
    NS_DAY,
    NS_MIN,
    NS_S,
    TIMEFRAMES,
    Bar,
    Beat,
    Gap,
    OpenInterest,
    Origin,
    Side,
    Trade,
)
from fbkit.quant import frames
from tests.engine.conftest import BTC, DAY, ETH, THIN, bits, run, street

START = DAY + NS_DAY - 90 * NS_MIN
MINUTES = 180


def trouble(seed: int) -> list:
    """A street with disconnects, holes, backfills that come or fail, klines, late trades and a history to fetch."""
    draw = random.Random(seed)
    events = list(street(seed, MINUTES, START, step=30))
    extra = []

    def at(minute: float) -> int:
        return START + round(minute * 60) * NS_S

    number = itertools.count(100)
    for _ in range(draw.randrange(2, 9)):
        m, length = draw.uniform(2, MINUTES - 2), draw.choice((0.05, 0.3, 2, 7, 25))
        name, channel = draw.choice((BTC, ETH, "")), draw.choice(("trade", "*", "bar", "quote"))
        venue = draw.choice(("binance", "", "bybit"))
        gap_id, end, known = next(number), m + length, draw.random() < 0.5
        extra.append(
            (m, Gap(name, at(m), at(m), gap_id, venue, channel, "opened", "x", at(m), at(end) if known else None))
        )
        if draw.random() < 0.85:
            for _ in range(draw.randrange(4)):
                t = draw.uniform(m, end)
                extra.append(
                    (
                        end,
                        Trade(
                            name or THIN,
                            at(t),
                            at(end),
                            draw.randrange(10**6, 10**7),
                            90.0,
                            0.5,
                            Side.SELL,
                            origin=Origin.BACKFILL,
                        ),
                    )
                )
            phase = draw.choice(("closed", "backfilled"))
            extra.append(
                (
                    end + draw.choice((0, 3)),
                    Gap(name, at(end), at(end), gap_id, venue, channel, phase, "x", at(m), at(end)),
                )
            )
    for _ in range(300):
        m = draw.randrange(-20, MINUTES)
        t1 = at(m + 1)
        name = draw.choice((BTC, ETH, THIN))
        buy = draw.choice((None, 40.0))
        bar = Bar(
            name,
            t1,
            t1,
            "1m",
            99.0,
            101.0,
            98.0,
            100.0 + draw.random(),
            1.0,
            100.0,
            buy,
            draw.choice((None, 3)),
            origin=draw.choice((Origin.LIVE, Origin.BACKFILL)),
        )
        extra.append((max(0.0, m + draw.choice((0.0, 1.0, 1.01, 3, 30))), bar))
    for _ in range(60):
        m = draw.uniform(0, MINUTES)
        extra.append(
            (
                m + draw.choice((0.0, 2.0)),
                Trade(draw.choice((BTC, ETH)), at(m), at(m), draw.randrange(10**6), 95.0, 0.1, Side.BUY),
            )
        )
        extra.append(
            (m, OpenInterest(ETH, at(m - draw.choice((0, 5, 20))), at(m), 1e4 * draw.random(), origin=Origin.BACKFILL))
        )
    keyed = [((e.ts_recv - START) / (60 * NS_S), k, e) for k, e in enumerate(events)]
    keyed += [(m, 10**6 + k, e) for k, (m, e) in enumerate(extra)]
    keyed.sort(key=lambda item: item[:2])
    quiet = draw.uniform(0, MINUTES), draw.choice((0.0, 3.0, 12.0))  # the Beats pause
    return [e for m, _, e in keyed if not (type(e) is Beat and quiet[0] < m < quiet[0] + quiet[1])]


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.fixture(scope="module", params=range(6))
def market(request):
    events = trouble(request.param)
    return events, run(Engine(), events)


def series_of(bars):
    ordered = sorted(bars, key=lambda b: (b.instrument, b.tf, b.t1))
    return [(key, list(group)) for key, group in itertools.groupby(ordered, lambda b: (b.instrument, b.tf))]


def test_every_slot_is_told_once_and_none_is_left_out(market):
    for (_, tf), series in series_of(market[1][0]):
        length = TIMEFRAMES[tf]
        ends = [b.t1 for b in series]
        assert ends == list(range(ends[0], ends[-1] + length, length))
        assert all(b.t0 == b.t1 - length and b.t1 % length == 0 for b in series)
    told = [(m.instrument, m.tf, m.t1) for m in market[1][1]]
    assert len(told) == len(set(told)) > 100


def test_source_and_coverage_agree_with_what_is_there(market):
    for bar in market[1][0]:
        assert 0.0 <= bar.coverage <= 1.0
        assert (bar.source != "none") == (bar.coverage >= 0.8)
        if bar.source == "none":
            assert math.isnan(bar.close)
            assert bar.n_trades is None
        elif not math.isnan(bar.close):
            assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        if bar.source == "own" and bar.tf == "1m":
            assert bar.vol_usd == bar.buy_usd + bar.sell_usd


def test_a_second_engine_restored_anywhere_goes_on_the_same(market):
    events, rows = market
    draw = random.Random(1)
    for cut in draw.sample(range(len(events)), 1):
        first, second = Engine(), Engine()
        before = run(first, events[:cut])
        second.restore(first.checkpoint())
        after = run(second, events[cut:])
        assert [bits(a + b) for a, b in zip(before, after, strict=True)] == [bits(part) for part in rows]


def test_whole_columns_give_the_same_bits(market):
    bars, metrics, _ = market[1]
    live = {(m.instrument, m.tf, m.t1): m for m in metrics}
    for (name, tf), series in series_of(bars):
        columns = {c: np.array([getattr(b, c) for b in series]) for c in ("high", "low", "close", *JUDGED)}
        found = frames.metrics(name, tf, [b.t1 for b in series], columns)
        for k, bar in enumerate(series):
            row = live.get((name, tf, bar.t1))
            if row is not None:
                assert all(same(row.values[at], found[c][k]) for at, c in enumerate(METRIC_COLUMNS)), (name, tf, k)
                assert all((reason == "") != math.isnan(v) for reason, v in zip(row.reasons, row.values, strict=True))


def test_bars_above_a_minute_are_what_adding_up_by_hand_gives(market):
    rows = market[1][0]
    minutes = {(b.instrument, b.t1): b for b in rows if b.tf == "1m"}
    compared = 0
    for bar in rows:
        if bar.tf == "1m":
            continue
        ends = range(bar.t0 + NS_MIN, bar.t1 + NS_MIN, NS_MIN)
        parts = [minutes[bar.instrument, end] for end in ends if (bar.instrument, end) in minutes]
        there = [b for b in parts if b.source != "none"]
        covered = 0.0
        for b in there:
            covered += b.coverage
        assert bar.coverage == covered / len(ends)
        assert all(same(getattr(bar, name), getattr(parts[-1], name)) for name in LAST if name != "oi_age")
        if bar.coverage < 0.8:
            assert bar.source == "none"
            continue
        assert bar.source == ("venue" if any(b.source == "venue" for b in there) else "own")
        priced = [b for b in there if not math.isnan(b.close)]
        assert (bar.open, bar.close) == (priced[0].open, priced[-1].close)
        assert (bar.high, bar.low) == (max(b.high for b in priced), min(b.low for b in priced))
        for name in SUMS:
            total = 0.0
            for b in there:
                value = getattr(b, name)
                total += math.nan if value is None else value
            mine = getattr(bar, name)
            assert same(math.nan if mine is None else mine, total), name
        compared += 1
    assert compared > 10
