"""Live = replay = history, to the bit."""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from fbkit.engine import Engine
from fbkit.model import (
    JUDGED,
    METRIC_COLUMNS,
    NS_DAY,
    NS_MIN,
    NS_S,
    Beat,
    Gap,
    Mark,
    OpenInterest,
    Quote,
    Side,
    Trade,
)
from fbkit.quant import frames
from tests.engine.conftest import BTC, DAY, ETH, THIN, bits, run, street

START = DAY + NS_DAY - 200 * NS_MIN


@pytest.fixture(scope="module")
def events():
    """Four hours around midnight, with two holes in the trades."""
    found = list(street(3, 240, START))
    gaps = [
        Gap("", 0, 0, 7, "binance", "trade", "opened", "disconnect", START + 60 * NS_MIN, START + 63 * NS_MIN),
        Gap("", 0, 0, 7, "binance", "trade", "closed", "disconnect", START + 60 * NS_MIN, START + 63 * NS_MIN),
        Gap(ETH, 0, 0, 8, "binance", "trade", "opened", "sequence", START + 90 * NS_MIN, START + 91 * NS_MIN),
        Gap(ETH, 0, 0, 8, "binance", "trade", "closed", "sequence", START + 90 * NS_MIN, START + 91 * NS_MIN),
    ]
    return [*gaps, *found]


@pytest.fixture(scope="module")
def rows(events):
    return run(Engine(), events)


def test_the_same_events_give_the_same_rows(events, rows):
    again = run(Engine(), events)
    assert len(rows[0]) > 700
    assert [bits(part) for part in again] == [bits(part) for part in rows]


