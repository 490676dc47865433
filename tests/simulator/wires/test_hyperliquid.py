"""Hyperliquid's wire as its documents describe it."""

import itertools
import json
from collections import Counter, defaultdict

import pytest

from fbkit.simulator.calendar import MS_HOUR, MS_MIN, MS_S
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.hyperliquid import HyperliquidWire
from fbkit.simulator.wires.wire import Asked
from tests.simulator.wires.conversation import answer_of

NOW = 1_795_000_020_000
INDEX = {"BTC": 0, "ETH": 1}


@pytest.fixture(scope="module")
def wire():
    return HyperliquidWire(Market(7, 12, PROFILES["hyperliquid"]))


@pytest.fixture
def talk(wire):
    return wire.talk("/ws", {})


def subscribe(talk, now=NOW, method="subscribe", **subscription):
    return talk.hear(json.dumps({"method": method, "subscription": subscription}), now)


def said(reply):
    [text] = reply.texts
    return json.loads(text)


def heard(wire, talk, seconds, start=NOW):
    """Every frame's channel and data, in the order of sending, seconds long."""
    found = []
    for k in range(seconds):
        frames = wire.second(start + k * MS_S, talk.streams)
        assert all(start + k * MS_S <= frame.ts_ms < start + (k + 1) * MS_S for frame in frames)
        assert [frame.ts_ms for frame in frames] == sorted(frame.ts_ms for frame in frames)
        found += [(frame.ts_ms, json.loads(frame.payload)) for frame in frames]
    return found


def ask(wire, now=NOW, **body):
    return answer_of(wire, Asked("POST", "/info", {}, json.dumps(body).encode()), now)


def page(wire, now=NOW, **body):
    answer = ask(wire, now, **body)
    assert answer.status == 200
    return json.loads(answer.body)


def test_there_is_one_address(wire):
    assert wire.talk("/ws", {}) is not None
    assert wire.talk("/stream", {}) is None


def test_a_subscription_is_spelt_back_with_all_that_was_left_out(talk):
    assert said(subscribe(talk, type="l2Book", coin="BTC", fast=True)) == {
        "channel": "subscriptionResponse",
        "data": {
            "method": "subscribe",
            "subscription": {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": True},
        },
    }
    assert [stream.name for stream in talk.streams] == ["l2Book:BTC:fast"]


def test_twice_is_an_error_and_harms_nobody(talk):
    subscribe(talk, type="bbo", coin="BTC")
    again = said(subscribe(talk, type="bbo", coin="BTC"))
    assert again == {"channel": "error", "data": 'Already subscribed: {"type":"bbo","coin":"BTC"}'}
    assert len(talk.streams) == 1
    assert said(subscribe(talk, method="unsubscribe", type="bbo", coin="BTC"))["channel"] == "subscriptionResponse"
    assert talk.streams == []
    assert said(subscribe(talk, method="unsubscribe", type="bbo", coin="BTC"))["data"].startswith("Already unsub")


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ('{"method":"subscribe","subscription":{"type":"bbo","coin":"NOSUCH"}}', "Invalid subscription {"),
        ('{"method":"subscribe","subscription":{"type":"candle","coin":"BTC","interval":"7m"}}', "Invalid subscr"),
        ('{"method":"subscribe","subscription":{"type":"liquidations","coin":"BTC"}}', "Error parsing JSON"),
        ('{"method":"subscribe"}', "Error parsing JSON"),
        ('{"method":"subscribe","subscription":{"type":["bbo"],"coin":{}}}', "Error parsing JSON"),
        ("{", "Error parsing JSON"),
        ("[]", "Error parsing JSON"),
        ("ping", "Error parsing JSON"),
        ("[" * 100_000, "Error parsing JSON"),
    ],
)
def test_what_it_cannot_do_it_says(talk, text, begins):
    answer = said(talk.hear(text, NOW))
    assert answer["channel"] == "error"
    assert answer["data"].startswith(begins)
    assert talk.streams == []


def test_a_ping_is_answered_and_a_silent_minute_ends_the_connection(talk):
    assert talk.hear('{"method":"ping"}', NOW).texts == (b'{"channel":"pong"}',)
    assert talk.tick(NOW + 59_999).ends is None
    talk.hear('{"method":"ping"}', NOW + 59_999)
    assert talk.tick(NOW + 60_000).ends is None
    assert talk.tick(NOW + 120_000).ends is not None


def test_a_connection_that_never_spoke_ends_as_well(talk):
    assert talk.tick(NOW).ends is None
    assert talk.tick(NOW + 60_000).ends is not None


def test_two_thousand_messages_a_minute_are_enough(talk):
    answers = [said(talk.hear('{"method":"ping"}', NOW + k)) for k in range(2_001)]
    assert Counter(answer["channel"] for answer in answers) == {"pong": 2_000, "error": 1}
    assert said(talk.hear('{"method":"ping"}', NOW + 62_001)) == {"channel": "pong"}


