"""The exchange on a real port."""

import asyncio
import json
import socket
import subprocess
import sys

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from fbkit.clock import SystemClock, VirtualClock, VirtualLoop
from fbkit.errors import SettingError
from fbkit.simulator.__main__ import main
from fbkit.simulator.faults import FaultScript
from fbkit.simulator.market import Market
from fbkit.simulator.memory import MemoryVenues
from fbkit.simulator.pace import Pace
from fbkit.simulator.server import Server
from fbkit.simulator.wires.wire import Manners
from tests.simulator.conftest import MIDNIGHT

MS = 1_000_000
START = (MIDNIGHT - 15_000) * MS
NAMES = ["btcusdt@aggTrade", "ethusdt@aggTrade", "!markPrice@arr@1s", "!forceOrder@arr"]


@pytest.fixture
async def serve():
    """Starts servers on a free port; 20 simulated seconds a second unless told otherwise."""
    servers = []

    async def start(speed=20.0, faults=(), instruments=3, **given):
        pace = Pace(SystemClock(), speed=speed, start=START)
        script = FaultScript.parse(json.dumps(list(faults)))
        server = Server({"binance": Market(7, instruments)}, pace, faults=script, warm=False, **given)
        servers.append(server)
        return await server.start()

    yield start
    for server in servers:
        await server.stop()


async def take(ws, n):
    return [json.loads(await asyncio.wait_for(ws.recv(), 10)) for _ in range(n)]


async def listen_to_the_end(ws):
    while True:
        await asyncio.wait_for(ws.recv(), 10)


async def ask_and_listen(ws, answers):
    """Ask up to a hundred times, each once the last is answered."""
    for _ in range(100):
        await ws.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        answers.append(await asyncio.wait_for(ws.recv(), 10))


async def test_streams_of_the_url_arrive_in_their_envelope(serve):
    port = await serve()
    async with connect(
        f"ws://127.0.0.1:{port}/binance/market/stream?streams={'/'.join(NAMES)}", compression=None
    ) as ws:
        messages = await take(ws, 60)
    assert {message["stream"] for message in messages} >= set(NAMES[:3])


async def test_a_raw_connection_gets_bare_payloads_and_subscribes_while_it_runs(serve):
    port = await serve()
    async with connect(f"ws://127.0.0.1:{port}/binance/public/ws/btcusdt@bookTicker", close_timeout=0.2) as ws:
        assert (await take(ws, 1))[0]["e"] == "bookTicker"
        await ws.send('{"method":"SUBSCRIBE","params":["ethusdt@depth5@100ms"],"id":9}')
        kinds = []
        async with asyncio.timeout(20):
            while "depthUpdate" not in kinds:
                (message,) = await take(ws, 1)
                kinds.append("answer" if message == {"result": None, "id": 9} else message["e"])
    assert "answer" in kinds


async def test_compression_is_not_offered(serve):
    port = await serve()
    async with connect(f"ws://127.0.0.1:{port}/binance/market/ws", compression="deflate") as ws:
        assert ws.protocol.extensions == []


async def test_an_unrouted_address_acknowledges_and_serves_public_streams_only(serve):
    port = await serve()
    async with connect(
        f"ws://127.0.0.1:{port}/binance/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker", close_timeout=0.2
    ) as ws:
        messages = await take(ws, 50)
    assert {message["stream"] for message in messages} == {"btcusdt@bookTicker"}


async def test_an_address_that_is_none_is_refused_with_404(serve):
    port = await serve()
    with pytest.raises(InvalidStatus, match="404"):
        await connect(f"ws://127.0.0.1:{port}/binance/private/ws/x")


