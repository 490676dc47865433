"""The Instrument tab on a small database of a demo, with scripted words of a collector."""

import asyncio
import math
import time

import numpy as np
import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.instrument.tab import InstrumentTab
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.source import StoreSource
from fbkit.errors import StoreCorrupt
from fbkit.hub import Commit, Live, LiveRow, Pulse
from fbkit.ingest import run_demo
from fbkit.model import NS_MS, NS_S, TIMEFRAMES, AlertRow, BarRow, Gap, Market
from fbkit.settings import load_settings
from fbkit.widgets import SERIES_FIELDS
from tests.dashboard.invented import InventedSource

BTC = "binance:BTC-USDT-PERP"
HYPE = "hyperliquid:BTC-USD-PERP"


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory):
    """A day of bars and twenty seconds of everything, at two venues."""
    folder = tmp_path_factory.mktemp("instrument")
    url = f"sqlite:///{(folder / 'demo.db').as_posix()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(folder))
        settings = load_settings(seed=7, instruments=2, backfill_hours=32, venues="sim:binance,hyperliquid")
        run_demo(url, settings, seconds=20, venues=("binance", "hyperliquid"))
    return url


class Page:
    """A scene filled as the board fills it, and the tab on it."""

    def __init__(self, source, **choices):
        self.source = source
        self.scene = Scene(source, VirtualClock(0), tf="5m", **choices)
        self.tab = InstrumentTab(self.scene)

    def fill(self):
        scene = self.scene
        scene.market, scene.seed = self.source.market()
        scene.known = self.source.instruments()
        venues = sorted({one.venue for one in scene.known.values()})
        scene.readings = self.source.readings(venues)
        scene.venues = venues
        scene.remember(self.source.alerts(500), self.source.gaps())
        scene.past += 1

    def say(self, message):
        """What the board does with a message, as far as a tab sees it."""
        if isinstance(message, Live):
            self.scene.live.update((row.instrument, row) for row in message.rows)
        elif isinstance(message, Pulse):
            self.scene.pulse = message
        elif isinstance(message, Commit):
            self.scene.remember(message.alerts, message.gaps)
        self.tab.hear(message)

    def chart(self):
        return np.frombuffer(self.tab.chart.series).reshape(-1, len(SERIES_FIELDS))

    def kpi(self, label):
        return next(kpi for kpi in self.tab.kpis.kpis if kpi["label"].startswith(label))


async def until(true):
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for is a trait, not an event of ours
            await asyncio.sleep(0.01)


@pytest.fixture
def make(demo_url):
    """Pages that are shown, and end with the test."""
    tasks = []

    def made(source=None, **choices):
        page = Page(source or StoreSource(load_settings(), demo_url), **choices)
        page.tab.come()
        tasks.append(asyncio.get_running_loop().create_task(page.tab.run()))
        return page

    yield made
    for task in tasks:
        task.cancel()


async def opened(make, **choices):
    page = make(**choices)
    page.fill()
    await until(lambda: page.tab.words.paragraphs and page.tab.origin.facts and page.tab.rows and page.tab.newest.seq)
    return page


async def test_before_anything_is_known_every_panel_says_what_is_awaited(make):
    page = make()
    assert "asked which instruments" in page.tab.chart.waiting
    assert {kpi["missing"] for kpi in page.tab.kpis.kpis} == {"awaited"}
    assert page.tab.venues.waiting
    assert page.tab.words.waiting
    assert page.tab.foot.pieces == [["", "bars are awaited", ""]]


async def test_it_fills_from_the_store_alone_and_every_panel_has_numbers(make):
    page = await opened(make)
    assert page.scene.instrument == BTC
    assert page.tab.chart.instrument == BTC
    matrix = page.chart()
    assert len(matrix) == 288
    assert np.isfinite(matrix[:, SERIES_FIELDS.index("cvd")]).all()
    assert np.isfinite(matrix[:, SERIES_FIELDS.index("z_ret_60")]).all()
    assert page.kpi("Last")["value"]
    assert page.kpi("Mark, index")["value"]
    assert page.kpi("Funding")["label"] == "Funding, next 08:00"
    assert [row[0] for row in page.tab.venues.rows] == ["binance", "hyperliquid", "2 fresh"]
    assert page.tab.words.paragraphs[0][0][1] == "claim"
    assert page.tab.words.sub == "BTC-USDT-PERP binance, 5m bar to 00:00"
    assert len(page.tab.chart.settled) >= 3
    assert page.tab.chart.market == "SIMULATED, seed 7"


async def test_an_address_leads_to_its_instrument_whenever_the_list_comes(make):
    page = make(instrument=HYPE)
    page.fill()
    await until(lambda: page.chart().size)
    assert page.tab.chart.instrument == HYPE
    assert dict(page.tab.tools.values)["i"] == HYPE


