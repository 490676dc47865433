"""The numbers behind the table."""

import math

import numpy as np
import pytest

from fbkit.dashboard.market.sheet import Sheet
from fbkit.dashboard.series import bars_behind, judge
from fbkit.hub import LiveRow
from fbkit.model import METRIC_COLUMNS, TIMEFRAMES, BarRow, MetricRow, SummaryRow
from fbkit.quant.frames import metrics
from fbkit.quant.frames.metrics import KINDS
from fbkit.widgets import CLOSED_FIELDS, LIVE_FIELDS, REASONS, TABLE_JUDGED, TABLE_WINDOWS
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


def metric_row(t1=M15, **given):
    """Metrics of a bar: 1.5 each, but for those given as (value, reason, n)."""
    values, reasons, n = [1.5] * len(METRIC_COLUMNS), [""] * len(METRIC_COLUMNS), [60] * len(METRIC_COLUMNS)
    for column, told in given.items():
        k = METRIC_COLUMNS.index(column)
        values[k], reasons[k], n[k] = told
    return MetricRow(NAME, "15m", t1, tuple(values), tuple(n), tuple(reasons), 1.0)


def test_metrics_bring_values_reasons_and_counts():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01)])
    sheet.take_metrics([metric_row(z_ln_vol_60=(NAN, "warmup", 41))])
    assert sheet.column("z_ret_60")[0] == sheet.column("rsi_14")[0] == 1.5
    assert reason(sheet, "z_ln_vol_60") == "warmup"
    assert sheet.counts[0, CLOSED_FIELDS.index("z_ln_vol_60")] == 41


def test_metrics_of_another_bar_than_the_one_shown_are_not_shown_beside_it():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", M15, 2 * M15, ret=0.01)])
    sheet.take_metrics([metric_row(M15)])
    assert reason(sheet, "z_ret_60") == "waiting"
    assert sheet.unjudged(60) == [NAME]


def test_a_newer_bar_waits_for_z_scores_of_its_own():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01)])
    sheet.take_metrics([metric_row()])
    assert sheet.unjudged(60) == []
    sheet.take_bars([BarRow(NAME, "15m", M15, 2 * M15, ret=0.02)])
    assert reason(sheet, "z_ret_60") == "waiting"


def test_z_scores_of_another_kind_leave_the_classic_ones_out():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01)])
    sheet.take_metrics([metric_row()], z=False)
    assert sheet.column("rsi_14")[0] == 1.5
    assert reason(sheet, "z_ret_60") == "waiting"


def test_what_was_too_thin_when_it_closed_may_be_judged_again():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01)])
    sheet.take_metrics([metric_row(z_ret_60=(NAN, "warmup", 3))])
    assert sheet.unjudged(60) == []
    assert sheet.unjudged(60, thin=True) == [NAME]
    assert sheet.unjudged(20, thin=True) == []


def test_the_confluence_comes_with_the_summary():
    sheet = Sheet([NAME])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01)])
    numbers = [0.0] * 13
    row = SummaryRow(NAME, "15m", M15, *numbers, "z_ret_60", 1.0, 1.0, 5, 1.0, "own", score_long=0.66, score_short=0.0)
    sheet.take_summary([row])
    assert sheet.column("score_long")[0] == 0.66


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tf", ["1m", "1h"])
def test_what_is_computed_here_is_what_quant_says_of_all_bars(tf, kind):
    bars = InventedSource(3).bars(tf, 600, NAME)
    bars = bars.assign(obi_5=NAN, ln_ls_acct_global=NAN, ln_ls_pos_top=NAN)
    theirs = metrics(NAME, tf, bars["t1"].to_numpy(), bars, kind=kind)
    for window in TABLE_WINDOWS[:2]:
        newest = bars.iloc[-bars_behind(kind, window) :]
        for name, judged in judge(NAME, tf, newest, TABLE_JUDGED, [window], kind).items():
            known = theirs[name.replace("z_", f"{KINDS[kind]}_", 1)][-1]
            exact = 1e-3 if kind == "ewma" else 0.0  # weights older than sixteen halflives are left out
            np.testing.assert_allclose(judged.value[-1], known, rtol=exact, atol=exact, err_msg=name)


def test_funding_is_not_judged_below_an_hour():
    bars = InventedSource(1).bars("15m", 130, NAME)
    judged = judge(NAME, "15m", bars, TABLE_JUDGED, [60], "classic")["z_funding_8h_60"]
    assert {REASONS[code] for code in judged.code} == {"unsupported"}


def test_z_scores_computed_here_stand_beside_the_bar_they_are_of():
    source = InventedSource(14)
    sheet = Sheet(sorted(source.listed))
    sheet.take_bars(source.newest("15m", 241).bars)
    bars = source.columns("15m", 61, sheet.names, ("t1", *TABLE_JUDGED))
    for name, found in bars.items():
        judged = judge(name, "15m", found, TABLE_JUDGED, [60], "classic")
        sheet.take_judged(name, int(found["t1"][-1]) - M15, judged)
        assert reason_of(sheet, name, "z_ret_60") == "waiting"
        sheet.take_judged(name, int(found["t1"][-1]), judged)
    assert np.isfinite(sheet.column("z_ret_60")).all()
    assert reason_of(sheet, "binance:ENA-USDT-PERP", "z_ln_vol_60") == "zero_var"


def reason_of(sheet, name, field):
    return REASONS[sheet.reasons[sheet.row[name], CLOSED_FIELDS.index(field)]]


def test_while_nothing_is_heard_the_newest_bar_stands_in_and_is_as_old_as_it_is():
    sheet = Sheet([NAME, "binance:ETH-USDT-PERP"])
    sheet.take_live([LiveRow(NAME, last=5.0, ts_event=7)])
    bars = [BarRow(name, "15m", 0, M15, close=3.0, oi_usd=8.0) for name in sheet.names]
    sheet.remember(bars)
    assert sheet.column("last").tolist() == [5.0, 3.0]
    assert sheet.column("oi_usd")[1] == 8.0
    assert sheet.column("ts_ms")[1] == M15 / 1e6


def test_an_export_has_a_row_an_instrument_and_units_in_its_names():
    sheet = Sheet([NAME, "binance:ETH-USDT-PERP"])
    sheet.take_live([LiveRow(NAME, last=5.0, ts_event=1_767_225_600_000_000_000)])
    sheet.take_bars([BarRow(NAME, "15m", 0, M15, ret=0.01, vol_usd=9.0, coverage=0.5)])
    sheet.take_metrics([metric_row()])
    frame = sheet.frame()
    assert frame.index.tolist() == sheet.names
    assert frame.loc[NAME, ["last_usd", "vol_usd", "coverage", "z_ret_60"]].tolist() == [5.0, 9.0, 0.5, 1.5]
    assert frame["ts_event"].tolist() == ["2026-01-01T00:00:00Z", ""]
    assert frame.loc[NAME, "t1"] == "1970-01-01T00:15:00Z"
    assert len(frame.columns) == len({*LIVE_FIELDS, *CLOSED_FIELDS})
    assert "zr_ret_60" in sheet.frame("robust")
