"""Across venues: every number on the tab is one of fbkit.across, and what is missing says why."""

import asyncio
import io

import numpy as np
import pandas as pd
import pytest

from fbkit import across
from fbkit.clock import VirtualClock
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tabs import make_tab
from fbkit.dashboard.venues.interest_drawn import layers_drawn
from fbkit.dashboard.venues.rates import LEAST
from fbkit.dashboard.venues.spreads import MINUTES
from fbkit.hub import Commit
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_S, BarRow, Span
from fbkit.store import open_store
from tests.dashboard.across_market import NOW, OLD_BARS, VENUES, read, scene_over
from tests.dashboard.invented import InventedSource


@pytest.fixture(scope="module")
def store(across_url):
    with open_store(across_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def tab(across_url, tmp_path_factory):
    """The tab, with everything read, for tests that only look."""
    made = make_tab("venues", scene_over(across_url, tmp_path_factory.mktemp("home")))
    return asyncio.run(read(made))


@pytest.fixture
def own(across_url, home):
    """A tab that has asked nothing yet, for a test that presses something."""
    return make_tab("venues", scene_over(across_url, home))


def pressed(tab):
    """What the controls show."""
    return tab.tools.get_state()["values"]


def minute(store, coin):
    """The minutes that the tab looks at."""
    return across.venues_of(store, coin, "1m", Span(NOW - (MINUTES + 1) * NS_MIN, NOW + NS_S))


def five(store, coin="BTC"):
    return across.venues_of(store, coin, "5m", Span(NOW + NS_S - 2 * NS_DAY, NOW + NS_S))


def cell(grid, coin, key):
    row = grid.names.index(coin)
    column = [one["key"] for one in grid.columns].index(key)
    return grid.rows[row][column], grid.reasons.get(f"{row}:{key}")


def said(caption):
    return " | ".join(text for text, _ in caption.parts + caption.end)


# --- open interest ----------------------------------------------------------------------------------------------------


def test_the_total_is_that_of_the_venues_that_are_fresh(tab, store):
    newest = across.across(five(store)).iloc[-1]
    assert tab.stack.total == newest["oi_total_usd"]
    assert sorted(tab.stack.fresh) == newest["oi_venues"].split(", ")
    assert f"{len(tab.stack.fresh)} of 5 venues" in tab.interest.value


def test_the_change_compares_the_same_venues_bar_by_bar(tab, store):
    day = across.across(five(store))["oi_dlog"].iloc[-288:]
    assert tab.stack.change == pytest.approx(np.expm1(day.sum()), rel=1e-12)
    assert "24" in tab.interest.value


def test_an_old_venue_stays_at_its_last_value_with_a_ring_and_its_age(tab):
    okx = next(layer for layer in tab.stack.layers if layer.venue == "okx")
    assert okx.age_s == OLD_BARS * 300
    assert np.isfinite(okx.held[-OLD_BARS:]).all()
    assert len(set(okx.held[-OLD_BARS - 1 :])) == 1
    traces, _ = layers_drawn(tab.stack)
    rings = [one for one in traces if one["mode"] == "markers"]
    tops = {one["name"]: one for one in traces if one.get("name")}
    assert len(rings) == 1
    assert "15m" in tops["okx"]["meta"]["told"]
    assert any("okx BTC open interest is 15m" in text and tone == "warn" for text, tone in tab.caption.parts)


def test_a_venue_heard_late_lies_on_top_with_an_upright_edge(tab):
    assert tab.stack.layers[-1].venue == "bybit"
    traces, edges = layers_drawn(tab.stack)
    start = tab.stack.t_ms[int(np.isfinite(tab.stack.layers[-1].usd).argmax())]
    assert [edge["x0"] for edge in edges] == [start]
    fill = next(one for one in traces if one.get("fillcolor") == "--v-bybit 13%")
    assert (fill["x"] == start).sum() == 2
    assert "bybit heard from" in said(tab.caption)


async def test_fewer_venues_pressed_means_their_total(own, store):
    own.tools.choose(venues=["binance", "deribit"])
    await own.jobs["interest"].ask()
    by_venue = across.shares(five(store)).groupby("venue")["oi_usd"].last()
    assert own.stack.total == pytest.approx(by_venue["binance"] + by_venue["deribit"], rel=1e-15)
    assert sorted(layer.venue for layer in own.stack.layers) == ["binance", "deribit"]


async def test_no_venue_pressed_means_all_of_them(own):
    own.tools.choose(venues=[])
    assert pressed(own)["venues"] == list(VENUES)


# --- funding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coin", ["BTC", "ETH", "HYPE"])
def test_a_cell_is_the_rate_of_the_venue_s_main_perpetual(tab, store, coin):
    board = across.board(minute(store, coin)).set_index("venue")
    for venue in ("binance", "okx"):
        value, _ = cell(tab.funding, coin, venue)
        assert 1e4 * value == board.loc[venue, "funding_bp_8h"]
    weighted, _ = cell(tab.funding, coin, "weighted")
    assert 1e4 * weighted == board.loc["all", "funding_bp_8h"]


async def test_a_year_is_1095_times_8_hours_and_shades_stay(own):
    await read(own, "newest", "past")
    before, shades = cell(own.funding, "BTC", "okx")[0], own.funding.shades
    own.tools.choose(unit="apr")
    assert cell(own.funding, "BTC", "okx")[0] == pytest.approx(1095 * before, rel=1e-15)
    assert own.funding.shades == shades
    assert "% a year" in own.funding.sub


def test_what_is_missing_says_whether_it_should_be_there(tab):
    assert cell(tab.funding, "HYPE", "deribit") == (None, "none")
    assert cell(tab.funding, "SOL", "bybit") == (None, "gap")
    value, reason = cell(tab.funding, "ETH", "hyperliquid")
    assert value is None
    assert reason.replace("\u00a0", " ") == "stale 10m 0s"


def test_a_shade_is_the_distance_from_the_hours_before(tab, store):
    hours = across.venues_of(store, "BTC", "1h", Span(NOW - 720 * NS_HOUR, NOW))
    past = hours.fresh("funding_8h")[hours.t1 < NOW][:, hours.main()["okx"]]
    value = cell(tab.funding, "BTC", "okx")[0]
    z = (value - past.mean()) / past.std(ddof=1)
    row = tab.funding.names.index("BTC")
    assert len(past) > LEAST
    assert tab.funding.shades[f"{row}:okx"] == pytest.approx(z, rel=1e-9)
    assert "191 hours" in tab.funding.notes[f"{row}:okx"]
    assert tab.funding.notes[f"{row}:okx"].startswith("okx:BTC-USD-PERP, predicted: +0.0")
    assert tab.funding.sub == "predicted, % per 8 h, shade = Z over 8 d"


async def test_a_coin_pressed_in_a_row_is_shown_everywhere(own):
    await read(own, "newest")
    own.funding.chosen, own.funding.opened = "SOL", own.funding.opened + 1
    assert own.scene.coin == "SOL"
    assert pressed(own)["coin"] == "SOL"
    assert own.interest.title == "SOL open interest by venue"
    assert own._wanted >= {"interest", "basis", "past"}


# --- basis, weighted funding, dispersion ------------------------------------------------------------------------------


def test_the_curve_is_across_s_and_so_is_the_three_month_point(tab, store):
    frame = across.curve(across.venues_of(store, "BTC", "1m", Span(NOW - 15 * NS_MIN, NOW)))
    lines = {one["name"]: one for one in tab.basis.traces}
    for venue in ("deribit", "okx"):
        there = frame[(frame["venue"] == venue) & frame["basis_ann"].notna()].sort_values("days")
        assert lines[venue]["y"] == there["basis_ann"].tolist()
        assert lines[venue]["x"] == there["days"].tolist()
    assert lines["3 months"]["y"] == [frame.attrs["basis_3m"]]
    assert "interpolated" in tab.basis.value
    assert max(lines["24 h ago"]["y"]) < max(lines["okx"]["y"])


async def test_a_coin_without_dated_futures_says_so(own):
    own.scene.coin = "ETH"
    await own.jobs["basis"].ask()
    assert own.basis.traces == []
    assert own.basis.waiting.startswith("ETH has no dated futures at binance")


async def test_weighted_funding_is_across_s_and_says_what_was_settled(own, store):
    await read(own, "past")
    hours = across.across(across.venues_of(store, "BTC", "1h", Span(NOW - 48 * NS_HOUR, NOW)))
    line = next(one for one in own.weighted.traces if one["name"] == "BTC")
    assert line["line"]["shape"] == "hv"
    assert line["y"] == hours["funding_oiw_8h"].tolist()
    assert own.weighted.sub == "% per 8 h, predicted, 5 venues"
    own.tools.choose(span="1w")
    assert "settled, from 01-09 01:00 UTC predicted" in own.weighted.sub


def test_dispersion_is_across_s_with_its_ends(tab, store):
    frame = across.dispersion(minute(store, "BTC"))
    assert cell(tab.dispersion, "BTC", "range")[0] == frame["dispersion_bp"].iloc[-1]
    assert cell(tab.dispersion, "BTC", "dearest")[0] == frame["highest"].iloc[-1]
    assert cell(tab.dispersion, "BTC", "cheapest")[0] == frame["lowest"].iloc[-1]
    past = frame["dispersion_bp"].to_numpy()
    z = (past[-1] - past[-241:-1].mean()) / past[-241:-1].std(ddof=1)
    assert cell(tab.dispersion, "BTC", "z")[0] == pytest.approx(z, rel=1e-9)
    strip = dict(cell(tab.dispersion, "BTC", "venues")[0])
    assert max(strip.values()) - min(strip.values()) == pytest.approx(past[-1], rel=1e-9)


# --- the tab itself ---------------------------------------------------------------------------------------------------


async def test_a_coin_nobody_has_is_told_in_its_place_and_the_rest_lives_on(own):
    own.scene.coin = "NOPE"
    await own._answer("interest")
    await own._answer("past")
    assert "NOPE" in own.interest.error
    assert own.weighted.error == ""
    own.scene.coin = "ETH"
    await own._answer("interest")
    assert own.interest.error == ""


async def test_it_moves_by_itself_when_a_bar_closes_and_when_a_minute_is_old(own):
    own._wanted.clear()
    own.hear(Commit(1, bars=[BarRow("okx:BTC-USD-PERP", "5m", NOW, NOW + 5 * NS_MIN)]))
    assert own._wanted == {"interest"}
    own._wanted.clear()
    own.open = True
    own._answered = dict.fromkeys(own.jobs, own.scene.now - 30 * NS_S)
    own.ticked()
    assert own._wanted == {"newest"}


async def test_a_silent_collector_greys_the_tables_and_says_so(own):
    own.scene.old = True
    assert "old" in own.box._dom_classes
    assert own.caption.parts[0] == ["the collector is silent: these are its last numbers", "warn"]
    own.scene.old = False
    assert "old" not in own.box._dom_classes


def test_export_gives_what_the_tables_show(tab):
    name, data = tab.file("csv")
    frame = pd.read_csv(io.BytesIO(data), comment="#", index_col=["coin", "venue"])
    assert name.startswith("fbkit-across-venues-simulated-")
    assert frame.loc[("BTC", "okx"), "funding_8h"] == cell(tab.funding, "BTC", "okx")[0]
    assert frame.loc[("SOL", "bybit"), "missing"] == "gap"
    assert frame.loc[("BTC", "all"), "dispersion_bp"] == cell(tab.dispersion, "BTC", "range")[0]


def test_coverage_and_the_minute_stand_below(tab):
    assert "coverage 100.0" in said(tab.caption)
    assert "newest minute 00:00 UTC" in said(tab.caption)


def test_every_panel_says_what_it_waits_for_before_it_has_anything(own):
    panels = (own.interest, own.funding, own.basis, own.weighted, own.dispersion)
    assert all(panel.waiting.endswith("read.") for panel in panels)


async def test_without_a_database_each_panel_says_that_it_waits_for_a_collector():
    waiting = make_tab("venues", Scene(InventedSource(6), VirtualClock(NOW)))
    for name in waiting.jobs:
        await waiting._answer(name)
    panels = (waiting.interest, waiting.funding, waiting.basis, waiting.weighted, waiting.dispersion)
    assert all("as soon as a collector writes" in panel.error for panel in panels)
