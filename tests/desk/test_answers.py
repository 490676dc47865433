"""What ``desk.in_words`` says, against numbers made for it: no sentence stands there that the numbers do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fbkit.desk.answers import ANSWERS, together
from fbkit.desk.kinds import KINDS, named
from fbkit.desk.words import Words

TIMES = pd.date_range("2026-01-01", periods=40, freq="5min", tz="UTC", name="time")
BTC = "okx:BTC-USDT-PERP"


def told(frame: pd.DataFrame, what: str, **facts: object) -> str:
    return " ".join(together([named(frame, what, "LIVE", **facts)]))


def test_the_loudest_is_named_with_what_chance_would_give() -> None:
    frame = pd.DataFrame(
        {
            "instrument": ["a:X", "b:Y", "c:Z"],
            "tf": "5m",
            "loudest": ["z_ret_60", "z_ln_vol_20", "z_ret_60"],
            "loudest_z": [2.5, -4.25, np.nan],
            "mean_abs_z": [0.5, 1.5, np.nan],
            "n_z": [10, 10, 0],
        }
    )
    said = told(frame, "summary", tf="5m", coverage=0.987)
    assert said.startswith("b:Y is loudest: volume (20 bars) is 4.2 standard deviations below its own past, 5m bar.")
    assert "1 of 2 instruments have a Z of 3 or more in size; chance alone would give about 0.1" in said
    assert "mean size of all Z-scores is 1.00; noise alone gives 0.80 (coverage 98.70%)" in said


def test_nothing_known_is_said_as_such() -> None:
    frame = pd.DataFrame({"instrument": ["a:X"], "loudest_z": [np.nan]})
    assert "still filling" in told(frame, "summary", tf="5m")
    empty = pd.DataFrame({"instrument": [], "delta": [], "ret": [], "vol_usd": []})
    assert told(empty, "bars", tf="5m", instrument=BTC) == "There are no bars yet."


def test_takers_and_price_are_compared_bar_by_bar() -> None:
    ret = np.where(np.arange(40) % 4 == 0, -0.001, 0.001)
    frame = pd.DataFrame(
        {"instrument": BTC, "ret": ret, "delta": np.full(40, 1e6), "vol_usd": np.full(40, 5e6)}, index=TIMES
    )
    said = told(frame, "bars", tf="5m", instrument=BTC)
    assert said.startswith("okx:BTC-USDT-PERP: takers bought 40.0\u00a0M USD net, 20.0 % of volume, with the price.")
    assert "price moved +2.02 % on 200\u00a0M USD in 40 bars" in said
    assert "the same sign in 75.0 % of 40 bars" in said


def test_a_venue_that_appears_is_no_rise_and_no_gain() -> None:
    frame = pd.DataFrame(
        {
            "oi_total_usd": [1e9, 1e9, 9e9], "oi_dlog": [0.01, 0.01, -0.02], "oi_venues": ["a", "a", "a, b"],
            "funding_oiw_8h": [1e-4] * 3,
        }, index=TIMES[:3],
    )  # fmt: skip
    said = told(frame, "across", coin="BTC", tf="5m", coverage=1.0)
    assert "changed by 0.00 % in 3 bars, over the venues at both ends of each" in said
    assert "longs pay shorts, +0.0100 % per 8 h" in said
    shares = pd.DataFrame({"venue": ["a", "b"] * 2, "oi_share": [1.0, np.nan, 0.4, 0.6]}, index=TIMES[[0, 0, 1, 1]])
    said = told(shares, "shares", coin="BTC", tf="5m")
    assert "b holds 60.0 %" in said
    assert "nobody is said to have gained" in said


def test_funding_names_who_pays_most_and_least() -> None:
    frame = pd.DataFrame(
        {"instrument": ["a:X", "b:X"], "funding_8h": [-1e-4, 3e-4], "funding_apr": [-0.1095, 0.3285]},
        index=TIMES[[0, 0]],
    )
    said = told(frame, "funding_by_venue", coin="X", tf="1h", coverage=1.0)
    assert said.startswith("Of X at b:X longs pay shorts most: +0.0300 % per 8 h, +32.85 % a year, predicted.")
    assert "Least at a:X: −0.0100 % per 8 h; 4.00 bp per 8 h lie between the two." in said


def test_a_curve_says_contango_only_where_all_of_it_is() -> None:
    frame = pd.DataFrame({"instrument": ["a:1", "a:2"], "days": [30.0, 90.0], "basis_ann": [0.05, -0.01]})
    facts = {"coin": "X", "basis_3m": -0.01, "extrapolated": False}
    assert told(frame, "curve", **facts).startswith(
        "X futures stand in mixed, a year: +5.00 % with 30 days to go (a:1)"
    )
    assert "contango" in told(frame.assign(basis_ann=[0.05, 0.01]), "curve", **facts)
    assert "no basis to tell" in told(frame.assign(basis_ann=np.nan), "curve", **facts)


def test_liquidations_that_are_sampled_are_lower_bounds_and_none_heard_is_not_zero() -> None:
    frame = pd.DataFrame(
        {
            "venue": ["binance", "bybit"],
            "liq_long_usd": [2e6, 1e6],
            "liq_short_usd": [0.0, 5e5],
            "complete": [False, True],
        },
        index=TIMES[[0, 0]],
    )
    said = told(frame, "liquidated", coin="BTC", tf="1m")
    assert said.startswith("Longs of BTC were forced out most: longs 3.00\u00a0M USD, shorts 500\u00a0K USD")
    assert "At least: binance do not tell of all" in said
    silent = frame.assign(liq_long_usd=np.nan, liq_short_usd=np.nan)
    assert "that is not 0" in told(silent, "liquidated", coin="BTC", tf="1m")


def test_heavy_tails_are_counted_against_normal_numbers() -> None:
    z = np.zeros(40)
    z[[3, 7]], z[9] = 2.5, -3.5
    frame = pd.DataFrame({"z_ret_60": z, "z_premium_60": np.nan, "coverage": 1.0}, index=TIMES)
    said = told(frame, "zscores", tf="5m", instrument=BTC, window=60, coverage=1.0)
    assert "nothing is unusual in the newest bar (return 0.0)" in said
    assert "beyond 2 in 7.5 % of 40 bars" in said
    assert "beyond 3 in 2.5 %" in said
    assert "farthest at 2026-01-01 00:45 UTC, −3.5" in said
    assert "Never known here: premium (60 bars)" in said


def test_a_score_says_how_many_rows_beat_random_times_and_what_is_open() -> None:
    frame = pd.DataFrame(
        {
            "rule": ["z", "z"], "tier": [1, 1], "horizon": ["5m", "1h"], "n": [50, 3], "n_open": [0, 47],
            "hit_rate": [0.7, 0.3], "base_hit_rate": [0.5, 0.5], "excess_hit": [0.2, -0.2],
            "says": ["better than random times by 6 to 33 points", "too few alerts to say anything: 3 of 20"],
        }
    )  # fmt: skip
    said = told(frame, "scorecard", as_of="2026-01-01T00:00:00Z", coverage=0.99)
    assert "Of 2 rows (groups and horizons): 1 better than random times, 1 too few" in said
    assert "Best: z 1 after 5m, 70.0 % went their way against 50.0 % at random times (50 alerts)." in said
    assert "53 outcomes are known and 47 still open" in said


def test_books_that_do_not_balance_are_said_not_to() -> None:
    row = dict.fromkeys(("conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight"), 0)
    frame = pd.DataFrame([row | {"received": 10, "stored": 8, "ignored": 1}])
    assert "The books do not balance: 1 items are not accounted for" in told(frame, "accounts")
    assert "The books balance" in told(frame.assign(stored=9), "accounts")


def test_words_are_escaped_and_read_alike_as_text() -> None:
    words = Words("SIMULATED", ["<script>", "two"])
    assert "<script>" not in words._repr_html_()
    assert "SIMULATED" in words._repr_html_()
    assert str(words) == "SIMULATED\n<script>\ntwo"
    assert (list(words), len(words)) == (["<script>", "two"], 2)


def test_whatever_can_be_said_is_of_a_kind_there_is() -> None:
    assert set(ANSWERS) <= set(KINDS)
    with pytest.raises(KeyError):
        together([named(pd.DataFrame(), "offers", "LIVE")])
