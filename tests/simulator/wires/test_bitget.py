"""Bitget's wire as its documents describe it."""

import itertools
import json
from collections import defaultdict

import pytest

from fbkit.simulator.calendar import MS_DAY, MS_HOUR, MS_MIN, MS_S
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.bitget import BitgetWire
from fbkit.simulator.wires.bitget.limits import Limits
from fbkit.simulator.wires.bitget.templates import trade_number, venue_id
from fbkit.simulator.wires.wire import Asked, Reply
from tests.simulator.wires import conversation
from tests.simulator.wires.conversation import texts

NOW = 1_795_000_020_123
CHANNELS = ("trade", "books1", "books5", "books", "ticker", "candle1m")


@pytest.fixture(scope="module")
def market():
    return Market(7, 12, PROFILES["bitget"])


@pytest.fixture
def wire(market):
    return BitgetWire(market)


@pytest.fixture
def talk(wire):
    return wire.talk("/v2/ws/public", {})


def arg(channel, symbol="BTCUSDT", market="USDT-FUTURES"):
    return {"instType": market, "channel": channel, "instId": symbol}


def subscribe(talk, *args, now=NOW, op="subscribe"):
    return talk.hear(json.dumps({"op": op, "args": list(args)}), now)


def began(reply):
    return [json.loads(frame.payload) for frame in reply.frames]


def heard(wire, talk, seconds, start=NOW):
    return conversation.heard(wire, talk, seconds, start)


@pytest.fixture
def ask(wire):
    def get(page, now=NOW, **given):
        given = {"productType": "USDT-FUTURES", **given}
        return conversation.ask(wire, f"/api/v2/mix/market/{page}", now, **given)

    return get


@pytest.fixture
def rows(ask):
    def get(page, now=NOW, **given):
        status, said = ask(page, now, **given)
        assert (status, said["code"], said["requestTime"]) == (200, "00000", now), said
        return said["data"]

    return get


def test_there_are_two_addresses(wire):
    assert wire.talk("/v1/ws/public", {}) is None
    assert wire.talk("/v3/ws/public", {}).route == "v3"


def test_each_topic_is_answered_by_itself_with_its_words(wire, talk):
    reply = subscribe(talk, arg("votes"), arg("trade"), arg("ticker", "NOPEUSDT"), arg("trade", market="SPOT"))
    said = texts(reply)
    assert [(one["event"], one["arg"], one.get("code")) for one in said] == [
        ("error", arg("votes"), 30001),
        ("subscribe", arg("trade"), None),
        ("error", arg("ticker", "NOPEUSDT"), 30003),
        ("error", arg("trade", market="SPOT"), 30003),
    ]
    assert "NOPEUSDT doesn't exist" in said[2]["msg"]
    assert {message["arg"]["channel"] for _, message in heard(wire, talk, 3)} == {"trade"}
    subscribe(talk, arg("trade"), op="unsubscribe")
    assert heard(wire, talk, 2) == []


@pytest.mark.parametrize("text", ["", "hello", "[]", "{}", '{"op":7}', '{"op":"subscribe","args":[3]}'])
def test_nonsense_is_answered(talk, text):
    [said] = texts(talk.hear(text, NOW))
    assert said["event"] == "error"


def test_a_ping_is_one_word_and_who_never_says_it_is_cut_after_two_minutes(talk):
    assert talk.tick(NOW) == Reply()
    assert talk.hear("ping", NOW + 60_000).texts == (b"pong",)
    assert talk.tick(NOW + 60_000 + 2 * MS_MIN) == Reply()
    assert talk.tick(NOW + 60_001 + 2 * MS_MIN).ends is not None


def test_the_eleventh_message_of_a_second_is_one_too_many(talk):
    assert all(talk.hear("ping", NOW + k).ends is None for k in range(10))
    assert talk.hear("ping", NOW + 999).ends is not None


def test_a_connection_has_so_many_topics(wire):
    talk = wire.talk("/v2/ws/public", {})
    talk.streams = [object()] * 1_000
    [said] = texts(subscribe(talk, arg("trade")))
    assert (said["event"], said["code"]) == ("error", 30006)


