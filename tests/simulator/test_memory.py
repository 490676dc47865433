"""The venue in memory: in one fixed order, the same twice, and the same as elsewhere."""

import asyncio
import hashlib
import json

import httpx
import pytest

from fbkit.clock import VirtualClock, VirtualLoop
from fbkit.errors import ConnectFailed
from fbkit.simulator.fault import GARBAGE
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.market import Market
from fbkit.simulator.memory import MemoryVenues
from tests.simulator.conftest import MIDNIGHT

MS = 1_000_000
START = (MIDNIGHT - 15_000) * MS
MARKET = "ws://127.0.0.1/binance/market/stream?streams="


def play(script, faults=None, seconds=5, start=START, instruments=4):
    """Run ``script(venue, ears)`` and then some virtual seconds; heard as (instant in ms, connection, bytes)."""
    clock = VirtualClock(start)
    heard, closed = [], []

    async def main():
        venue = MemoryVenues({"binance": Market(7, instruments)}, clock, faults)

        def ears(name):
            return (
                lambda payload: heard.append((clock.now() // MS, name, payload)),
                lambda why, code: closed.append((name, why, code)),
            )

        await script(venue, ears)
        await asyncio.sleep(seconds)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(main())
    return heard, closed


async def two_connections(venue, ears):
    await venue.connect(f"{MARKET}!markPrice@arr@1s/btcusdt@aggTrade/!forceOrder@arr", *ears("market"))
    public = await venue.connect("ws://127.0.0.1/binance/public/stream", *ears("public"))
    await public.send('{"method":"SUBSCRIBE","params":["!bookTicker","ethusdt@depth5@100ms"],"id":7}')


def test_a_run_is_the_same_twice_over_midnight():
    digests = set()
    for _ in range(2):
        heard, _ = play(two_connections, seconds=20)
        digests.add(hashlib.sha256(repr(heard).encode()).hexdigest())
    assert len(digests) == 1
    assert len(heard) > 1000


def test_frames_come_at_their_time_in_order_of_time_and_connection():
    heard, _ = play(two_connections)
    order = [(ts, name) for ts, name, _ in heard]
    assert order == sorted(order)
    for ts, _, payload in heard:
        data = json.loads(payload).get("data")
        if isinstance(data, dict):
            assert data["E"] == ts


def test_a_subscription_is_acknowledged_and_then_speaks():
    heard, _ = play(two_connections)
    first = next(payload for _, name, payload in heard if name == "public")
    assert first == b'{"result":null,"id":7}'


def test_a_later_start_hears_the_same_frames():
    early, _ = play(two_connections, seconds=8)
    late, _ = play(two_connections, seconds=5, start=START + 3_000 * MS + 400 * MS)
    since = START // MS + 3_400
    assert [row for row in early if since < row[0] < START // MS + 8_000 and b"result" not in row[2]] == [
        row for row in late if row[0] < START // MS + 8_000 and b"result" not in row[2]
    ]


def test_closing_is_told_once_and_ends_the_frames():
    async def close(venue, ears):
        connection = await venue.connect(f"{MARKET}btcusdt@aggTrade", *ears("a"))
        await asyncio.sleep(2)
        await connection.close()
        await connection.close()
        await connection.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')

    heard, closed = play(close)
    assert closed == [("a", "closed", 1000)]
    assert heard
    assert max(ts for ts, _, _ in heard) <= START // MS + 2000


def test_who_connects_again_hears_again():
    async def again(venue, ears):
        for _ in range(3):
            connection = await venue.connect("ws://127.0.0.1/binance/market/ws/btcusdt@aggTrade", *ears("a"))
            await asyncio.sleep(1.5)
            await connection.close()
            await asyncio.sleep(1)

    heard, closed = play(again, seconds=1)
    assert len(closed) == 3
    ids = [json.loads(payload)["a"] for _, _, payload in heard]
    assert ids == sorted(set(ids))


def test_too_many_streams_end_the_connection_with_1008():
    async def greedy(venue, ears):
        connection = await venue.connect("ws://127.0.0.1/binance/market/ws", *ears("a"))
        names = [f"x{k}@aggTrade" for k in range(1025)]
        await connection.send(json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}))

    heard, closed = play(greedy, seconds=1)
    assert json.loads(heard[0][2])["error"]["code"] == 4
    assert closed == [("a", "Too many subscriptions", 1008)]


