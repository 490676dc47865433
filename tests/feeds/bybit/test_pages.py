"""What Bybit's REST pages mean."""

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.feeds.bybit import pages
from fbkit.feeds.bybit.symbols import assume
from fbkit.feeds.decoding import MALFORMED, hashed
from fbkit.feeds.instruments import Known
from fbkit.model import NS_MS, Bar, Funding, Ignored, OpenInterest, Origin, Ratio, Rejected, Side, Trade
from tests.feeds.conftest import FIXTURES

T = 1_791_000_000_000
NOW = (T + 1_000) * NS_MS
BTC = "bybit:BTC-USDT-PERP"


@pytest.fixture
def known():
    return Known(assume("BTCUSDT"))


def test_the_list_has_linear_contracts_on_coins_with_their_units_and_hours(load):
    first = pages.instruments(load("bybit/rest_instruments.json"))
    assert [instrument.name for instrument in first.instruments] == [
        "bybit:BTC-USDT-PERP",
        "bybit:BTC-USDC-PERP",
        "bybit:PEPE-USDT-PERP",
        "bybit:SHIB-USDT-PERP",
    ]
    assert first.hours == {"BTCUSDT": 8.0, "BTCPERP": 4.0, "1000PEPEUSDT": 8.0, "SHIB1000USDT": 1.0}
    assert first.cursor
    pepe = first.instruments[2]
    assert (pepe.tick, pepe.step, pepe.unit_mult) == (0.0000001 / 1000, 100_000.0, 1000.0)
    last = pages.instruments(load("bybit/rest_instruments_last.json"))
    assert [instrument.name for instrument in last.instruments] == ["bybit:BTC-USDT-261225"]
    assert (last.hours, last.cursor) == ({}, "")


def test_what_will_launch_is_known_and_does_not_trade(load):
    [instrument] = pages.instruments(load("bybit/rest_instruments_prelaunch.json")).instruments
    assert instrument.status == "prelaunch"


def test_turnover_ranks(load):
    assert pages.day_volumes(load("bybit/rest_tickers.json"))["BTCPERP"] == 90_000_000.1


def test_candles_come_newest_first_and_leave_in_order_without_the_open_one(load, known):
    *bars, still_open = sorted(
        pages.klines(load("bybit/rest_kline.json"), known, NOW), key=lambda item: isinstance(item, Ignored)
    )
    assert still_open == Ignored("bar", "open_bar")
    assert [bar.ts_event for bar in bars] == [(T - 60_000) * NS_MS, T * NS_MS]
    assert bars[1] == Bar(
        BTC, T * NS_MS, NOW, "1m", 83_010.1, 83_020.5, 82_990.0, 83_000.0, 12.5, 1_037_600.25, origin=Origin.BACKFILL
    )


def test_open_interest_is_one_side_stated_or_halved(load, known):
    old, new = pages.open_interest_history(load("bybit/rest_open_interest.json"), known, NOW)
    assert new == OpenInterest(BTC, T * NS_MS, NOW, 30_000.25, origin=Origin.BACKFILL)
    assert old.oi_base == 60_001.0 / 2


def test_accounts_long_over_accounts_short_and_nobody_short_is_no_ratio(load, known):
    bad, ratio = pages.account_ratios(load("bybit/rest_account_ratio.json"), known, NOW, Origin.LIVE)
    assert isinstance(bad, Rejected)
    assert ratio == Ratio(BTC, T * NS_MS, NOW, "acct_global", 0.6 / 0.4, 300)


def test_settled_funding_has_the_hours_of_its_instrument(load, known):
    known.funding_hours = 8.0
    first, second = pages.funding(load("bybit/rest_funding_history.json"), known, NOW)
    assert second == Funding(BTC, 1_790_985_600_000 * NS_MS, NOW, 0.0001, 8.0, origin=Origin.BACKFILL)
    assert first.rate == -0.00005


def test_recent_trades_have_the_ids_of_the_stream(load, known):
    trades = pages.recent_trades(load("bybit/rest_recent_trade.json"), known, NOW)
    assert (
        Trade(
            BTC,
            (T + 7) * NS_MS,
            NOW,
            hashed("6f0b2b54-61a7-5c93-9d53-0c6a3b1d2e01"),
            83_000.1,
            0.025,
            Side.SELL,
            origin=Origin.BACKFILL,
        )
        in trades
    )


@pytest.mark.parametrize("body", [b"", b"[]", b'{"retCode":0,"result":{}}', b'{"result":{"list":7}}', b"<html>"])
def test_what_is_no_page_is_rejected_and_a_bad_row_costs_itself(body, known):
    for read in (pages.klines, pages.recent_trades, pages.open_interest_history, pages.account_ratios, pages.funding):
        [item] = read(body, known, NOW)
        assert (type(item), item.reason, item.instrument) == (Rejected, "malformed", BTC)


def test_a_bad_row_costs_itself(load, known):
    body = load("bybit/rest_recent_trade.json").replace(b'"83000.10"', b'"nan"')
    assert sorted(type(item).__name__ for item in pages.recent_trades(body, known, NOW)) == ["Rejected", "Trade"]


BODIES = sorted(path.read_bytes() for path in (FIXTURES / "bybit").glob("rest_*.json"))
WEIRD = (b'"nan"', b'"inf"', b'"-1"', b'""', b"null", b"{}", b"[]", b"1e999", b'"9' + b"9" * 40 + b'"')


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutation_of_a_page_raises_or_yields_nonsense(data):
    body = bytearray(data.draw(st.sampled_from(BODIES)))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 12))] = data.draw(st.sampled_from(WEIRD) | st.binary(max_size=3))
    known = Known(assume("BTCUSDT"))
    for read in (pages.klines, pages.recent_trades, pages.open_interest_history, pages.account_ratios, pages.funding):
        for event in read(bytes(body), known, NOW):
            numbers = [getattr(event, field) for field in event.__struct_fields__]
            assert all(math.isfinite(number) for number in numbers if isinstance(number, float))
            assert getattr(event, "instrument", BTC) == BTC
    with contextlib.suppress(*MALFORMED):  # what must be read whole or not at all; its feed says so
        for instrument in pages.instruments(bytes(body)).instruments:
            assert instrument.unit_mult > 0
            assert instrument.tick is None or instrument.tick > 0
    with contextlib.suppress(*MALFORMED):
        assert all(volume >= 0 for volume in pages.day_volumes(bytes(body)).values())
