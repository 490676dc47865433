"""Weights, the two five-minute limits, 429 and then 418."""

import pytest

from fbkit.simulator.answers import answer
from fbkit.simulator.wires.binance.limits import Limits, weight_of, with_weight
from fbkit.simulator.wires.binance.query import Refusal
from tests.simulator.conftest import NOON

MINUTE = NOON // 60_000 * 60_000


@pytest.mark.parametrize(
    ("path", "given", "weight"),
    [
        ("/fapi/v1/ping", {}, 1),
        ("/fapi/v1/premiumIndex", {}, 10),
        ("/fapi/v1/premiumIndex", {"symbol": "BTCUSDT"}, 1),
        ("/fapi/v1/ticker/24hr", {}, 40),
        ("/fapi/v1/klines", {}, 5),
        ("/fapi/v1/klines", {"limit": "100"}, 1),
        ("/fapi/v1/klines", {"limit": "101"}, 2),
        ("/fapi/v1/klines", {"limit": "1000"}, 5),
        ("/fapi/v1/klines", {"limit": "1001"}, 10),
        ("/fapi/v1/depth", {"limit": "1000"}, 20),
        ("/fapi/v1/depth", {}, 1),
        ("/fapi/v1/aggTrades", {}, 20),
        ("/fapi/v1/fundingRate", {}, 0),
        ("/futures/data/takerlongshortRatio", {}, 0),
    ],
)
def test_a_request_weighs_what_was_measured(path, given, weight):
    assert weight_of(path, given) == weight


def test_the_weight_used_is_told_and_begins_anew_with_the_minute():
    limits = Limits()
    assert [limits.spend("/fapi/v1/aggTrades", {}, MINUTE + k) for k in range(3)] == [20, 40, 60]
    assert limits.spend("/fapi/v1/ping", {}, MINUTE + 60_000) == 1
    assert ("X-MBX-USED-WEIGHT-1M", "60") in with_weight(answer("{}"), 60).headers


def test_over_the_limit_it_is_429_and_whoever_goes_on_is_banned():
    limits = Limits()
    for k in range(120):
        limits.spend("/fapi/v1/aggTrades", {}, MINUTE + k)
    statuses = []
    for k in range(12):
        with pytest.raises(Refusal) as refused:
            limits.spend("/fapi/v1/ping", {}, MINUTE + 200 + k)
        statuses.append(refused.value.status)
    assert statuses == [429] * 10 + [418] * 2
    assert "banned until" in refused.value.why
    with pytest.raises(Refusal):
        limits.spend("/fapi/v1/ping", {}, MINUTE + 61_000)
    assert limits.spend("/fapi/v1/ping", {}, MINUTE + 200 + 10 + 120_000) == 1


def test_statistics_and_funding_have_limits_of_their_own():
    limits = Limits()
    for k in range(1000):
        assert limits.spend("/futures/data/openInterestHist", {}, MINUTE + k) is None
    for k in range(500):
        assert limits.spend("/fapi/v1/fundingRate", {}, MINUTE + k) is None
    for path in ("/futures/data/openInterestHist", "/fapi/v1/fundingInfo"):
        with pytest.raises(Refusal, match="429"):
            limits.spend(path, {}, MINUTE + 2000)
    assert limits.spend("/fapi/v1/ping", {}, MINUTE + 2000) == 1


def test_a_generous_exchange_allows_a_multiple():
    assert Limits(100).weight == 240_000
