"""The numbers behind the table."""

import math

import numpy as np
import pytest

from fbkit.dashboard.sheet import BARS_NEEDED, Sheet, z_columns
from fbkit.hub import LiveRow
from fbkit.model import METRIC_COLUMNS, TIMEFRAMES, BarRow, MetricRow
from fbkit.quant.frames import metrics
from fbkit.widgets import CLOSED_FIELDS, REASONS
from tests.dashboard.invented import InventedSource

NAME = "binance:BTC-USDT-PERP"
NAN = float("nan")
M15 = TIMEFRAMES["15m"]


def reason(sheet, field):
    return REASONS[sheet.reasons[0, CLOSED_FIELDS.index(field)]]


def test_a_value_that_was_not_said_is_missing_not_zero():
    sheet = Sheet([NAME])
    sheet.take_live([LiveRow(NAME, last=2.0, bid=None)])
    assert sheet.column("last")[0] == 2.0
    assert math.isnan(sheet.column("bid")[0])


def test_the_funding_of_this_moment_comes_before_that_of_the_last_bar():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, funding_8h=3e-4)])
    sheet.take_live([LiveRow(NAME, funding_8h=1e-4)])
    assert sheet.column("funding_8h")[0] == 1e-4


def test_names_without_a_row_are_told():
    assert Sheet([NAME]).take_live([LiveRow("binance:NEW-USDT-PERP", last=1.0)]) == ["binance:NEW-USDT-PERP"]


def test_before_the_first_bar_everything_is_awaited():
    sheet = Sheet([NAME])
    assert {REASONS[code] for code in sheet.reasons[0]} == {"waiting"}


def test_a_bar_of_ours_without_liquidations_has_no_such_feed():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01, source="own")])
    assert reason(sheet, "liq_net") == "unsupported"
    assert reason(sheet, "premium") == "gap"


def test_a_bar_borrowed_from_the_venue_leaves_what_it_cannot_know_awaited():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01, source="venue")])
    assert sheet.column("ret")[0] == 0.01
    assert reason(sheet, "liq_net") == reason(sheet, "premium") == "waiting"


def test_shorts_minus_longs_is_what_liquidations_show():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, liq_long_usd=3.0, liq_short_usd=10.0)])
    assert sheet.column("liq_net")[0] == 7.0


def test_an_older_bar_changes_nothing():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", M15, 2 * M15, ret=0.02)])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01)])
    assert sheet.column("ret")[0] == 0.02


def test_metrics_bring_values_reasons_and_counts():
    sheet = Sheet([NAME])
    values = [1.5] * len(METRIC_COLUMNS)
    reasons = [""] * len(METRIC_COLUMNS)
    k = METRIC_COLUMNS.index("z_ln_vol_60")
    values[k], reasons[k] = NAN, "warmup"
    n = [41] * len(METRIC_COLUMNS)
    sheet.take_metrics([MetricRow(NAME, "15m", M15, tuple(values), tuple(n), tuple(reasons), 1.0)])
    assert sheet.column("z_ret_60")[0] == 1.5
    assert reason(sheet, "z_ln_vol_60") == "warmup"
    assert sheet.counts[0, CLOSED_FIELDS.index("z_ln_vol_60")] == 41


@pytest.mark.parametrize("tf", ["1m", "1h"])
def test_what_is_computed_here_is_what_the_engine_says_to_the_bit(tf):
    source = InventedSource(3)
    bars = source.bars(tf, 150, NAME)
    bars = bars.assign(obi_5=NAN, ln_ls_acct_global=NAN, ln_ls_pos_top=NAN)
    theirs = metrics(NAME, tf, bars["t1"].to_numpy(), bars)
    for name, judged in z_columns(NAME, tf, bars).items():
        np.testing.assert_array_equal(judged.value, theirs[name], err_msg=name)


def test_funding_is_not_judged_below_an_hour():
    bars = InventedSource(1).bars("15m", 130, NAME)
    judged = z_columns(NAME, "15m", bars)["z_funding_8h_60"]
    assert {REASONS[code] for code in judged.code} == {"unsupported"}


def test_history_judges_the_newest_bar_against_those_before_it():
    source = InventedSource(14)
    sheet = Sheet(sorted(source.listed))
    sheet.take_history("15m", source.bars("15m", BARS_NEEDED))
    z = sheet.column("z_ret_60")
    assert np.isfinite(z).all()
    flat = sheet.row["binance:ENA-USDT-PERP"]
    assert REASONS[sheet.reasons[flat, CLOSED_FIELDS.index("z_ln_vol_60")]] == "zero_var"


def test_while_nothing_is_heard_the_newest_bar_stands_in_and_is_as_old_as_it_is():
    source = InventedSource(2)
    sheet = Sheet(sorted(source.listed))
    sheet.take_live([LiveRow(NAME, last=5.0, ts_event=7)])
    bars = source.bars("15m", BARS_NEEDED)
    sheet.take_history("15m", bars)
    eth = sheet.row["binance:ETH-USDT-PERP"]
    assert sheet.column("last")[sheet.row[NAME]] == 5.0
    assert sheet.column("last")[eth] == bars[bars["instrument"] == "binance:ETH-USDT-PERP"]["close"].iloc[-1]
    assert sheet.column("ts_ms")[eth] == bars["t1"].max() / 1e6
