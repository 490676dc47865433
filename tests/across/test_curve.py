"""The curve: premium of perpetuals, basis of dated futures, and 90 days ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fbkit.across import curve
from fbkit.across.basis import at_90_days
from fbkit.across.curves import three_months
from tests.across.made import NAN, coin, contract, ends

PERP = contract("a:BTC-USDT-PERP")
NOW = 1 / 24  # the first slot ends an hour after START


def dated(venue: str, days: float) -> object:
    return contract(f"{venue}:BTC-USD-{round(days * 1000):06d}", days=days)


def test_the_golden_value_of_the_metrics_reference() -> None:
    future = dated("a", 90 + NOW)
    read = coin({future: {"mark": [61_200.0], "index": [60_000.0]}, PERP: {"mark": [60_030.0], "premium": [5e-4]}})
    frame = curve(read)
    assert frame["instrument"].tolist() == [PERP.name, future.name]
    assert frame["basis_ann"].iloc[1] == pytest.approx(0.081111, abs=5e-7)
    assert frame["basis_bp"].iloc[1] == pytest.approx(200.0)
    assert frame["days"].iloc[1] == 90.0
    assert frame["premium_bp"].iloc[0] == 5.0
    assert frame.attrs["basis_3m"] == pytest.approx(0.081111, abs=5e-7)
    assert frame.attrs["extrapolated"] is False, "an expiry in exactly 90 days needs no other"
    assert frame["expiry"].iloc[1] == pd.Timestamp(future.expiry, tz="UTC")


def test_a_perpetual_is_never_annualised() -> None:
    frame = curve(coin({PERP: {"mark": [60_030.0], "index": [60_000.0], "premium": [5e-4]}}))
    assert frame[["basis_bp", "basis_ann", "days"]].isna().all().all()
    assert frame["expiry"].isna().all()


def test_between_two_expiries_it_is_linear_in_time() -> None:
    near, far = dated("a", 60 + NOW), dated("a", 120 + NOW)
    read = coin({near: {"mark": [101.0], "index": [100.0]}, far: {"mark": [103.0], "index": [100.0]}})
    frame = three_months(read)
    early, late = 0.01 * 365 / 60, 0.03 * 365 / 120
    assert frame["basis_3m"].iloc[0] == pytest.approx((early + late) / 2)
    assert frame["basis_extrapolated"].tolist() == [False]
    assert frame["basis_venues"].tolist() == ["a"]


def test_with_one_expiry_it_is_that_one_and_says_extrapolated() -> None:
    read = coin({dated("a", 30 + NOW): {"mark": [101.0], "index": [100.0]}})
    assert three_months(read)["basis_extrapolated"].tolist() == [True]
    assert curve(read).attrs["extrapolated"] is True


def test_without_dated_futures_there_is_no_basis() -> None:
    read = coin({PERP: {"mark": [1.0], "index": [1.0]}})
    assert np.isnan(curve(read).attrs["basis_3m"])
    assert three_months(read)["basis_venues"].tolist() == [""]


def test_within_a_day_of_expiry_nothing_is_annualised_and_after_it_the_contract_is_gone() -> None:
    future = dated("a", 2 / 24 + 1)  # a day and an hour after the first slot's end
    hours = 28
    read = coin({future: {"mark": [101.0] * hours, "index": [100.0] * hours, "oi_usd": [1.0] * hours},
                 PERP: {"mark": [100.0] * hours}})  # fmt: skip  # two contracts
    values = three_months(read)["basis_3m"]
    assert values.notna().tolist() == [True, True] + [False] * 26
    last_day = curve(read._replace(t1=read.t1[:25], columns={k: v[:25] for k, v in read.columns.items()},
                                   there=read.there[:25]))  # fmt: skip  # one bar before the end
    assert last_day["days"].iloc[1] == pytest.approx(1 / 24)
    assert last_day["basis_bp"].iloc[1] == pytest.approx(100.0)
    assert np.isnan(last_day["basis_ann"].iloc[1])
    assert curve(read)["instrument"].tolist() == [PERP.name], "it has expired"


def test_a_future_without_an_index_is_held_against_the_median_of_those_that_are_fresh() -> None:
    future = dated("b", 30 + NOW)
    others = {
        contract(f"{v}:BTC-USDT-PERP"): {"index": [value]} for v, value in (("a", 99.0), ("c", 100.0), ("d", 190.0))
    }
    frame = curve(coin({future: {"mark": [101.0]}, **others}))
    assert frame["index_usd"].iloc[-1] == 100.0
    assert frame["basis_bp"].iloc[-1] == pytest.approx(100.0)


def test_venues_that_share_an_expiry_are_one_point_of_the_curve() -> None:
    found = at_90_days(np.array([60.0, 60.0, 60.0, 120.0]), np.array([0.05, 0.06, 9.0, 0.08]))
    assert found.value == pytest.approx(0.07)
    assert not found.extrapolated


def test_a_stale_future_stays_in_the_table_without_numbers() -> None:
    future = dated("a", 30)
    frame = curve(coin({future: {"mark": [101.0, NAN], "index": [100.0, NAN]}, PERP: {"mark": [1.0, 1.0]}}))
    assert frame["instrument"].tolist() == [PERP.name, future.name]
    assert np.isnan(frame["basis_bp"].iloc[1])
    assert ends(2)[-1] == frame.index[0].value
