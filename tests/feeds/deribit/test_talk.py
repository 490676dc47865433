"""What is said to Deribit, and what its answers mean."""

import json

import pytest

from fbkit.feeds.deribit.channels import OFFERS, channel_of_topic, topics_of
from fbkit.feeds.deribit.parse import Parser
from fbkit.feeds.deribit.talk import DeribitWording
from fbkit.feeds.instruments import Instruments
from fbkit.feeds.offers import OFFERED


@pytest.fixture
def wording():
    return DeribitWording()


def control(payload):
    [item] = Parser(Instruments()).frame(payload, 0)
    return item


def test_heartbeats_are_asked_for_first(wording):
    [greeting] = wording.greeting()
    assert json.loads(greeting) == {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "public/set_heartbeat",
        "params": {"interval": 30},
    }


def test_a_test_request_is_answered_at_once_and_a_heartbeat_is_not(wording, load):
    reply = wording.heard(control(load("deribit/ws_test_request.json"))).reply
    assert json.loads(reply)["method"] == "public/test"
    assert wording.heard(control(load("deribit/ws_heartbeat.json"))).reply is None


def test_what_the_answer_leaves_out_was_refused(wording, load):
    asked = json.loads(wording.subscribe(["trades.BTC-PERPETUAL.100ms", "quote.NONE-PERPETUAL"], 3))
    assert (asked["method"], asked["params"]["channels"][1]) == ("public/subscribe", "quote.NONE-PERPETUAL")
    heard = wording.heard(control(load("deribit/ws_subscribed.json")))
    assert (heard.number, heard.accepted) == (3, ("trades.BTC-PERPETUAL.100ms",))
    assert heard.refused == ("quote.NONE-PERPETUAL",)
    assert heard.why


def test_an_error_fails_the_whole_message(wording, load):
    wording.subscribe(["trades.BTC-PERPETUAL.raw", "quote.BTC-PERPETUAL"], 5)
    heard = wording.heard(control(load("deribit/ws_raw_refused.json")))
    assert (heard.number, heard.accepted, heard.refused) == (5, (), ())
    assert "13778" in heard.why


def test_an_answer_to_nothing_refuses_nothing(wording, load):
    assert wording.heard(control(b'{"id":0,"result":"ok"}')).refused == ()
    assert wording.heard(control(b'{"id":9,"result":["quote.BTC-PERPETUAL"]}')).refused == ()
    assert wording.heard(control(b'{"id":{},"result":1}')).number is None


def test_every_channel_is_offered_or_said_to_be_missing():
    assert tuple(offer.channel for offer in OFFERS) == OFFERED
    assert all(offer.source for offer in OFFERS if offer.how != "unsupported")
    assert [offer.channel for offer in OFFERS if not offer.certain] == ["mark"]


def test_every_topic_knows_its_channel():
    assert [channel_of_topic(topic) for topic in topics_of("BTC-PERPETUAL")] == [
        "trade",
        "quote",
        "depth",
        "mark",
        "bar",
    ]
