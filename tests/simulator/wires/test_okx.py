"""OKX's side of the wire: what it says is what its documents say."""

import json
from collections import Counter
from itertools import pairwise

import pytest

from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.okx import OkxWire
from fbkit.simulator.wires.wire import Asked
from tests.simulator.wires import conversation

#: 2026-10-03T04:00:00Z.
START = 1_791_000_000_000
SWAP = "BTC-USDT-SWAP"


@pytest.fixture(scope="module")
def wire():
    return OkxWire(Market(seed=7, instruments=12, profile=PROFILES["okx"]), generosity=100)


@pytest.fixture
def connect(wire):
    """A conversation at a route, and a way to subscribe: the answers and what it begins with."""

    def open_(route):
        talk = wire.talk(f"/ws/v5/{route}", {})

        def subscribe(*args, now=START):
            request = {"id": "7", "op": "subscribe", "args": [_arg(arg) for arg in args]}
            reply = talk.hear(json.dumps(request), now)
            return [json.loads(text) for text in reply.texts], [json.loads(frame.payload) for frame in reply.frames]

        return talk, subscribe

    return open_


def _arg(topic):
    channel, _, what = topic.partition(":")
    return {"channel": channel, "instType" if what in {"SWAP", "FUTURES"} else "instId": what}


def heard(wire, talk, seconds=3, start=START):
    """Frames of some seconds by channel, decoded, in the order of sending."""
    told = {}
    for second in range(seconds):
        for frame in wire.second(start + second * 1000, talk.streams):
            assert start + second * 1000 <= frame.ts_ms < start + second * 1000 + 1000
            message = json.loads(talk.wrap(frame))
            told.setdefault(message["arg"]["channel"], []).append(message)
    return told


def ask(wire, path, now=START, **given):
    return conversation.ask(wire, f"/api/v5/{path}", now, **given)


def rows(wire, path, now=START, **given):
    status, body = ask(wire, path, now, **given)
    assert (status, body["code"]) == (200, "0"), body
    return body["data"]


def test_every_arg_is_answered_and_a_bad_one_is_named_only_in_words(connect):
    _, subscribe = connect("public")
    accepted, wrong, unknown, vip = subscribe(
        f"bbo-tbt:{SWAP}", f"trades-all:{SWAP}", "bbo-tbt:NOT-USDT-SWAP", f"books-l2-tbt:{SWAP}"
    )[0]
    assert (accepted["event"], accepted["id"], accepted["arg"]) == (
        *("subscribe", "7"),
        {"channel": "bbo-tbt", "instId": SWAP},
    )
    assert [answer["code"] for answer in (wrong, unknown, vip)] == ["60018", "60018", "64003"]
    assert f"channel:trades-all,instId:{SWAP} doesn't exist" in wrong["msg"]
    assert "arg" not in wrong


def test_what_is_no_request_is_refused_and_ping_is_no_json(connect):
    talk, _ = connect("public")
    assert talk.hear("ping", START).texts == (b"pong",)
    for text, code in (("{", "60012"), ("[]", "60012"), ('{"op":"dance","args":[]}', "60019")):
        assert json.loads(talk.hear(text, START).texts[0])["code"] == code


def test_more_than_480_requests_an_hour_are_too_many(connect):
    talk, subscribe = connect("public")
    for _ in range(480):
        subscribe(f"bbo-tbt:{SWAP}")
    assert subscribe(f"bbo-tbt:{SWAP}")[0][0]["code"] == "60014"
    assert subscribe(f"bbo-tbt:{SWAP}", now=START + 3_600_001)[0][0]["event"] == "subscribe"
    assert len(talk.streams) == 1


def test_who_leaves_hears_no_more(wire, connect):
    talk, subscribe = connect("public")
    subscribe(f"bbo-tbt:{SWAP}")
    request = {"op": "unsubscribe", "args": [_arg(f"bbo-tbt:{SWAP}")]}
    assert json.loads(talk.hear(json.dumps(request), START).texts[0])["event"] == "unsubscribe"
    assert heard(wire, talk) == {}


