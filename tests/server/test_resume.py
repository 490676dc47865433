"""Streams that are cut at any instant and go on behind their cursor; lists that are read while they grow; no writes."""

import asyncio
import hashlib
import itertools
import json
import random
import threading

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fbkit.clock import VirtualClock
from fbkit.model import NS_MIN, BarRow, Beat, Listing, Market
from fbkit.store import Batch, open_writer
from tests.server.bare import Bare
from tests.server.conftest import BTC, ETH, START, fill

pytestmark = [pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]

EVENTS, BIG = 10_000, 2_500  # one commit is so big that it goes out in several messages


@pytest.fixture
def market(tmp_path):
    """``market(append)``: a writer over a new database, and the server that reads it."""
    url = f"sqlite:///{(tmp_path / 'stream.db').as_posix()}"
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="test") as writer:
        writer.append(Batch([Listing(BTC, START, START, "BTCUSDT", "BTC", "USDT", "USDT", seq=1)]))
        server = Bare(tmp_path, url)
        yield writer, server
        server.end()


def bar(n):
    t0 = START + n * NS_MIN
    return BarRow(BTC, "1m", t0, t0 + NS_MIN, close=float(n), coverage=1.0, source="own")


def write_all(writer, dice):
    """Every event once, in commits of any size."""
    at = 0
    while at < EVENTS:
        size = BIG if at == 0 else min(EVENTS - at, dice.randint(1, 60))
        writer.append(
            Batch([Beat("", START + at, START + at, at, seq=10 + at)], [bar(n) for n in range(at, at + size)])
        )
        at += size


async def hear_until_killed(server, cursor, dice, seen):
    """Listen from a cursor, and be gone without a word after any number of messages; the cursor to go on from."""
    query = f"?topics=rows&cursor={cursor}"
    headers = {"Authorization": f"token {server.token}"}
    address = f"ws://127.0.0.1:{server.port}/fbkit/api/stream{query}"
    async with connect(address, additional_headers=headers, proxy=None, max_size=None) as socket:
        whole, life = [], dice.randint(1, 60)
        for _ in range(life):
            try:
                async with asyncio.timeout(0.3):
                    message = json.loads(await socket.recv())
            except (TimeoutError, ConnectionClosed):
                break
            if message["t"] != "rows":
                continue
            whole += message.get("bars", [])
            if "cursor" in message:
                seen.append((message["cursor"], [one["close"] for one in whole]))
                cursor, whole = message["cursor"], []
        socket.transport.abort()
    return cursor


async def test_a_client_killed_at_any_instant_and_resumed_by_its_cursor_misses_nothing_and_hears_nothing_twice(market):
    writer, server = market
    dice, seen, kills = random.Random(20261123), [], 0
    cursor = writer.commit_number
    writing = threading.Thread(target=write_all, args=(writer, random.Random(7)))
    writing.start()
    while sum(len(events) for _, events in seen) < EVENTS or writing.is_alive():
        cursor = await hear_until_killed(server, cursor, dice, seen)
        kills += 1
    writing.join()
    commits = [number for number, _ in seen]
    assert commits == sorted(set(commits)), "each commit once, in order"
    assert [n for _, events in seen for n in events] == [float(n) for n in range(EVENTS)]
    assert kills > 5


def test_a_part_of_a_list_lies_beside_the_next_one_while_rows_come(market):
    writer, server = market
    writer.append(Batch(rows=[bar(n) for n in range(30)]))
    with server.client() as http:
        read, until = [], None
        for n in itertools.count():
            words = {"limit": 7, "offset": len(read)} | ({"until": until} if until else {})
            body = http.get(f"/fbkit/api/history/{BTC}", params=words).json()
            read += [one["close"] for one in body["items"]]
            until = until or body["until"]
            writer.append(Batch(rows=[bar(30 + n)]))  # in front of what we read
            if len(body["items"]) < 7:
                break
    assert read == [float(n) for n in reversed(range(30))]


def test_a_thousand_questions_of_any_kind_write_nothing(tmp_path):
    place = tmp_path / "asked.db"
    fill(f"sqlite:///{place.as_posix()}")
    server = Bare(tmp_path, f"sqlite:///{place.as_posix()}")
    dice = random.Random(1123)
    names = [BTC, ETH, "nobody:X-USD-PERP", "'; DROP TABLE bars; --", "…", "%00"]
    routes = [
        *("health", "status", "instruments", "metrics", "summary", "quant/summary", "gaps", "alerts", "scorecard"),
        *("rules", "reports", "continuity", "prometheus", "nowhere"),
    ]
    words = {
        "tf": ["1m", "5m", "1d", "2m", ""],
        "limit": ["1", "10000", "0", "-1", "x"],
        "offset": ["0", "3", "1000000", "1e3"],
        "since": ["2026-01-01T00:00:00Z", "yesterday", "2026-01-01T00:03:00Z"],
        "until": ["2026-01-01T00:04:00Z", "1969-01-01"],
        "by": ["rule", "tier,tf", "colour"],
        "horizon": ["5m", "1h,4h"],
    }
    try:
        with server.client() as http:
            http.get("/fbkit/api/health")
            before = _bytes_of(place)
            told = []
            for _ in range(1000):
                route = dice.choice(
                    [*routes, f"history/{dice.choice(names)}", f"across/{dice.choice(['BTC', *names])}"]
                )
                chosen = {word: dice.choice(words[word]) for word in dice.sample(sorted(words), dice.randint(0, 3))}
                told.append(http.get(f"/fbkit/api/{route}", params=chosen).status_code)
            assert _bytes_of(place) == before
    finally:
        server.end()
    assert set(told) == {200, 400, 404}


def _bytes_of(place):
    files = [place, place.with_name(place.name + "-wal")]
    return [hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "" for file in files]