def test_a_subscription_replays_the_newest_trades_and_goes_on_without_a_hole(wire, talk, market):
    [replay] = began(subscribe(talk, arg("trade")))
    assert (replay["action"], len(replay["data"])) == ("snapshot", 50)
    ids = [int(row["tradeId"]) for row in replay["data"]]
    assert ids == sorted(ids, reverse=True), "the newest first"
    live = [row for _, message in heard(wire, talk, 10) for row in message["data"]]
    numbers = sorted(trade_number(0, int(row["tradeId"])) for row in [*replay["data"], *live])
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {row["side"] for row in live} == {"buy", "sell"}
    assert all(later - earlier > 1 for earlier, later in itertools.pairwise(sorted(ids))), "ids have holes"


def test_an_id_tells_a_trade_and_only_one():
    assert trade_number(3, venue_id(3, 5_000_000_001)) == 5_000_000_001
    assert venue_id(3, 6) - venue_id(3, 5) > 1
    assert venue_id(0, 9_999_999_999) < 2**63


def test_tops_are_whole_every_time_and_their_sequence_rises(wire, talk):
    subscribe(talk, arg("books1"), arg("books5"))
    by_channel = defaultdict(list)
    for _, message in heard(wire, talk, 5):
        [row] = message["data"]
        assert message["action"] == "snapshot"
        by_channel[message["arg"]["channel"]].append(row)
    for channel, levels in (("books1", 1), ("books5", 5)):
        said = by_channel[channel]
        assert {(len(row["bids"]), len(row["asks"])) for row in said} == {(levels, levels)}
        assert [row["seq"] for row in said] == sorted({row["seq"] for row in said})
        assert all(float(row["bids"][0][0]) < float(row["asks"][0][0]) for row in said)
    assert len(by_channel["books5"]) in {24, 25}


def apply(book, message):
    """The book after a frame, as the documents say it."""
    [row] = message["data"]
    sides = {"bids": {}, "asks": {}} if message["action"] == "snapshot" else {side: dict(book[side]) for side in book}
    for side, levels in sides.items():
        for price, size in row[side]:
            levels.pop(price, None)
            if float(size):
                levels[price] = size
    return sides


def test_updates_chain_from_the_snapshot_and_make_the_books_of_a_newcomer(wire, talk):
    [snapshot] = began(subscribe(talk, arg("books")))
    assert snapshot["data"][0]["pseq"] == 0
    book, seq = apply({}, snapshot), snapshot["data"][0]["seq"]
    for push, message in heard(wire, talk, 3):
        assert (message["action"], message["data"][0]["pseq"]) == ("update", seq)
        book, seq = apply(book, message), message["data"][0]["seq"]
        other = wire.talk("/v2/ws/public", {})
        [fresh] = began(subscribe(other, arg("books"), now=push))
        assert apply({}, fresh) == book
        assert fresh["data"][0]["seq"] == seq


def test_a_sequence_that_begins_anew_begins_with_a_snapshot(wire, talk):
    subscribe(talk, arg("books"), arg("trade"))
    books, trades = talk.streams
    assert wire.reset_sequence(books, NOW)
    assert not wire.reset_sequence(trades, NOW)
    said = [message for _, message in heard(wire, talk, 3) if message["arg"]["channel"] == "books"]
    at = next(k for k, message in enumerate(said) if message["action"] == "snapshot")
    assert (said[at]["data"][0]["seq"], said[at]["data"][0]["pseq"]) == (1, 0)
    pairs = [(message["data"][0]["pseq"], message["data"][0]["seq"]) for message in said[at:]]
    assert all(later[0] == earlier[1] for earlier, later in itertools.pairwise(pairs))