async def test_a_name_that_is_none_is_said(make):
    page = make(instrument="binance:NONE-USDT-PERP")
    page.fill()
    assert "No instrument is called binance:NONE-USDT-PERP" in page.tab.chart.waiting
    assert {kpi["missing"] for kpi in page.tab.kpis.kpis} == {"no such instrument"}
    assert page.tab.alerts.watching == "No such instrument."
    page.scene.instrument = BTC
    await until(lambda: page.chart().size)
    assert page.tab.chart.waiting == ""


async def test_what_a_venue_lacks_is_said_and_not_drawn_as_0(make):
    page = await opened(make, instrument=HYPE)
    assert page.kpi("Long/short")["missing"] == "no feed"
    assert np.isnan(page.chart()[:, SERIES_FIELDS.index("liq_long_usd")]).all()
    assert "hyperliquid has no feed of liquidations" in page.tab.words.paragraphs[-1][0][0]


async def test_a_venue_that_is_pressed_is_shown_and_the_row_stays_pressed(make):
    page = await opened(make)
    page.tab.venues.chosen = HYPE
    page.tab.venues.opened += 1
    await until(lambda: page.chart().size and page.tab.chart.instrument == HYPE)
    assert page.scene.instrument == HYPE
    assert page.tab.venues.chosen == HYPE
    assert len(page.tab.venues.rows) == 3  # the coin is the same: the table did not go


async def test_a_live_price_moves_price_key_number_and_venue(make):
    page = await opened(make)
    page.say(Pulse(page.tab.newest.beat_ts, 1))
    page.say(Live(1, [LiveRow(BTC, last=91_234.5, ts_event=page.tab.newest.beat_ts, oi_usd=5e9)]))
    await until(lambda: page.tab.chart.last == 91_234.5)
    assert page.kpi("Last")["value"] == "91,234.5"
    page.tab.tick()
    assert page.tab.venues.rows[0][1] == 91_234.5
    assert page.tab.foot.ages[0][1] == page.tab.newest.beat_ts / NS_MS


async def test_a_stale_venue_leaves_the_sums(make):
    page = await opened(make)
    now = page.tab.newest.beat_ts
    page.say(Pulse(now, 1))
    page.say(Live(1, [LiveRow(BTC, 100.0, now), LiveRow(HYPE, 200.0, now - 90 * NS_S)]))
    page.tab.tick()
    assert page.tab.venues.rows[-1][0] == "1 fresh"
    assert page.tab.venues.rows[-1][1] == 100.0
    assert page.tab.venues.reasons["1:last"].startswith("stale")


async def test_a_bar_that_closes_is_read_at_once_and_one_of_another_instrument_is_not(make):
    page = await opened(make)
    asked = []
    source_bars = page.source.bars
    page.source.bars = lambda *given: asked.append(given) or source_bars(*given)
    end = int(page.tab.read.newest["t1"])
    page.tab.want = lambda *names: asked.extend(names)
    page.say(Commit(1, bars=[BarRow("binance:ETH-USDT-PERP", "1m", end - 1, end)]))
    del page.tab.want
    assert asked == []
    page.say(Commit(2, bars=[BarRow(BTC, "5m", end - TIMEFRAMES["5m"], end)]))
    await until(lambda: any(given[2] == BTC and given[1] > 288 for given in asked))


async def test_choices_of_the_row_reach_scene_and_chart(make):
    page = await opened(make)
    tools = page.tab.tools
    tools.choose(z="oi_dlog", w=20, kind="robust", drawn=["gaps"], span="6h")
    assert (page.scene.window, page.scene.kind) == (20, "robust")
    assert (page.tab.chart.z, page.tab.chart.drawn, page.tab.chart.span_s) == ("oi_dlog", ["gaps"], 6 * 3600.0)
    await until(lambda: page.tab.chart.kind == "robust" and page.tab.chart.window == 20)
    assert dict(page.tab.origin.facts)["Z"].startswith("robust, 20 bars")


async def test_another_timeframe_offers_what_it_can_fill(make):
    page = await opened(make)
    page.tab.tools.choose(z="premium")
    page.scene.tf = "1d"
    await until(lambda: page.tab.chart.tf == "1d")
    span = next(control for control in page.tab.tools.controls if control["name"] == "span")
    assert [value for value, _ in span["items"]] == ["1m"]
    assert dict(page.tab.tools.values)["span"] == "1m"
    assert page.tab.read.why["funding_8h"] == "warmup"  # judged from 1h up


