"""The Market tab: three kinds of Z, what a Z is judged against, a rule's record, the basis, export."""

import asyncio

import numpy as np
import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.board import Board
from fbkit.dashboard.market.baseline import Asked, asked_of, baseline
from fbkit.dashboard.market.basis import basis_of
from fbkit.dashboard.market.record import record_of
from fbkit.dashboard.source import StoreSource
from fbkit.model import NS_HOUR, NS_MIN, TIMEFRAMES, AlertRow, BarRow, Beat, Listing, Market
from fbkit.settings import load_settings
from fbkit.store import Batch, open_writer
from fbkit.widgets import CLOSED_FIELDS
from tests.dashboard.across_market import VENUES
from tests.dashboard.test_board import BTC, START, Script, until

Z = CLOSED_FIELDS.index("z_ret_60")


@pytest.fixture
async def board():
    made = Board(Script(), tf="15m", clock=VirtualClock(START))
    made.start()
    await until(lambda: np.isfinite(made.tab.sheet.column("z_ret_60")).all() and len(made.tab.sheet.names) == 6)
    yield made
    made.stop()
    await asyncio.gather(made._task, return_exceptions=True)


def shown_z(board):
    closed = np.frombuffer(board.tab.table.closed).reshape(-1, len(CLOSED_FIELDS))
    return closed[:, Z]


async def test_another_kind_is_computed_when_it_is_chosen_and_never_shown_as_the_one_before(board):
    classic = shown_z(board).copy()
    board.tab.tools.kind = "robust"
    assert board.scene.kind == board.tab.table.kind == board.tab.foot.kind == "robust"
    assert np.isnan(shown_z(board)).all()
    await until(lambda: np.isfinite(shown_z(board)).all())
    assert (shown_z(board) != classic).all()
    board.tab.tools.kind = "classic"
    await until(lambda: np.isfinite(shown_z(board)).all())
    np.testing.assert_array_equal(shown_z(board), classic)


async def test_a_bar_that_closes_is_judged_by_the_kind_that_is_shown(board):
    board.tab.tools.kind = "ewma"
    await until(lambda: np.isfinite(shown_z(board)).all())
    board.source.clock.advance(15 * NS_MIN)
    board.take(board.source.close_bar("15m", START + TIMEFRAMES["15m"]))
    assert np.isnan(shown_z(board)).all(), "the metrics of the commit are classic"
    await until(lambda: np.isfinite(shown_z(board)).all())


async def test_what_a_z_is_judged_against_is_told_when_asked(board):
    board.tab.table.asked = f"{BTC} ret 15m 60 1"
    await until(lambda: board.tab.table.baseline)
    told = board.tab.table.baseline
    assert told["about"] == f"{BTC} ret 15m 60 1"
    assert {"mean", "spread", "classic", "robust", "ewma", "next_mean"} <= told.keys()
    assert told["spread"] > 0


@pytest.mark.parametrize("question", ["", "a b c d e", f"{BTC} ret 15m 61 1", f"{BTC} rsi_14 15m 60 1"])
async def test_a_question_that_means_nothing_is_not_answered(board, question):
    assert asked_of(question) is None
    board.tab.table.asked = question
    await board.tab._read_baseline()
    assert board.tab.table.baseline == {}


async def test_an_export_names_the_kind_of_its_z_scores(board):
    assert "z_ret_60" in board.tab.exported()
    board.tab.tools.kind = "robust"
    assert "zr_ret_60" in board.tab.exported()
    assert board.tab.tools.formats[0] == "csv"
    name, data = board.tab.file("csv")
    assert name.startswith("fbkit-market-simulated-")
    assert b"instrument,ts_event,last_usd" in data


def test_a_baseline_leaves_out_the_bar_it_judges():
    bars = {"t1": np.arange(1, 63) * TIMEFRAMES["15m"], "ret": np.r_[np.tile([0.0, 2.0], 30), 9.0, np.nan]}
    found = baseline(Asked(BTC, "ret", "15m", 20), {name: values[:-1] for name, values in bars.items()})
    assert found["mean"] == 1.0
    assert found["classic"] == pytest.approx((9.0 - found["mean"]) / found["spread"])
    assert found["next_mean"] > 1.0
    missing = baseline(Asked(BTC, "ret", "15m", 20), bars)
    assert "classic" not in missing
    assert baseline(Asked(BTC, "ret", "15m", 20), {"t1": [], "ret": []}) == {}


def test_the_basis_is_that_of_dated_futures_and_names_their_venues(home, across_url):
    source = StoreSource(load_settings(), across_url)
    found = source.ask(lambda store: basis_of(store, "BTC", 0.8))
    assert found.dated == 4
    assert set(found.venues) == {"deribit", "okx"} <= set(VENUES)
    assert 0.05 < found.three_months < 0.08
    assert source.ask(lambda store: basis_of(store, "SOL", 0.8)).dated == 0
    assert source.ask(lambda store: basis_of(store, "NOSUCH", 0.8)) is None


@pytest.fixture
def spoken(home):
    """A database in which BTC rises for a day, and rule ``up`` said so every hour."""
    url = f"sqlite:///{(home / 'simulated.db').as_posix()}"
    writer = open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test")
    first = (writer.epoch << 48) + 1
    events = [Listing(BTC, START, START, "BTCUSDT", "BTC", "USDT", "USDT", tick=0.1, seq=first)]
    events.append(Beat("", START, START, 1, seq=first + 1))
    bars = []
    for k in range(1440, 0, -1):
        t0, price = START - k * NS_MIN, 90_000.0 - k
        prices = {"open": price, "high": price + 1, "low": price, "close": price + 1}
        bars.append(BarRow(BTC, "1m", t0, t0 + NS_MIN, **prices, coverage=1.0, source="own"))
    alerts = [
        AlertRow(k, START - k * NS_HOUR, BTC, "5m", START - k * NS_HOUR, 1, "up", "long", "z_ret_60", 4, 3, 60, 1.0, "")
        for k in range(1, 23)
    ]
    writer.append(Batch(events=events, rows=[*bars, *alerts]))
    yield StoreSource(load_settings())
    writer.close()


def test_a_rules_record_is_counted_from_what_came_of_its_alerts(spoken):
    told = spoken.ask(lambda store: record_of(store, "up", 1, 0.8))
    text = "".join(text for text, _ in told["told"])
    assert text.replace("\u00a0", " ").startswith("100 % of 2")
    assert "random times 100" in text
    assert told["says"]
    other = spoken.ask(lambda store: record_of(store, "up", 2, 0.8))
    assert other["told"] == []
    assert other["says"]
