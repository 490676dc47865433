"""Numbers that cannot be: they end as missing with a reason, never as an exception or a number somebody made up."""

import itertools
import math
import random

import numpy as np
import pytest

from fbkit.engine import Engine
from fbkit.model import (
    BAR_COLUMNS,
    METRIC_COLUMNS,
    NS_DAY,
    NS_MIN,
    NS_S,
    Bar,
    Beat,
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
from tests.engine.conftest import BTC, DAY, Desk, bits, run, street

NAN, INF = math.nan, math.inf
HOSTILE = (NAN, INF, -INF, 0.0, -0.0, -1.0, 1e308, -1e308, 5e-324)
NAMES = tuple(f"binance:X{k}-USDT-PERP" for k in range(120))


def bad(draw, ts, number):
    """One event of any kind in which a number or all of them cannot be."""
    x, y, z, v = (draw.choice((*HOSTILE, 100.0)) for _ in range(4))
    return draw.choice((
        Trade(BTC, ts, ts, number, x, y, draw.choice((Side.BUY, Side.SELL))),
        Quote(BTC, ts, ts, number, x, 1.0, y, 1.0),
        Quote(BTC, ts, ts, number, x, 1.0, y, 1.0, 5, z, v),
        Mark(BTC, ts, ts, x, y, z, v),
        Funding(BTC, ts, ts, x, y),
        OpenInterest(BTC, ts, ts, x, y),
        Ratio(BTC, ts, ts, "acct_global", x, 300),
        Liquidation(BTC, ts, ts, draw.choice(("long", "short")), x, y),
        Bar(BTC, ts - ts % NS_MIN + NS_MIN, ts, "1m", x, y, z, v, x, y, z, 3, origin=Origin.BACKFILL),
    ))  # fmt: skip


def spoiled(seed):
    """A street of 100 minutes in which every minute of the second half has numbers that cannot be."""
    draw = random.Random(seed)
    numbers = itertools.count(10**6)
    for event in street(seed, 100, DAY, names=(BTC,)):
        if type(event) is Beat and event.ts_event > DAY + 50 * NS_MIN:
            for _ in range(3):
                yield bad(draw, event.ts_event + draw.randrange(1, 20 * NS_S), next(numbers))
        yield event


@pytest.mark.parametrize("seed", range(6))
def test_what_cannot_be_is_missing_with_a_reason(seed):
    bars, metrics, summary = run(Engine(), spoiled(seed))
    assert bars
    for bar in bars:
        values = {c.name: getattr(bar, c.name) for c in BAR_COLUMNS}
        assert not [name for name, x in values.items() if x is not None and math.isinf(x)], bar
        assert all(not x <= 0.0 for x in (bar.open, bar.high, bar.low, bar.close, bar.mark, bar.index)), bar
        assert all(not x < 0.0 for x in (bar.vol_usd, bar.oi_usd, bar.liq_long_usd, bar.buy_usd)), bar
    for row in metrics:
        for name, value, reason in zip(METRIC_COLUMNS, row.values, row.reasons, strict=True):
            assert math.isfinite(value) == (reason == ""), (row.t1, name, value, reason)
    for row in summary:
        assert row.bias in {"", "long", "short", "none"}
        assert not math.isinf(row.loudest_z)


@pytest.mark.parametrize("seed", range(3))
def test_what_cannot_be_gives_the_same_bits_after_a_restart_anywhere(seed):
    events = list(spoiled(seed))
    whole = run(Engine(), events)
    for cut in random.Random(seed).sample(range(len(events)), 4):
        first, second = Engine(), Engine()
        before = run(first, events[:cut])
        second.restore(first.checkpoint())
        after = run(second, events[cut:])
        assert [bits(a + b) for a, b in zip(before, after, strict=True)] == [bits(part) for part in whole]


@pytest.mark.parametrize("seed", range(3))
def test_what_cannot_be_gives_the_same_bars_filled_afterwards(seed):
    """A start waits for its history: minute by minute and all at once say the same of bad numbers too."""
    opened = Gap(BTC, DAY, DAY, 1, "binance", "bar", "opened", "start", DAY - NS_DAY)
    events = list(spoiled(seed))
    at = next(k for k, e in enumerate(events) if type(e) is Beat and e.ts_event >= DAY + 9 * NS_MIN)
    closed = Gap(BTC, DAY + 9 * NS_MIN, 1, 1, "binance", "bar", "closed", "start", DAY - NS_DAY, DAY)
    live = run(Engine(), events)[0]
    filled = run(Engine(), [opened, *events[:at], closed, *events[at:]])[0]
    assert bits(sorted(live, key=lambda b: (b.tf, b.t1))) == bits(sorted(filled, key=lambda b: (b.tf, b.t1)))


def test_a_bad_print_leaves_a_z_with_its_window():
    desk = Desk()
    desk.beat(0)
    draw = random.Random(1)
    for m in range(70):
        price = 1e12 if m == 30 else 100.0 + draw.random()
        desk.trade(60 * m + 30, price, 1.0)
        desk.beat(60 * m + 61)
    z = [row.value("z_ret_20") for row in desk.metrics if row.tf == "1m"]
    assert max(abs(x) for x in z[52:]) < 6.0, "as if it had never been"
    assert abs(z[30]) > 100.0


def test_looking_at_the_open_bar_stores_nothing():
    """Provisional values are of the screen alone: rows and state are the same whether anybody looks or not."""
    seen, blind = Engine(), Engine()
    for event in street(9, 45, DAY):
        for engine in (seen, blind):
            if type(event) is not Beat:
                engine.take(event)
        if type(event) is Beat:
            assert bits(seen.beat(event).bars) == bits(blind.beat(event).bars)
        seen.live((BTC, "binance:NO-USDT-PERP"))
    assert seen.checkpoint() == blind.checkpoint()


def test_the_z_of_an_open_bar_is_the_one_it_closes_with_if_nothing_else_comes():
    desk, draw, compared = Desk(), random.Random(3), 0
    desk.beat(0)
    for m in range(130):
        desk.trade(60 * m + 30, 100.0 + draw.random(), 1.0)
        z = desk.engine.live([BTC])[BTC].z
        (row,) = (row for row in desk.beat(60 * m + 61).metrics if row.tf == "1m")
        closed = row.value("z_ret_60")
        assert z == closed or (math.isnan(z) and math.isnan(closed))
        compared += not math.isnan(closed)
    assert compared == 130 - 49


def test_blocks_are_rebuilt_staggered():
    """Of 120 instruments and a window of 60, no bar rebuilds more than a few: the worst close is near the median."""
    engine = Engine()
    beat = itertools.count()
    engine.beat(Beat("", DAY, DAY, next(beat)))
    rebuilt = []
    panel = engine._judges["1m"].z
    k60 = panel.windows.tolist().index(60)
    for m in range(1, 125):
        at = DAY + m * NS_MIN
        for k, name in enumerate(NAMES):
            engine.take(Trade(name, at - NS_S, at, m, 100.0 + (m * k) % 7, 1.0, Side.BUY))
        engine.beat(Beat("", at + NS_S, at + NS_S, next(beat)))
        rebuilt.append(int(((panel.slot - 1) % 60 == panel.turn[k60])[: len(NAMES)].sum()))
    assert sum(rebuilt[62:122]) == len(NAMES), "each once in sixty bars"
    assert max(rebuilt[62:122]) <= 8
    assert np.mean(rebuilt[62:122]) == 2.0