def test_a_ticker_says_everything_at_once_in_texts(wire, talk, market):
    [first] = began(subscribe(talk, arg("ticker", "ETHUSDT")))
    [row] = first["data"]
    assert all(isinstance(value, str) for value in row.values())
    assert float(row["bidPr"]) < float(row["askPr"])
    assert float(row["markPrice"]) == pytest.approx(market.fair(NOW // MS_S * MS_S)[1], rel=1e-3)
    assert int(row["nextFundingTime"]) % MS_HOUR == 0
    change = float(row["lastPr"]) / float(row["open24h"]) - 1
    assert float(row["change24h"]) == pytest.approx(change, abs=1e-5), "a fraction"
    assert len(heard(wire, talk, 10)) == pytest.approx(10, abs=1)


def test_a_candle_grows_and_the_next_one_begins_where_it_ended(wire, talk):
    start = NOW // MS_MIN * MS_MIN + 50_000
    [snapshot] = began(subscribe(talk, arg("candle1m"), now=start))
    begins = [int(row[0]) for row in snapshot["data"]]
    assert begins == [begins[-1] - k * MS_MIN for k in range(len(begins) - 1, -1, -1)]
    said = [(push, row) for push, message in heard(wire, talk, 20, start) for row in message["data"]]
    old = [row for _, row in said if int(row[0]) == begins[-1]]
    push, new = next((push, row) for push, row in said if int(row[0]) == begins[-1] + MS_MIN)
    assert push - (begins[-1] + MS_MIN) < 200
    assert new[1:5] == [old[-1][4]] * 4
    assert float(new[5]) == 0
    [(_, whole)] = wire.scene.klines(0, "1m", begins[-1], begins[-1], 1, NOW + MS_DAY)
    assert old[-1][:7] == wire.pushes.words[0].candle(begins[-1], whole)


def test_forced_closes_are_of_the_whole_market_and_told_late(wire):
    talk = wire.talk("/v3/ws/public", {})
    both = [{"instType": f"{coin}-futures", "topic": "liquidation"} for coin in ("usdt", "usdc")]
    reply = subscribe(talk, *both, {"instType": "usdt-futures", "topic": "votes"})
    assert [said["event"] for said in texts(reply)] == ["subscribe", "subscribe", "error"]
    messages = heard(wire, talk, 600)
    assert messages
    for push, message in messages:
        assert message["arg"] == both[0]
        assert (message["action"], message["ts"]) == ("update", push)
        sides = [(row["symbol"], row["side"]) for row in message["data"]]
        assert len(sides) == len(set(sides)), "the largest of a side and second"
        assert all(int(row["ts"]) < push for row in message["data"])
    row = messages[0][1]["data"][0]
    coin = wire.market.universe.coins[wire.market.universe.index[row["symbol"]]]
    steps = float(row["amount"]) / float(row["price"]) * 10**coin.step_decimals
    assert steps == pytest.approx(round(steps), rel=1e-9), "the amount is what so many lots were worth"


def test_wanting_less_changes_nothing(wire, talk):
    everything = [arg(channel, symbol) for channel in CHANNELS for symbol in ("BTCUSDT", "SOLUSDT")]
    subscribe(talk, *everything)
    whole = heard(wire, talk, 3)
    for one in everything:
        other = wire.talk("/v2/ws/public", {})
        subscribe(other, one)
        assert heard(wire, other, 3) == [(push, message) for push, message in whole if message["arg"] == one]


def test_the_list_has_units_and_hours_and_usdc_has_nothing(rows, market):
    listed = rows("contracts")
    assert [row["symbol"] for row in listed] == market.symbols
    assert (listed[0]["pricePlace"], listed[0]["fundInterval"], listed[0]["symbolStatus"]) == ("1", "8", "normal")
    assert rows("contracts", productType="usdc-futures") == []
    assert [row["symbol"] for row in rows("tickers")] == market.symbols
    assert float(rows("tickers")[0]["quoteVolume"]) > 1e6


def test_candles_are_ascending_and_end_before_the_end(rows):
    start = (NOW - 2 * MS_HOUR) // MS_MIN * MS_MIN
    page = rows("candles", symbol="BTCUSDT", granularity="1m", startTime=start, endTime=start + 5 * MS_MIN, limit=1000)
    assert [int(row[0]) for row in page] == [start + k * MS_MIN for k in range(5)]
    assert all(len(row) == 7 and all(isinstance(cell, str) for cell in row) for row in page)
    assert len(rows("history-candles", symbol="BTCUSDT", granularity="5m", limit=200)) == 200


def test_fills_go_backwards_from_an_id_within_a_span(rows):
    given = {"symbol": "BTCUSDT", "startTime": NOW - 10 * MS_MIN, "endTime": NOW}
    first = rows("fills-history", **given, limit=50)
    second = rows("fills-history", **given, limit=50, idLessThan=first[-1]["tradeId"])
    ids = [int(row["tradeId"]) for row in (*first, *second)]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 100
    assert {row["side"] for row in first} <= {"Buy", "Sell"}
    assert all(NOW - 10 * MS_MIN <= int(row["ts"]) < NOW for row in (*first, *second))
    before = rows("fills-history", **given, limit=1000, idLessThan=ids[-1])
    numbers = [trade_number(0, int(row["tradeId"])) for row in before]
    assert numbers == list(range(numbers[0], numbers[0] - len(numbers), -1)), "no trade is left out"


def test_settled_rates_come_page_by_page(rows):
    first = rows("history-fund-rate", symbol="BTCUSDT", pageSize=3, pageNo=1)
    second = rows("history-fund-rate", symbol="BTCUSDT", pageSize=3, pageNo=2)
    instants = [int(row["fundingTime"]) for row in (*first, *second)]
    assert instants == [instants[0] - k * 8 * MS_HOUR for k in range(6)]
    [now] = rows("current-fund-rate", symbol="BTCUSDT")
    assert (now["fundingRateInterval"], int(now["nextUpdate"])) == ("8", instants[0] + 8 * MS_HOUR)


def test_what_the_crowd_does_ends_with_the_newest_period(rows):
    ratios, takers = (rows(page, symbol="BTCUSDT", period="5m") for page in ("account-long-short", "taker-buy-sell"))
    assert [row["ts"] for row in ratios] == [row["ts"] for row in takers]
    assert int(ratios[-1]["ts"]) == NOW // 300_000 * 300_000
    ratio = float(ratios[-1]["longAccountRatio"]) / float(ratios[-1]["shortAccountRatio"])
    assert float(ratios[-1]["longShortAccountRatio"]) == pytest.approx(ratio, rel=1e-3)
    [held] = rows("open-interest", symbol="BTCUSDT")["openInterestList"]
    assert float(held["size"]) > 0


@pytest.mark.parametrize(
    ("page", "given", "code"),
    [
        ("candles", {"symbol": "NOPE", "granularity": "1m"}, "40034"),
        ("candles", {"symbol": "BTCUSDT", "granularity": "7m"}, "40020"),
        ("candles", {"symbol": "BTCUSDT", "granularity": "1m", "limit": "1001"}, "40020"),
        ("contracts", {"productType": "SPOT"}, "40020"),
        ("fills-history", {"symbol": "BTCUSDT", "startTime": "x"}, "40020"),
    ],
)
def test_a_bad_question_is_refused_in_words(ask, page, given, code):
    status, said = ask(page, **given)
    assert (status, said["code"], said["data"]) == (400, code, None)


def test_a_page_that_is_not_there_is_said(ask):
    assert ask("votes")[0] == 404


def test_who_asks_too_often_may_go_on_and_who_asks_too_much_waits_five_minutes():
    limits = Limits()
    assert [limits.spend("/x/candles", NOW + k) for k in range(21)] == [True] * 20 + [False]
    assert limits.spend("/x/candles", NOW + MS_S + 20)
    asked = [limits.spend(f"/x/{k}", NOW + 2 * MS_S) for k in range(6_000)]
    assert not asked[-1]
    assert not limits.spend("/x/candles", NOW + 4 * MS_MIN)
    assert limits.spend("/x/candles", NOW + 6 * MS_MIN)


def test_too_many_requests_has_three_disguises(wire):
    assert [answer.status for answer in wire.limited()] == [429, 200, 429]
    assert wire.spend(Asked("GET", "/x/taker-buy-sell", {}), NOW) is None
