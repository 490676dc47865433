"""Deribit's wire: what it says agrees with itself, and it refuses as the exchange does."""

import json
from collections import Counter, defaultdict

import pytest

from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.deribit import DeribitWire
from fbkit.simulator.wires.wire import Asked
from tests.simulator.wires import conversation

NOW = 1_795_000_020_000
PERPETUAL, LINEAR = "BTC-PERPETUAL", "SOL_USDC-PERPETUAL"


@pytest.fixture(scope="module")
def wire():
    wire = DeribitWire(Market(seed=7, instruments=6, profile=PROFILES["deribit"]))
    wire.scene.patient = False  # a day of candles is nobody's concern here
    return wire


@pytest.fixture
def talk(wire):
    return wire.talk("/ws/api/v2", {})


def say(talk, method, now=NOW, number=1, **params):
    reply = talk.hear(json.dumps({"jsonrpc": "2.0", "id": number, "method": f"public/{method}", "params": params}), now)
    return reply, json.loads(reply.texts[0])


def frames(wire, talk, seconds=1, start=NOW):
    """Frames after a subscription, decoded: (instant, channel, data)."""
    for second in range(seconds):
        for frame in wire.second(start + second * 1000, talk.streams):
            params = json.loads(frame.payload)["params"]
            assert params["channel"] == frame.stream
            yield frame.ts_ms, params["channel"], params["data"]


def ask(wire, method, now=NOW, **given):
    return conversation.ask(wire, f"/api/v2/public/{method}", now, **given)


def test_what_is_no_channel_is_left_out_of_the_answer(talk):
    reply, answer = say(talk, "subscribe", channels=[f"quote.{PERPETUAL}", "quote.NONE", f"trades.{PERPETUAL}.3ms"])
    assert (answer["id"], answer["result"]) == (1, [f"quote.{PERPETUAL}"])
    assert [frame.stream for frame in reply.frames] == [f"quote.{PERPETUAL}"]


def test_a_repeated_subscription_is_accepted_and_begins_nothing(talk):
    say(talk, "subscribe", channels=[f"book.{PERPETUAL}.100ms"])
    reply, answer = say(talk, "subscribe", channels=[f"book.{PERPETUAL}.100ms"])
    assert (answer["result"], reply.frames, len(talk.streams)) == ([f"book.{PERPETUAL}.100ms"], (), 1)
    assert say(talk, "unsubscribe", channels=[f"book.{PERPETUAL}.100ms", "x"])[1]["result"] == [
        f"book.{PERPETUAL}.100ms"
    ]
    assert talk.streams == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ping", -32700),
        ("[1]", -32600),
        ('{"id":1,"method":"public/nothing"}', -32601),
        ('{"id":1,"method":7}', -32601),
        ('{"id":1,"method":"public/subscribe","params":[]}', -32602),
        ('{"id":1,"method":"public/subscribe","params":{"channels":[3]}}', -32602),
        ('{"id":1,"method":"public/set_heartbeat","params":{"interval":9}}', -32602),
        ('{"id":1,"method":"public/subscribe","params":{"channels":["trades.BTC-PERPETUAL.raw"]}}', 13778),
    ],
)
def test_a_wrong_request_is_an_error_and_the_connection_stays(talk, text, code):
    reply = talk.hear(text, NOW)
    assert json.loads(reply.texts[0])["error"]["code"] == code
    assert reply.ends is None


def test_who_asks_too_much_hears_10028_and_is_dropped():
    wire = DeribitWire(Market(seed=7, instruments=1, profile=PROFILES["deribit"]), generosity=1)
    talk = wire.talk("/ws/api/v2", {})
    for _ in range(100):
        assert say(talk, "test")[0].ends is None
    reply, answer = say(talk, "test")
    assert (answer["error"]["code"], reply.ends) == (10028, "too_many_requests")
    assert say(talk, "test", now=NOW + 1000)[0].ends is None, "credits come back"


def test_rest_draws_from_a_pool_of_its_own():
    wire = DeribitWire(Market(seed=7, instruments=1, profile=PROFILES["deribit"]), generosity=1)
    asked = Asked("GET", "/api/v2/public/get_instruments", {"currency": "any"})
    assert all(wire.spend(asked, NOW) is None for _ in range(100))
    assert json.loads(wire.spend(asked, NOW).body)["error"]["code"] == 10028
    assert wire.spend(asked, NOW + 50) is None


