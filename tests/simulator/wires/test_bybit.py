"""Bybit's wire as its documents describe it."""

import itertools
import json
from collections import Counter, defaultdict

import pytest

from fbkit.simulator.calendar import MS_DAY, MS_HOUR, MS_MIN, MS_S
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.bybit import BybitWire
from fbkit.simulator.wires.wire import Asked, Reply
from tests.simulator.wires import conversation
from tests.simulator.wires.conversation import texts

NOW = 1_795_000_020_123
WORDS = ("publicTrade", "orderbook.1", "orderbook.50", "tickers", "allLiquidation", "kline.1")


@pytest.fixture(scope="module")
def market():
    return Market(7, 12, PROFILES["bybit"])


@pytest.fixture
def wire(market):
    return BybitWire(market)


@pytest.fixture
def talk(wire):
    return wire.talk("/v5/public/linear", {})


def subscribe(talk, *topics, now=NOW, op="subscribe", req_id="7"):
    return talk.hear(json.dumps({"req_id": req_id, "op": op, "args": list(topics)}), now)


def heard(wire, talk, seconds, start=NOW):
    return conversation.heard(wire, talk, seconds, start)


@pytest.fixture
def get(wire):
    def ask(page, now=NOW, **given):
        status, said = conversation.ask(wire, f"/v5/market/{page}", now, **{"category": "linear", **given})
        assert status == 200
        return said

    return ask


def rows(answer):
    assert answer["retCode"] == 0, answer
    return answer["result"]["list"]


def test_there_is_one_address(wire):
    assert wire.talk("/v5/public/spot", {}) is None


def test_a_bad_topic_is_named_in_a_frame_of_its_own_and_the_others_live(wire, talk):
    reply = subscribe(talk, "publicTrade.NOPE", "publicTrade.BTCUSDT", "liquidation.BTCUSDT")
    assert [(said["success"], said["ret_msg"]) for said in texts(reply)] == [
        (False, "error:handler not found,topic:publicTrade.NOPE"),
        (False, "error:handler not found,topic:liquidation.BTCUSDT"),
        (True, ""),
    ]
    assert {said["req_id"] for said in texts(reply)} == {"7"}
    assert {message["topic"] for _, message in heard(wire, talk, 5)} == {"publicTrade.BTCUSDT"}
    [again] = texts(subscribe(talk, "publicTrade.BTCUSDT"))
    assert again["ret_msg"] == "error:already subscribed,topic:publicTrade.BTCUSDT"
    subscribe(talk, "publicTrade.BTCUSDT", op="unsubscribe")
    assert heard(wire, talk, 2) == []


def test_a_connection_reads_so_many_characters_of_topics(talk):
    [said] = texts(subscribe(talk, *[f"publicTrade.COIN{k}USDT" for k in range(1000)]))
    assert not said["success"]
    assert talk.streams == []


@pytest.mark.parametrize("text", ["", "ping", "[]", "{}", '{"op":"subscribe"}', '{"op":[1],"args":{}}', '{"op":7}'])
def test_nonsense_is_answered(talk, text):
    [said] = texts(talk.hear(text, NOW))
    assert not said["success"]


def test_a_ping_is_answered_and_who_says_nothing_is_cut(talk):
    [pong] = texts(talk.hear('{"req_id":"9","op":"ping"}', NOW))
    assert (pong["success"], pong["ret_msg"], pong["op"], pong["req_id"]) == (True, "pong", "ping", "9")
    assert talk.tick(NOW + 10 * MS_MIN) == Reply()
    assert talk.tick(NOW + 10 * MS_MIN + 1).ends is not None


def test_trades_of_an_instant_come_together_with_ids_that_count_nothing(wire, talk):
    subscribe(talk, "publicTrade.BTCUSDT")
    messages = heard(wire, talk, 20)
    trades = [row for _, message in messages for row in message["data"]]
    assert len({row["i"] for row in trades}) == len(trades) > 20
    assert all(len(row["i"]) == 36 and row["i"][14] == "5" for row in trades)
    assert [row["T"] for row in trades] == sorted(row["T"] for row in trades)
    assert {row["S"] for row in trades} == {"Buy", "Sell"}
    assert all(push == message["ts"] == message["data"][0]["T"] + 3 for push, message in messages)


def test_a_best_quote_is_whole_and_said_again_after_three_calm_seconds():
    wire = BybitWire(Market(7, 60, PROFILES["bybit"]))
    talk = wire.talk("/v5/public/linear", {})
    topics = [f"orderbook.1.{symbol}" for symbol in wire.market.symbols]
    reply = subscribe(talk, *topics)
    assert [json.loads(frame.payload)["topic"] for frame in reply.frames] == topics
    by_topic = defaultdict(list)
    for push, message in heard(wire, talk, 60):
        assert message["type"] == "snapshot"
        assert (len(message["data"]["b"]), len(message["data"]["a"])) == (1, 1)
        by_topic[message["topic"]].append((push, message["data"]["u"], message["data"]["b"]))
    repeated = [
        (later[0] - earlier[0], later[1:] == earlier[1:])
        for said in by_topic.values()
        for earlier, later in itertools.pairwise(said)
        if later[1] == earlier[1]
    ]
    assert set(repeated) == {(3_000, True)}
    for said in by_topic.values():
        assert [u for _, u, _ in said] == sorted(u for _, u, _ in said)
        assert max(later - earlier for (earlier, *_), (later, *_) in itertools.pairwise(said)) <= 3_000


