"""Shares, dispersion and liquidations by venue."""

from __future__ import annotations

import numpy as np
import pytest

from fbkit.across import dispersion, liquidated, shares
from fbkit.across.liquidations import all_liquidated
from tests.across.made import NAN, coin, contract

A, B, C = (contract(f"{venue}:BTC-USDT-PERP") for venue in "abc")


def test_shares_are_of_those_that_are_fresh() -> None:
    frame = shares(coin({A: {"vol_usd": [1.0, 1.0]}, B: {"vol_usd": [3.0, NAN]}, C: {"vol_usd": [0.0, 0.0]}}))
    assert frame["venue"].tolist() == ["a", "b", "c"] * 2
    assert frame["vol_share"].tolist()[:3] == [0.25, 0.75, 0.0]
    assert frame["vol_share"].tolist()[3] == 1.0
    assert np.isnan(frame["vol_share"].iloc[4])
    assert frame["venues"].tolist()[-1] == "a, c"


def test_where_nobody_traded_there_is_no_share() -> None:
    frame = shares(coin({A: {"vol_usd": [0.0]}, B: {"vol_usd": [0.0]}}))
    assert frame["vol_usd"].tolist() == [0.0, 0.0]
    assert frame["vol_share"].isna().all()


def test_a_venue_s_contracts_are_summed() -> None:
    other = contract("a:BTC-USDC-PERP")
    frame = shares(coin({A: {"oi_usd": [1.0]}, other: {"oi_usd": [2.0]}, B: {"oi_usd": [1.0]}}))
    assert frame["oi_usd"].tolist() == [3.0, 1.0]
    assert frame["oi_share"].tolist() == [0.75, 0.25]


def test_prices_lie_apart_by_max_less_min_over_median_and_the_ends_are_named() -> None:
    frame = dispersion(coin({A: {"mark": [100.0, 100.0]}, B: {"mark": [100.2, NAN]}, C: {"mark": [100.1, NAN]}}))
    assert frame["dispersion_bp"].iloc[0] == pytest.approx(0.2 / 100.1 * 1e4)
    assert frame.iloc[0][["lowest", "highest"]].tolist() == ["a", "b"]
    assert frame["mark_median_usd"].tolist() == [100.1, 100.0]
    assert np.isnan(frame["dispersion_bp"].iloc[1]), "one venue alone lies apart from nobody"
    assert frame["venues"].tolist() == ["a, b, c", "a"]


def test_a_venue_speaks_with_its_most_traded_perpetual_and_never_with_a_dated_future() -> None:
    thin, dated = contract("a:BTC-USDC-PERP"), contract("a:BTC-USDT-260327", days=85)
    frame = dispersion(
        coin(
            {
                thin: {"mark": [90.0], "vol_usd": [1.0]},
                A: {"mark": [100.0], "vol_usd": [2.0]},
                dated: {"mark": [120.0], "vol_usd": [9.0]},
                B: {"mark": [100.1]},
            }
        )
    )
    assert frame["lowest_usd"].iloc[0] == 100.0
    assert frame["highest_usd"].iloc[0] == 100.1


def test_without_a_perpetual_there_is_no_dispersion() -> None:
    frame = dispersion(coin({contract("a:BTC-USDT-260327", days=85): {"mark": [120.0]}}))
    assert frame["dispersion_bp"].isna().all()
    assert frame["lowest"].tolist() == [""]


def test_liquidations_say_who_tells_all_and_no_feed_is_not_0() -> None:
    names = ("binance", "bybit", "hyperliquid")
    binance, bybit, silent = (contract(f"{venue}:BTC-USDT-PERP") for venue in names)
    read = coin(
        {
            binance: {"liq_long_usd": [5.0], "liq_short_usd": [1.0]},
            bybit: {"liq_long_usd": [0.0], "liq_short_usd": [2.0]},
            silent: {"mark": [1.0]},
        }
    )
    frame = liquidated(read)
    assert frame["complete"].tolist() == [False, True, False]
    assert frame["liq_net_usd"].tolist()[:2] == [-4.0, 2.0]
    assert frame[["liq_long_usd", "liq_short_usd", "liq_net_usd"]].iloc[2].isna().all()
    assert frame["venues"].tolist() == ["binance, bybit"] * 3
    whole = all_liquidated(read).iloc[0]
    assert (whole["liq_long_usd"], whole["liq_short_usd"], whole["liq_complete"]) == (5.0, 3.0, False)
    assert whole["liq_venues"] == "binance, bybit"


def test_a_sum_is_complete_where_all_who_tell_any_tell_all() -> None:
    bybit, deribit = (contract(f"{venue}:BTC-USD-PERP") for venue in ("bybit", "deribit"))
    told = {"liq_long_usd": [1.0], "liq_short_usd": [1.0]}
    assert all_liquidated(coin({bybit: told, deribit: told}))["liq_complete"].tolist() == [True]
    assert all_liquidated(coin({bybit: {"mark": [1.0]}}))["liq_complete"].tolist() == [False]