def test_thirty_seconds_without_a_word_end_a_connection(wire, connect):
    talk, subscribe = connect("public")
    assert talk.tick(START).ends is None
    assert talk.tick(START + 30_000).ends is None
    reply = talk.tick(START + 30_001)
    assert (reply.code, bool(reply.ends)) == (4004, True)
    talk.hear("ping", START + 20_000)
    assert talk.tick(START + 50_000).ends is None
    subscribe(f"bbo-tbt:{SWAP}", now=START + 50_000)
    for frame in wire.second(START + 80_000, talk.streams):
        talk.wrap(frame)
    assert talk.tick(START + 81_000).ends is None, "what is pushed counts as said"


def test_other_addresses_are_not_found(wire):
    assert wire.talk("/ws/v5/private", {}) is None
    assert wire.talk("/ws/v5/public?brokerId=9999", {}) is not None


def test_fills_count_one_by_one_and_merged_ones_say_how_many_they_are(wire, connect):
    business, fills = connect("business")
    public, merged = connect("public")
    fills(f"trades-all:{SWAP}")
    merged(f"trades:{SWAP}")
    one_by_one = [message["data"][0] for message in heard(wire, business, 20)["trades-all"]]
    together = [message["data"][0] for message in heard(wire, public, 20)["trades"]]
    ids = [int(row["tradeId"]) for row in one_by_one]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert all("count" not in row for row in one_by_one)
    last = ids[0] - 1
    for row in together:
        assert int(row["tradeId"]) - int(row["count"]) == last
        last = int(row["tradeId"])
    assert sum(float(row["sz"]) for row in one_by_one) == pytest.approx(sum(float(row["sz"]) for row in together))
    assert {type(row["seqId"]) for row in one_by_one} == {int}


def test_a_book_begins_with_a_snapshot_and_every_update_follows_the_last(wire, connect):
    talk, subscribe = connect("public")
    _, [snapshot] = subscribe(f"books:{SWAP}")
    assert (snapshot["action"], snapshot["data"][0]["prevSeqId"]) == ("snapshot", -1)
    last = snapshot["data"][0]["seqId"]
    updates = [message for message in heard(wire, talk, 62)["books"] if int(message["data"][0]["ts"]) > START]
    for message in updates:
        [row] = message["data"]
        assert (message["action"], row["prevSeqId"], row["checksum"]) == ("update", last, 0)
        last = row["seqId"]
    empty = [row for message in updates for row in message["data"] if row["seqId"] == row["prevSeqId"]]
    assert len(empty) == 1, "once a minute nothing is said with a number"
    assert empty[0]["asks"] == empty[0]["bids"] == []


def test_numbers_fall_once_after_maintenance_and_the_chain_holds(wire, connect):
    market = Market(seed=7, instruments=1, profile=PROFILES["okx"])
    wire = OkxWire(market)
    talk = wire.talk("/ws/v5/public", {})
    talk.hear(json.dumps({"op": "subscribe", "args": [_arg(f"books:{SWAP}"), _arg(f"bbo-tbt:{SWAP}")]}), START)
    [stream] = [stream for stream in talk.streams if stream.kind == "books"]
    before = heard(wire, talk, 1)
    assert wire.reset_sequence(stream, START + 500)
    middle = heard(wire, talk, 2, START + 1000)
    assert wire.reset_sequence(stream, START + 2500)
    after = heard(wire, talk, 2, START + 3000)
    chain = [row["data"][0] for part in (before, middle, after) for row in part["books"]]
    assert all(row["prevSeqId"] == last["seqId"] for last, row in pairwise(chain))
    assert sum(row["seqId"] < row["prevSeqId"] for row in chain) == 2
    quotes = [row["data"][0]["seqId"] for part in (before, middle) for row in part["bbo-tbt"]]
    assert sum(late < early for early, late in pairwise(quotes)) == 1
    assert not wire.reset_sequence(stream._replace(kind="mark-price"), START)


def test_every_channel_speaks(wire, connect):
    talk, subscribe = connect("public")
    per_contract = ("bbo-tbt", "books5", "mark-price", "funding-rate", "open-interest", "tickers", "trades")
    _, begun = subscribe(
        *(f"{channel}:{SWAP}" for channel in per_contract), "index-tickers:BTC-USDT", "liquidation-orders:SWAP"
    )
    assert {"mark-price", "funding-rate", "open-interest", "index-tickers"} <= {
        message["arg"]["channel"] for message in begun
    }
    counts = Counter({channel: len(messages) for channel, messages in heard(wire, talk, 60).items()})
    assert counts["books5"] == 600
    assert counts["mark-price"] == 300
    assert counts["index-tickers"] == 60
    assert (counts["open-interest"], counts["funding-rate"]) == (20, 1)
    assert min(counts[channel] for channel in ("bbo-tbt", "tickers", "trades")) > 30