async def test_requests_share_a_connection_with_each_other_and_a_port_with_websockets(serve):
    port = await serve(speed=1.0)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/binance") as http:
        replies = [await http.get("/fapi/v1/time") for _ in range(50)]
        klines = await http.get("/fapi/v1/klines", params={"symbol": "BTCUSDT", "interval": "1m", "limit": 30})
        missing = await http.get("/nowhere")
        posted = await http.post("/fapi/v1/time", content=b"")
    times = [reply.json()["serverTime"] for reply in replies]
    assert times == sorted(times)
    assert START // MS <= times[0] < START // MS + 10_000
    assert [int(reply.headers["X-MBX-USED-WEIGHT-1M"]) for reply in replies] == list(range(1, 51))
    assert len(klines.json()) == 30
    assert (missing.status_code, posted.status_code) == (404, 405)


async def test_many_requests_at_once_are_all_answered(serve):
    port = await serve(speed=0.001)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/binance", timeout=30) as http:
        asked = [
            http.get("/fapi/v1/klines", params={"symbol": symbol, "interval": "5m", "limit": 10})
            for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT") * 15
        ]
        replies = await asyncio.gather(*asked)
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 3


async def test_over_the_weight_limit_it_is_429_then_418(serve):
    port = await serve(speed=0.1, generosity=1)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/binance") as http:
        statuses = [(await http.get("/fapi/v1/aggTrades", params={"symbol": "NOPE"})).status_code for _ in range(135)]
    assert statuses[:120] == [400] * 120  # what is refused costs weight, too
    assert statuses[120:130] == [429] * 10
    assert set(statuses[130:]) == {418}


async def test_the_1025th_stream_costs_the_connection(serve):
    port = await serve()
    async with connect(f"ws://127.0.0.1:{port}/binance/market/ws") as ws:
        names = [f"x{k}@aggTrade" for k in range(1025)]
        await ws.send(json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}))
        assert (await take(ws, 1))[0]["error"]["code"] == 4
        with pytest.raises(ConnectionClosedError) as closed:
            await ws.recv()
    assert closed.value.rcvd.code == 1008


async def test_who_speaks_too_fast_is_cut_with_1008(serve):
    """Its time nearly stands, so the allowance does not grow; with something unread its close would be a reset."""
    port = await serve(speed=0.001)
    answers = []
    async with connect(f"ws://127.0.0.1:{port}/binance/market/ws") as ws:
        with pytest.raises(ConnectionClosed) as closed:
            await ask_and_listen(ws, answers)
    assert 10 <= len(answers) < 100
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Too many requests")


async def test_the_server_pings_and_cuts_whom_it_does_not_hear(serve):
    port = await serve(manners=Manners(ping_every_ms=50, pong_within_ms=200))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /binance/market/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    heard = await asyncio.wait_for(reader.readuntil(b"Pong timeout"), 5)
    writer.close()
    assert heard[0] == 0x89
    assert heard[2:15].isdigit()


async def test_a_connection_ends_with_its_lifetime(serve):
    port = await serve(manners=Manners(lifetime_ms=200))
    async with connect(f"ws://127.0.0.1:{port}/binance/market/ws") as ws:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(ws.recv(), 5)
    assert ws.close_code == 1001


@pytest.mark.faults
async def test_the_script_resets_a_connection_and_refuses_the_next(serve):
    faults = [{"at_s": 4, "fault": "rst"}, {"at_s": 4, "fault": "refuse", "for_s": 1e6}]
    port = await serve(faults=faults)
    ws = await connect(f"ws://127.0.0.1:{port}/binance/market/ws/btcusdt@aggTrade")
    with pytest.raises(ConnectionClosedError) as closed:
        await listen_to_the_end(ws)
    assert closed.value.rcvd is None
    with pytest.raises(InvalidStatus, match="503"):
        await connect(f"ws://127.0.0.1:{port}/binance/market/ws")


