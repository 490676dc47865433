"""Gate's side of the wire: what it says is what its documents say."""

import json
from collections import Counter
from itertools import pairwise

import pytest

from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.gate import GateWire
from fbkit.simulator.wires.wire import Asked
from tests.simulator.wires import conversation

#: 2026-10-03T04:00:00Z.
START = 1_791_000_000_000
BTC = "BTC_USDT"


@pytest.fixture(scope="module")
def wire():
    return GateWire(Market(seed=7, instruments=6, profile=PROFILES["gate"]), generosity=100)


@pytest.fixture
def talk(wire):
    return wire.talk("/v4/ws/usdt", {"x-gate-size-decimal": "1"})


def say(talk, channel, *payload, event="subscribe", now=START):
    request = {"time": 1, "id": 9, "channel": channel, "event": event, "payload": list(payload)}
    reply = talk.hear(json.dumps(request), now)
    assert (reply.frames, reply.ends) == ((), None)
    return json.loads(reply.texts[0])


def heard(wire, talk, seconds=3, start=START):
    """Messages of some seconds, decoded, in the order of sending."""
    told = []
    for second in range(seconds):
        for frame in wire.second(start + second * 1000, talk.streams):
            assert start + second * 1000 <= frame.ts_ms < start + second * 1000 + 1000
            message = json.loads(talk.wrap(frame))
            assert (message["time_ms"], message["event"]) == (frame.ts_ms, "update")
            told.append(message)
    return told


def ask(wire, page, now=START, **given):
    given = {name.rstrip("_"): value for name, value in given.items()}
    return conversation.ask(wire, f"/api/v4/futures/usdt/{page}", now, **given)


def test_there_is_one_address(wire):
    assert wire.talk("/v4/ws/usdt", {}) is not None
    assert wire.talk("/v4/ws/btc", {}) is None
    assert wire.answer(Asked("GET", "/api/v4/spot/tickers", {}), START).status == 404
    assert wire.answer(Asked("POST", "/api/v4/futures/usdt/trades", {}), START).status == 405


def test_a_subscription_is_acknowledged_with_its_id(talk):
    said = say(talk, "futures.trades", BTC, "ETH_USDT")
    assert (said["id"], said["error"], said["result"]) == (9, None, {"status": "success"})
    assert [stream.name for stream in talk.streams] == ["futures.trades BTC_USDT", "futures.trades ETH_USDT"]
    say(talk, "futures.trades", BTC, event="unsubscribe")
    assert [stream.name for stream in talk.streams] == ["futures.trades ETH_USDT"]


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("futures.trades", [BTC, "NOSUCH_USDT"]),
        ("futures.candlesticks", ["2m", BTC]),
        ("futures.order_book_update", [BTC, "1ms", "20"]),
        ("futures.trades", ["!all"]),
        ("futures.nosuch", [BTC]),
    ],
)
def test_one_thing_unknown_fails_the_whole_message(talk, channel, payload):
    said = say(talk, channel, *payload)
    assert (said["error"]["code"], said["result"]) == (2, None)
    assert talk.streams == []


@pytest.mark.parametrize("text", ["", "ping", "[]", '{"channel":5}', '{"event":"subscribe"}', "[" * 5000])
def test_nonsense_is_answered(talk, text):
    assert json.loads(talk.hear(text, START).texts[0])["error"]["code"] == 1


def test_the_applications_ping_has_a_pong(talk):
    [pong] = talk.hear('{"time":1,"channel":"futures.ping"}', START).texts
    assert json.loads(pong)["channel"] == "futures.pong"


def test_sizes_are_texts_with_the_header_and_whole_numbers_without(wire, talk):
    plain = wire.talk("/v4/ws/usdt", {})
    for one in (talk, plain):
        say(one, "futures.trades", BTC)
        say(one, "futures.book_ticker", BTC)
        say(one, "futures.order_book_update", BTC, "100ms", "20")
    pairs = zip(heard(wire, talk), heard(wire, plain), strict=True)
    for decimal, whole in pairs:
        a, b = decimal["result"], whole["result"]
        if isinstance(a, list):
            assert [str(row["size"]) for row in b] == [row["size"] for row in a]
            assert all(isinstance(row["size"], int) for row in b)
        elif "B" in a:
            assert (str(b["B"]), b["s"]) == (a["B"], BTC)
        else:
            assert all(isinstance(level["s"], int) for level in b["b"] + b["a"])


