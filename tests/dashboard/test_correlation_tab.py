"""Correlation: the matrix, the pair, breadth; every number is one of fbkit.across, or counted by hand."""

import asyncio
import io

import numpy as np
import pandas as pd
import pytest

from fbkit import across
from fbkit.dashboard.correlation.breadth import above, breadth_of
from fbkit.dashboard.correlation.similarity import alike
from fbkit.dashboard.tabs import make_tab
from fbkit.hub import Commit, Hello
from fbkit.model import NS_DAY, NS_MIN, NS_S, BarRow, Span
from fbkit.store import open_store
from tests.dashboard.across_market import COINS, NOW, read, scene_over

SPAN = Span(NOW + NS_S - 2 * NS_DAY, NOW + NS_S)


@pytest.fixture(scope="module")
def store(across_url):
    with open_store(across_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def tab(across_url, tmp_path_factory):
    """The tab, with everything read, for tests that only look."""
    made = make_tab("correlation", scene_over(across_url, tmp_path_factory.mktemp("home")))
    return asyncio.run(read(made))


@pytest.fixture
def own(across_url, home):
    """A tab that has asked nothing yet, for a test that presses something."""
    return make_tab("correlation", scene_over(across_url, home))


def pressed(tab):
    """What the controls show."""
    return tab.tools.get_state()["values"]


def numbers(frame, names):
    """A square table in the order of names, as the widget holds it: four digits, None where missing."""
    values = frame.loc[list(names), list(names)].to_numpy()
    return [[round(v, 4) if np.isfinite(v) else None for v in row] for row in values.tolist()]


def test_the_matrix_is_across_s_whatever_its_order(tab, store):
    frame = across.correlations(across.coin_returns(store, list(COINS), "5m", SPAN))
    assert sorted(tab.matrix.names) == sorted(COINS)
    assert tab.matrix.cells == numbers(frame["r"], tab.matrix.names)
    assert tab.matrix.low == numbers(frame["low"], tab.matrix.names)
    assert tab.matrix.high == numbers(frame["high"], tab.matrix.names)
    assert tab.matrix.counts == frame["n"].loc[tab.matrix.names, tab.matrix.names].to_numpy().tolist()
    assert "pairs behind each r" in " ".join(text for text, _ in tab.caption.parts)


def test_what_moves_together_stands_together():
    blocks = np.array([0, 1, 0, 1, 2, 0, 1, 2])
    r = np.where(blocks[:, None] == blocks, 0.9, 0.1) + np.eye(8) * 0.1
    order = alike(r)
    assert sorted(order) == list(range(8))
    assert np.count_nonzero(np.diff(blocks[order])) == 2


def test_an_order_does_not_need_numbers():
    assert sorted(alike(np.full((4, 4), np.nan))) == [0, 1, 2, 3]
    assert alike(np.empty((0, 0))) == []


async def test_the_pair_that_is_chosen_says_who_leads(own, store):
    await read(own, "matrix")
    own.matrix.chosen = ["BTC", "SOL"]
    await own.jobs["pair"].ask()
    frame = across.lead_lag(across.coin_returns(store, ["BTC", "SOL"], "5m", SPAN))
    bars = next(one for one in own.lags.traces if one["type"] == "bar")
    assert bars["x"] == list(range(-10, 11))
    assert bars["y"] == frame["r"].tolist()
    assert own.said.parts == [[frame.attrs["sentence"], "ink"]]
    assert frame.attrs["sentence"].startswith("BTC leads SOL by 2 bars of 5m (10 min)")
    assert [lag for lag, ink in zip(bars["x"], bars["marker"]["color"], strict=True) if ink == "--ink"] == [2]


def test_the_band_is_the_interval_of_each_lag(tab):
    low, high = (one["y"] for one in tab.lags.traces[:2])
    assert tab.lags.traces[1]["fill"] == "tonexty"
    r = tab.lags.traces[2]["y"]
    assert all(a < b < c for a, b, c in zip(low, r, high, strict=True))


async def test_the_dots_are_the_returns_that_both_have(own, store):
    await read(own, "matrix")
    own.matrix.chosen = ["ETH", "BTC"]
    await own.jobs["pair"].ask()
    both = across.coin_returns(store, ["ETH", "BTC"], "5m", SPAN)
    (dots,) = own.dots.traces
    assert dots["x"] == both.fresh[:, 0].tolist()
    assert dots["y"] == both.fresh[:, 1].tolist()
    assert own.dots.layout_more["xaxis"]["title"]["text"] == "ETH, % a bar"


async def test_the_two_largest_coins_are_the_pair_to_begin_with(own):
    await read(own, "matrix", "pair")
    assert own.matrix.chosen == ["BTC", "ETH"]
    assert own.lags.title == "BTC and ETH: who leads"


async def test_pairs_are_listed_from_the_strongest_on_and_a_press_chooses_one(own):
    await read(own, "matrix")
    sizes = [abs(row[1]) for row in own.pairs.rows]
    strongest = [row[4] for row in own.pairs.rows].count("strongest")
    assert len(sizes) == 6
    assert strongest == 3
    assert sizes == sorted(sizes, reverse=True)
    own.pairs.chosen, own.pairs.opened = own.pairs.names[-1], 1
    assert "\n".join(own.matrix.chosen) == own.pairs.names[-1]


async def test_open_interest_may_be_correlated_instead(own, store):
    own.tools.choose(column="oi_dlog")
    await own.jobs["matrix"].ask()
    frame = across.correlations(across.coin_returns(store, list(COINS), "5m", SPAN, column="oi_dlog"))
    assert own.matrix.title == "Correlation of OI changes"
    assert own.matrix.cells == numbers(frame["r"], own.matrix.names)


async def test_fewer_than_30_pairs_are_no_number(own):
    own.scene.tf = "1h"
    own.tools.choose(span="1d")
    await own.jobs["matrix"].ask()
    assert own.matrix.cells[0][1] is None
    assert own.matrix.counts[0][1] == 24
    assert own.pairs.rows == []


async def test_a_coin_is_added_to_the_largest_and_taken_away(own):
    own.count = 2
    own.tools.choose(add="HYPE")
    await own.jobs["matrix"].ask()
    assert sorted(own.matrix.names) == ["BTC", "ETH", "HYPE"]
    assert pressed(own)["added"] == ["HYPE"]
    assert pressed(own)["add"] == ""
    own.tools.choose(added=[])
    await own.jobs["matrix"].ask()
    assert sorted(own.matrix.names) == ["BTC", "ETH"]


def test_the_loud_shares_are_across_s_and_the_rising_ones_are_counted(store):
    found = breadth_of(store, "5m", SPAN, 0.8)
    frame = across.breadth(store, "5m", SPAN)
    assert np.array_equal(found.loud_up, frame["up_share"], equal_nan=True)
    assert np.array_equal(found.loud_down, frame["down_share"], equal_nan=True)
    assert found.coverage == frame["coverage"].mean()
    last = [float(store.columns("bars", ("ret",), instrument=name, tf="5m")["ret"][-1]) for name in perpetuals(store)]
    assert found.rising[-1] == sum(ret > 0 for ret in last) / len(last)
    assert found.median[-1] == np.median(last)


def perpetuals(store):
    return [name for name, one in store.instruments().items() if one.expiry is None]


def test_above_the_mean_counts_prices_over_that_of_their_window():
    random = np.random.default_rng(5)
    ret = random.normal(0, 0.01, (90, 3))
    price = np.cumsum(ret, axis=0)
    share = above(ret)
    assert np.isnan(share[:59]).all()
    for k in (59, 75, 89):
        assert share[k] == (price[k] > price[k - 59 : k + 1].mean(axis=0)).mean()


def test_breadth_is_drawn_with_its_newest_numbers(tab, store):
    up = across.breadth(store, "5m", SPAN).iloc[-1]
    assert f"{int(up['n_up'])} up, {int(up['n_down'])} down by 2 sd or more, of {int(up['n'])}" in tab.breadth.value
    assert {one["name"] for one in tab.breadth.traces} == {"rising", "above mean", "median return"}


async def test_breadth_is_read_again_only_when_a_slot_has_closed(own, monkeypatch):
    await read(own, "breadth")
    asked = []
    monkeypatch.setattr("fbkit.dashboard.correlation.tab.breadth_of", lambda *given: asked.append(given))
    await own.jobs["breadth"].ask()
    assert asked == []
    own.take(Hello(1, "SIMULATED", 7, "d", "v", 1, NOW))
    await own.jobs["breadth"].ask()
    assert len(asked) == 1


async def test_a_closed_bar_of_its_timeframe_asks_again(own):
    own._wanted.clear()
    own.hear(Commit(1, bars=[BarRow("okx:BTC-USD-PERP", "1m", NOW, NOW + NS_MIN)]))
    assert own._wanted == set()
    own.hear(Commit(1, bars=[BarRow("okx:BTC-USD-PERP", "5m", NOW, NOW + 5 * NS_MIN)]))
    assert own._wanted == {"matrix", "breadth"}


async def test_a_week_of_minutes_is_read_in_longer_bars_which_are_named(own):
    own.scene.tf = "1m"
    own.tools.choose(span="1w")
    await own.jobs["matrix"].ask()
    assert "5m bars" in own.matrix.sub


def test_export_has_a_row_a_pair(tab):
    frame = pd.read_csv(io.BytesIO(tab.file("csv")[1]), comment="#")
    assert len(frame) == 6
    assert set(frame.columns) >= {"coin", "other", "r", "low", "high", "pairs", "instrument", "other_instrument"}
    i, j = (tab.matrix.names.index(frame.loc[0, name]) for name in ("coin", "other"))
    assert round(frame.loc[0, "r"], 4) == tab.matrix.cells[i][j]
