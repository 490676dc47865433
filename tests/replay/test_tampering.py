"""Whatever is changed in a stored database is found, and named: instrument, bar, column."""

from __future__ import annotations

from typing import Any

import pytest

from fbkit.clock import SystemClock
from fbkit.ingest.demo import START
from fbkit.model import NS_MIN, NS_S, Beat, Event, Span, Trade
from fbkit.replay import Verification
from fbkit.store import open_store, open_writer
from tests.replay import tamper
from tests.replay.conftest import Check

NAME = "binance:BTC-USDT-PERP"
MIDNIGHT = START + 15 * NS_S
#: The minute that lies wholly in the live part.
MINUTE = MIDNIGHT + NS_MIN


def trades(url: str) -> list[Trade]:
    """Those of the live minute, by their place."""
    with open_store(url) as store:
        found: list[Any] = sorted(store.events("trade", NAME, Span(MIDNIGHT, MINUTE)), key=lambda event: event.seq)
    return found


def fold(url: str) -> None:
    """Everything leaves the tail."""
    with open_writer(url, market="SIMULATED", seed=7, clock=SystemClock(), holder="test") as writer:  # type: ignore[arg-type]  # a word is as good
        writer.fold(2**62)


def named(found: Verification) -> set[tuple[str, str, str, int, str]]:
    return {(one.table, one.instrument, one.tf, one.t1, one.column) for one in found.differences}


def test_nothing_changed_is_the_same_to_the_bit_and_tens_of_thousands_of_values_say_so(url: str, check: Check) -> None:
    found = check(url)
    assert found.is_same
    assert (found.differences, found.notes, found.unverified) == ([], [], [])
    assert found.values > 30_000
    assert set(found.compared) == {"bars", "metrics", "summary", "alerts", "gaps", "history"}
    assert all(one.values and not one.close for one in found.compared.values())


def test_a_price_changed_in_the_tail_is_named_with_its_bar(url: str, check: Check) -> None:
    one = max(trades(url), key=lambda event: event.price)
    tamper.in_tail(url, "trade", tamper.set_value("price", one.seq, one.price * 2))
    found = check(url)
    assert not found.is_same
    assert ("bars", NAME, "1m", MINUTE, "high") in named(found)
    assert ("bars", NAME, "1m", MINUTE, "vol_usd") in named(found)
    assert {table for table, *_ in named(found)} == {"bars"}
    assert {name for _, name, *_ in named(found)} == {NAME}
    high = next(d for d in found.differences if d.column == "high" and d.tf == "1m")
    assert (float(high.stored), float(high.computed)) == (one.price, one.price * 2)


def test_a_price_changed_inside_a_chunk_is_named_with_its_bar(url: str, check: Check) -> None:
    fold(url)
    assert check(url).is_same
    one = trades(url)[5]
    tamper.in_chunk(url, "trade", tamper.set_value("price", one.seq, one.price * 1.0000001))
    found = check(url)
    assert ("bars", NAME, "1m", MINUTE, "vol_usd") in named(found)


def test_a_trade_that_is_gone_is_missed_by_its_number_and_by_its_bar(url: str, check: Check) -> None:
    one = trades(url)[5]
    tamper.in_tail(url, "trade", tamper.remove(one.seq))
    found = check(url)
    assert f"event {one.seq}" in {d.computed for d in found.differences if d.table == "events"}
    assert ("bars", NAME, "1m", MINUTE, "n_trades") in named(found)


def test_two_trades_that_changed_places_are_found(url: str, check: Check) -> None:
    with open_store(url) as store:
        every = sorted(store.events("trade", NAME, Span(MIDNIGHT - 5 * NS_S, None)), key=lambda event: event.seq)
    first = every[0]
    last = next(one for one in reversed(every) if one.ts_event > MINUTE + NS_S)
    pair = tuple(sorted((first.seq, last.seq)))
    fold(url)
    tamper.in_chunk(url, "trade", tamper.swap(*pair))
    assert ("bars", NAME, "1m", MIDNIGHT, "n_trades") in named(check(url))


def test_two_trades_of_one_minute_that_changed_places_are_found(url: str, check: Check) -> None:
    every = trades(url)
    one = every[10]
    other = next(event for event in every[11:] if event.ts_recv > one.ts_recv)
    fold(url)
    tamper.in_chunk(url, "trade", tamper.swap(one.seq, other.seq))
    assert ("events", NAME, "", "ts_recv") in {(d.table, d.instrument, d.tf, d.column) for d in check(url).differences}