def test_events_heard_many_at_once_leave_the_state_that_one_by_one_leaves():
    random = Random(5)
    events = []
    for _ in range(4000):
        ts = START + random.randrange(0, 180) * NS_S  # ties, disorder, three minutes
        price, size, number = float(random.randrange(1, 9)), random.random(), random.randrange(50)
        name = random.choice([BTC, ETH])
        events.append(
            random.choice(
                [
                    Trade(name, ts, ts, number, price, size, random.choice([Side.BUY, Side.SELL])),
                    Quote(name, ts, ts, number, price, size, price + 1, size, levels=random.choice([0, 5])),
                    Mark(name, ts, ts, price),
                    OpenInterest(name, ts, ts, size),
                ]
            )
        )
    one, many = Engine(), Engine()
    for at in range(0, len(events), 500):
        batch = events[at : at + 500]
        for event in batch:
            one.take(event)
        many.take_all(batch)
        beat = Beat("", START + at // 20 * NS_S, START + at // 20 * NS_S, at)
        assert bits(one.beat(beat).bars) == bits(many.beat(beat).bars)
        assert one.checkpoint() == many.checkpoint()
    assert one.late == many.late
    assert one.late


def test_whole_columns_over_the_stored_bars_give_the_bits_of_the_live_metrics(rows):
    bars, metrics, _ = rows
    live = {(m.instrument, m.tf, m.t1): m for m in metrics}
    compared = 0
    for (name, tf), group in itertools.groupby(
        sorted(bars, key=lambda b: (b.instrument, b.tf, b.t1)), lambda b: (b.instrument, b.tf)
    ):
        series = list(group)
        columns = {c: np.array([getattr(b, c) for b in series]) for c in ("high", "low", "close", *JUDGED)}
        found = frames.metrics(name, tf, [b.t1 for b in series], columns)
        for k, bar in enumerate(series):
            row = live.get((name, tf, bar.t1))
            if row is not None:
                for at, column in enumerate(METRIC_COLUMNS):
                    a, b = row.values[at], found[column][k]
                    assert a == b or (math.isnan(a) and math.isnan(b)), (name, tf, column, k)
                    compared += not math.isnan(a)
    assert compared > 5000


@pytest.mark.parametrize("cut", [0, 1, 700, 2501, 4000])
def test_a_checkpoint_in_the_middle_of_a_bar_changes_nothing(events, rows, cut):
    first, second = Engine(), Engine()
    before = run(first, events[:cut])
    second.restore(first.checkpoint())
    after = run(second, events[cut:])
    assert [bits(a + b) for a, b in zip(before, after, strict=True)] == [bits(part) for part in rows]
    assert second.checkpoint() == second.checkpoint()
    assert second.late == run_late(events)


def test_what_was_frozen_is_of_its_instant_whatever_comes_after(events):
    one, other = Engine(), Engine()
    run(one, events[:2501])
    run(other, events[:2501])
    frozen = one.freeze()
    run(one, events[2501:])
    assert frozen.pack() == other.checkpoint() != one.checkpoint()


def run_late(events):
    engine = Engine()
    run(engine, events)
    return engine.late


def test_what_is_packed_on_a_thread_while_the_engine_goes_on_is_of_its_instant(events):
    """Whoever packs copies most of it; a minute that closes meanwhile copies the rest first."""
    place = len(events) // 2
    engine, other = Engine(), Engine()
    for one in (engine, other):
        run(one, events[:place])
    wanted = other.checkpoint()
    rest = iter(events[place:])
    with ThreadPoolExecutor(1) as pool:
        for _ in range(8):
            packed = pool.submit(engine.freeze().pack)
            taken = list(itertools.islice(rest, 40))
            run(engine, taken)
            assert packed.result() == wanted
            run(other, taken)
            wanted = other.checkpoint()


def test_what_is_no_state_is_refused():
    engine = Engine()
    for junk in (b"", b"junk", Engine(lateness_ns=5).checkpoint()):
        with pytest.raises(ValueError, match=r"state"):
            engine.restore(junk)


@pytest.mark.parametrize("since", [0, 37])
def test_minutes_filled_afterwards_have_the_bits_of_minutes_closed_live(rows, since):
    """The same market heard while a start's history is awaited: everything is filled at once, late in the run."""
    plain = list(street(3, 240, START))
    live = run(Engine(), plain)
    waiting = Engine()
    half = next(k for k, e in enumerate(plain) if type(e) is Beat and e.ts_event >= START + since * NS_MIN + 2 * 10**9)
    release = next(k for k, e in enumerate(plain) if type(e) is Beat and e.ts_event > START + 220 * NS_MIN)
    far = START + 10**6 * NS_MIN  # received so late that nobody loses patience

    before = run(waiting, plain[:half])
    opened = Gap("", START, far, 1, "", "bar", "opened", "start", START)
    waiting.take(opened)
    during = run(waiting, plain[half:release])
    assert during == ([], [], [])
    waiting.take(Gap("", START, far, 1, "", "bar", "backfilled", "start", START, START))
    after = run(waiting, plain[release:])

    def by_key(bars):
        return {(b.instrument, b.tf, b.t1): b for b in bars}

    filled, closed = by_key(before[0] + after[0]), by_key(live[0])
    assert filled.keys() == closed.keys()
    for key, bar in closed.items():
        assert bits([bar]) == bits([filled[key]]), key
    later = {(m.instrument, m.tf, m.t1): m for m in live[1]}
    assert len(after[1]) > 50
    for row in after[1]:
        assert bits([row]) == bits([later[row.instrument, row.tf, row.t1]])
    newest = {(s.instrument, s.tf): s for s in after[2] if s.t1 <= START + 220 * NS_MIN}
    same = {(s.instrument, s.tf): s for s in live[2] if s.t1 <= START + 220 * NS_MIN}
    assert set(newest) == {(n, tf) for n in (BTC, ETH, THIN) for tf in ("1m", "5m", "15m", "1h", "4h", "1d")} & set(
        same
    )
    assert {k: bits([s]) for k, s in newest.items()} == {k: bits([same[k]]) for k in newest}