def apply(book, message):
    """The book after a frame, as the documents say it."""
    sides = {"b": {}, "a": {}} if message["type"] == "snapshot" else {side: dict(book[side]) for side in "ba"}
    for side, levels in sides.items():
        for price, size in message["data"][side]:
            levels.pop(price, None)
            if size != "0":
                levels[price] = size
    return sides


def test_deltas_chain_from_the_snapshot_and_give_the_markets_book(wire, talk):
    [first] = subscribe(talk, "orderbook.50.BTCUSDT").frames
    book, last = None, None
    for message in [json.loads(first.payload), *(message for _, message in heard(wire, talk, 5))]:
        u = message["data"]["u"]
        assert last is None or (message["type"], u) == ("delta", last + 1)
        book, last = apply(book, message), u
        facts = wire.scene.book(0, message["cts"], 6)
        assert {float(price) for price in book["b"]} == {ticks / 10 for ticks, _ in facts.bids}
        assert {float(price): float(size) for price, size in book["a"].items()} == {
            ticks / 10: steps / 1000 for ticks, steps in facts.asks
        }
    assert last is not None


def test_a_restart_begins_with_a_whole_book_and_one(wire, talk):
    subscribe(talk, "orderbook.50.BTCUSDT", "publicTrade.BTCUSDT")
    depth, trade = talk.streams
    assert not wire.reset_sequence(trade, NOW)
    assert wire.reset_sequence(depth, NOW)
    messages = [message for _, message in heard(wire, talk, 4) if message["topic"].startswith("orderbook")]
    begun = next(k for k, message in enumerate(messages) if message["type"] == "snapshot")
    assert [message["data"]["u"] for message in messages[begun:]] == list(range(1, len(messages) - begun + 1))
    assert {message["type"] for message in messages[begun + 1 :]} == {"delta"}
    [first] = (
        wire.talk("/v5/public/linear", {})
        .hear('{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}', NOW + 2 * MS_S)
        .frames
    )
    assert json.loads(first.payload)["data"]["u"] < 20, "who comes later begins within the new count"


def test_tickers_begin_whole_and_say_what_changed(wire, talk):
    [first] = subscribe(talk, "tickers.BTCUSDT").frames
    whole = json.loads(first.payload)
    assert whole["type"] == "snapshot"
    data = whole["data"]
    assert all(isinstance(value, str) for value in data.values())
    assert float(data["openInterest"]) == pytest.approx(2 * float(data["singleOpenInterest"]))
    assert (data["fundingIntervalHour"], int(data["nextFundingTime"]) % (8 * MS_HOUR)) == ("8", 0)
    assert -0.5 < float(data["price24hPcnt"]) < 0.5
    deltas = [message["data"] for _, message in heard(wire, talk, 4)]
    assert {message["type"] for _, message in heard(wire, talk, 4)} == {"delta"}
    assert len(deltas) == 7, "two a second, and one was past"
    assert "nextFundingTime" not in {key for delta in deltas for key in delta}, "what did not change is not said"
    assert min(len(delta) for delta in deltas) == 5, "a delta may have the best quote alone"


def test_funding_is_said_when_its_period_ends(wire, talk):
    end = NOW // (8 * MS_HOUR) * 8 * MS_HOUR + 8 * MS_HOUR
    subscribe(talk, "tickers.BTCUSDT", now=end - 2_500)
    said = [message["data"].get("nextFundingTime") for _, message in heard(wire, talk, 4, end - 2_500)]
    assert [text for text in said if text] == [str(end + 8 * MS_HOUR)]


def test_every_liquidation_is_told_within_half_a_second_with_its_position(wire, talk):
    subscribe(talk, *[f"allLiquidation.{symbol}" for symbol in wire.market.symbols])
    start = NOW // MS_S * MS_S
    told = [row for push, message in heard(wire, talk, 300) for row in message["data"]]
    facts = [row for k in range(-1, 299) for row in wire.scene.forced(start + k * MS_S)]
    due = Counter(
        (row.ts_ms, wire.market.symbols[row.coin], "Buy" if row.long else "Sell")
        for row in facts
        if start - 500 <= row.push_ms < start + 298_500
    )
    assert Counter((row["T"], row["s"], row["S"]) for row in told) >= due
    assert len(told) > 10


def test_a_candle_closes_within_a_second_of_its_end(wire, talk):
    subscribe(talk, "kline.1.BTCUSDT")
    start = NOW // MS_MIN * MS_MIN + 55_000
    messages = heard(wire, talk, 8, start)
    closed = [(push, row) for push, message in messages for row in message["data"] if row["confirm"]]
    [(push, row)] = closed
    assert (row["end"] - row["start"], row["interval"]) == (MS_MIN - 1, "1")
    assert 0 < push - row["end"] < 2_000


