"""How Bybit is asked and spoken to, and what its refusals look like."""

import json

import pytest

from fbkit.errors import RateLimited, VenueRefused
from fbkit.feeds.bybit.channels import ARGS_CHARACTERS, OFFERS, shared_out, topics_of
from fbkit.feeds.bybit.manners import Manners
from fbkit.feeds.bybit.parse import Parser
from fbkit.feeds.bybit.talk import BybitWording
from fbkit.feeds.instruments import Instruments
from fbkit.feeds.offers import OFFERED
from fbkit.feeds.talking import Heard
from fbkit.model import NS_MS

NOW = 1_791_000_000_000 * NS_MS
PATH = "/v5/market/kline"


def judge(status, body, headers=None):
    return Manners().judge(PATH, status, headers or {}, body, NOW)


def test_too_many_visits_hide_in_an_answer_of_status_200(load):
    body = load("bybit/rest_too_many_visits.json")
    error = judge(200, body, {"X-Bapi-Limit-Reset-Timestamp": "1791000003500"})
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 3.5
    assert judge(200, body).retry_after_s == 5.0, "without the header, a moment"
    assert judge(200, body, {"X-Bapi-Limit-Reset-Timestamp": "5"}).retry_after_s == 1.0


def test_a_403_is_ten_minutes_of_silence():
    assert judge(403, b"403, access too frequent.").retry_after_s == 600.0
    assert judge(403, b'{"retCode":10018,"retMsg":"ip rate limit"}').retry_after_s == 600.0


def test_a_403_of_the_wrong_country_is_no_limit_and_a_proxys_page_no_word_of_the_venue():
    assert judge(403, b"<html>The distribution is configured to block access from your country.</html>") is None
    assert judge(502, b"<html>Bad Gateway</html>") is None


def test_a_429_says_how_long():
    assert judge(429, b"", {"Retry-After": "7"}).retry_after_s == 7.0


@pytest.mark.parametrize(("code", "status"), [(10001, 200), (10016, 500)])
def test_a_refusal_keeps_the_venues_words_and_its_own_trouble_passes(code, status):
    error = judge(200, json.dumps({"retCode": code, "retMsg": "no"}).encode())
    assert (type(error), error.status, error.code, error.why) == (VenueRefused, status, str(code), "no")


def test_a_good_answer_is_fine(load):
    assert judge(200, load("bybit/rest_kline.json")) is None


@pytest.fixture
def wording():
    return BybitWording()


@pytest.fixture
def hear(load, wording):
    def heard(name, *changes):
        payload = load(f"bybit/{name}.json")
        for old, new in changes:
            payload = payload.replace(old, new)
        [control] = Parser(Instruments()).frame(payload, NOW)
        return wording.heard(control)

    return heard


WHY = "error:handler not found,topic:publicTrade.NOTASYMBOL"


def test_an_answer_accepts_its_request_and_a_pong_nothing(hear):
    assert hear("ws_subscribed") == Heard(7)
    assert hear("ws_pong") == Heard()


def test_a_refusal_names_its_topic_and_the_others_are_asked_for_again(hear, wording):
    wording.subscribe(["publicTrade.NOTASYMBOL", "tickers.BTCUSDT"], 7)
    others = '{"req_id":"7","op":"subscribe","args":["tickers.BTCUSDT"]}'
    assert hear("ws_refused") == Heard(refused=("publicTrade.NOTASYMBOL",), why=WHY, reply=others)
    assert hear("ws_refused").reply is None, "once is enough"
    assert hear("ws_already_subscribed") == Heard(accepted=("tickers.BTCUSDT",))


def test_a_refusal_without_a_number_or_a_name_is_understood_as_far_as_it_goes(hear):
    nameless = hear("ws_refused", (b'"req_id":"7"', b'"req_id":""'))
    assert nameless == Heard(refused=("publicTrade.NOTASYMBOL",), why=WHY)
    assert hear("ws_refused", (WHY.encode(), b"no")) == Heard(7, why="no")


def test_a_socket_has_no_more_topics_than_the_venue_reads():
    symbols = [f"1000000COIN{k}USDT" for k in range(400)]
    groups = list(shared_out(symbols))
    assert [symbol for group in groups for symbol in group] == symbols
    for group in groups:
        topics = [topic for symbol in group for topic in topics_of(symbol)]
        assert len(json.dumps(topics, separators=(",", ":"))) <= ARGS_CHARACTERS < 21_000


def test_every_channel_is_offered_or_said_to_be_missing():
    assert sorted(offer.channel for offer in OFFERS) == sorted(OFFERED)
    assert all(offer.source for offer in OFFERS if offer.how != "unsupported")
