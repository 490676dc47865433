"""Open interest over venues: who is in the sum is said, and nobody who went stale makes it fall."""

from __future__ import annotations

from math import fsum, log

import numpy as np
import pytest

from fbkit.across.interest import open_interest, volume_24h
from fbkit.across.state import across
from fbkit.model import Instrument
from tests.across.made import NAN, coin, contract

A, B, C = (contract(f"{venue}:BTC-USDT-PERP") for venue in ("a", "b", "c"))
A2 = contract("a:BTC-USD-PERP", inverse=True)


def test_a_venue_that_goes_stale_leaves_the_sum_and_is_no_fall() -> None:
    frame = open_interest(
        coin(
            {
                A: {"oi_usd": [10.0, 11.0, 11.0, 12.0], "oi_base": [1.0, 1.1, 1.1, 1.2]},
                B: {"oi_usd": [90.0, 90.0, NAN, NAN], "oi_base": [9.0, 9.0, NAN, NAN]},
            }
        )
    )
    assert frame["oi_total_usd"].tolist() == [100.0, 101.0, 11.0, 12.0]
    assert frame["oi_venues"].tolist() == ["a, b", "a, b", "a", "a"]
    assert frame["oi_missing"].tolist() == ["", "", B.name, B.name]
    assert frame["oi_change_venues"].tolist() == ["", "a, b", "a", "a"]
    assert frame["oi_dlog"].tolist()[1:] == [log((1.1 + 9.0) / 10.0), 0.0, log(1.2 / 1.1)]
    assert frame["oi_change_base"].iloc[2] == 0.0
    assert np.isnan(frame["oi_dlog"].iloc[0])


def test_a_venue_that_appears_is_no_rise_and_was_not_missed_before() -> None:
    late = {"t1": coin({A: {"oi_usd": [1.0] * 4}}).t1[2:], "oi_usd": [50.0, 51.0], "oi_base": [5.0, 5.5]}
    frame = open_interest(coin({A: {"oi_usd": [10.0] * 4, "oi_base": [1.0] * 4}, B: late}))
    assert frame["oi_total_usd"].tolist() == [10.0, 10.0, 60.0, 61.0]
    assert frame["oi_missing"].tolist() == [""] * 4
    assert frame["oi_dlog"].tolist()[1:] == [0.0, 0.0, log(6.5 / 6.0)]
    assert frame["oi_change_venues"].tolist() == ["", "a", "a", "a, b"]


def test_a_contract_too_little_covered_does_not_count() -> None:
    read = coin({A: {"oi_usd": [10.0, 10.0]}, B: {"oi_usd": [5.0, 5.0], "coverage": [1.0, 0.79]}})
    assert open_interest(read)["oi_total_usd"].tolist() == [15.0, 10.0]
    assert open_interest(read._replace(min_coverage=0.7))["oi_total_usd"].tolist() == [15.0, 15.0]


def test_one_stale_contract_of_a_venue_is_missing_by_name_and_no_fall_either() -> None:
    frame = open_interest(
        coin({A: {"oi_usd": [10.0, 10.0], "oi_base": [1.0, 1.0]}, A2: {"oi_usd": [5.0, NAN], "oi_base": [0.5, NAN]}})
    )
    assert frame["oi_venues"].tolist() == ["a", "a"]
    assert frame["oi_missing"].tolist() == ["", A2.name]
    assert frame["oi_dlog"].iloc[1] == 0.0


def test_a_change_is_between_neighbouring_slots_only() -> None:
    slots = coin({A: {"oi_usd": [1.0] * 4}}).t1
    frame = open_interest(coin({A: {"t1": slots[[0, 1, 3]], "oi_usd": [1.0] * 3, "oi_base": [1.0, 2.0, 3.0]}}))
    assert np.isnan(frame["oi_dlog"].iloc[2])
    assert frame["oi_dlog"].iloc[1] == log(2.0)


def test_one_venue_alone_is_its_own_total_and_its_own_mean() -> None:
    day = {"oi_usd": [7.0] * 24, "vol_usd": [3.0] * 24}
    frame = open_interest(coin({A: day}))
    assert frame["oi_total_usd"].iloc[-1] == 7.0
    assert frame["oi_vw_usd_per_venue"].iloc[-1] == 7.0
    assert np.isnan(frame["oi_vw_usd_per_venue"].iloc[17]), "18 of 24 hours are less than 80 %"
    assert frame["oi_vw_usd_per_venue"].iloc[19] == 7.0


def test_the_weighted_one_is_a_mean_per_venue_over_those_that_have_both() -> None:
    n = 24
    frame = open_interest(
        coin(
            {
                A: {"oi_usd": [4e9] * n, "vol_usd": [2.0] * n},
                B: {"oi_usd": [1e9] * n, "vol_usd": [1.0] * n},
                C: {"oi_usd": [9e9] * n},
            }
        )
    )
    assert frame["oi_vw_usd_per_venue"].iloc[-1] == 3e9
    assert frame["oi_vw_venues"].iloc[-1] == "a, b"
    assert frame["oi_venues"].iloc[-1] == "a, b, c"