def test_trades_are_signed_and_the_same_by_rest(wire, talk):
    say(talk, "futures.trades", BTC)
    rows = [row for message in heard(wire, talk, 30) for row in message["result"]]
    assert {int(row["size"]) > 0 for row in rows} == {True, False}
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
    assert any(b - a > 1 for a, b in pairwise(ids)), "ids do not count one by one"
    since, until = rows[0]["create_time"], rows[-1]["create_time"]
    status, page = ask(wire, "trades", START + 60_000, contract=BTC, from_=since, to=until, limit=1000)
    assert status == 200
    by_id = {row["id"]: row for row in page}
    assert [row["id"] for row in page] == sorted(by_id, reverse=True), "newest first"
    for row in rows:
        other = by_id[row["id"]]
        assert (str(other["size"]), other["price"]) == (row["size"], row["price"])
        assert round(other["create_time_ms"] * 1000) == row["create_time_ms"], "seconds by REST"
    assert ask(wire, "trades", START + 60_000, contract=BTC, from_=since, to=until, limit=5, offset=5)[1] == page[5:10]


def test_updates_count_on_and_fit_a_snapshot_of_any_moment(wire, talk):
    say(talk, "futures.order_book_update", BTC, "100ms", "20")
    updates = [message["result"] for message in heard(wire, talk, 4)]
    assert len(updates) == 40
    assert all(b["U"] == a["u"] + 1 for a, b in pairwise(updates))
    status, book = ask(wire, "order_book", START + 1_234, contract=BTC, limit=20, with_id="true")
    assert status == 200
    sides = {name: {level["p"]: str(level["s"]) for level in book[name]} for name in ("bids", "asks")}
    waiting = [update for update in updates if update["u"] > book["id"]]
    assert waiting[0]["U"] <= book["id"] + 1 <= waiting[0]["u"]
    for update in waiting:
        for side, key in (("bids", "b"), ("asks", "a")):
            for level in update[key]:
                sides[side].pop(level["p"], None)
                if level["s"] != "0":
                    sides[side][level["p"]] = level["s"]
    _, later = ask(wire, "order_book", START + 3_999, contract=BTC, limit=20, with_id="true")
    assert later["id"] == updates[-1]["u"]
    assert sides == {name: {level["p"]: str(level["s"]) for level in later[name]} for name in ("bids", "asks")}
    assert "id" not in ask(wire, "order_book", contract=BTC)[1]


def test_tickers_come_once_a_second_and_are_the_same_by_rest(wire, talk):
    say(talk, "futures.tickers", BTC, "ETH_USDT")
    told = [row for message in heard(wire, talk, 2) for row in message["result"]]
    assert Counter(row["contract"] for row in told) == {BTC: 2, "ETH_USDT": 2}
    _, page = ask(wire, "tickers")
    assert {row["contract"]: row for row in page}[BTC] == told[0]
    assert told[0]["funding_interval"] == 8 * 3600
    assert told[0]["funding_next_apply"] % (8 * 3600) == 0


