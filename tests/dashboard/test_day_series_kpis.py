"""Two days of the market, the chosen instrument's series, and the key numbers made of them."""

import numpy as np
import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.market.basis import Basis
from fbkit.dashboard.market.day import DAY_BARS, DAY_COLUMNS, HOUR_COLUMNS, Day, Hour
from fbkit.dashboard.market.kpis import kpis
from fbkit.dashboard.market.sheet import Sheet
from fbkit.dashboard.readings import readings
from fbkit.dashboard.series import BARS_READ, BARS_SHOWN, judge, series
from fbkit.hub import LiveRow
from fbkit.model import NS_MIN, TIMEFRAMES, BarRow
from fbkit.widgets import SERIES_FIELDS, TABLE_JUDGED
from tests.dashboard.invented import InventedSource

M15 = TIMEFRAMES["15m"]
START = 1_767_225_600_000_000_000


@pytest.fixture
def source():
    return InventedSource(20, clock=VirtualClock(START))


def frame(rows):
    """Bars by name from (instrument, slot, oi, volume)."""
    made = {}
    for name, slot, oi, vol in rows:
        found = made.setdefault(name, {"t1": [], "oi_usd": [], "vol_usd": [], "close": []})
        for column, value in zip(found, (START + slot * M15, oi, vol, 1.0), strict=True):
            found[column].append(value)
    return made


def test_an_instrument_that_joined_late_is_no_rise_of_open_interest():
    old = [("a", slot, 100.0, 1.0) for slot in range(96)]
    late = [("b", slot, 900.0, 1.0) for slot in range(80, 96)]
    total, change = Day(["a", "b"], frame([*old, *late])).open_interest()
    assert change == 0.0
    assert total[-1] == 100.0


def test_a_hole_in_open_interest_is_carried_not_fallen_into():
    rows = [("a", slot, 100.0, 1.0) for slot in range(96) if slot not in (40, 41)]
    total, _ = Day(["a"], frame(rows)).open_interest()
    assert set(total) == {100.0}


def test_volume_is_compared_over_the_bars_there_are_in_both_days():
    rows = [("a", slot, 1.0, 2.0 if slot >= 96 else 1.0) for slot in range(192) if slot != 7]
    hours, change = Day(["a"], frame(rows)).volume()
    assert change == 1.0
    assert list(hours) == [8.0] * 24


def test_a_venue_that_states_no_volume_in_usd_is_summed_from_its_bars():
    sheet = Sheet(["bybit:A-USDT-PERP", "okx:A-USDT-PERP", "okx:B-USDT-PERP"])
    sheet.take_live([LiveRow(sheet.names[0], 1.0, 1, None, None, None, 1e-4, 1e6, 0.1, 5e6)])
    bars = [(sheet.names[1], slot, 1.0, 1e4) for slot in range(96)] + [(sheet.names[2], 95, 1.0, 1.0)]
    volume = kpis(sheet, Day(sheet.names, frame(bars)), Hour(), "15m", 60)[1]
    assert (volume.label, volume.value) == ("Volume 24 h, bybit, okx", "5.96")


def test_without_a_day_before_there_is_no_comparison():
    rows = [("a", slot, 1.0, 2.0) for slot in range(96, 192)]
    _, change = Day(["a"], frame(rows)).volume()
    assert np.isnan(change)


def minute(k, name="a", longs=1.0, shorts=2.0, tf="1m"):
    t1 = START + k * NS_MIN
    return BarRow(name, tf, t1 - NS_MIN, t1, premium=1e-4 * k, liq_long_usd=longs, liq_short_usd=shorts)


def test_liquidations_are_of_the_newest_hour_and_say_how_much_of_it_was_heard():
    hour = Hour()
    hour.take([minute(k) for k in range(5)] + [minute(3, tf="5m"), minute(4, "b", shorts=np.nan)])
    assert hour.liquidations() == (5.0, 10.0, 5)
    hour.take([minute(k) for k in range(5, 200)])
    assert hour.liquidations() == (60.0, 120.0, 60)


def test_minutes_nobody_listened_in_are_not_stretched_over():
    hour = Hour()
    hour.take([minute(0), minute(90)])
    assert hour.liquidations() == (1.0, 2.0, 1)


def test_the_hour_read_back_is_the_hour_heard():
    heard, read = Hour(), Hour()
    bars = [minute(k) for k in range(30)]
    heard.take(bars)
    named = ("t1", *HOUR_COLUMNS)
    read.take_history({"a": {column: [getattr(bar, column) for bar in bars] for column in named}})
    assert read.liquidations() == heard.liquidations()
    assert read.premium == heard.premium


def test_a_bar_that_closes_moves_the_day_along():
    day = Day(["a"], frame([("a", slot, 1.0, 1.0) for slot in range(96)]))
    values = {"close": 9.0, "oi_usd": 5.0, "vol_usd": 1.0}
    day.take(0, START + 97 * M15, values)
    closes = day.columns["close"][0]
    assert closes[-1] == 9.0
    assert np.isnan(closes[-2])
    assert closes[-3] == 1.0


def test_no_bars_at_all_is_a_day_of_nothing():
    day = Day(["a"], {})
    assert Hour().liquidations() == (0, 0, 0)
    assert np.isnan(day.sparks(np.array([np.nan]))).all()


