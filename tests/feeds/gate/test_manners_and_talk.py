"""How Gate is asked and spoken to, and what its refusals look like."""

import json

import pytest

from fbkit.errors import RateLimited, VenueRefused
from fbkit.feeds.gate.channels import OFFERS, topics_of
from fbkit.feeds.gate.manners import ENDPOINTS, GateManners
from fbkit.feeds.gate.parse import Parser
from fbkit.feeds.gate.talk import GateWording
from fbkit.feeds.instruments import Instruments
from fbkit.feeds.offers import OFFERED
from fbkit.feeds.talking import Heard
from fbkit.model import NS_S

NOW = 1_774_443_183 * NS_S
PATH = "/api/v4/futures/usdt/trades"


def judge(status, body=b"", headers=None):
    return GateManners().judge(PATH, status, headers or {}, body, NOW)


def test_too_many_requests_end_when_the_window_does(load):
    body = load("gate/rest_too_many.json")
    error = judge(429, body, {"X-Gate-RateLimit-Reset-Timestamp": "1774443190"})
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 7.0
    assert judge(429).retry_after_s == 10.0, "without a word, a whole window"
    assert judge(400, body).retry_after_s == 10.0, "the label says it, whatever the status"
    assert judge(429, body, {"X-Gate-RateLimit-Reset-Timestamp": "5"}).retry_after_s == 10.0
    assert judge(429, body, {"Retry-After": "3"}).retry_after_s == 3.0


def test_a_refusal_keeps_the_venues_words(load):
    error = judge(400, load("gate/rest_error.json"))
    assert (type(error), error.status, error.code, error.why) == (
        *(VenueRefused, 400, "CONTRACT_NOT_FOUND"),
        "contract NOSUCH_USDT not found",
    )


def test_a_good_answer_is_fine(load):
    assert judge(200, load("gate/rest_order_book.json")) is None
    assert judge(200, b"[]") is None


def test_every_endpoint_has_a_budget_of_its_own(make_test_world):
    world, _ = make_test_world()
    assert set(GateManners().budgets(world)) == set(ENDPOINTS)
    assert GateManners().budget_of(PATH) == "trades"


def test_every_channel_is_offered_or_not_and_every_doubt_names_both_readings():
    assert [offer.channel for offer in OFFERS if offer.channel not in OFFERED] == []
    assert {offer.channel for offer in OFFERS} == set(OFFERED)
    doubts = {offer.channel: offer.note for offer in OFFERS if not offer.certain}
    assert set(doubts) == {"open_interest", "liquidation", "ratio:acct_global", "ratio:taker"}
    assert all("is read as" in note and "flipped" in note for note in doubts.values())


@pytest.fixture
def wording():
    return GateWording()


def answer(number, error=None, event="subscribe"):
    """An answer of the venue, through the parser as it comes live."""
    body = {"time": 1, "id": number, "channel": "futures.x", "event": event, "error": error}
    body["result"] = None if error else {"status": "success"}
    [control] = Parser(Instruments()).frame(json.dumps(body).encode(), NOW)
    return control


def test_a_batch_is_a_message_a_channel_each_said_when_the_one_before_was_answered(wording):
    topics = topics_of("BTC_USDT") + topics_of("ETH_USDT")
    said = [json.loads(wording.subscribe(topics, 7))]
    accepted = []
    while True:
        heard = wording.heard(answer(said[-1]["id"]))
        accepted += heard.accepted
        if heard.reply is None:
            break
        said.append(json.loads(heard.reply))
    assert [(one["channel"], one["payload"]) for one in said] == [
        ("futures.order_book_update", ["BTC_USDT", "100ms", "20"]),
        ("futures.candlesticks", ["1m", "BTC_USDT"]),
        ("futures.order_book_update", ["ETH_USDT", "100ms", "20"]),
        ("futures.candlesticks", ["1m", "ETH_USDT"]),
        ("futures.trades", ["BTC_USDT", "ETH_USDT"]),
        ("futures.book_ticker", ["BTC_USDT", "ETH_USDT"]),
        ("futures.tickers", ["BTC_USDT", "ETH_USDT"]),
    ]
    assert sorted(accepted) == sorted(topics)
    assert len({one["id"] for one in said}) == 7


def test_a_list_that_failed_is_not_named_but_numbered(wording):
    first = json.loads(
        wording.subscribe(["futures.trades A_USDT", "futures.trades B_USDT", "futures.tickers A_USDT"], 3)
    )
    heard = wording.heard(answer(first["id"], {"code": 2, "message": "unknown currency pair B_USDT"}))
    assert heard == Heard(number=3, why="2 unknown currency pair B_USDT")


def test_a_message_of_one_topic_names_it_and_the_batch_goes_on(wording):
    first = json.loads(wording.subscribe(["futures.candlesticks 1m A_USDT", "futures.trades B_USDT"], 3))
    heard = wording.heard(answer(first["id"], {"code": 2, "message": "unknown currency pair A_USDT"}))
    assert heard.refused == ("futures.candlesticks 1m A_USDT",)
    assert json.loads(heard.reply)["payload"] == ["B_USDT"]


def test_answers_to_nothing_we_asked_say_nothing(wording):
    assert wording.heard(answer(5)) == Heard()
    assert wording.heard(answer(None, event="unsubscribe")) == Heard()
    assert (
        wording.heard(answer(None, {"code": 1, "message": "invalid argument struct"})).why
        == "1 invalid argument struct"
    )


def test_an_upgrade_is_the_time_to_move(wording, load):
    [control] = Parser(Instruments()).frame(load("gate/ws_upgrade.json"), NOW)
    assert wording.heard(control) == Heard(moving=True)
    [control] = Parser(Instruments()).frame(load("gate/ws_pong.json"), NOW)
    assert wording.heard(control) == Heard()


def test_a_topic_is_left_as_it_was_taken(wording):
    left = json.loads(wording.unsubscribe(["futures.order_book_update BTC_USDT 100ms 20"], 4))
    assert (left["event"], left["payload"]) == ("unsubscribe", ["BTC_USDT", "100ms", "20"])
    assert json.loads(wording.ping(9))["channel"] == "futures.ping"
