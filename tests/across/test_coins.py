"""Across coins: correlations of returns, who leads, and how much of the market moves at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fbkit.across import breadth, coin_returns, correlations, lead_lag
from fbkit.across.returns import Returns
from fbkit.errors import UnknownName
from fbkit.model import BarRow, Instrument
from fbkit.quant.frames import metrics
from tests.across.conftest import Make
from tests.across.made import NAN, bar, contract, ends

BTC, ETH, SOL = (contract(f"a:{base}-USDT-PERP") for base in ("BTC", "ETH", "SOL"))
BTC_B = contract("b:BTC-USDT-PERP")


def rows(one: Instrument, returns: np.ndarray, tf: str = "1h", vol: float = 1.0, **more: float) -> list[BarRow]:
    there = zip(ends(len(returns), tf), returns.tolist(), strict=True)
    return [bar(one.name, end, tf, ret=ret, vol_usd=vol, **more) for end, ret in there]


def noise(seed: int, n: int = 100) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(n) * 0.01


def test_correlations_are_pairwise_complete_with_interval_and_count(make: Make) -> None:
    x, y, z = noise(1), noise(2), noise(3)
    y += x
    y[:60], z[50:] = NAN, NAN
    desk = make([BTC, ETH, SOL], [*rows(BTC, x), *rows(ETH, y), *rows(SOL, z)])
    found = desk.correlation("1h")
    r = stats.pearsonr(x[60:], y[60:])
    assert found["r"].loc["BTC", "ETH"] == pytest.approx(r.statistic)
    assert found["n"].loc["BTC", "ETH"] == 40
    half = 1.96 / np.sqrt(37)
    assert found["low"].loc["ETH", "BTC"] == pytest.approx(np.tanh(np.arctanh(r.statistic) - half))
    assert np.isnan(found["r"].loc["ETH", "SOL"]), "they never met"
    assert found["n"].loc["ETH", "SOL"] == 0
    assert found["r"].loc["BTC", "BTC"] == 1.0
    assert found.attrs["coverage"] == 1.0


def test_a_coin_that_never_moved_has_no_correlation(make: Make) -> None:
    desk = make([BTC, ETH], [*rows(BTC, noise(1)), *rows(ETH, np.zeros(100))])
    assert np.isnan(desk.correlation("1h")["r"].loc["BTC", "ETH"])


def test_a_coin_speaks_with_its_most_traded_perpetual_of_all_venues(make: Make) -> None:
    dated = contract("a:BTC-USDT-260327", days=85)
    volumes = {BTC: 1.0, BTC_B: 2.0, dated: 9.0, ETH: 0.5}
    told = [row for seed, (one, vol) in enumerate(volumes.items()) for row in rows(one, noise(seed), vol=vol)]
    desk = make(volumes, told)
    found = desk.correlation("1h")
    assert found.attrs["instruments"] == {"BTC": "b:BTC-USDT-PERP", "ETH": "a:ETH-USDT-PERP"}
    assert list(found["r"].columns) == ["BTC", "ETH"], "the most traded first"
    named = desk.correlation("1h", [BTC.name, BTC_B.name])
    assert list(named["r"].columns) == [BTC.name, BTC_B.name], "two contracts of one coin keep their names"


def test_changes_of_open_interest_may_be_correlated_and_levels_may_not(make: Make) -> None:
    x, y = noise(1), noise(2)
    told = [bar(one.name, end, oi_dlog=v, ret=0.0) for one, values in ((BTC, x), (ETH, x + y))
            for end, v in zip(ends(100), values.tolist(), strict=True)]  # fmt: skip  # a line more
    desk = make([BTC, ETH], told)
    found = desk.correlation("1h", column="oi_dlog")
    assert found["r"].loc["BTC", "ETH"] == pytest.approx(np.corrcoef(x, x + y)[0, 1])
    assert found.attrs["column"] == "oi_dlog"
    with pytest.raises(UnknownName, match="ret, oi_dlog"):
        desk.correlation("1h", column="oi_usd")


def test_returns_of_bars_too_little_covered_do_not_count(make: Make) -> None:
    desk = make([BTC, ETH], [*rows(BTC, noise(1)), *rows(ETH, noise(2), coverage=0.5)])
    assert desk.correlation("1h")["n"].loc["BTC", "ETH"] == 0


@pytest.mark.parametrize(
    ("shift", "leader", "said"),
    [(2, "BTC", "BTC leads ETH by 2 bars of 1h (120 min)"), (-1, "ETH", "ETH leads BTC by 1 bar of 1h (60 min)")],
)
def test_who_leads_is_said_in_words(make: Make, shift: int, leader: str, said: str) -> None:
    x = noise(1, 200)
    desk = make([BTC, ETH], [*rows(BTC, x), *rows(ETH, np.roll(x, shift) + noise(2, 200) / 5)])
    found = desk.lead_lag("BTC", "ETH", "1h")
    assert found.attrs["lag"] == shift
    assert found.attrs["sentence"].startswith(said)
    assert found.loc[shift, "r"] == found.attrs["r"] == found["r"].max()
    assert list(found.index) == list(range(-10, 11))
    mirrored = desk.lead_lag("ETH", "BTC", "1h")
    assert mirrored.attrs["lag"] == -shift
    assert mirrored.attrs["sentence"] == found.attrs["sentence"]
    assert leader in found.attrs["instruments"]


def test_a_missing_bar_does_not_shift_what_comes_after_it(make: Make) -> None:
    x = noise(1, 200)
    late = np.roll(x, 3)
    holes = [row for row in rows(BTC, x) if row.t1 not in set(ends(5, first=90))]
    desk = make([BTC, ETH], [*holes, *rows(ETH, late)])
    assert desk.lead_lag("BTC", "ETH", "1h").attrs["lag"] == 3


def returns(*columns: np.ndarray) -> Returns:
    """Of BTC and ETH, without a database."""
    ret = np.stack(columns, axis=1)
    n = len(ret)
    return Returns("1h", (BTC, ETH), np.array(ends(n)), ret, np.ones((n, 2)), np.ones(2), 0.8)


def test_nothing_is_claimed_where_nothing_can_be_told() -> None:
    x, y = noise(1), noise(2)
    for few in (returns(x[:8], y[:8]), returns(x[:0], y[:0]), returns(x, np.zeros(100)), returns(x, np.full(100, NAN))):
        found = lead_lag(few)
        assert "nothing can be said" in found.attrs["sentence"]
        assert found["r"].isna().all()
    opposed = lead_lag(returns(x, -x + y / 9)).attrs
    assert opposed["r"] < -0.9
    assert "tied most in the same bar" in opposed["sentence"]


def test_unrelated_coins_are_rarely_said_to_lead_though_21_lags_are_looked_at() -> None:
    said = [lead_lag(returns(noise(2 * k), noise(2 * k + 1))).attrs for k in range(200)]
    alone = sum(not one["low"] <= 0.0 <= one["high"] for one in said)
    assert alone > 60, "each interval alone would have found something"
    assert sum("chance" not in one["sentence"] for one in said) <= 20


def test_a_lead_that_the_same_bar_nearly_reaches_is_doubted() -> None:
    x = noise(1, 300)
    found = lead_lag(returns(x, np.roll(x, 1) + x * 0.97 + noise(2, 300) / 2)).attrs
    assert found["lag"] == 1
    assert found["sentence"].endswith("It can hardly be told from the same bar.")


def test_breadth_counts_the_fresh_ones_on_each_side(make: Make) -> None:
    n, up, down, calm = 70, noise(1, 70), noise(2, 70), noise(3, 70)
    up[-1], down[-1], calm[-1] = 0.2, -0.2, 0.0
    gone = noise(4, 70)
    gone[-1] = NAN
    others = [contract(f"b:{base}-USDT-PERP") for base in ("XRP", "ADA")]
    desk = make([BTC, ETH, SOL, *others], [
        *rows(BTC, up), *rows(ETH, down), *rows(SOL, calm), *rows(others[0], gone), *rows(others[1], up, coverage=0.5),
    ])  # fmt: skip  # five contracts
    frame = desk.breadth("1h")
    assert len(frame) == n
    newest = frame.iloc[-1]
    assert (newest["n"], newest["n_up"], newest["n_down"]) == (3, 1, 1)
    assert newest["up_share"] == newest["down_share"] == pytest.approx(1 / 3)
    assert newest["venues"] == "a"
    assert newest["coverage"] == pytest.approx(0.9)
    assert frame["n"].iloc[0] == 0
    assert np.isnan(frame["up_share"].iloc[0]), "no baseline yet"


def test_breadth_is_of_the_z_that_stood_on_the_screen(make: Make) -> None:
    returns = noise(1, 200)
    returns[70:75] = NAN
    desk = make([BTC], rows(BTC, returns))
    bars = desk.bars("BTC", "1h").assign(
        **dict.fromkeys(("high", "low", "close", "ln_vol", "taker_imb", "oi_dlog", "funding_8h", "premium",
                         "ln_ls_acct_global", "ln_ls_pos_top", "obi_5"), 1.0))  # fmt: skip  # columns not looked at
    z = metrics(BTC.name, "1h", bars["t1"].to_numpy(), bars)["z_ret_60"]
    frame = desk.breadth("1h")
    assert frame["n_up"].tolist() == (z >= 2).astype(int).tolist()
    assert frame["n_down"].tolist() == (z <= -2).astype(int).tolist()
    assert frame["n_up"].sum() + frame["n_down"].sum() > 2
    since = pd.Timestamp(ends(200)[149], tz="UTC")
    pd.testing.assert_frame_equal(desk.breadth("1h", since=since), frame.iloc[150:])


def test_without_bars_the_frames_are_empty_and_whole(make: Make) -> None:
    desk = make([BTC], [])
    assert desk.breadth("1h").empty
    assert desk.correlation("1h")["n"].loc["BTC", "BTC"] == 0
    assert correlations(coin_returns(desk.store, [], "1h")).empty
    assert breadth(make([], []).store, "1h").empty
    assert lead_lag(coin_returns(make([BTC, ETH], []).store, ["BTC", "ETH"], "1h"))["r"].isna().all()
