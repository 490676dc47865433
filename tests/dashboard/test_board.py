"""The board: what the collector says and the store remembers, handed to the widgets."""

import asyncio

import numpy as np
import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.board import Board
from fbkit.dashboard.series import SERIES_COLUMNS
from fbkit.errors import StoreCorrupt, StoreMissing
from fbkit.hub import Commit, Gone, Hello, Live, LiveRow, Pulse
from fbkit.model import NS_MIN, NS_S, TIMEFRAMES, AlertRow, BarRow, HealthRow, Market
from fbkit.widgets import CLOSED_FIELDS, LIVE_FIELDS, SERIES_FIELDS
from tests.dashboard.invented import InventedSource

START = 1_767_225_600_000_000_000
BTC = "binance:BTC-USDT-PERP"
ETH = "binance:ETH-USDT-PERP"


class Script(InventedSource):
    """An invented market whose messages are those put into a queue."""

    def __init__(self, n=6, venues=("binance",)):
        super().__init__(n, clock=VirtualClock(START), venues=venues)
        self.queue = asyncio.Queue()
        self.broken = None

    async def messages(self):
        while True:
            yield await self.queue.get()

    def bars(self, tf, last, instrument=None):
        if self.broken:
            raise self.broken
        return super().bars(tf, last, instrument)

    def columns(self, tf, last, names, wanted):
        if self.broken:
            raise self.broken
        return super().columns(tf, last, names, wanted)


@pytest.fixture
async def board():
    made = Board(Script(), tf="15m", clock=VirtualClock(START))
    made.start()
    yield made
    made.stop()
    await asyncio.gather(made._task, return_exceptions=True)


@pytest.fixture
async def three():
    """A board over three venues, which the store names in another order than their size."""
    made = Board(Script(venues=("okx", "hyperliquid", "binance")), tf="15m", clock=VirtualClock(START))
    made.start()
    yield made
    made.stop()
    await asyncio.gather(made._task, return_exceptions=True)