async def test_what_was_pressed_for_a_viewer_follows_the_timeframe_and_what_they_pressed_stays(make):
    page = await opened(make)
    pressed = lambda: dict(page.tab.tools.values)["span"]  # noqa: E731 - said once, used thrice
    assert pressed() == "1d"
    page.scene.tf = "1m"
    assert pressed() == "6h"
    page.tab.tools.choose(span="12h")
    page.scene.tf = "15m"
    assert pressed() == "12h"


async def test_a_longer_span_reads_more_and_a_shorter_one_nothing(make):
    page = await opened(make)
    wanted, page.tab.want = [], lambda *names: wanted.extend(names)
    page.tab.tools.choose(span="6h")
    del page.tab.want
    assert "chart" not in wanted
    assert len(page.chart()) == 288
    page.tab.tools.choose(span="2d")
    await until(lambda: len(page.chart()) > 288)


async def test_alerts_stand_in_the_lane_and_a_press_points_at_their_bar(make):
    page = await opened(make)
    now = page.tab.newest.beat_ts
    end = int(page.tab.read.newest["t1"])
    alert = AlertRow(7, now, BTC, "5m", end, 3, "z", "long", "z_ret_60", 4.0, 3.0, 60, 1.0, "words")
    page.say(Pulse(now, 1))
    page.say(Commit(5, alerts=[alert]))
    assert {"t1_ms": end / NS_MS, "tier": 3, "sentence": "words"} in page.tab.chart.alerts
    assert page.tab.alerts.alerts[0]["sentence"] == "words"
    page.tab.alerts.chosen_ms = end / NS_MS
    page.tab.alerts.opened += 1
    assert (page.tab.chart.pointed_ms, page.tab.chart.points) == (end / NS_MS, 1)


async def test_a_gap_of_its_trades_is_drawn_and_told_in_the_foot(make):
    page = await opened(make)
    assert page.tab.chart.gaps == []  # what a first start fetches is no gap
    t0 = page.tab.newest.beat_ts - 3600 * NS_S
    page.say(Commit(6, gaps=[Gap("", t0, t0, 9, "binance", "trade", "closed", "disconnect", t0, t0 + 26 * 60 * NS_S)]))
    assert page.tab.chart.gaps == [{"t0_ms": t0 / NS_MS, "t1_ms": t0 / NS_MS + 26 * 60_000, "phase": "closed"}]
    page.tab.tick()
    assert ["", "1 gap, 26 min, not backfilled", "warn"] in page.tab.foot.pieces


async def test_a_collector_that_is_silent_makes_it_old(make):
    page = await opened(make)
    page.scene.old = True
    assert "is-old" in page.tab.box._dom_classes
    assert page.kpi("Last")["context"][-1] == ("old", "warn")
    assert "old: the collector is silent" in page.tab.venues.sub
    page.scene.old = False
    assert "is-old" not in page.tab.box._dom_classes


async def test_trouble_with_its_bars_is_told_in_the_chart_and_the_rest_lives_on(make):
    page = await opened(make)
    page.source.bars = lambda *_: (_ for _ in ()).throw(StoreCorrupt("d", "page 7 is damaged", "recover it"))
    page.tab.want("chart")
    await until(lambda: page.tab.chart.error)
    assert "page 7 is damaged" in page.tab.chart.error
    page.say(Live(1, [LiveRow(BTC, last=5.0, ts_event=1)]))
    await until(lambda: page.kpi("Last")["value"] == "5.0")


async def test_export_is_what_the_charts_show_with_the_market_on_it(make):
    page = await opened(make)
    frame = page.tab.exported()
    assert len(frame) == 288
    assert frame["instrument"].unique().tolist() == [BTC]
    assert {"close", "cvd", "oi_usd", "z_ret_60"} <= set(frame.columns)
    assert "z_ret_240" not in frame.columns  # another window was not computed
    name, data = page.tab.file("csv")
    assert name.startswith("fbkit-instrument-simulated-")
    assert b"SIMULATED, seed 7" in data.splitlines()[0]


async def test_it_opens_within_a_second_and_reads_one_instrument_only(make):
    page = make()
    asked = []
    source_bars = page.source.bars
    page.source.bars = lambda *given: asked.append(given) or source_bars(*given)
    page.fill()
    began = time.process_time()  # of this process alone: a machine may be busy with others
    await until(lambda: page.chart().size)
    assert time.process_time() - began < 1.0
    assert all(len(given) == 3 and given[2] for given in asked)


async def test_a_market_without_a_database_still_has_its_charts(make):
    page = make(InventedSource(6, clock=VirtualClock(1_767_225_600_000_000_000), venues=("binance", "okx")))
    page.fill()
    await until(lambda: page.chart().size and page.tab.rows)
    assert page.scene.market is Market.SIMULATED
    assert math.isnan(page.tab.newest.index)
    assert page.tab.words.paragraphs