def test_an_address_without_a_websocket_cannot_be_connected_to():
    async def wrong(venue, ears):
        with pytest.raises(ConnectFailed):
            await venue.connect("ws://127.0.0.1/binance/private/ws/x", *ears("a"))

    play(wrong, seconds=0)


def test_requests_are_answered_at_a_standing_clock_without_limits():
    async def ask(venue, ears):
        before = venue.now_ms()
        async with httpx.AsyncClient(transport=venue.http, base_url="http://127.0.0.1/binance") as http:
            pages = [await http.get("/fapi/v1/aggTrades", params={"symbol": "BTCUSDT", "limit": 5}) for _ in range(200)]
            wrong = await http.get("/fapi/v1/klines", params={"symbol": "NOPE"})
        assert venue.now_ms() == before
        assert {page.status_code for page in pages} == {200}
        assert len({page.content for page in pages}) == 1
        assert pages[0].json()[-1]["T"] <= before
        assert (wrong.status_code, wrong.json()["code"]) == (400, -1121)

    play(ask, seconds=0)


def script_of(*faults):
    return FaultScript.parse(json.dumps(faults))


async def trades(venue, ears):
    await venue.connect("ws://127.0.0.1/binance/market/ws/btcusdt@aggTrade", *ears("a"))


def test_the_script_duplicates_leaves_out_and_swaps():
    plain = [payload for _, _, payload in play(trades)[0]]
    doubled = [payload for _, _, payload in play(trades, script_of({"at_s": 1, "fault": "dup", "for_s": 2}))[0]]
    assert len(plain) < len(doubled)
    assert list(dict.fromkeys(doubled)) == plain
    lost = [row[2] for row in play(trades, script_of({"at_s": 2, "fault": "silence", "count": 1}))[0]]
    assert len(lost) == len(plain) - 1
    swapped = [row[2] for row in play(trades, script_of({"at_s": 0, "fault": "reorder", "for_s": 9}))[0]]
    assert swapped != plain
    assert sorted(swapped) == sorted(plain)


def test_the_script_throws_garbage_between_good_frames_and_sends_what_it_is_told():
    plain = [payload for _, _, payload in play(trades)[0]]
    faults = script_of(
        {"at_s": 1, "fault": "garbage", "count": 6}, {"at_s": 2.5, "fault": "send", "payload": '{"e":"new"}'}
    )
    heard = [payload for _, _, payload in play(trades, faults)[0]]
    assert [payload for payload in heard if payload not in plain] == [*GARBAGE, b'{"e":"new"}']
    assert [payload for payload in heard if payload in plain] == plain


def test_the_script_resets_and_refuses():
    async def persistent(venue, ears):
        await trades(venue, ears)
        await asyncio.sleep(1.5)
        with pytest.raises(ConnectFailed):
            await trades(venue, ears)
        await asyncio.sleep(2)
        await trades(venue, ears)

    faults = script_of({"at_s": 1, "fault": "rst"}, {"at_s": 1, "fault": "refuse", "for_s": 2})
    heard, closed = play(persistent, faults)
    assert closed == [("a", "reset", None)]
    times = [ts - START // MS for ts, _, _ in heard]
    assert not [ts for ts in times if 1000 < ts < 3500]
    assert [ts for ts in times if ts > 3500]


def test_the_script_freezes_an_open_connection():
    heard, closed = play(trades, script_of({"at_s": 1, "fault": "freeze", "for_s": 2}))
    times = [ts - START // MS for ts, _, _ in heard]
    assert not [ts for ts in times if 1000 <= ts < 3000]
    assert [ts for ts in times if ts >= 3000]
    assert closed == []
