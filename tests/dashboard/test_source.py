"""A database as a board's source."""

import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.source import StoreSource
from fbkit.errors import StoreMissing
from fbkit.model import NS_HOUR, NS_MIN, TIMEFRAMES, AlertRow, BarRow, Beat, Gap, Listing, Market
from fbkit.settings import load_settings
from fbkit.store import Batch, open_writer

START = 1_767_225_600_000_000_000
BTC = "binance:BTC-USDT-PERP"


@pytest.fixture
def written(home):
    url = f"sqlite:///{(home / 'simulated.db').as_posix()}"
    writer = open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test")
    first = (writer.epoch << 48) + 1 if writer.last_seq == 0 else writer.last_seq + 1
    events = [
        Listing(BTC, START, START, "BTCUSDT", "BTC", "USDT", "USDT", tick=0.1, seq=first),
        Gap("", START, START, 5, "binance", "trade", "opened", "disconnect", START - NS_MIN, seq=first + 1),
        Gap("", START, START, 6, "binance", "quote", "opened", "disconnect", START - 30 * NS_HOUR, seq=first + 2),
        Gap(
            "",
            START,
            START,
            6,
            "binance",
            "quote",
            "closed",
            "disconnect",
            START - 30 * NS_HOUR,
            START - 29 * NS_HOUR,
            seq=first + 3,
        ),
        Beat("", START, START, 1, seq=first + 4),
    ]
    bars = [
        BarRow(BTC, tf, START - k * TIMEFRAMES[tf], START - (k - 1) * TIMEFRAMES[tf], close=1.0 + k)
        for tf in ("15m", "1h")
        for k in (1, 2, 3)
    ]
    alert = AlertRow(1, START, BTC, "15m", START, 1, "single_z", "long", "z_ret_60", 4.0, 3.0, 60, 1.0, "words")
    writer.append(Batch(events=events, rows=[*bars, alert]))
    yield url
    writer.close()


def test_what_is_not_there_is_said(home):
    with pytest.raises(StoreMissing):
        StoreSource(load_settings()).market()


def test_the_store_is_found_by_the_settings_in_force(written):
    assert StoreSource(load_settings()).market() == (Market.SIMULATED, 7)


def test_instruments_come_with_their_ticks(written):
    assert StoreSource(load_settings()).instruments()[BTC].tick == 0.1


def test_bars_are_of_one_timeframe_and_the_newest_slots(written):
    source = StoreSource(load_settings())
    assert list(source.bars("15m", 2)["close"]) == [3.0, 2.0]
    assert list(source.bars("1h", 10, BTC)["close"]) == [4.0, 3.0, 2.0]


def test_gaps_are_those_of_the_last_day(written):
    gaps = StoreSource(load_settings()).gaps()
    assert [(gap.gap_id, gap.t1, gap.cause) for gap in gaps] == [(5, None, "disconnect")]


def test_alerts_come_back_as_they_were_written(written):
    assert [alert.sentence for alert in StoreSource(load_settings()).alerts(10)] == ["words"]


async def test_without_a_collector_it_says_so(written):
    messages = StoreSource(load_settings()).messages()
    first = await anext(messages)
    assert "no collector" in first.why
    await messages.aclose()
