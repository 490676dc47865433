"""A tab asks and draws only while it is shown, and makes up for what it missed."""

import asyncio
import io

import pandas as pd
import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.export import file_of, formats
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tab import Job, Tab
from fbkit.dashboard.tabs import TABS, make_tab
from fbkit.errors import StoreCorrupt, StoreMissing
from fbkit.hub import Commit, Pulse
from fbkit.model import NS_S, BarRow, Market
from fbkit.widgets import Panel
from tests.dashboard.invented import InventedSource

START = 1_767_225_600_000_000_000


class Counting(Tab):
    """Counts what it is asked to do."""

    slug, title = "market", "Counting"

    def __init__(self, scene):
        super().__init__(scene)
        self.asked, self.pushed, self.ticks, self.trouble = [], 0, 0, None
        self.panel = Panel()
        self.jobs = {
            "first": Job(lambda: self.answer("first"), self.panel, on=("tf",)),
            "closed": Job(lambda: self.answer("closed"), self.panel, closed=True),
            "aging": Job(lambda: self.answer("aging"), self.panel, fresh_s=30.0),
            "seldom": Job(lambda: self.answer("seldom"), self.panel, at_first=False),
        }

    async def answer(self, name):
        if self.trouble is not None:
            raise self.trouble
        self.asked.append(name)

    def push(self):
        self.pushed += 1

    def tick(self):
        self.ticks += 1

    def exported(self):
        return pd.DataFrame({"last_usd": [1.5]}, index=pd.Index(["binance:BTC-USDT-PERP"], name="instrument"))


@pytest.fixture
async def tab():
    scene = Scene(InventedSource(6), VirtualClock(START))
    made = Counting(scene)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nothing_is_asked_before_it_is_shown(tab):
    tab.touch()
    tab.ticked()
    await settled()
    assert (tab.asked, tab.pushed, tab.ticks) == ([], 0, 0)
    tab.come()
    await settled()
    assert tab.asked == ["first", "closed", "aging"]
    async with asyncio.timeout(10):
        while not tab.pushed:  # noqa: ASYNC110 - a push comes on the loop's own time
            await asyncio.sleep(0.01)


async def test_a_choice_asks_what_hangs_on_it(tab):
    tab.come()
    await settled()
    tab.asked.clear()
    tab.scene.tf = "1h"
    await settled()
    assert tab.asked == ["first"]


async def test_what_was_missed_while_hidden_is_made_up_for(tab):
    tab.come()
    await settled()
    tab.go()
    tab.asked.clear()
    tab.hear(Commit(1, bars=[BarRow("binance:BTC-USDT-PERP", tab.scene.tf, START - 1, START)]))
    await settled()
    assert tab.asked == []
    tab.come()
    await settled()
    assert tab.asked == ["closed"]


async def test_a_bar_of_another_timeframe_asks_nothing(tab):
    tab.come()
    await settled()
    tab.asked.clear()
    tab.hear(Commit(1, bars=[BarRow("binance:BTC-USDT-PERP", "1d", START - 1, START)]))
    await settled()
    assert tab.asked == []


async def test_an_old_answer_is_asked_again_by_the_markets_time(tab):
    tab.come()
    await settled()
    tab.asked.clear()
    tab.scene.pulse = Pulse(START + 29 * NS_S, 1)
    tab.ticked()
    await settled()
    assert tab.asked == []
    tab.scene.pulse = Pulse(START + 30 * NS_S, 2)
    tab.ticked()
    await settled()
    assert tab.asked == ["aging"]


async def test_trouble_is_told_in_its_panel_until_it_is_over(tab):
    tab.trouble = StoreCorrupt("d", "page 7 is damaged", "recover it")
    tab.come()
    await settled()
    assert "page 7 is damaged" in tab.panel.error
    tab.trouble = None
    tab.want("first")
    await settled()
    assert tab.panel.error == ""


async def test_a_database_that_is_missing_is_waited_for(tab):
    tab.trouble = StoreMissing("live.db", "no database there", "start a collector")
    tab.come()
    await settled()
    assert "as soon as a collector writes" in tab.panel.error


@pytest.mark.parametrize("slug", [slug for slug, _, _ in TABS])
async def test_every_tab_can_be_made_says_its_name_and_exports_a_frame(slug):
    made = make_tab(slug, Scene(InventedSource(6), VirtualClock(START)))
    assert (made.slug, made.title) == next((known, title) for known, title, _ in TABS if known == slug)
    assert isinstance(made.exported(), pd.DataFrame)
    assert f"fb-tab-{slug}" in made.box._dom_classes


@pytest.mark.parametrize("kind", formats())
async def test_an_export_says_whose_market_it_is(tab, kind, tmp_path):
    tab.scene.market, tab.scene.seed = Market.SIMULATED, 7
    name, data = file_of(tab.exported(), tab.scene, "Across venues", kind)
    assert name == f"fbkit-across-venues-simulated-20260101T000000Z.{kind}"
    if kind == "csv":
        assert data.startswith(b"# fbkit, Across venues, SIMULATED, seed 7, as of 2026-01-01T00:00:00")
        back = pd.read_csv(io.BytesIO(data), comment="#")
        assert back.to_dict("records") == [{"instrument": "binance:BTC-USDT-PERP", "last_usd": 1.5}]
    else:
        import duckdb

        path = tmp_path / name
        path.write_bytes(data)
        assert duckdb.read_parquet(path.as_posix()).project("market, last_usd").fetchall() == [
            ("SIMULATED, seed 7", 1.5)
        ]