def test_a_bad_print_of_volume_leaves_with_its_24_hours() -> None:
    volume = np.arange(1.0, 61.0)
    volume[5] = 1e22
    found = volume_24h(coin({A: {"vol_usd": volume}}))[:, 0]
    assert found[5 + 24] == fsum(volume[6:30])
    assert np.isnan(found[:18]).all()


def test_nan_everywhere_is_nan_with_nobody_behind_it() -> None:
    frame = across(coin({A: {"oi_usd": [NAN] * 3}, B: {"oi_usd": [NAN] * 3}}))
    numbers = frame.select_dtypes("float").drop(columns="coverage")
    assert numbers.isna().all().all()
    assert set(frame["venues"]) == {""}
    assert set(frame["oi_missing"]) == {f"{A.name}, {B.name}"}
    assert frame["coverage"].tolist() == [1.0] * 3


def test_no_bars_at_all_is_an_empty_frame_with_the_same_columns() -> None:
    full, empty = across(coin({A: {"oi_usd": [1.0]}})), across(coin({A: {}}))
    assert empty.empty
    assert list(empty.columns) == list(full.columns)
    assert str(empty.index.dtype) == "datetime64[ns, UTC]"


@pytest.mark.parametrize("value", [float("inf"), -float("inf")])
def test_an_infinite_value_does_not_count(value: float) -> None:
    frame = open_interest(coin({A: {"oi_usd": [1.0]}, B: {"oi_usd": [value]}}))
    assert frame["oi_total_usd"].tolist() == [1.0]
    assert frame["oi_venues"].tolist() == ["a"]


def test_sums_are_as_one_would_add_them_by_hand_in_name_order() -> None:
    rng = np.random.default_rng(5)
    contracts = [contract(f"{venue}:BTC-{quote}-PERP") for venue in "dbca" for quote in ("USDT", "USDC")]
    given = {one: {"oi_usd": rng.lognormal(20, 5, 50), "oi_base": rng.lognormal(10, 5, 50)} for one in contracts}
    for columns in given.values():
        for values in columns.values():
            values[rng.random(50) < 0.3] = np.nan
    frame = open_interest(coin(given))
    for at in range(50):
        total = 0.0
        for venue in "abcd":
            there = [given[one]["oi_usd"][at] for one in sorted(contracts, key=lambda one: one.name)
                     if one.venue == venue and not np.isnan(given[one]["oi_usd"][at])]  # fmt: skip  # one venue
            part = 0.0
            for value in there:
                part += value
            total += part
        assert frame["oi_total_usd"].iloc[at] == total


def test_changes_and_weights_are_as_one_would_work_them_out_by_hand() -> None:
    rng = np.random.default_rng(6)
    contracts = [contract(f"{venue}:BTC-{quote}-PERP") for venue in "abc" for quote in ("USDT", "USDC")]
    given = {
        one: {"oi_usd": rng.lognormal(20, 3, 60), "oi_base": rng.lognormal(10, 3, 60),
              "funding_8h": rng.standard_normal(60) * 1e-4, "coverage": rng.choice([1.0, 0.9, 0.5], 60)}
        for one in contracts
    }  # fmt: skip  # a table
    for columns in given.values():
        for name in ("oi_usd", "oi_base", "funding_8h"):
            columns[name][rng.random(60) < 0.2] = np.nan
    frame = across(coin(given))
    for at in range(1, 60):

        def counts(one: Instrument, name: str, when: int) -> bool:
            return bool(given[one]["coverage"][when] >= 0.8 and np.isfinite(given[one][name][when]))

        both = [one for one in contracts if counts(one, "oi_base", at) and counts(one, "oi_base", at - 1)]
        if both:
            now, then = (fsum(given[one]["oi_base"][when] for one in both) for when in (at, at - 1))
            assert frame["oi_dlog"].iloc[at] == pytest.approx(log(now / then), rel=1e-9, abs=1e-14)
        weighed = [one for one in contracts if counts(one, "funding_8h", at) and counts(one, "oi_usd", at)]
        assert frame["funding_venues"].iloc[at] == ", ".join(dict.fromkeys(one.venue for one in weighed))
        if weighed:
            weights = fsum(given[one]["oi_usd"][at] for one in weighed)
            mean = fsum(given[one]["oi_usd"][at] * given[one]["funding_8h"][at] for one in weighed) / weights
            assert frame["funding_oiw_8h"].iloc[at] == pytest.approx(mean, rel=1e-12, abs=1e-18)
