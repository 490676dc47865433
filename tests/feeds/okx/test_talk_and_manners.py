"""How OKX is spoken to, what its refusals look like, and over which sockets."""

import json

import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import RateLimited, VenueRefused, is_transient
from fbkit.feeds.instruments import Known
from fbkit.feeds.offers import OFFERED
from fbkit.feeds.okx.channels import BY_TYPE, INSTRUMENTS_PER_CONNECTION, OFFERS, STREAMS, sockets
from fbkit.feeds.okx.manners import REQUESTS, OkxManners
from fbkit.feeds.okx.symbols import assume
from fbkit.feeds.okx.talk import OkxWording
from fbkit.feeds.talking import Heard
from fbkit.model import Control

BIG = 64 * 1024


@pytest.fixture
def wording():
    return OkxWording()


@pytest.fixture
def heard(wording, load):
    """What a fixture's control frame means."""
    return lambda name, kind: wording.heard(Control(kind, load(f"okx/{name}.json").decode()))


def test_an_answer_accepts_its_arg(heard):
    assert heard("ws_subscribed", "subscribe") == Heard(accepted=("trades-all:BTC-USDT-SWAP",))


def test_a_refusal_names_its_arg_in_its_words(heard):
    refusal = heard("ws_refused", "error")
    assert refusal.refused == ("trades-all:NOT-USDT-SWAP",)
    assert refusal.why.startswith("60018 ")


@pytest.mark.parametrize("code", ["60014", "60012", "64003"])
def test_every_code_that_names_an_arg_is_read_alike(wording, code):
    words = "Wrong URL or channel:liquidation-orders,instType:SWAP doesn't exist."
    error = json.dumps({"event": "error", "code": code, "msg": words})
    assert wording.heard(Control("error", error)).refused == ("liquidation-orders:SWAP",)


def test_an_error_without_a_name_is_of_its_whole_request(heard):
    refusal = heard("ws_invalid", "error")
    assert (refusal.number, refusal.refused, refusal.why) == (7, (), "60012 Invalid request: {}")


def test_a_notice_of_an_upgrade_moves_us_and_another_does_not(heard, wording):
    assert heard("ws_notice", "notice") == Heard(moving=True)
    assert wording.heard(Control("notice", '{"event":"notice","code":"64009"}')) == Heard()


@pytest.mark.parametrize("control", [Control("pong"), Control("empty", "x"), Control("error", "{"), Control("error")])
def test_other_control_frames_mean_nothing(wording, control):
    assert wording.heard(control) == Heard()


def test_a_request_says_instType_where_the_channel_wants_it(wording):  # noqa: N802 - the venue's word
    said = json.loads(wording.unsubscribe(["instruments:SWAP", "index-tickers:BTC-USDT"], 3))
    assert said == {
        "id": "3",
        "op": "unsubscribe",
        "args": [{"channel": "instruments", "instType": "SWAP"}, {"channel": "index-tickers", "instId": "BTC-USDT"}],
    }


def test_no_request_is_longer_than_64_kb_and_an_hour_of_them_is_enough(wording):
    longest = f"liquidation-orders:{'X' * 40}"
    assert len(wording.subscribe([longest] * wording.per_message, 10**6)) < BIG
    assert wording.ping_every_s < 30
    assert wording.ping(1) == "ping"


def test_ninety_instruments_fit_on_few_sockets_with_few_books_each():
    bases = [f"C{k}" for k in range(90)]
    followed = [Known(assume(f"{base}-USDT-SWAP")) for base in bases]
    followed[1] = Known(assume("C0-USDT-261225"))
    made = sockets("wss://ws.okx.com:8443", followed)
    assert len(made) == 2 * -(-90 // INSTRUMENTS_PER_CONNECTION)
    assert INSTRUMENTS_PER_CONNECTION < 30
    topics = [topic for socket in made for topic in socket.topics]
    assert len(topics) == len(set(topics))
    assert {socket.url for socket in made} == {
        "wss://ws.okx.com:8443/ws/v5/public",
        "wss://ws.okx.com:8443/ws/v5/business",
    }
    assert len({socket.name for socket in made}) == len(made)
    indexes = [topic for topic in topics if topic.startswith("index-tickers:")]
    assert len(indexes) == 89, "one subscription an index"
    assert sum(topic.partition(":")[0] in BY_TYPE for topic in topics) == 4
    assert "funding-rate:C0-USDT-261225" not in topics
    for socket in made:
        business = socket.url.endswith("business")
        assert all(topic.startswith(("trades-all", "candle")) == business for topic in socket.topics)
        assert ("trade" in socket.limits_s) == business
        assert len(socket.symbols) <= INSTRUMENTS_PER_CONNECTION


def test_one_thin_market_is_no_dead_socket():
    [public, _] = sockets("", [Known(assume("C0-USDT-SWAP"))])
    assert public.limits_s["quote"] == 100.0
    assert public.limits_s["liquidation"] is None
    many = sockets("", [Known(assume(f"C{k}-USDT-SWAP")) for k in range(20)])
    assert many[0].limits_s["quote"] == 10.0


def test_every_channel_is_offered_or_said_not_to_be():
    assert {offer.channel for offer in OFFERS} == set(OFFERED)
    streamed = {offer.channel for offer in OFFERS if offer.how == "stream"}
    assert streamed == {stream.channel for stream in STREAMS}
    doubtful = [offer for offer in OFFERS if not offer.certain]
    assert [offer.channel for offer in doubtful] == ["open_interest"]
    assert all(offer.note for offer in doubtful)


def judge(status, body, headers=None):
    return OkxManners().judge("/api/v5/x", status, headers or {}, body, 0)


@pytest.mark.parametrize("status", [200, 429])
def test_too_many_requests_come_in_two_disguises(load, status):
    error = judge(status, load("okx/rest_too_many.json"))
    assert (type(error), error.retry_after_s) == (RateLimited, 2.0)


def test_a_429_without_words_is_one_too_and_says_how_long(load):
    assert judge(429, b"<html>", {"Retry-After": "7"}).retry_after_s == 7.0


@pytest.mark.parametrize(("status", "code"), [(429, "50013"), (503, "50001"), (500, "50026"), (200, "50026")])
def test_busy_and_broken_are_asked_again(status, code):
    error = judge(status, b'{"code":"%b","msg":"System is busy","data":[]}' % code.encode())
    assert isinstance(error, VenueRefused)
    assert is_transient(error)


def test_an_unknown_instrument_is_not_asked_for_again():
    error = judge(200, b'{"code":"51001","data":[],"msg":"Instrument ID doesn\'t exist."}')
    assert (type(error), error.code, is_transient(error)) == (VenueRefused, "51001", False)


@pytest.mark.parametrize("body", [b'{"code":"0","msg":"","data":[]}', b'{"code":0,"data":[]}', b"<html>"])
def test_whatever_is_not_refused_passes(body):
    assert judge(200, body) is None


async def test_each_path_has_a_budget_of_two_seconds(make_test_world):
    clock = VirtualClock(0)
    world, slept = make_test_world(clock=clock)
    manners = OkxManners()
    budgets = manners.budgets(world)
    path = "/api/v5/rubik/stat/taker-volume-contract"
    for _ in range(4):
        await budgets[manners.budget_of(path)].take()
    assert slept == [], "nine tenths of five"
    assert budgets[path].limit == REQUESTS[path] == 5
    assert manners.budget_of("/api/v5/unheard/of") == "other" in budgets
    assert manners.used({}) is None