def test_candles_say_when_they_are_closed_and_agree_with_rest(wire, talk):
    say(talk, "futures.candlesticks", "1m", BTC)
    rows = [row for message in heard(wire, talk, 65) for row in message["result"]]
    closed = [row for row in rows if row["w"]]
    minute = -(-START // MS_MIN) * MS_MIN
    assert {row["n"] for row in rows} == {"1m_BTC_USDT"}
    assert [row["t"] * 1000 for row in closed] == [minute - MS_MIN, minute][: len(closed)]
    status, [page] = ask(
        wire, "candlesticks", START + 70_000, contract=BTC, interval="1m", from_=closed[0]["t"], to=closed[0]["t"]
    )
    assert status == 200
    assert (page["c"], page["h"], str(page["v"]), page["sum"]) == (
        *(closed[0]["c"], closed[0]["h"]),
        *(closed[0]["v"], closed[0]["a"]),
    )


def test_liquidations_of_a_second_come_together_with_the_orders_sign(wire, talk):
    say(talk, "futures.public_liquidates", "!all")
    told = heard(wire, talk, 600)
    rows = [row for message in told for row in message["result"]]
    assert len(rows) > 10
    assert any(len(message["result"]) > 1 for message in told)
    assert all(len({row["contract"] for row in message["result"]}) == 1 for message in told)
    row = next(row for row in rows if row["contract"] == BTC)
    until = row["time"] // 1000 + 60
    _, page = ask(wire, "liq_orders", until * 1000, contract=BTC, to=until)
    same = next(one for one in page if one["order_price"] == row["price"])
    assert (same["order_size"], same["size"]) == (int(row["size"]), -int(row["size"])), "by REST it is the position's"


def test_contracts_have_sizes_and_traps(wire):
    _, rows = ask(wire, "contracts")
    by_name = {row["name"]: row for row in rows}
    assert by_name[BTC]["quanto_multiplier"] == "0.0001"
    assert by_name["XAU_USDT"]["contract_type"] == "metals"
    assert by_name["OMG_USDT"]["in_delisting"] is True


def test_the_past_is_told_within_limits(wire):
    status, rows = ask(wire, "funding_rate", contract=BTC, limit=3)
    assert (status, [a["t"] - b["t"] for a, b in pairwise(rows)]) == (200, [28_800, 28_800]), "newest first"
    status, rows = ask(wire, "contract_stats", contract=BTC, limit=4, from_=START // 1000 - 3_000)
    assert (status, [b["time"] - a["time"] for a, b in pairwise(rows)]) == (200, [300, 300, 300])
    assert {"lsr_taker", "lsr_account", "top_lsr_account", "top_lsr_size", "open_interest"} <= set(rows[0])
    status, rows = ask(wire, "candlesticks", START + 30_000, contract=BTC, interval="1m", limit=3)
    assert (status, len(rows)) == (200, 3)


@pytest.mark.parametrize(
    ("page", "given", "label"),
    [
        ("trades", {"contract": "NOSUCH_USDT"}, "CONTRACT_NOT_FOUND"),
        ("trades", {"contract": BTC, "limit": 1001}, "INVALID_PARAM_VALUE"),
        ("trades", {"contract": BTC, "from_": "x"}, "INVALID_PARAM_VALUE"),
        ("candlesticks", {"contract": BTC, "interval": "7m"}, "INVALID_PARAM_VALUE"),
        ("candlesticks", {"contract": BTC, "from_": 1_790_000_000, "limit": 5}, "INVALID_PARAM_VALUE"),
        ("candlesticks", {"contract": BTC, "interval": "1m", "from_": 1_790_000_000}, "INVALID_PARAM_VALUE"),
    ],
)
def test_what_is_wrong_with_a_question_is_said(wire, page, given, label):
    status, body = ask(wire, page, **given)
    assert (status, body["label"]) == (400, label)


def test_every_endpoint_has_its_own_two_hundred_in_ten_seconds():
    wire = GateWire(Market(seed=7, instruments=1, profile=PROFILES["gate"]), generosity=1)

    def spend(page, now=START):
        return wire.spend(Asked("GET", f"/api/v4/futures/usdt/{page}", {}), now)

    assert [spend("trades") for _ in range(200)] == [None] * 200
    assert dict(wire.finish(wire.limited()[0]).headers)["X-Gate-RateLimit-Requests-Remain"] == "0"
    refused = spend("trades")
    assert (refused.status, json.loads(refused.body)["label"]) == (429, "TOO_MANY_REQUESTS")
    assert dict(refused.headers)["X-Gate-RateLimit-Reset-Timestamp"] == str(START // 1000 + 10)
    assert spend("tickers") is None
    assert spend("trades", START + 10_000) is None


def test_no_sequence_begins_anew(wire, talk):
    say(talk, "futures.order_book_update", BTC, "100ms", "20")
    assert wire.reset_sequence(talk.streams[0], START) is False
