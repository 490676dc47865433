"""The volume profile: taker USD by price, with its fullest bin and its value area."""

from __future__ import annotations

import numpy as np
import pytest

from fbkit.errors import UnknownName
from fbkit.model import NS_MIN, NS_S, Beat, Event, RunRow, Side, Trade
from tests.across.conftest import Make
from tests.across.made import START, WRITER, bar, contract, ends

BTC = contract("a:BTC-USDT-PERP")


def trades(*told: tuple[float, float, Side]) -> list[Event]:
    """Price, USD, side; one a second."""
    return [
        Trade(BTC.name, START + at * NS_S, START + at * NS_S, at, price, usd / price, side, seq=WRITER | 100 + at)
        for at, (price, usd, side) in enumerate(told)
    ]


def test_takers_are_counted_by_price_and_side(make: Make) -> None:
    told = trades((100.1, 5, Side.BUY), (100.6, 40, Side.BUY), (100.7, 50, Side.SELL), (101.2, 5, Side.BUY))
    found = make([BTC], [], told).profile("BTC", since=START, width_usd=0.5)
    assert found["price_from_usd"].tolist() == [100.0, 100.5, 101.0]
    assert found["buy_usd"].tolist() == pytest.approx([5, 40, 5])
    assert found["sell_usd"].tolist() == pytest.approx([0, 50, 0])
    assert found["delta_usd"].tolist() == pytest.approx([5, -10, 5])
    assert found["share"].tolist() == pytest.approx([0.05, 0.9, 0.05])
    assert found["in_value_area"].tolist() == [False, True, False]
    assert (found.attrs["poc_usd"], found.attrs["value_low_usd"], found.attrs["value_high_usd"]) == (100.75, 100.5, 101)
    assert (found.attrs["width_from"], found.attrs["n_trades"], found.attrs["venues"]) == ("given", 4, "a")


def test_a_bin_is_a_round_tenth_of_the_atr_of_the_bars_before_the_last_trade(make: Make) -> None:
    before = START - 30 * 15 * NS_MIN
    bars = [
        bar(BTC.name, before + at * 15 * NS_MIN, "15m", high=1_010.0, low=1_000.0, close=1_005.0) for at in range(30)
    ]
    after = bar(BTC.name, ends(1, "15m")[0], "15m", high=9_000.0, low=1.0, close=5_000.0)
    found = make([BTC], [*bars, after], trades((1_004.0, 5, Side.BUY), (1_006.5, 5, Side.SELL))).profile(
        BTC.name, START
    )
    assert (found.attrs["width_usd"], found.attrs["width_from"]) == (1.0, "ATR(14) of 15m")


def test_without_an_atr_the_range_of_the_prices_says_how_wide_a_bin_is(make: Make) -> None:
    found = make([BTC], [], trades((100.0, 5, Side.BUY), (103.0, 5, Side.SELL))).profile("BTC", since=START)
    assert (found.attrs["width_usd"], found.attrs["width_from"]) == (0.1, "range of the prices")


def test_one_price_alone_and_no_trade_at_all_have_no_bins(make: Make) -> None:
    for told in (trades((100.0, 5, Side.BUY)), trades()):
        found = make([BTC], [], told).profile("BTC", since=START)
        assert found.empty
        assert np.isnan(found.attrs["poc_usd"])
        assert list(found.columns)[-1] == "in_value_area"


def test_a_bad_print_does_not_fill_the_memory_with_bins(make: Make) -> None:
    told = trades((100.0, 5, Side.BUY), (1e12, 5, Side.BUY))
    assert make([BTC], [], told).profile("BTC", since=START, width_usd=0.1).empty


def test_only_the_span_counts_and_its_coverage_is_said(make: Make) -> None:
    beats = [
        Beat(instrument="", ts_event=START + k * NS_S, ts_recv=START + k * NS_S, n=k, seq=WRITER | 1000 + k)
        for k in range(1, 11)
    ]
    run = RunRow(1, START, 0, 1, "code", "{}", "3.11", "2.4", 1, "host")
    desk = make([BTC], [run], [*trades((100.0, 5, Side.BUY), (101.0, 7, Side.BUY), (102.0, 9, Side.BUY)), *beats])
    found = desk.profile("BTC", since=START + NS_S, until=START + 2 * NS_S, width_usd=1.0)
    assert found["total_usd"].sum() == pytest.approx(7)
    assert desk.profile("BTC", START, START + 20 * NS_S, width_usd=1.0).attrs["coverage"] == pytest.approx(0.5)


def test_a_coin_of_several_instruments_wants_one_of_them(make: Make) -> None:
    with pytest.raises(UnknownName, match="single instrument"):
        make([BTC, contract("b:BTC-USDT-PERP")], []).profile("BTC")


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_width_gives_no_bins_rather_than_an_error(make: Make, width: float) -> None:
    told = trades((100.0, 5, Side.BUY), (103.0, 5, Side.SELL))
    assert make([BTC], [], told).profile("BTC", since=START, width_usd=width).empty