def test_a_series_is_a_whole_grid_and_a_missing_slot_a_row_without_numbers(source):
    name = "binance:BTC-USDT-PERP"
    bars = source.bars("15m", BARS_READ, name)
    matrix = series(name, "15m", bars)
    assert matrix.shape == (BARS_SHOWN, len(SERIES_FIELDS))
    assert set(np.diff(matrix[:, 0])) == {900_000.0}
    close = matrix[:, SERIES_FIELDS.index("close")]
    assert np.isnan(close).sum() == 3
    assert matrix[-1, 0] == (START - M15) / 1e6


def test_every_key_number_is_there_once_bars_and_prices_are(source):
    sheet = Sheet(sorted(source.listed))
    sheet.take_bars(source.newest("15m", 241).bars)
    bars = source.columns("15m", 241, sheet.names, ("t1", *TABLE_JUDGED))
    for name, found in bars.items():
        sheet.take_judged(name, int(found["t1"][-1]), judge(name, "15m", found, TABLE_JUDGED, [60], "classic"))
    sheet.take_live(
        source._live().rows + [LiveRow(n, 1.0, 1, None, None, None, 1e-4, 1e6, 0.1, 2e6) for n in sheet.names]
    )
    hour = Hour()
    hour.take_history(source.columns("1m", 60, sheet.names, ("t1", *HOUR_COLUMNS)))
    day = Day(sheet.names, source.columns("15m", DAY_BARS, sheet.names, ("t1", *DAY_COLUMNS)))
    told = kpis(sheet, day, hour, "15m", 60)
    assert [kpi.label for kpi in told if kpi.value is None] == []
    assert told[0].value == "20.0"
    assert told[0].unit == "M USD"
    assert told[2].value == "+0.0100"
    assert len(told[0].spark) == 96


@pytest.fixture
def venues():
    """A sheet and an hour of three venues, one without forced closes."""
    names = ["binance:BTC-USDT-PERP", "bybit:BTC-USDT-PERP", "hyperliquid:BTC-USD-PERP"]
    sheet = Sheet(names)
    sheet.take_live(
        [LiveRow(name, 1.0, 1, None, None, None, 1e-4, 1e6 * (k + 1), 0.1, 2e6) for k, name in enumerate(names)]
    )
    hour = Hour()
    hour.take([minute(k, name) for k in range(60) for name in names[:2]])
    return sheet, hour, readings([name.partition(":")[0] for name in names], {})


def test_a_sum_over_venues_names_them_and_marks_the_one_whose_meaning_is_open(venues):
    sheet, hour, known = venues
    interest, volume, _, forced, *_ = kpis(sheet, None, hour, "15m", 60, known)
    assert interest.label == "Open interest, binance, bybit, hyperliquid"
    assert interest.value == "6.00"
    assert interest.context[-1] == (" ?", "l")
    assert "In doubt: binance: " in interest.about
    assert volume.context[-1] != (" ?", "l")
    assert forced.label == "Liquidations 1 h, binance, bybit"
    assert "no feed of them at hyperliquid" in forced.about


def test_more_venues_than_fit_are_counted_and_named_where_the_pointer_rests():
    sheet = Sheet([f"{venue}:BTC-USDT-PERP" for venue in ("binance", "bybit", "gate", "okx")])
    sheet.take_live([LiveRow(name, 1.0, 1, None, None, None, 1e-4, 1e6, 0.1, 2e6) for name in sheet.names])
    interest = kpis(sheet, None, Hour(), "15m", 60)[0]
    assert interest.label == "Open interest, 4 venues"
    assert "Over binance, bybit, gate, okx" in interest.about


def test_a_venue_that_was_not_heard_is_not_among_those_summed(venues):
    sheet, hour, known = venues
    sheet.live[2] = np.nan
    assert kpis(sheet, None, hour, "15m", 60, known)[0].label == "Open interest, binance, bybit"


def test_one_venue_alone_is_the_part_of_it(venues):
    sheet, hour, known = venues
    part = sheet.part(sheet.rows_at("hyperliquid"))
    told = kpis(part, None, hour.part("hyperliquid"), "15m", 60, known)
    assert (told[0].label, told[0].value) == ("Open interest, hyperliquid", "3.00")
    assert (told[3].value, told[3].missing) == (None, "no feed")
    assert hour.part("bybit").liquidations() == (60.0, 120.0, 60)
    day = Day(["a", "b"], frame([("a", 0, 100.0, 1.0), ("b", 0, 7.0, 1.0)])).part(np.array([1]))
    assert day.columns["oi_usd"][0, -1] == 7.0


def test_before_anything_is_heard_each_key_number_says_so():
    told = kpis(Sheet([]), None, Hour(), "15m", 60)
    assert len(told) == 7
    assert {kpi.value for kpi in told} == {None}
    assert all(kpi.missing for kpi in told)


def test_the_basis_takes_the_place_of_the_premium_where_dated_futures_are_listed(venues):
    sheet, hour, known = venues
    basis = Basis("BTC", 0.0684, 0.0706, False, 4, ("deribit", "okx"))
    told = kpis(sheet, None, hour, "15m", 60, known, basis)[-1]
    assert (told.label, told.value, told.unit) == ("Basis 3 m, BTC", "+6.84", "% a year")
    assert "".join(text for text, _ in told.context) == "−22.0\u00a0bp 24 h"
    assert "between expiries at deribit, okx" in told.about
    assert told.leads == "venues?coin=BTC"
    stale = kpis(sheet, None, hour, "15m", 60, known, basis._replace(three_months=np.nan))[-1]
    assert (stale.value, stale.missing) == (None, "stale")
    none = kpis(sheet, None, hour, "15m", 60, known, basis._replace(dated=0))[-1]
    assert none.label == "Premium, median"