async def until(true, what="it"):
    """Wait for the board's own tasks, which read in threads."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for is a trait, not an event of ours
            await asyncio.sleep(0.01)


def hello(**given):
    facts = {"epoch": 1, "market": "SIMULATED", "seed": 7, "database": "d", "version": "v", "pid": 1, "started": START}
    return Hello(**(facts | given))


def last_of(board, name):
    values = np.frombuffer(board.tab.table.live).reshape(-1, len(LIVE_FIELDS))
    return values[board.tab.sheet.row[name], 0]


async def test_the_page_fills_from_the_store_alone(board):
    await until(lambda: len(board.tab.chart.series) > 0)
    assert board.tab.table.chosen == BTC
    await until(lambda: board.mode.detail == "seed 7")
    assert board.mode.market == "SIMULATED"
    assert len(board.tab.table.instruments) == 6
    assert len(board.tab.chart.series) % (8 * len(SERIES_FIELDS)) == 0
    await until(lambda: len(board.tab.table.sparks) > 0)
    assert [kpi["label"] for kpi in board.tab.kpis.kpis][3] == "Liquidations 1 h, binance"


async def test_a_price_that_is_heard_reaches_table_and_chart(board):
    await until(lambda: board.tab.table.chosen == BTC)
    await board.source.queue.put(Live(START, [LiveRow(BTC, last=123.5, ts_event=START)]))
    await until(lambda: board.tab.chart.last == last_of(board, BTC) == 123.5)
    assert board.tab.table.sent_ms == START / 1e6


@pytest.mark.faults("C24")
async def test_a_flood_of_prices_is_pushed_as_few_newest_ones(board):
    await until(lambda: board.tab.table.chosen == BTC)
    pushes = []
    board.tab.table.observe(pushes.append, "live")
    for k in range(500):
        board.take(Live(START + k, [LiveRow(BTC, last=100.0 + k, ts_event=START)]))
    await until(lambda: last_of(board, BTC) == 599.0)
    assert len(pushes) <= 3


async def test_choosing_a_row_shows_its_charts(board):
    await until(lambda: board.tab.chart.instrument == BTC)
    board.tab.table.chosen = ETH
    await until(lambda: board.tab.chart.instrument == ETH)


async def test_an_alert_can_ask_for_its_charts(board):
    await until(lambda: board.tab.chart.instrument == BTC)
    board.tab.feed.chosen = ETH
    board.tab.feed.opened += 1
    await until(lambda: board.tab.chart.instrument == ETH)


async def test_another_timeframe_reads_its_own_bars(board):
    await until(lambda: board.tab.chart.instrument == BTC)
    board.tab.tools.tf = "1h"
    assert not np.isfinite(board.tab.sheet.column("ret")).any()
    await until(lambda: board.tab.chart.tf == "1h" and np.isfinite(board.tab.sheet.column("ret")).all())
    assert (board.tab.table.tf, board.tab.table.tf_s, board.tab.foot.tf) == ("1h", 3600.0, "1h")


async def test_a_bar_that_closes_shows_at_once_and_appends_to_the_charts(board):
    await until(lambda: len(board.tab.chart.series) > 0)
    t1 = START + TIMEFRAMES["15m"]
    board.source.clock.advance(15 * NS_MIN)
    board.take(board.source.close_bar("15m", t1))
    closed = np.frombuffer(board.tab.table.closed).reshape(-1, len(CLOSED_FIELDS))
    assert closed[board.tab.sheet.row[ETH], CLOSED_FIELDS.index("ret")] == 0.001
    before = board.tab.chart.series
    await until(lambda: board.tab.chart.series != before)


async def test_a_bar_of_another_timeframe_changes_nothing(board):
    await until(lambda: np.isfinite(board.tab.sheet.column("ret")).all())
    before = board.tab.table.closed
    board.take(board.source.close_bar("5m", START + TIMEFRAMES["5m"]))
    assert board.tab.table.closed == before


async def test_a_backfill_keeps_nobody_waiting_for_the_charts(board):
    asked = []
    board.source.columns = lambda *given: asked.append(given) or InventedSource.columns(board.source, *given)
    await until(lambda: len(board.tab.chart.series) > 0 and board.tab.day is not None)
    seen = -1
    while seen != len(asked):  # what a start reads is behind us when a while passes without a question
        seen = len(asked)
        await asyncio.sleep(0.3)
    asked.clear()
    for k in range(100):
        board.take(Commit(k, bars=[BarRow(ETH, "15m", START - 1, START, source="venue")]))
    board.tab.table.chosen = ETH
    await until(lambda: board.tab.chart.instrument == ETH)
    of_charts = [given for given in asked if given[2] == [ETH] and given[3] == SERIES_COLUMNS]
    assert len(of_charts) == 1, asked


@pytest.mark.faults("C19")
async def test_the_collector_that_is_gone_is_told_and_its_numbers_go_old(board):
    await until(lambda: board.tab.table.chosen == BTC)
    board.take(hello())
    board.take(Pulse(START, 1, [HealthRow(START, "binance", "trade", "ok", "", "")]))
    assert board.health.state == "ok"
    board.scene.clock.advance(3 * NS_S)
    board.take(Gone("no collector runs for d; start one with `fbkit up`"))
    assert board.health.stopped_s == 3.0
    assert "fbkit up" in board.health.stopped_why
    assert board.tab.table.old
    assert not board.tab.foot.runs


async def test_a_collector_that_comes_back_makes_everything_fresh_again(board):
    board.take(Pulse(START, 1))
    board.take(Gone("gone"))
    board.take(hello(epoch=2))
    board.take(Pulse(START, 1))
    assert board.health.stopped_s is None
    assert not board.tab.table.old


async def test_backfill_is_shown_while_it_runs_and_no_longer(board):
    board.take(Pulse(START, 1, backfill={"done": 9, "total": 90, "sentence": "history of 9 of 90"}))
    assert board.tab.tools.progress_text == "history of 9 of 90"
    assert board.tab.tools.progress == 0.1
    board.take(Pulse(START, 2, backfill=None))
    assert board.tab.tools.progress_text == ""


async def test_alerts_come_once_each_and_stand_in_the_lane_of_their_charts(board):
    await until(lambda: board.tab.chart.instrument == BTC and board.tab.feed.alerts)
    n = len(board.tab.feed.alerts)
    alert = AlertRow(77, START, BTC, "15m", START, 1, "single_z", "long", "z_ret_60", 4.0, 3.0, 60, 1.0, "words")
    board.take(Commit(5, alerts=[alert]))
    board.take(Commit(6, alerts=[alert]))
    assert len(board.tab.feed.alerts) == n + 1
    assert {"t1_ms": START / 1e6, "tier": 1, "sentence": "words"} in board.tab.chart.alerts


async def test_slots_of_the_past_that_were_filled_are_judged_here(board, monkeypatch):
    monkeypatch.setattr("fbkit.dashboard.market.tab._REFRESH_S", 0.05)
    await until(lambda: np.isfinite(board.tab.sheet.column("z_ret_60")).all())
    board.tab.sheet.clear()
    board.take(Commit(5, bars=[BarRow(BTC, "15m", START - 1, START, source="venue")]))
    await until(lambda: np.isfinite(board.tab.sheet.column("z_ret_60")).all())


async def test_an_error_is_shown_where_it_belongs_and_the_rest_lives_on(board):
    await until(lambda: board.tab.chart.instrument == BTC and board.tab.day is not None)
    board.source.broken = StoreCorrupt("d", "page 7 is damaged", "recover it")
    board.tab.table.chosen = ETH
    await until(lambda: board.tab.chart.error)
    assert "page 7 is damaged" in board.tab.chart.error
    assert board.tab.table.error == ""
    board.take(Live(START, [LiveRow(BTC, last=5.0, ts_event=START)]))
    await until(lambda: last_of(board, BTC) == 5.0)


async def test_a_database_that_is_not_there_yet_is_waited_for(monkeypatch):
    board = Board(Script(), clock=VirtualClock(START))
    board.source.broken = StoreMissing("live.db", "no database there", "start a collector")
    board.start()
    await until(lambda: "no database there" in board.tab.table.waiting)
    assert board.tab.table.error == ""
    board.source.broken = None
    await until(lambda: board.tab.table.chosen == BTC)
    board.stop()
    await asyncio.gather(board._task, return_exceptions=True)


async def test_an_instrument_first_heard_now_gets_a_row(board):
    await until(lambda: board.tab.table.chosen == BTC)
    new = InventedSource(7, clock=VirtualClock(START))
    board.source.listed, board.source.last = new.listed, new.last
    board.source.coins, board.source.base, board.source.oi = new.coins, new.base, new.oi
    name = list(new.listed)[6]
    board.take(Live(START, [LiveRow(name, last=1.5, ts_event=START)]))
    await until(lambda: name in board.tab.sheet.row)
    assert BTC in board.tab.sheet.row


@pytest.mark.parametrize("market", list(Market))
async def test_the_page_says_what_market_it_is(board, market):
    board.take(hello(market=market.value, seed=None))
    assert board.mode.market == market.value


async def test_several_venues_are_a_choice_largest_first_with_what_they_leave_open(three):
    await until(lambda: len(three.tab.table.instruments) == 18 and three.tab.foot.venues)
    assert three.tab.tools.venues == ["binance", "okx", "hyperliquid"]
    assert three.tab.foot.venues == 3
    await until(lambda: three.tab.table.chosen == BTC)
    assert three.tab.table.doubts["okx"].keys() == {"oi_usd"}
    assert three.tab.table.lacks["hyperliquid"] == ["liq_net"]
    three.show("status")
    assert [line["flip"] for line in three.tab.books.readings] == ["binance.open_interest", "okx.open_interest"]
    assert [line["venue"] for line in three.tab.books.unsupported] == ["hyperliquid"]


async def test_choosing_a_venue_makes_the_key_numbers_those_of_that_venue(three):
    rows = [LiveRow(name, 1.0, START, None, None, None, 1e-4, 1e6) for name in three.source.listed]
    await until(lambda: len(three.tab.table.instruments) == 18)
    three.take(Live(START, rows))
    three.tab.tools.venue = "okx"
    assert three.tab.kpis.kpis[0]["label"] == "Open interest, okx"
    assert three.tab.kpis.kpis[0]["value"] == "6.00"
    three.tab.tools.venue = ""
    assert three.tab.kpis.kpis[0]["value"] == "18.0"