@pytest.mark.faults
async def test_the_script_silences_a_stream_while_pings_are_answered(serve):
    faults = [{"at_s": 0, "fault": "silence", "for_s": 1e6, "channel": "trade"}]
    port = await serve(faults=faults)
    url = f"ws://127.0.0.1:{port}/binance/market/stream?streams=btcusdt@aggTrade/btcusdt@kline_1m"
    async with connect(url, max_queue=None) as ws:  # a full queue would keep the pong from being read
        messages = await take(ws, 20)
        await asyncio.wait_for(await ws.ping(), 5)
    assert {message["stream"] for message in messages} == {"btcusdt@kline_1m"}


async def heard_over_sockets(serve, seconds):
    port = await serve()
    heard = []
    async with connect(
        f"ws://127.0.0.1:{port}/binance/market/stream?streams={'/'.join(NAMES)}", close_timeout=0.2
    ) as ws:
        while True:
            message = json.loads(await asyncio.wait_for(ws.recv(), 10))
            heard.append(message)
            if message["stream"] == NAMES[2] and message["data"][0]["E"] >= START // MS + seconds * 1000:
                return heard


def heard_in_memory(seconds):
    clock, heard = VirtualClock(START), []

    async def run():
        venue = MemoryVenues({"binance": Market(7, 3)}, clock)
        url = f"ws://127.0.0.1/binance/market/stream?streams={'/'.join(NAMES)}"
        await venue.connect(url, lambda payload: heard.append(json.loads(payload)), lambda *_: None)
        await asyncio.sleep(seconds)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(run())
    return heard


async def test_sockets_and_memory_tell_the_same_of_the_span_both_saw(serve):
    real = await heard_over_sockets(serve, 18)
    virtual = await asyncio.to_thread(heard_in_memory, 18)
    for stream in NAMES[:2]:
        first, second = (
            {one["data"]["a"]: one["data"] for one in heard if one["stream"] == stream} for heard in (real, virtual)
        )
        shared = range(max(min(first), min(second)), min(max(first), max(second)) + 1)
        assert len(shared) > 50
        assert all(first[trade_id] == second[trade_id] for trade_id in shared)
    marks = [
        {one["data"][0]["E"]: one["data"] for one in heard if one["stream"] == NAMES[2]} for heard in (real, virtual)
    ]
    shared_marks = marks[0].keys() & marks[1].keys()
    assert len(shared_marks) > 10
    assert all(marks[0][instant] == marks[1][instant] for instant in shared_marks)


async def test_what_breaks_the_frames_ends_the_server_and_is_said(monkeypatch):
    server = Server({"binance": Market(7, 1)}, Pace(SystemClock(), start=START), warm=False)
    monkeypatch.setattr(server, "_make", lambda now: 1 // 0)
    await server.start()
    try:
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(server.until(asyncio.Event()), 5)
    finally:
        server._tasks.clear()
        await server.stop()


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "fbkit.simulator", "--venues", "binance", "--instruments", "2", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_command_says_its_port_serves_and_ends_with_its_input():
    with started("--start", "2026-01-01T23:59:45Z") as child:
        port = json.loads(child.stdout.readline())["port"]
        time = httpx.get(f"http://127.0.0.1:{port}/binance/fapi/v1/time").json()["serverTime"]
        assert 0 <= time - START // MS < 60_000
        child.stdin.close()
        assert child.wait(10) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_the_command_ends_on_sigterm():
    with started() as child:
        child.stdout.readline()
        child.terminate()
        assert child.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--instruments", "0"], "instruments"),
        (["--speed", "0"], "speed"),
        (["--start", "yesterday"], "start"),
        (["--start", "1999-01-01T00:00:00Z"], "2019-09-08"),
        (["--faults", "/nowhere.json"], "faults"),
        (["--venues", "binance,kraken"], "kraken"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_2(arguments, said, capsys):
    assert main(["--venues", "binance", *arguments]) == SettingError.exit_code == 2
    assert said in capsys.readouterr().err


def test_a_busy_port_is_one_sentence_and_exit_1(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--venues", "binance", "--instruments", "1", "--port", str(taken.getsockname()[1])]) == 1
    assert "taken" in capsys.readouterr().err
