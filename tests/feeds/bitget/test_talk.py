"""How Bitget is spoken to, on both of its websockets."""

import json

from fbkit.feeds.bitget.channels import LIQUIDATIONS, TOPICS_A_SOCKET, dealt, limits_s, topics_of
from fbkit.feeds.bitget.parse import Parser
from fbkit.feeds.bitget.talk import BitgetWording
from fbkit.feeds.instruments import Instruments

WORDING = BitgetWording()


def test_v2_says_channel_and_v3_says_topic():
    said = json.loads(WORDING.subscribe(["USDC-FUTURES/books1/BTCPERP", LIQUIDATIONS[0]], 1))
    assert said == {
        "op": "subscribe",
        "args": [
            {"instType": "USDC-FUTURES", "channel": "books1", "instId": "BTCPERP"},
            {"instType": "usdt-futures", "topic": "liquidation"},
        ],
    }
    assert WORDING.ping(3) == "ping"


def test_an_answer_names_the_topic_it_accepts_or_refuses(load):
    parser = Parser(Instruments())
    [accepted] = parser.frame(load("bitget/ws_subscribed.json"), 0)
    [refused] = parser.frame(load("bitget/ws_error.json"), 0)
    [pong] = parser.frame(load("bitget/ws_pong.json"), 0)
    assert WORDING.heard(accepted).accepted == ("USDT-FUTURES/trade/BTCUSDT",)
    heard = WORDING.heard(refused)
    assert heard.refused == ("USDT-FUTURES/trade/NOPEUSDT",)
    assert heard.why.startswith("30003")
    assert not any(WORDING.heard(pong))


def test_a_socket_carries_no_more_topics_than_the_venue_advises():
    groups = dealt([f"C{k}USDT" for k in range(90)])
    assert len(groups) == 9
    assert max(len(group) * len(topics_of("BTCUSDT", "USDT-FUTURES")) for group in groups) <= TOPICS_A_SOCKET
    assert sorted(symbol for group in groups for symbol in group) == sorted(f"C{k}USDT" for k in range(90))
    assert [group[0] for group in groups] == [f"C{k}USDT" for k in range(9)], "each has one of the busiest"


def test_a_lone_thin_market_may_be_silent_for_longer():
    assert limits_s(["BTCUSDT"])["quote"] == 10 * limits_s(["X"] * 10)["quote"]
    assert dealt([]) == []