def test_fewer_streams_change_nothing_of_the_others(wire, talk):
    subscribe(talk, *[f"{word}.{symbol}" for word in WORDS for symbol in wire.market.symbols])
    mine = {f"{word}.ETHUSDT" for word in WORDS}
    alone = [stream for stream in talk.streams if stream.name in mine]
    start = NOW // MS_S * MS_S
    among = [frame for frame in wire.second(start, talk.streams) if frame.stream in mine]
    assert wire.second(start, alone) == among


def test_the_list_comes_in_pages(get, wire):
    found, cursor = [], ""
    for _ in range(9):
        answer = get("instruments-info", limit=5, cursor=cursor)
        found += rows(answer)
        cursor = answer["result"]["nextPageCursor"]
        if not cursor:
            break
    assert [row["symbol"] for row in found] == wire.market.symbols
    assert rows(get("instruments-info", status="PreLaunch")) == []
    bitcoin = found[0]
    assert (bitcoin["priceFilter"]["tickSize"], bitcoin["lotSizeFilter"]["qtyStep"]) == ("0.1", "0.001")
    assert (bitcoin["fundingInterval"], bitcoin["baseCoin"], bitcoin["status"]) == (480, "BTC", "Trading")


def test_candles_come_newest_first_and_none_from_the_future(get):
    start = NOW - 90 * MS_MIN
    page = rows(get("kline", symbol="BTCUSDT", interval=1, start=start, end=NOW, limit=1000))
    starts = [int(row[0]) for row in page]
    assert starts == sorted(starts, reverse=True)
    assert start <= starts[-1] < starts[0] <= NOW
    assert all(later - earlier == MS_MIN for later, earlier in itertools.pairwise(starts))


def test_recent_trades_are_those_of_the_stream(get, wire, talk):
    subscribe(talk, "publicTrade.BTCUSDT")
    heard_ids = [row["i"] for _, message in heard(wire, talk, 10) for row in message["data"]]
    page = rows(get("recent-trade", now=NOW + 20 * MS_S, symbol="BTCUSDT", limit=1000))
    assert len(page) == 1000
    assert set(heard_ids) <= {row["execId"] for row in page}
    assert [int(row["time"]) for row in page] == sorted((int(row["time"]) for row in page), reverse=True)


def test_what_the_crowd_holds_is_told_by_periods(get):
    interest = rows(get("open-interest", symbol="ETHUSDT", intervalTime="5min", limit=200))
    assert len(interest) == 200
    assert all(float(row["openInterest"]) == 2 * float(row["singleOpenInterest"]) for row in interest)
    ratios = rows(get("account-ratio", symbol="ETHUSDT", period="5min", startTime=NOW - MS_DAY, endTime=NOW, limit=500))
    assert len(ratios) == 288
    assert all(0 < float(row["buyRatio"]) < 1 for row in ratios)
    funding = rows(get("funding/history", symbol="ETHUSDT", startTime=NOW - 2 * MS_DAY, endTime=NOW))
    assert [int(row["fundingRateTimestamp"]) % (8 * MS_HOUR) for row in funding] == [0] * 6


def test_a_start_alone_is_an_error_of_funding(get):
    assert get("funding/history", symbol="ETHUSDT", startTime=NOW - MS_DAY)["retCode"] == 10001


@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("kline", {"symbol": "NOPE", "interval": "1"}),
        ("kline", {"symbol": "BTCUSDT", "interval": "7"}),
        ("kline", {"symbol": "BTCUSDT", "interval": "1", "limit": "1001"}),
        ("open-interest", {"symbol": "BTCUSDT"}),
        ("instruments-info", {"cursor": "x"}),
        ("tickers", {"category": "spot"}),
    ],
)
def test_a_bad_question_is_told_inside_an_answer_of_status_200(get, page, given):
    assert get(page, **given)["retCode"] == 10001


def test_tickers_rank(get, wire):
    turnover = {row["symbol"]: float(row["turnover24h"]) for row in rows(get("tickers"))}
    assert list(turnover) == wire.market.symbols
    assert max(turnover, key=turnover.get) == "BTCUSDT"


def test_whoever_asks_too_often_is_shut_out(market):
    wire = BybitWire(market, generosity=1)
    asked = Asked("GET", "/v5/market/time", {})
    answers = [wire.spend(asked, NOW) for _ in range(601)]
    assert answers[:600] == [None] * 600
    assert (answers[600].status, answers[600].body) == (403, b"403, access too frequent.")
    assert wire.spend(asked, NOW + 9 * MS_MIN).status == 403
    assert wire.spend(asked, NOW + 10 * MS_MIN) is None


def test_too_many_requests_has_three_disguises(wire):
    wire.spend(Asked("GET", "/v5/market/time", {}), NOW)
    assert [answer.status for answer in wire.limited()] == [200, 429, 403]
    visits = wire.limited()[0]
    assert json.loads(visits.body)["retCode"] == 10006
    assert dict(visits.headers)["X-Bapi-Limit-Reset-Timestamp"] == str(NOW + MS_S)