def test_too_many_requests_comes_under_three_statuses(wire):
    assert [answer.status for answer in wire.limited()] == [429, 400, 200]
    assert all(json.loads(answer.body)["error"]["code"] == 10028 for answer in wire.limited())


def test_who_does_not_answer_a_test_request_is_dropped(talk):
    assert say(talk, "set_heartbeat", interval=30)[1]["result"] == "ok"
    assert talk.tick(NOW + 29_000).texts == ()
    kinds = [json.loads(text)["params"]["type"] for text in talk.tick(NOW + 30_000).texts]
    assert kinds == ["heartbeat", "test_request"]
    say(talk, "test", now=NOW + 31_000)
    assert talk.tick(NOW + 60_000).ends is None
    assert talk.tick(NOW + 60_001).texts == ()
    assert talk.tick(NOW + 90_000).ends is not None


def test_nobody_else_knows_the_way(wire):
    assert wire.talk("/ws", {}) is None
    assert wire.answer(Asked("POST", "/api/v2/public/test", {}), NOW).status == 405
    assert ask(wire, "nothing")[1]["error"]["code"] == -32601


def test_a_book_told_by_changes_is_the_book(wire, talk):
    reply, _ = say(talk, "subscribe", now=NOW + 537, channels=[f"book.{PERPETUAL}.100ms"])
    snapshot = json.loads(reply.frames[0].payload)["params"]["data"]
    sides = {side: {price: amount for _, price, amount in snapshot[side]} for side in ("bids", "asks")}
    last = snapshot["change_id"]
    for ts, _, data in frames(wire, talk, 3):
        if ts <= NOW + 537:
            continue
        assert data["prev_change_id"] == last
        last = data["change_id"]
        for side, levels in sides.items():
            for action, price, amount in data[side]:
                assert (action == "new") == (price not in levels)
                levels[price] = amount
                if action == "delete":
                    assert amount == 0
                    del levels[price]
    whole = json.loads(
        wire.talk("/ws/api/v2", {})
        .hear(
            json.dumps({"id": 1, "method": "public/subscribe", "params": {"channels": [f"book.{PERPETUAL}.100ms"]}}),
            NOW + 2_999,
        )
        .frames[0]
        .payload
    )["params"]["data"]
    assert whole["change_id"] == last
    assert sides == {side: {price: amount for _, price, amount in whole[side]} for side in ("bids", "asks")}
    assert max(sides["bids"]) < min(sides["asks"])


def test_streamed_trades_are_numbered_one_by_one_and_the_page_has_the_same(wire, talk):
    names = [f"trades.{PERPETUAL}.100ms", f"trades.{LINEAR}.100ms"]
    say(talk, "subscribe", channels=names)
    heard = defaultdict(list)
    for ts, channel, rows in frames(wire, talk, 60):
        assert all(row["timestamp"] <= ts < row["timestamp"] + 200 for row in rows)
        heard[channel] += rows
    for name, rows in heard.items():
        numbers = [row["trade_seq"] for row in rows]
        assert numbers == list(range(numbers[0], numbers[0] + len(rows)))
        _, page = ask(
            wire,
            "get_last_trades_by_instrument",
            NOW + 60_000,
            instrument_name=name.split(".")[1],
            start_seq=numbers[0],
            end_seq=numbers[-1],
            count=1000,
            sorting="asc",
        )
        assert page["result"]["trades"] == rows
        _, newest = ask(
            wire,
            "get_last_trades_by_instrument_and_time",
            NOW + 60_000,
            instrument_name=name.split(".")[1],
            start_timestamp=rows[0]["timestamp"],
            end_timestamp=rows[-1]["timestamp"],
            count=3,
        )
        assert newest["result"]["has_more"]
        assert [row["trade_seq"] for row in newest["result"]["trades"]] == numbers[:-4:-1]


def test_inverse_amounts_are_usd_in_lots_of_ten_and_linear_ones_coins(wire, talk):
    say(talk, "subscribe", channels=[f"trades.{PERPETUAL}.100ms", f"trades.{LINEAR}.100ms"])
    for _, channel, rows in frames(wire, talk, 20):
        for row in rows:
            if PERPETUAL in channel:
                assert row["amount"] % 10 == 0
                assert row["contracts"] == row["amount"] / 10
            else:
                assert row["amount"] * row["price"] < 5_000_000


