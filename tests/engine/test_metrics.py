"""What a metrics row and a summary row say, and why a value is missing."""

import math

import pytest

from fbkit.model import JUDGED, METRIC_COLUMNS, Mark, OpenInterest, Quote, Ratio, Side
from fbkit.quant.streaming import RSI, RollingZScore
from tests.engine.conftest import BTC, Desk


def lively(minutes, *, flat=False):
    """A desk on which every column moves for so many minutes (or stands, when flat)."""
    desk = Desk()
    desk.beat(0)
    for m in range(minutes):
        wave = 0.0 if flat else math.sin(m) + m % 3
        s = 60 * m
        desk.trade(s + 10, 100.0 + wave, 2.0 + wave, Side.SELL if m % 3 else Side.BUY)
        at = desk.ns(s + 55)
        desk.take(
            Mark(BTC, at, at, 100.0 + wave, 100.0, 0.0001 + wave / 1e6, 8.0),
            OpenInterest(BTC, at, at, 1000.0 + wave),
            Quote(BTC, at, at, m, 99.0, 1.0, 101.0, 1.0, 5, 5.0 + wave, 5.0),
        )
        for kind in ("acct_global", "acct_top", "pos_top", "taker"):
            desk.take(Ratio(BTC, at, at, kind, 1.5 + wave / 10, 300))
        desk.beat(s + 61)
    return desk


def row(desk, minute, tf="1m"):
    (found,) = (m for m in desk.metrics if (m.tf, m.t1) == (tf, desk.ns(60 * minute)))
    return found


def why(desk, minute, column, tf="1m"):
    return row(desk, minute, tf).reasons[METRIC_COLUMNS.index(column)]


def test_a_z_is_what_its_streaming_form_says_of_the_bars():
    desk = lively(70)
    ret = RollingZScore(60, offset=0)
    last = [ret.update(desk.one(m).ret) for m in range(1, 71)][-1]
    assert row(desk, 70).value("z_ret_60") == pytest.approx(last.value, rel=1e-12)  # other block boundaries
    assert row(desk, 70).n[METRIC_COLUMNS.index("z_ret_60")] == last.n
    rsi = RSI()
    assert [rsi.update(desk.one(m).close).value for m in range(1, 71)][-1] == row(desk, 70).value("rsi_14")


def test_everything_is_warming_up_until_enough_bars_are_there():
    desk = lively(70)
    assert why(desk, 1, "rsi_14") == why(desk, 14, "rsi_14") == "warmup"
    assert why(desk, 15, "rsi_14") == why(desk, 15, "atr_14") == ""
    assert why(desk, 17, "z_ret_20") == "warmup"  # the first bar has no return, so 16 of 20 are there at the 18th
    assert why(desk, 18, "z_ret_20") == why(desk, 17, "z_ln_vol_20") == ""
    assert why(desk, 48, "z_premium_60") == "warmup"
    assert why(desk, 49, "z_premium_60") == ""
    assert row(desk, 70).unsettled
    reasons = dict(zip(METRIC_COLUMNS, row(desk, 70).reasons, strict=True))
    assert all(why == "" for name, why in reasons.items() if not name.endswith("_240") and "funding" not in name)
    assert {why for name, why in reasons.items() if name.endswith("_240") and "funding" not in name} == {"warmup"}


def test_flat_is_zero_variance_and_funding_is_not_judged_below_an_hour():
    desk = lively(30, flat=True)
    assert why(desk, 30, "z_ln_vol_20") == "zero_var"
    assert why(desk, 1, "z_funding_8h_20") == why(desk, 30, "z_funding_8h_20") == "unsupported"
    assert row(desk, 30).value("rsi_14") == 50.0


def test_what_nobody_feeds_is_unsupported_and_what_went_quiet_is_stale():
    desk = Desk()
    desk.beat(0)
    for m in range(40):
        if m < 30:
            desk.trade(60 * m + 5, 100.0 + m % 3, 1.0 + m % 2)
            at = desk.ns(60 * m + 50)
            desk.take(Mark(BTC, at, at, 100.0 + m % 5, 100.0), OpenInterest(BTC, at, at, 10.0 + m % 4))
        desk.beat(60 * m + 61)
    assert why(desk, 40, "z_obi_5_20") == why(desk, 40, "z_ln_ls_pos_top_20") == "unsupported"
    assert why(desk, 33, "z_premium_20") == why(desk, 33, "z_taker_imb_20") == why(desk, 33, "z_oi_dlog_20") == "stale"
    assert why(desk, 33, "z_ret_20") == ""
    assert why(desk, 1, "z_premium_20") == "warmup"


def test_a_hole_in_the_bars_is_a_gap():
    desk = lively(40)
    s = 60 * 40
    desk.gap(1, s, "opened", s)
    desk.gap(1, s + 60, "closed", s, s + 60)
    desk.beat(s + 61)
    assert why(desk, 41, "z_ret_20") == why(desk, 41, "z_ln_vol_20") == why(desk, 41, "rsi_14") == "gap"
    assert row(desk, 41).coverage == 0.0
    desk.trade(s + 70, 100.0)
    desk.beat(s + 121)
    assert why(desk, 42, "z_ret_20") == "gap"  # nothing to compare with
    assert why(desk, 42, "z_ln_vol_20") == ""


def test_a_value_is_there_exactly_when_there_is_no_reason():
    for m in lively(70).metrics:
        for value, reason in zip(m.values, m.reasons, strict=True):
            assert math.isnan(value) == (reason != "")


def test_a_summary_names_the_loudest_z_and_the_mean_of_all():
    desk = lively(70)
    summary, metrics = [s for s in desk.summary if s.tf == "1m"][-1], row(desk, 70)
    z = {c: v for c, v in zip(METRIC_COLUMNS, metrics.values, strict=True) if c.startswith("z_") and not math.isnan(v)}
    assert summary.loudest == max(z, key=lambda c: abs(z[c]))
    assert summary.loudest_z == z[summary.loudest]
    assert summary.mean_abs_z == pytest.approx(sum(map(abs, z.values())) / len(z))
    assert (summary.n_z, summary.reason) == (len(z), "")
    bar = desk.one(70)
    assert (summary.last, summary.vol_usd, summary.oi_usd, summary.source) == (
        bar.close,
        bar.vol_usd,
        bar.oi_usd,
        "own",
    )
    first = desk.summary[0]
    assert (first.loudest, first.n_z, first.reason) == ("", 0, "warmup")
    assert math.isnan(first.loudest_z)
    assert math.isnan(first.mean_abs_z)


def test_what_is_usual_stands_beside_the_metrics():
    desk = lively(71)
    desk.trade(4270, 100.0)
    closed = desk.beat(4321)
    assert len(closed.usual) == len(closed.metrics) == 1
    earlier = [desk.one(m).ln_vol for m in range(12, 72)]
    assert closed.usual[0][JUDGED.index("ln_vol")] == pytest.approx(sum(earlier) / 60)