def test_a_gap_that_says_something_else_is_found_in_its_event_and_in_its_row(url: str, check: Check) -> None:
    with open_store(url) as store:
        gap: Any = next(iter(store.events("gap")))
    tamper.in_tail(url, "gap", tamper.set_value("t0", gap.seq, gap.t0 + NS_MIN))
    found = check(url)
    assert ("gaps", "t0") in {(table, column) for table, *_, column in named(found)}


def test_the_row_of_a_gap_that_was_edited_is_found(url: str, check: Check) -> None:
    tamper.set_cell(url, "gaps", "cause", "nothing", "gap_id = (SELECT min(gap_id) FROM gaps)")
    (one,) = check(url).differences
    assert (one.table, one.column, one.stored) == ("gaps", "cause", "'nothing'")


BAR = "tf = '1m' AND t1 = :t1 AND instrument = (SELECT id FROM instruments WHERE name = :name)"


def test_an_edited_bar_is_one_difference_and_its_metrics_are_told_apart(url: str, check: Check) -> None:
    tamper.set_cell(url, "bars", "close", 1.0, BAR, t1=MINUTE, name=NAME)
    found = check(url)
    assert [one for one in found.differences if one.table == "bars"] == [
        one
        for one in found.differences
        if (one.table, one.instrument, one.t1, one.column) == ("bars", NAME, MINUTE, "close")
    ]
    assert ("metrics", NAME, "1m", MINUTE, "rsi_14") in named(found)
    assert ("history", NAME, "1m", MINUTE, "rsi_14") in named(found)


@pytest.mark.parametrize(
    ("column", "value"), [("z_ret_60", 9.0), ("n_z_ret_60", 3), ("coverage", 0.5), ("reasons", "gap" + "," * 100)]
)
def test_an_edited_metric_is_named(url: str, check: Check, column: str, value: Any) -> None:
    if column == "reasons":
        with open_store(url) as store:
            row = store.rows("metrics", instrument=NAME, tf="1m")["reasons"].iloc[-1]
        value = ",".join(["stale", *row.split(",")[1:]])
    tamper.set_cell(url, "metrics", column, value, BAR, t1=MINUTE, name=NAME)
    found = check(url)
    wanted = "reason of rsi_14" if column == "reasons" else column
    assert ("metrics", NAME, "1m", MINUTE, wanted) in named(found)
    assert {table for table, *_ in named(found)} <= {"metrics", "history"}


@pytest.mark.parametrize("column", ["value", "sentence", "inputs", "direction", "tier"])
def test_an_edited_alert_is_named(url: str, check: Check, column: str) -> None:
    with open_store(url) as store:
        alert = store.rows("alerts").iloc[0]
    value = 9 if column in {"value", "tier"} else "nothing"
    tamper.set_cell(url, "alerts", column, value, "alert_id = :id", id=int(alert["alert_id"]))
    (one,) = check(url).differences
    assert (one.table, one.instrument, one.tf, one.t1) == ("alerts", alert["instrument"], alert["tf"], alert["t1"])
    assert one.column == column


@pytest.mark.parametrize("table", ["bars", "metrics"])
def test_a_row_that_is_gone_or_was_invented_is_named(url: str, check: Check, table: str) -> None:
    tamper.set_cell(url, table, "t1", MINUTE + 40 * NS_MIN, BAR, t1=MINUTE, name=NAME)
    found = check(url)
    told = {
        (one.t1, one.stored == "no row", one.computed == "no row") for one in found.differences if one.table == table
    }
    assert {(MINUTE, True, False), (MINUTE + 40 * NS_MIN, False, True)} <= told


def test_an_alert_that_is_gone_is_named(url: str, check: Check) -> None:
    tamper.write(url, lambda connection: connection.exec_driver_sql(
        "DELETE FROM alerts WHERE alert_id = (SELECT min(alert_id) FROM alerts)"))  # fmt: skip
    (one,) = check(url).differences
    assert (one.table, one.stored) == ("alerts", "no row")


def test_an_edited_summary_is_named(url: str, check: Check) -> None:
    where = "tf = '1m' AND instrument = (SELECT id FROM instruments WHERE name = :name)"
    tamper.set_cell(url, "summary", "mean_abs_z", 1.25, where, name=NAME)
    (one,) = check(url).differences
    assert (one.table, one.instrument, one.column, one.stored) == ("summary", NAME, "mean_abs_z", "1.25")


def test_events_are_all_there_and_each_has_its_place(url: str) -> None:
    with open_store(url) as store:
        every: list[Event] = list(store.replay())
    assert [event.seq for event in every] == list(range(every[0].seq, every[0].seq + len(every)))
    assert type(every[-1]) is Beat