def test_the_newest_thirty_trades_come_again_with_their_ids(wire, talk):
    reply = subscribe(talk, now=NOW, type="trades", coin="BTC")
    [frame] = reply.frames
    rows = json.loads(frame.payload)["data"]
    assert len(rows) == 30
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert rows[-1]["time"] <= NOW - PROFILES["hyperliquid"].latency_ms
    live = [row for _, message in heard(wire, talk, 20, NOW) for row in message["data"]]
    later = subscribe(wire.talk("/ws", {}), now=NOW + 20_000, type="trades", coin="BTC")
    replayed = json.loads(later.frames[0].payload)["data"]
    known = {row["tid"]: row for row in rows + live}
    assert all(row == known[row["tid"]] for row in replayed if row["tid"] in known)
    assert sum(row["tid"] in known for row in replayed) > 10
    both = {row["tid"] for row in rows} | {row["tid"] for row in live}
    assert len(both) >= len(rows) + len(live) - 3, "ids are told apart"


def test_trades_come_as_a_list_a_block_later_than_they_matched(wire, talk):
    for coin in INDEX:
        subscribe(talk, type="trades", coin=coin)
    frames = heard(wire, talk, 30)
    assert max(len(message["data"]) for _, message in frames) > 1
    for ts, message in frames:
        assert message["channel"] == "trades"
        assert len({row["coin"] for row in message["data"]}) == 1
        for row in message["data"]:
            assert set(row) == {"coin", "side", "px", "sz", "time", "hash", "tid", "users"}
            assert row["side"] in {"A", "B"}
            assert 300 <= ts - row["time"] <= 400
            assert float(row["px"]) > 0 < float(row["sz"])
            assert "." in row["px"]
    sides = Counter(row["side"] for _, message in frames for row in message["data"])
    assert set(sides) == {"A", "B"}
    times = [row["time"] for _, message in frames for row in message["data"] if row["coin"] == "BTC"]
    assert times == sorted(times)


def test_wanting_less_changes_nothing_else(wire):
    def frames(*coins):
        talk = wire.talk("/ws", {})
        for coin in coins:
            for kind in ("trades", "bbo", "activeAssetCtx"):
                subscribe(talk, type=kind, coin=coin)
        return [frame for frame in wire.second(NOW, talk.streams) if frame.stream.endswith(":ETH")]

    assert frames("ETH") == frames("BTC", "ETH") != []


def test_books_are_whole_and_quotes_agree_with_trades(wire, talk):
    subscribe(talk, type="l2Book", coin="BTC", fast=True)
    subscribe(talk, type="bbo", coin="BTC")
    channels = defaultdict(list)
    for _, message in heard(wire, talk, 20):
        channels[message["channel"]].append(message["data"])
    assert len(channels["l2Book"]) == 40
    for book in channels["l2Book"]:
        bids, asks = ([float(level["px"]) for level in side] for side in book["levels"])
        assert book["fast"] is True
        assert len(bids) == len(asks) == 5
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
    times = [quote["time"] for quote in channels["bbo"]]
    assert times == sorted(set(times)), "one a block"
    assert all(float(bid["px"]) < float(ask["px"]) for bid, ask in (quote["bbo"] for quote in channels["bbo"]))


def test_a_slow_book_has_twenty_levels_every_five_seconds(wire, talk):
    subscribe(talk, type="l2Book", coin="ETH")
    books = [message["data"] for _, message in heard(wire, talk, 20)]
    assert [len(side) for book in books for side in book["levels"]] == [20] * 8
    assert "fast" not in books[0]


def test_contexts_come_every_second_and_funding_is_an_hours(wire, talk):
    subscribe(talk, type="activeAssetCtx", coin="BTC")
    page(wire, type="metaAndAssetCtxs")
    frames = heard(wire, talk, 5)
    assert len(frames) == 5
    context = frames[0][1]["data"]["ctx"]
    assert all(isinstance(context[key], str) for key in ("markPx", "oraclePx", "funding", "openInterest"))
    assert abs(float(context["funding"])) < 0.001
    assert abs(float(context["markPx"]) / float(context["oraclePx"]) - 1) < 0.02
    usd = float(context["dayBaseVlm"]) * float(context["markPx"])
    assert usd == pytest.approx(float(context["dayNtlVlm"]), rel=0.2)
    assert float(context["prevDayPx"]) > 0


def test_a_candle_grows_and_nobody_says_when_it_is_closed(wire, talk):
    subscribe(talk, type="candle", coin="BTC", interval="1m")
    start = NOW - NOW % MS_MIN
    candles = [message["data"] for _, message in heard(wire, talk, 62, start)]
    assert not any("x" in candle for candle in candles)
    last = {candle["t"]: candle for candle in candles}
    begin = min(last)
    begins = [candle["t"] for candle in candles]
    assert begins == sorted(begins)
    whole = page(
        wire,
        start + 2 * MS_MIN,
        type="candleSnapshot",
        req={"coin": "BTC", "interval": "1m", "startTime": start, "endTime": start + MS_MIN - 1},
    )
    assert begin in {start, start - MS_MIN}
    assert whole == [last[start]], "what was heard last is how it ended"


