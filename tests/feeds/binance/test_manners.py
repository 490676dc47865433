"""Binance's limits, and what its refusals look like."""

import httpx
import pytest

from fbkit.errors import VenueRefused
from fbkit.feeds.asking import Rest
from fbkit.feeds.binance.manners import BinanceManners
from fbkit.model import NS_MS, NS_S

TOO_MANY = b'{"code":-1003,"msg":"Too many requests; current limit of IP(1.2.3.4) is 2400 requests per minute."}'


@pytest.fixture
def ask(answering):
    """Answers in, (what to ask with, requests seen) out; sleeping moves the clock."""

    def make(*answers):
        world, seen = answering(*answers)
        return Rest("binance", "http://127.0.0.1:1", world, BinanceManners()), seen

    return make


def ok(**headers):
    return httpx.Response(200, content=b"{}", headers=headers)


async def test_429_waits_as_long_as_the_header_says(ask, now):
    rest, seen = ask(httpx.Response(429, content=TOO_MANY, headers={"Retry-After": "7"}), ok())
    await rest.get("/fapi/v1/klines", {})
    assert [ts - now for ts, _ in seen] == [0, 7 * NS_S]


async def test_a_header_of_zero_seconds_is_no_invitation_to_hurry(ask, now):
    rest, seen = ask(httpx.Response(429, content=TOO_MANY, headers={"Retry-After": "0"}), ok())
    await rest.get("/fapi/v1/klines", {})
    assert [ts - now for ts, _ in seen] == [0, NS_S]


async def test_429_without_a_header_waits_for_the_next_minute(ask, now):
    rest, seen = ask(httpx.Response(429, content=TOO_MANY), ok())
    await rest.get("/fapi/v1/klines", {})
    assert [ts - now for ts, _ in seen] == [0, 30 * NS_S]


async def test_418_waits_until_the_ban_is_over_with_every_kind_of_question(ask, now):
    until = now // NS_MS + 130_000
    body = f'{{"code":-1003,"msg":"Way too many requests; IP(1.2.3.4) banned until {until}. Please use …"}}'.encode()
    rest, seen = ask(httpx.Response(418, content=body), ok())
    await rest.get("/fapi/v1/klines", {})
    await rest.get("/futures/data/openInterestHist", {})
    assert [ts - now for ts, _ in seen] == [0, 130 * NS_S, 130 * NS_S]


async def test_the_venues_own_count_fills_our_minute(ask, now):
    rest, seen = ask(ok(**{"X-MBX-USED-WEIGHT-1M": "2155"}))
    await rest.get("/fapi/v1/klines", {}, weight=5)
    await rest.get("/fapi/v1/klines", {}, weight=10)
    assert [ts - now >= 30 * NS_S for ts, _ in seen] == [False, True]


async def test_data_and_funding_have_budgets_of_their_own(ask, now):
    rest, seen = ask(ok(**{"X-MBX-USED-WEIGHT-1M": "2400"}))
    await rest.get("/fapi/v1/klines", {})
    await rest.get("/futures/data/openInterestHist", {})
    await rest.get("/fapi/v1/fundingRate", {})
    assert {ts - now for ts, _ in seen} == {0}


async def test_a_refusal_is_not_asked_again_and_says_why(ask):
    for status in (400, 200):
        rest, seen = ask(httpx.Response(status, content=b'{"code":-1121,"msg":"Invalid symbol."}'))
        with pytest.raises(VenueRefused, match=r"-1121 .*Invalid symbol"):
            await rest.get("/fapi/v1/openInterest", {"symbol": "NOPE"})
        assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, b"<html>forbidden</html>", "firewall"),
        (451, b"", "country"),
        (451, b'{"code":0,"msg":"Service unavailable from a restricted location"}', "restricted location"),
    ],
)
async def test_a_firewall_and_a_frontier_are_not_asked_again(ask, status, body, why):
    rest, seen = ask(httpx.Response(status, content=body))
    with pytest.raises(VenueRefused, match=why):
        await rest.get("/fapi/v1/exchangeInfo")
    assert len(seen) == 1


async def test_too_many_is_a_limit_under_any_status(ask, now):
    rest, seen = ask(httpx.Response(400, content=TOO_MANY), ok())
    await rest.get("/fapi/v1/klines", {})
    assert [ts - now for ts, _ in seen] == [0, 30 * NS_S]