def test_liquidations_are_flags_of_trades_that_the_dying_could_have_made(wire, talk):
    say(talk, "subscribe", channels=[f"trades.{name}.100ms" for name in wire.market.symbols])
    flags = Counter()
    for _, _, rows in frames(wire, talk, 1_800):
        flags.update((row["liquidation"], row["direction"]) for row in rows if "liquidation" in row)
    assert {flag for flag, _ in flags} == {"T", "M", "MT"}
    assert len(flags) >= 5, "of both sides"
    assert flags["T", "sell"] + flags["T", "buy"] > flags["M", "sell"] + flags["M", "buy"]


def test_a_candle_grows_and_its_last_word_is_the_page_s(wire, talk):
    say(talk, "subscribe", channels=[f"chart.trades.{PERPETUAL}.1"])
    last = {}
    for _, _, candle in frames(wire, talk, 130):
        assert candle["tick"] % 60_000 == 0
        last[candle["tick"]] = candle
    before, *ticks = sorted(last)
    assert (before, len(ticks)) == (NOW - 60_000, 3), "the minute that had just ended has a last word, too"
    given = {"instrument_name": PERPETUAL, "resolution": "1", "start_timestamp": ticks[0], "end_timestamp": ticks[1]}
    _, answer = ask(wire, "get_tradingview_chart_data", NOW + 130_000, **given)
    page = answer["result"]
    assert page["ticks"] == ticks[:2]
    for k, tick in enumerate(ticks[:2]):
        heard = last[tick]
        assert {key: page[key][k] for key in ("open", "high", "low", "close", "volume", "cost")} == {
            key: value for key, value in heard.items() if key != "tick"
        }
        assert heard["cost"] == pytest.approx(heard["volume"] * heard["close"], rel=0.01)


def test_tickers_have_funding_only_where_there_is_any(wire, talk):
    dated = next(name for name in wire.market.symbols if name.startswith("BTC-2"))
    say(talk, "subscribe", channels=[f"ticker.{name}.100ms" for name in (PERPETUAL, LINEAR, dated)])
    told = {channel.split(".")[1]: data for _, channel, data in frames(wire, talk)}
    assert "funding_8h" not in told[dated]
    assert abs(told[PERPETUAL]["funding_8h"]) < 0.01
    assert told[PERPETUAL]["open_interest"] > 1e8 > told[LINEAR]["open_interest"], "USD and coins"
    assert told[LINEAR]["best_bid_price"] < told[LINEAR]["best_ask_price"]


def test_eight_hours_of_funding_are_the_sum_of_their_hours(wire):
    given = {"start_timestamp": NOW - 30 * 3_600_000, "end_timestamp": NOW + 3_600_000}
    _, answer = ask(wire, "get_funding_rate_history", instrument_name=PERPETUAL, **given)
    rows = answer["result"]
    assert len(rows) == 30
    assert rows[-1]["timestamp"] <= NOW, "nothing of the future"
    assert rows[-1]["interest_8h"] == pytest.approx(sum(row["interest_1h"] for row in rows[-8:]))
    assert rows[5]["prev_index_price"] == rows[4]["index_price"]
    dated = next(name for name in wire.market.symbols if name.startswith("BTC-2"))
    assert ask(wire, "get_funding_rate_history", instrument_name=dated, **given)[0] == 400


def test_the_list_names_futures_and_an_option_that_nobody_here_follows(wire):
    _, answer = ask(wire, "get_instruments", currency="any")
    assert Counter(row["kind"] for row in answer["result"]) == {"future": 6, "option": 1}
    _, answer = ask(wire, "get_instruments", currency="USDC", kind="future")
    assert {row["settlement_currency"] for row in answer["result"]} == {"USDC"}
    rows = {
        row["instrument_name"]: row for row in ask(wire, "get_instruments", currency="BTC", kind="future")[1]["result"]
    }
    assert (rows[PERPETUAL]["contract_size"], rows[PERPETUAL]["instrument_type"]) == (10.0, "reversed")
    assert ask(wire, "get_instruments", currency="GOLD")[1]["error"]["data"]["param"] == "currency"


def test_fewer_channels_change_none_of_the_others(wire, talk):
    names = [f"{word}.{PERPETUAL}.100ms" for word in ("trades", "book", "ticker")] + [f"quote.{PERPETUAL}"]
    say(talk, "subscribe", channels=names)
    alone = wire.talk("/ws/api/v2", {})
    say(alone, "subscribe", channels=names[:1])
    both = [frame for frame in wire.second(NOW, talk.streams) if frame.stream == names[0]]
    assert both == wire.second(NOW, alone.streams)