def test_top_fives_are_whole_and_sorted(wire, connect):
    talk, subscribe = connect("public")
    subscribe("books5:ETH-USDT-SWAP")
    for message in heard(wire, talk, 2)["books5"]:
        [row] = message["data"]
        bids, asks = ([float(level[0]) for level in row[side]] for side in ("bids", "asks"))
        assert len(bids) == len(asks) == 5
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        assert row["instId"] == "ETH-USDT-SWAP"


def liquidations(wire, talk, seconds, start):
    return [
        (row["instId"], detail)
        for message in heard(wire, talk, seconds, start).get("liquidation-orders", [])
        for row in message["data"]
        for detail in row["details"]
    ]


def test_liquidations_come_one_a_contract_and_second_and_are_repeated_on_subscribing(wire, connect):
    talk, subscribe = connect("public")
    subscribe("liquidation-orders:SWAP")
    told = liquidations(wire, talk, 1200, START)
    assert len(told) > 5
    assert all(symbol.endswith("-SWAP") for symbol, _ in told)
    sides = {(detail["posSide"], detail["side"]) for _, detail in told}
    assert sides <= {("long", "sell"), ("short", "buy"), ("net", "sell"), ("net", "buy")}
    seconds = Counter((symbol, int(detail["ts"]) // 1000) for symbol, detail in told)
    assert max(seconds.values()) == 1
    _, [again] = connect("public")[1]("liquidation-orders:SWAP", now=START + 1_200_000)
    repeated = [(row["instId"], detail) for row in again["data"] for detail in row["details"]]
    assert repeated == told[-len(repeated) :]


def test_a_candle_is_confirmed_once_and_is_what_rest_says(wire, connect):
    talk, subscribe = connect("business")
    subscribe(f"candle1m:{SWAP}")
    candles = [message["data"][0] for message in heard(wire, talk, 63)["candle1m"]]
    minute = START // MS_MIN * MS_MIN
    [closed] = [candle for candle in candles if candle[8] == "1" and int(candle[0]) == minute]
    [asked] = rows(wire, "market/candles", START + 2 * MS_MIN, instId=SWAP, after=minute + 1, before=minute - 1)
    assert closed == asked
    trades = rows(wire, "market/history-trades", minute + MS_MIN, instId=SWAP, type=2, after=minute + MS_MIN)
    assert trades[0]["px"] == closed[4], "the last trade closes it"


def test_pages_of_candles_come_newest_first(wire):
    page = rows(wire, "market/history-candles", instId=SWAP, after=START - MS_MIN, limit=3)
    assert [int(row[0]) for row in page] == [(START // MS_MIN - n) * MS_MIN for n in (2, 3, 4)]
    newest = rows(wire, "market/candles", START + 30_000, instId=SWAP, limit=2)
    assert [row[8] for row in newest] == ["0", "1"]


def test_the_list_says_what_a_contract_is(wire):
    swaps = {row["instId"]: row for row in rows(wire, "public/instruments", instType="SWAP")}
    futures = {row["instId"]: row for row in rows(wire, "public/instruments", instType="FUTURES")}
    assert (swaps[SWAP]["ctVal"], swaps[SWAP]["lotSz"], swaps[SWAP]["baseCcy"]) == ("0.01", "0.01", "")
    inverse = swaps["BTC-USD-SWAP"]
    assert (inverse["ctType"], inverse["ctVal"], inverse["ctValCcy"], inverse["settleCcy"]) == (
        *("inverse", "100", "USD", "BTC"),
    )
    assert all(row["expTime"] for row in futures.values())
    assert len(swaps) + len(futures) == 12


def test_coins_of_open_interest_are_contracts_times_their_value(wire):
    held = {row["instId"]: row for row in rows(wire, "public/open-interest", instType="SWAP")}
    linear, inverse = held[SWAP], held["BTC-USD-SWAP"]
    assert float(linear["oiCcy"]) == pytest.approx(float(linear["oi"]) * 0.01)
    assert float(inverse["oiUsd"]) == pytest.approx(float(inverse["oi"]) * 100)


def test_trades_are_asked_for_backwards_by_id_and_by_instant(wire):
    newest = rows(wire, "market/trades", instId=SWAP, limit=500)
    ids = [int(row["tradeId"]) for row in newest]
    assert ids == list(range(ids[0], ids[0] - 500, -1))
    older = rows(wire, "market/history-trades", instId=SWAP, type=1, after=ids[9], limit=5)
    assert older == newest[10:15]
    by_time = rows(wire, "market/history-trades", instId=SWAP, type=2, after=newest[20]["ts"], limit=3)
    assert all(int(row["ts"]) < int(newest[20]["ts"]) for row in by_time)
    assert rows(wire, "market/history-trades", START, instId=SWAP, type=2, after=START - 8 * 86_400_000) == []


def test_funding_of_any_is_of_all_that_have_one(wire):
    every = rows(wire, "public/funding-rate", instId="ANY")
    assert {row["instId"] for row in every} == {
        row["instId"] for row in rows(wire, "public/instruments", instType="SWAP")
    }
    row = next(row for row in every if row["instId"] == SWAP)
    history = rows(wire, "public/funding-rate-history", instId=SWAP, limit=2)
    assert (history[0]["fundingTime"], history[0]["realizedRate"]) == (row["prevFundingTime"], row["settFundingRate"])


def test_statistics_come_newest_first_and_reach_five_days_back(wire):
    ratio = "rubik/stat/contracts/long-short-account-ratio-contract"
    page = rows(wire, ratio, instId=SWAP, period="5m", limit=3)
    assert [int(row[0]) for row in page] == [START // 300_000 * 300_000 - n * 300_000 for n in range(3)]
    assert rows(wire, ratio, instId=SWAP, begin=START - 7 * 86_400_000, end=START - 6 * 86_400_000) == []
    [sold_first] = rows(wire, "rubik/stat/taker-volume-contract", instId=SWAP, limit=1, unit=2)
    [contracts] = rows(wire, "rubik/stat/taker-volume-contract", instId=SWAP, limit=1)
    assert len(sold_first) == len(contracts) == 3
    assert float(sold_first[1]) > float(contracts[1])


def test_what_cannot_be_is_refused_with_status_200(wire):
    for path, given, code in (
        ("market/trades", {"instId": "X-USDT-SWAP"}, "51001"),
        ("market/trades", {"instId": SWAP, "limit": 9999}, "51000"),
        ("public/instruments", {}, "50014"),
        ("public/instruments", {"instType": "SPOT"}, "51000"),
        ("market/candles", {"instId": SWAP, "after": "soon"}, "51000"),
    ):
        status, body = ask(wire, path, **given)
        assert (status, body["code"]) == (200, code)
    assert ask(wire, "market/nothing")[0] == 404
    assert wire.answer(Asked("POST", "/api/v5/public/time", {}), START).status == 405


def test_over_its_limit_it_says_so_with_429_and_with_200():
    wire = OkxWire(Market(seed=7, instruments=1, profile=PROFILES["okx"]), generosity=1)
    asked = Asked("GET", "/api/v5/rubik/stat/taker-volume-contract", {})
    assert [wire.spend(asked, START) for _ in range(5)] == [None] * 5
    refused = [wire.spend(asked, START) for _ in range(2)]
    assert {answer.status for answer in refused} == {200, 429} == {answer.status for answer in wire.limited()}
    assert {json.loads(answer.body)["code"] for answer in refused} == {"50011"}
    assert wire.spend(asked, START + 2_001) is None


def test_what_a_question_needs_is_made_in_small_steps():
    wire = OkxWire(Market(seed=7, instruments=2, profile=PROFILES["okx"]))
    questions = {
        "market/candles": {"instId": SWAP, "after": str(START - 3 * 3_600_000), "limit": "20"},
        "public/funding-rate-history": {"instId": SWAP, "limit": "3"},
        "rubik/stat/taker-volume-contract": {"instId": SWAP, "begin": str(START - 86_400_000), "limit": "2"},
        "public/time": {},
    }
    steps = {
        path: sum(1 for _ in wire.prepare(Asked("GET", f"/api/v5/{path}", given), START))
        for path, given in questions.items()
    }
    assert steps["market/candles"] == 20
    assert steps["public/time"] == 0
    assert min(steps["public/funding-rate-history"], steps["rubik/stat/taker-volume-contract"]) > 0
    assert list(wire.prepare(Asked("GET", "/api/v5/market/candles", {"instId": SWAP, "limit": "x"}), START)) == []
