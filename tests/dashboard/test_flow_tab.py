"""The Flow tab on a small database: whose flow it shows, what it reads again, what it says while there is nothing."""

import asyncio

import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.flow.tab import FlowTab
from fbkit.dashboard.scene import Scene
from fbkit.errors import StoreMissing
from fbkit.hub import Commit, Pulse
from fbkit.model import NS_MIN, NS_S, BarRow, Market
from tests.dashboard.flow_made import END, NAMES, VENUES, FlowSource, write_flow
from tests.dashboard.invented import InventedSource


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return write_flow(f"sqlite:///{(tmp_path_factory.mktemp('flow') / 'flow.db').as_posix()}")


@pytest.fixture
def scene(url):
    source = FlowSource(url)
    made = Scene(source, VirtualClock(END), tf="1m")
    made.known, made.market, made.seed = source.instruments(), Market.SIMULATED, 7
    made.readings = source.readings(VENUES)
    made.pulse = Pulse(END, 1)
    made.venues = list(VENUES)
    return made


@pytest.fixture
async def tab(scene):
    made = FlowTab(scene)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def answered(tab, done):
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 - the answer comes from a thread
            await asyncio.sleep(0.01)


def wanted_by(tab, message):
    """What a message makes the tab ask; nothing of it is asked."""
    names, tab.want = [], lambda *asked: names.extend(asked)
    tab.hear(message)
    del tab.want
    return names


async def shown(tab, **choices):
    for name, value in choices.items():
        setattr(tab.scene, name, value)
    tab.come()
    await answered(tab, lambda: tab.flow is not None and tab.traded is not None)


async def test_it_begins_with_the_largest_perpetual_and_says_all_of_it(tab):
    await shown(tab)
    assert tab.flow.names == (NAMES[0],)
    assert tab.tools.values["whose"] == NAMES[0]
    assert tab.tools.values["venues"] == ["binance"]
    assert [len(plot.traces) > 0 for plot in (tab.price, tab.volume, tab.imbalance, tab.forced, tab.profile)] == [
        True
    ] * 5
    assert tab.words.paragraphs[0][0][0].startswith("Takers ")
    assert tab.price.market == "SIMULATED, seed 7"
    assert ["coverage", "100.0\u00a0%", ""] in tab.foot.pieces
    assert len(tab.largest.rows) == 20


async def test_a_coin_is_shown_over_its_venues_and_the_address_says_so(tab):
    await shown(tab, of="coin")
    assert tab.flow.names == NAMES
    assert tab.scene.words() == {"of": "coin"}
    assert [row[0] for row in tab.died.rows][-1] == "2 venues"
    assert tab.died.reasons["2:long"] == "no feed"


async def test_a_coin_or_an_instrument_is_picked_in_one_field(tab):
    await shown(tab)
    tab.tools.choose(whose="BTC")
    await answered(tab, lambda: tab.flow.names == NAMES)
    assert (tab.scene.of, tab.scene.coin) == ("coin", "BTC")
    tab.tools.choose(whose=NAMES[1])
    await answered(tab, lambda: tab.flow.names == (NAMES[1],))
    assert (tab.scene.of, tab.scene.instrument) == ("instrument", NAMES[1])


async def test_a_venue_is_pressed_to_be_added_and_again_to_be_left_out(tab):
    await shown(tab)
    tab.tools.choose(venues=["binance", "hyperliquid"])
    await answered(tab, lambda: tab.flow.names == (NAMES[0], NAMES[2]))
    assert tab.scene.of == "coin"
    tab.tools.choose(venues=["hyperliquid"])
    await answered(tab, lambda: tab.flow.names == (NAMES[2],))
    assert tab.scene.words()["at"] == "hyperliquid"
    assert tab.kpis.kpis[3]["missing"] == "no feed"


async def test_the_address_says_which_venues_are_pressed_and_another_coin_has_all_of_its_own(tab):
    tab.scene.adopt({"at": "hyperliquid", "coin": "BTC", "of": "coin"})
    await shown(tab)
    assert tab.flow.names == (NAMES[2],)
    assert tab.tools.values["venues"] == ["hyperliquid"]
    tab.scene.of = "instrument"
    assert tab.scene.at == ""
    tab.scene.adopt({"at": "nowhere", "of": "coin"})
    await answered(tab, lambda: tab.flow.names == NAMES)


async def test_a_closed_bar_moves_it_and_another_timeframes_does_not(tab):
    await shown(tab)
    old = tab.flow
    assert wanted_by(tab, Commit(1, bars=[BarRow(NAMES[0], "1h", END, END)])) == []
    tab.hear(Commit(2, bars=[BarRow(NAMES[0], "1m", END - NS_MIN, END)]))
    await answered(tab, lambda: tab.flow is not old)


async def test_the_span_says_how_many_slots_are_drawn(tab):
    await shown(tab)
    assert len(tab.flow.t0) == 240
    tab.tools.choose(span="1h")
    await answered(tab, lambda: len(tab.flow.t0) == 60)
    assert tab.kpis.kpis[0]["label"].replace("\u00a0", " ") == "Volume, 1 h"


async def test_trades_are_asked_for_again_by_the_markets_time(tab):
    await shown(tab)
    first = tab.traded
    tab.scene.pulse = Pulse(END + 15 * NS_S, 2)
    tab.ticked()
    await answered(tab, lambda: tab.traded is not first)


async def test_a_timeframe_without_bars_says_what_is_awaited(tab):
    await shown(tab)
    tab.scene.tf = "4h"
    await answered(tab, lambda: tab.flow is None)
    assert tab.price.traces == []
    assert tab.price.waiting == "No bar of BTC of 4h is there yet; the first closes within 4h."


async def test_what_is_exported_has_units_in_its_names_and_what_was_shown(tab):
    await shown(tab, of="coin")
    frame = tab.exported()
    assert len(frame) == 240
    assert {"close_usd", "vol_usd", "delta_usd", "cvd_usd", "liq_long_usd", "taker_imb", "z_obi_5_60"} <= set(
        frame.columns
    )
    assert frame["of"].iloc[0] == " + ".join(NAMES)
    name, data = tab.file("csv")
    assert name.startswith("fbkit-flow-simulated-")
    assert data.startswith(b"# fbkit, Flow, SIMULATED, seed 7")


async def test_a_silent_collector_is_told_at_the_foot(tab):
    await shown(tab)
    tab.scene.old = True
    assert tab.foot.pieces[0] == ["", "the collector is silent: these are its last numbers", "warn"]


async def test_a_database_that_is_missing_is_told_in_the_panels(url):
    class Missing(InventedSource):
        def bars(self, tf, last, instrument=None):
            raise StoreMissing("simulated.db", "no database there", "start a collector")

    source = Missing(4)
    scene = Scene(source, VirtualClock(END), tf="1m")
    scene.known = source.instruments()
    scene.venues = ["binance"]
    made = FlowTab(scene)
    task = asyncio.create_task(made.run())
    made.come()
    await answered(made, lambda: bool(made.price.error) and bool(made.profile.error))
    assert "as soon as a collector writes" in made.price.error
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
