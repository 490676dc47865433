"""Coverage: a share of time, added up from beats, less what gaps say, and never more than all of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbkit.clock import VirtualClock
from fbkit.model import NS_MIN, NS_S, Beat, Gap, Listing, Market, RunRow, Span
from fbkit.store import Batch, open_store, open_writer
from fbkit.store.coverage import Ledger, Missed, coverage, covered, minus, running, share, union

BTC, ETH = "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"
START = 1_767_225_600 * NS_S
ALL = [(0, 100)]


def gap(
    t0: int, t1: int | None, channel: str = "trade", *, venue: str = "binance", name: str = "", filled: bool = False
):
    return Missed(t0, t1, venue, channel, name, filled)


def test_nothing_is_known_where_no_beat_ran():
    assert covered([(0, 40)], [], BTC, "trade") == [(0, 40)]
    assert share([(0, 40)], 0, 100) == 0.4
    assert share([], 5, 5) == 0.0


def test_a_venues_gap_is_that_of_its_instruments_and_of_no_other_venues():
    assert covered(ALL, [gap(10, 20)], BTC, "trade") == [(0, 10), (20, 100)]
    assert covered(ALL, [gap(10, 20)], "bybit:BTC-USDT-PERP", "trade") == ALL
    assert covered(ALL, [gap(10, 20, venue="")], "bybit:BTC-USDT-PERP", "trade") == [(0, 10), (20, 100)]


def test_a_channels_gap_is_its_own_and_a_gap_of_all_channels_everybodys():
    assert covered(ALL, [gap(10, 20, "quote")], BTC, "trade") == ALL
    assert covered(ALL, [gap(10, 20, "*")], BTC, "mark") == [(0, 10), (20, 100)]


def test_an_instruments_gap_leaves_the_others_covered():
    assert covered(ALL, [gap(10, 20, name=ETH)], BTC, "trade") == ALL
    assert covered(ALL, [gap(10, 20, name=ETH)], ETH, "trade") == [(0, 10), (20, 100)]


def test_an_open_gap_has_no_end():
    assert covered(ALL, [gap(60, None)], BTC, "trade") == [(0, 60)]


def test_what_was_backfilled_counts_for_trades_and_not_for_quotes():
    assert covered(ALL, [gap(10, 20, filled=True)], BTC, "trade") == ALL
    assert covered(ALL, [gap(10, 20, "quote", filled=True)], BTC, "quote") == [(0, 10), (20, 100)]
    assert covered(ALL, [gap(10, 20, "*", filled=True)], BTC, "trade") == ALL
    assert covered(ALL, [gap(10, 20, "*", filled=True)], BTC, "quote") == [(0, 10), (20, 100)]


def test_history_that_was_fetched_is_covered_though_nobody_ran_and_trades_are_not():
    gaps = [gap(40, 60, "*", venue=""), gap(30, 60, "bar", name=BTC, filled=True)]
    ran = [(0, 40), (60, 100)]
    assert covered(ran, gaps, BTC, "bar") == ALL
    assert covered(ran, gaps, BTC, "open_interest") == ALL
    assert covered(ran, gaps, BTC, "trade") == ran
    assert covered(ran, gaps, ETH, "bar") == ran


def test_a_hole_within_what_was_backfilled_stays_a_hole():
    assert covered(ALL, [gap(10, 50, filled=True), gap(20, 25)], BTC, "trade") == [(0, 20), (25, 100)]


instants = st.integers(0, 60)
stretches = st.tuples(instants, instants).map(sorted).map(tuple)
missed = st.builds(
    lambda span, ends, venue, channel, name, filled: Missed(
        span[0], span[1] if ends else None, venue, channel, name, filled
    ),
    stretches,
    st.booleans(),
    st.sampled_from(["", "binance", "okx"]),
    st.sampled_from(["*", "trade", "quote", "bar"]),
    st.sampled_from(["", BTC, ETH]),
    st.booleans(),
)
streams = st.sampled_from(["trade", "quote", "bar", "funding", "*"])
ledgers = st.tuples(st.lists(stretches).map(union), st.lists(missed, max_size=8))


@given(ledgers, streams, stretches)
def test_it_is_a_share(ledger, channel, span):
    assert 0.0 <= share(covered(*ledger, BTC, channel), *span) <= 1.0


@given(ledgers, streams, st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_the_parts_of_a_span_add_up_to_it(ledger, channel, ends):
    a, b, c = ends
    known = covered(*ledger, BTC, channel)
    parts = share(known, a, b) * (b - a) + share(known, b, c) * (c - b)
    assert parts == pytest.approx(share(known, a, c) * (c - a))


@given(ledgers, missed, streams, stretches)
def test_another_unfilled_gap_never_covers_more(ledger, more, channel, span):
    ran, gaps = ledger
    before = share(covered(ran, gaps, BTC, channel), *span)
    after = share(covered(ran, [*gaps, more._replace(backfilled=False)], BTC, channel), *span)
    assert after <= before


@given(ledgers, missed, streams, stretches)
def test_filling_a_gap_never_covers_less(ledger, one, channel, span):
    ran, gaps = ledger
    unfilled = share(covered(ran, [*gaps, one._replace(backfilled=False)], BTC, channel), *span)
    filled = share(covered(ran, [*gaps, one._replace(backfilled=True)], BTC, channel), *span)
    assert filled >= unfilled


@given(st.lists(stretches), st.lists(stretches))
def test_the_arithmetic_is_that_of_sets(some, others):
    def points(intervals):
        return {n for start, end in intervals for n in range(start, end)}

    assert points(union(some)) == points(some)
    assert points(minus(union(some), union(others))) == points(some) - points(others)


@given(st.lists(st.integers(1, 200), unique=True).map(sorted))
def test_beats_speak_for_the_second_before_them(seconds):
    ran = running(np.array(seconds, dtype=np.int64) * NS_S)
    assert ran == union((n * NS_S - NS_S, n * NS_S) for n in seconds)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Ten minutes of beats; a minute of trades missing, and a minute nobody ran."""
    url = f"sqlite:///{(tmp_path / 'x.db').as_posix()}"
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="test") as writer:
        listing = Listing(BTC, START, START, "BTCUSDT", "BTC", "USDT", "USDT", seq=1)
        away, m1 = range(300, 360), START + NS_MIN
        beats = [Beat("", START + n * NS_S, START + n * NS_S, n, seq=10 + n) for n in range(1, 601) if n not in away]
        gaps = [
            Gap("", START, START, 1, "binance", "trade", "opened", "disconnect", m1, seq=1001),
            Gap("", START, START, 1, "binance", "trade", "closed", "disconnect", m1, m1 + NS_MIN, seq=1002),
            Gap("", START, START, 2, "okx", "*", "opened", "disconnect", START, seq=1003),
        ]
        run = RunRow(1, START, 1, 1, "", "{}", "", "", 1, "")
        writer.append(Batch([listing, *beats, *gaps], [run]))
    return url


def test_out_of_a_store(url):
    with open_store(url) as store:
        assert coverage(store, BTC, "trade", Span()) == pytest.approx(0.8, abs=1e-9)
        assert coverage(store, BTC, "quote", Span()) == pytest.approx(0.9, abs=1e-9)
        assert coverage(store, "okx:BTC-USDT-PERP", "trade", Span()) == 0.0
        assert coverage(store, BTC, "trade", Span(START + NS_MIN, START + 2 * NS_MIN)) == 0.0
        assert coverage(store, BTC, "quote", Span(START + 9 * NS_MIN, START + 19 * NS_MIN)) == pytest.approx(0.1)


def test_a_ledger_is_read_once_for_all_streams(url):
    with open_store(url) as store:
        ledger = Ledger(store, Span())
    assert (ledger.since, ledger.until) == (START, START + 10 * NS_MIN)
    assert ledger.coverage(BTC, "mark") == pytest.approx(0.9)


def test_a_database_nobody_wrote_to_covers_nothing(tmp_path):
    url = f"sqlite:///{(tmp_path / 'x.db').as_posix()}"
    open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="test").close()
    with open_store(url) as store:
        assert coverage(store, BTC, "trade", Span()) == 0.0
