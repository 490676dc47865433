"""How Binance's sockets are spoken to."""

import json

import pytest

from fbkit.feeds.binance.talk import BinanceWording
from fbkit.feeds.talking import Heard
from fbkit.model import Control


def test_streams_are_subscribed_to_and_left_by_name():
    names = ["btcusdt@aggTrade", "币安人生usdt@aggTrade"]
    said = BinanceWording().subscribe(names, 7)
    assert json.loads(said) == {"method": "SUBSCRIBE", "params": names, "id": 7}
    assert json.loads(BinanceWording().unsubscribe(names, 8))["method"] == "UNSUBSCRIBE"


def test_messages_stay_below_ten_a_second_and_the_venue_does_the_pinging():
    assert BinanceWording.pause_s >= 0.1
    assert BinanceWording.ping_every_s is None
    assert BinanceWording().greeting() == []


def test_an_answer_bears_its_number_and_an_error_says_why():
    assert BinanceWording().heard(Control("answer", '{"result":null,"id":3}')) == Heard(3)
    error = Control("error", '{"error":{"code":2,"msg":"Invalid request"},"id":3}')
    assert BinanceWording().heard(error) == Heard(3, why="2 Invalid request")


@pytest.mark.parametrize("detail", ["", "{", "[]", '{"id":"x"}', '{"id":1.5}'])
def test_words_that_are_no_answer_do_not_matter(detail):
    assert BinanceWording().heard(Control("answer", detail)) == Heard()
