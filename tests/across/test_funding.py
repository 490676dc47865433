"""Funding over venues: per 8 h, weighted by open interest, with nobody who lacks an input."""

from __future__ import annotations

import numpy as np
import pytest

from fbkit.across import funding_by_venue
from fbkit.across.funding import weighted_funding
from fbkit.quant.formulas import funding
from tests.across.made import NAN, coin, contract

A, B, C, D = (contract(f"{venue}:BTC-USDT-PERP") for venue in "abcd")


def test_the_golden_value_of_the_metrics_reference() -> None:
    rates = [funding.per_8h(f, h) for f, h in ((0.0001, 8), (0.00005, 1), (-0.00002, 4))]
    interest = (1e9, 5e8, 2.5e8)
    frame = weighted_funding(
        coin(
            {one: {"funding_8h": [f], "oi_usd": [usd]} for one, f, usd in zip((A, B, C), rates, interest, strict=True)}
        )
    )
    assert frame["funding_oiw_8h"].iloc[0] == pytest.approx(0.000165714, abs=5e-10)
    assert frame["funding_venues"].iloc[0] == "a, b, c"


def test_a_venue_that_lacks_its_rate_or_its_interest_is_left_out_and_not_named() -> None:
    frame = weighted_funding(
        coin(
            {
                A: {"funding_8h": [1e-4], "oi_usd": [1e9]},
                B: {"funding_8h": [9e-4]},
                C: {"oi_usd": [9e9]},
                D: {"funding_8h": [3e-4], "oi_usd": [1e9]},
            }
        )
    )
    assert frame["funding_oiw_8h"].iloc[0] == pytest.approx(2e-4, rel=1e-15)
    assert frame["funding_venues"].iloc[0] == "a, d"


def test_without_open_interest_there_is_no_weight() -> None:
    frame = weighted_funding(coin({A: {"funding_8h": [1e-4], "oi_usd": [0.0]}}))
    assert np.isnan(frame["funding_oiw_8h"].iloc[0])


def test_each_perpetual_has_a_row_and_dated_futures_have_none() -> None:
    dated = contract("a:BTC-USD-260327", days=85)
    frame = funding_by_venue(
        coin(
            {
                A: {"funding_8h": [1e-4, NAN], "funding_apr": [0.1095, NAN], "premium": [2e-4, 3e-4]},
                B: {"funding_8h": [-1e-4, 0.0], "funding_apr": [-0.1095, 0.0]},
                dated: {"mark": [1.0, 1.0]},
            }
        )
    )
    assert frame["instrument"].tolist() == [A.name, B.name] * 2
    assert frame["funding_8h"].tolist()[:2] == [1e-4, -1e-4]
    assert frame["premium_bp"].tolist()[0] == 2.0
    assert frame["venues"].tolist() == ["a, b", "a, b", "b", "b"]
    assert str(frame.index.dtype) == "datetime64[ns, UTC]"
