"""Requests on a websocket: acknowledgements that prove nothing, and errors with the exchange's numbers."""

import json

import pytest

from fbkit.simulator.wires.binance.streams import delivers, stream_of
from fbkit.simulator.wires.binance.talk import Talk, address_of

INDEX = {"BTCUSDT": 0, "ETHUSDT": 1}


def talk(target="/market/stream"):
    return Talk(address_of(target), INDEX)


def say(conversation, now_ms=0, **request):
    reply = conversation.hear(json.dumps(request), now_ms)
    return json.loads(reply.texts[0]), reply.ends


def test_unknown_and_uppercase_names_are_acknowledged_and_silent():
    one = talk()
    names = ["btcusdt@aggTrade", "BTCUSDT@aggTrade", "nonsense", "btcusdt@depth5@250ms", "btcusdt@kline_1s"]
    assert say(one, method="SUBSCRIBE", params=names, id=1) == ({"result": None, "id": 1}, None)
    assert [stream.name for stream in one.streams] == ["btcusdt@aggTrade"]
    assert say(one, method="LIST_SUBSCRIPTIONS", id=2)[0] == {"result": names, "id": 2}


def test_a_stream_of_another_route_is_acknowledged_and_silent():
    for target, heard in (
        ("/market/stream", ["btcusdt@aggTrade"]),
        ("/public/stream", ["btcusdt@bookTicker"]),
        ("/stream", ["btcusdt@bookTicker"]),
    ):
        one = talk(target)
        say(one, method="SUBSCRIBE", params=["btcusdt@aggTrade", "btcusdt@bookTicker"], id=1)
        assert [stream.name for stream in one.streams] == heard


def test_streams_in_the_url_are_subscribed_in_both_forms():
    for target, combined in (
        ("/market/stream?streams=btcusdt@aggTrade/ethusdt@markPrice@1s", True),
        ("/market/ws/btcusdt@aggTrade/ethusdt@markPrice@1s", False),
    ):
        one = talk(target)
        assert [stream.name for stream in one.streams] == ["btcusdt@aggTrade", "ethusdt@markPrice@1s"]
        assert one.combined is combined


@pytest.mark.parametrize("target", ["/", "/market", "/private/ws/x", "/market/other", "/fapi/v1/ping"])
def test_nothing_else_is_a_websocket_address(target):
    assert address_of(target) is None


def test_unsubscribing_ends_a_stream_and_may_name_what_was_never_there():
    one = talk("/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade")
    assert say(one, method="UNSUBSCRIBE", params=["btcusdt@aggTrade", "x"], id=3)[0] == {"result": None, "id": 3}
    assert [stream.name for stream in one.streams] == ["ethusdt@aggTrade"]


def test_the_1025th_stream_ends_the_connection_with_code_4_before():
    one = talk()
    names = [f"n{k}@aggTrade" for k in range(1025)]
    assert say(one, method="SUBSCRIBE", params=names[:1024], id=1)[1] is None
    answer, ends = say(one, method="SUBSCRIBE", params=names[1024:], id=2)
    assert answer == {"error": {"code": 4, "msg": "Too many subscriptions"}, "id": 2}
    assert ends


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": "a"}, 2),
        ({"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"]}, 2),
        ({"method": "DANCE", "id": 1}, 2),
        ({"method": "SUBSCRIBE", "params": "btcusdt@aggTrade", "id": 1}, 1),
        ({"method": "SUBSCRIBE", "params": [5], "id": 1}, 1),
        ({"method": "SET_PROPERTY", "params": ["colour", True], "id": 1}, 0),
        ({"method": "SET_PROPERTY", "params": ["combined", "yes"], "id": 1}, 1),
    ],
)
def test_a_wrong_request_gets_its_code_and_the_connection_stays(request_, code):
    answer, ends = say(talk(), **request_)
    assert answer["error"]["code"] == code
    assert ends is None


def test_what_is_not_json_gets_code_3():
    assert json.loads(talk().hear("{not json", 0).texts[0])["error"]["code"] == 3
    assert json.loads(talk().hear("[1]", 0).texts[0])["error"]["code"] == 2


def test_the_envelope_can_be_switched():
    one = talk("/market/ws")
    assert not one.combined
    say(one, method="SET_PROPERTY", params=["combined", True], id=1)
    assert one.combined


def test_forty_messages_at_once_end_the_connection_after_fifteen_and_ten_a_second_do_not():
    hasty, patient = talk(), talk()
    answers = [hasty.hear('{"method":"LIST_SUBSCRIPTIONS","id":1}', 0) for _ in range(40)]
    assert [bool(reply.texts) for reply in answers[:16]] == [True] * 15 + [False]
    assert answers[15].ends == "Too many requests"
    assert all(patient.hear('{"method":"LIST_SUBSCRIPTIONS","id":1}', k * 100).texts for k in range(100))


@pytest.mark.parametrize("name", ["btcusdt@aggTrade", "btcusdt@kline_1m", "!ticker@arr", "!forceOrder@arr"])
def test_the_market_route_serves_trades_and_statistics_only(name):
    stream = stream_of(name, INDEX)
    assert delivers("market", stream)
    assert not delivers("public", stream)
    assert not delivers("unrouted", stream)
