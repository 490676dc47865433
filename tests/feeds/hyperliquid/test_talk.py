"""How Hyperliquid is spoken to, what it is asked for, and what its refusals mean."""

import json

import pytest

from fbkit.errors import RateLimited, VenueRefused
from fbkit.feeds.hyperliquid import channels
from fbkit.feeds.hyperliquid.manners import CANDLES, HyperliquidManners, weight_of
from fbkit.feeds.hyperliquid.parse import Parser
from fbkit.feeds.hyperliquid.talk import HyperliquidWording
from fbkit.feeds.instruments import Instruments
from fbkit.feeds.offers import OFFERED
from fbkit.feeds.talking import Heard


@pytest.fixture
def heard(load):
    def hear(name):
        [control] = Parser(Instruments()).frame(load(f"hyperliquid/{name}.json"), 0)
        return HyperliquidWording().heard(control)

    return hear


@pytest.mark.parametrize(
    ("topic", "subscription"),
    [
        ("trades:BTC", {"type": "trades", "coin": "BTC"}),
        ("bbo:kPEPE", {"type": "bbo", "coin": "kPEPE"}),
        ("l2Book:BTC", {"type": "l2Book", "coin": "BTC", "fast": True}),
        ("activeAssetCtx:BTC", {"type": "activeAssetCtx", "coin": "BTC"}),
        ("candle:BTC", {"type": "candle", "coin": "BTC", "interval": "1m"}),
    ],
)
def test_one_subscription_goes_into_a_message(topic, subscription):
    wording = HyperliquidWording()
    assert wording.per_message == 1
    assert json.loads(wording.subscribe([topic], 7)) == {"method": "subscribe", "subscription": subscription}
    assert json.loads(wording.unsubscribe([topic], 8)) == {"method": "unsubscribe", "subscription": subscription}


def test_a_ping_comes_well_before_a_minute_is_over():
    wording = HyperliquidWording()
    assert (json.loads(wording.ping(1)), wording.greeting()) == ({"method": "ping"}, [])
    assert wording.ping_every_s < 60 / 1.5


def test_an_answer_names_the_topic_whatever_the_venue_adds_to_it(heard):
    assert heard("ws_subscribed") == Heard(accepted=("l2Book:BTC",))


def test_who_is_subscribed_already_is_well(heard):
    assert heard("ws_already_subscribed") == Heard(accepted=("trades:BTC",))


@pytest.mark.parametrize(
    ("name", "topic"), [("ws_invalid_subscription", "bbo:NOSUCH"), ("ws_unreadable", "liquidations:BTC")]
)
def test_an_error_refuses_the_topic_it_quotes(heard, name, topic):
    found = heard(name)
    assert found.refused == (topic,)
    assert found.why.startswith(("Invalid subscription", "Error parsing"))


def test_an_error_that_quotes_nothing_is_told_as_it_is(heard):
    assert heard("ws_too_many") == Heard(why="Cannot subscribe to more than 1000 channels.")


def test_a_pong_means_nothing(heard):
    assert heard("ws_pong") == Heard()


def test_something_is_said_of_every_channel():
    assert sorted(offer.channel for offer in channels.OFFERS) == sorted(OFFERED)
    assert all(bool(offer.source) == (offer.how != "unsupported") for offer in channels.OFFERS)


def test_every_streamed_channel_is_subscribed_to_or_rides_along():
    given = {subscription.channel for subscription in channels.SUBSCRIPTIONS}
    given |= {rider for riders in channels.RIDERS.values() for rider in riders}
    assert given == {offer.channel for offer in channels.OFFERS if offer.how == "stream"}
    assert {subscription.type for subscription in channels.SUBSCRIPTIONS} == {
        kind for kinds in channels.SOCKETS.values() for kind in kinds
    }


def test_the_most_instruments_fit_even_while_a_socket_moves():
    each = len(channels.SUBSCRIPTIONS)
    moving = max(len(kinds) for kinds in channels.SOCKETS.values())
    assert (each + moving) * channels.MOST_INSTRUMENTS <= 1000


def judge(status, body, headers=None):
    return HyperliquidManners().judge("/info", status, headers or {}, body, 0)


def test_a_429_is_waited_out():
    assert judge(429, b"null").retry_after_s == 30.0
    assert judge(429, b"null", {"Retry-After": "3"}).retry_after_s == 3.0
    assert isinstance(judge(429, b""), RateLimited)


def test_a_question_it_cannot_read_is_refused_for_good():
    refused = judge(422, b"Failed to deserialize the JSON body into the target type")
    assert (type(refused), refused.status) == (VenueRefused, 422)
    assert "deserialize" in str(refused)


def test_an_error_may_come_as_200():
    refused = judge(200, b'{"status":"err","response":"L1 error"}')
    assert (type(refused), refused.status) == (VenueRefused, 200)
    assert judge(200, b"[]") is None


def test_long_answers_cost_more():
    assert (weight_of(0), weight_of(19), weight_of(20), weight_of(120, CANDLES)) == (20, 20, 21, 22)