def test_every_subscription_begins_with_how_things_stand(wire, talk):
    for kind in ("bbo", "l2Book", "activeAssetCtx", "trades"):
        [frame] = subscribe(talk, type=kind, coin="BTC").frames
        assert (frame.ts_ms, json.loads(frame.payload)["channel"]) == (NOW, kind)
    [frame] = subscribe(talk, type="candle", coin="BTC", interval="1h").frames
    assert json.loads(frame.payload)["data"]["t"] == NOW - NOW % MS_HOUR


def test_markets_and_contexts_belong_together_by_place(wire):
    meta, contexts = page(wire, type="metaAndAssetCtxs")
    assert page(wire, type="meta") == meta
    assert len(meta["universe"]) == len(contexts) == 13
    names = [row["name"] for row in meta["universe"]]
    assert [row["name"] for row in meta["universe"] if row.get("isDelisted")] == ["MATIC"]
    assert names.index("MATIC") < len(names) - 1, "so that a place counts"
    by_name = dict(zip(names, contexts, strict=True))
    assert "kPEPE" in by_name
    assert float(by_name["BTC"]["markPx"]) > 20 * float(by_name["ETH"]["markPx"]) / 2
    assert float(by_name["MATIC"]["dayNtlVlm"]) == 0
    assert float(by_name["BTC"]["dayNtlVlm"]) > float(by_name["ETH"]["dayNtlVlm"]) > 0


def test_only_the_newest_candles_are_there(wire):
    req = {"coin": "ETH", "interval": "1m", "startTime": NOW - 120 * MS_MIN, "endTime": NOW}
    rows = page(wire, type="candleSnapshot", req=req)
    assert len(rows) == 120
    assert [after["t"] - before["t"] for before, after in itertools.pairwise(rows)] == [MS_MIN] * 119
    assert all(float(row["l"]) <= float(row["o"]) <= float(row["h"]) for row in rows)
    assert rows[-1]["t"] <= NOW
    assert all(set(row) == {"t", "T", "s", "i", "o", "c", "h", "l", "v", "n"} for row in rows)


def test_fundings_are_booked_a_little_after_each_hour(wire):
    rows = page(wire, type="fundingHistory", coin="BTC", startTime=NOW - 5 * MS_HOUR)
    assert len(rows) == 5
    assert all(row["time"] % MS_HOUR == 48 and row["coin"] == "BTC" for row in rows)
    assert all(row["time"] <= NOW for row in rows)


def test_recent_trades_are_ten_and_the_newest_comes_first(wire):
    rows = page(wire, type="recentTrades", coin="BTC")
    assert len(rows) == 10
    assert [row["time"] for row in rows] == sorted((row["time"] for row in rows), reverse=True)
    assert page(wire, type="l2Book", coin="BTC")["coin"] == "BTC"
    assert float(page(wire, type="allMids")["kPEPE"]) > 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"type":"nonsense"}', b'{"type":"candleSnapshot"}', b'{"type":7}', b"\xff"]
)
def test_a_question_it_cannot_read_is_a_422(wire, body):
    asked = Asked("POST", "/info", {}, body)
    assert list(wire.prepare(asked, NOW)) == []
    assert wire.answer(asked, NOW).status == 422


def test_strangers_paths_and_methods(wire):
    assert ask(wire, type="recentTrades", coin="NOSUCH").status == 500
    assert wire.answer(Asked("GET", "/info", {}), NOW).status == 405
    assert wire.answer(Asked("POST", "/exchange", {}), NOW).status == 404


def test_weight_is_counted_by_the_minute_and_long_answers_cost_more():
    wire = HyperliquidWire(Market(7, 2, PROFILES["hyperliquid"]), generosity=1)

    def asked(**body):
        return Asked("POST", "/info", {}, json.dumps(body).encode())

    plain, cheap = asked(type="meta"), asked(type="allMids")
    assert [wire.spend(plain, NOW) for _ in range(59)] == [None] * 59
    assert [wire.spend(cheap, NOW + 1) for _ in range(10)] == [None] * 10
    refused = wire.spend(cheap, NOW + 2)
    assert (refused.status, refused.body) == (429, b"null")
    assert refused in wire.limited()
    assert wire.spend(plain, NOW + 60_000) is None
    span = {"coin": "BTC", "interval": "1m", "startTime": NOW - 1_200 * MS_MIN, "endTime": NOW}
    long = asked(type="candleSnapshot", req=span)
    assert [wire.spend(long, NOW + 200_000) for _ in range(30)] == [None] * 30
    assert wire.spend(long, NOW + 200_000) is not None
