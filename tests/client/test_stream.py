"""The stream of the client, over connections that break."""

import asyncio
import contextlib
import json
import random
import threading

import pytest
from websockets.asyncio.server import serve

from fbkit.client import Client, Gone, Hello, Live, Reset, Rows
from fbkit.client.link import Link
from fbkit.client.stream import stream
from fbkit.clock import VirtualClock
from fbkit.errors import ApiRefused
from fbkit.model import NS_MIN, BarRow, Listing, Market
from fbkit.store import Batch, open_writer
from tests.server.bare import TOKEN, Bare
from tests.server.conftest import BTC, START

pytestmark = [pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]

HELLO = {"t": "hello", "market": "SIMULATED", "seed": 7, "epoch": 1}


@contextlib.asynccontextmanager
async def server_that_says(*lives):
    """Each connection is told one of these lists and cut; then nobody answers. What was asked for comes out."""
    asked, left = [], list(lives)

    async def answer(connection):
        asked.append(connection.request.path.partition("?")[2])
        for message in left.pop(0):
            await connection.send(json.dumps(message))
        connection.transport.abort()

    def admit(connection, _request):
        return None if left else connection.respond(403, "no more\n")

    async with serve(answer, "127.0.0.1", 0, process_request=admit) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield Link(f"http://127.0.0.1:{port}", "t"), asked


async def heard(link, **given):
    """Everything until the server says no; and the seconds that were waited."""
    waited, found = [], []

    async def sleep(seconds):
        waited.append(seconds)

    with pytest.raises(ApiRefused, match="403"):
        await keep(found, stream(link, ("rows",), sleep=sleep, dice=lambda: 1.0, **given))
    return found, waited


async def keep(found, messages):
    """What came before it ended."""
    async for message in messages:
        found.append(message)


async def test_it_goes_on_behind_the_last_whole_commit():
    lives = (
        [HELLO, {"t": "rows", "cursor": 4}, {"t": "rows", "cursor": 5, "bars": [{"close": 1.0}]}],
        [HELLO, {"t": "rows", "bars": [{"close": 2.0}], "more": True}],  # cut in the middle of a commit
        [HELLO, {"t": "rows", "bars": [{"close": 2.0}], "more": True}, {"t": "rows", "cursor": 6, "gaps": [{}]}],
    )
    async with server_that_says(*lives) as (link, asked):
        found, waited = await heard(link)
    assert asked == ["topics=rows", "topics=rows&cursor=5", "topics=rows&cursor=5"]
    rows = [message for message in found if isinstance(message, Rows)]
    assert [(one.cursor, len(one.bars), len(one.gaps)) for one in rows] == [(4, 0, 0), (5, 1, 0), (6, 1, 1)]
    assert [type(message) for message in found if not isinstance(message, Rows)] == [Hello, Gone] * 3
    assert waited == [0.25] * 3, "who answered is asked again soon"


async def test_a_reset_is_told_and_followed():
    async with server_that_says([{"t": "reset", "cursor": 2, "why": "another"}], []) as (link, asked):
        found, _ = await heard(link, cursor=900)
    assert asked == ["topics=rows&cursor=900", "topics=rows&cursor=2"]
    assert found[0] == Reset(2, "another")


async def test_where_nobody_answers_it_says_so_once_and_waits_longer_each_time():
    waited = []

    async def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 7:
            raise EOFError

    found = []
    with pytest.raises(EOFError):
        await keep(found, stream(Link("http://127.0.0.1:9", "t"), sleep=sleep, dice=lambda: 1.0))
    assert waited == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert len(found) == 1
    assert "does not answer" in found[0].why


async def test_words_of_another_version_are_said_plainly():
    async with server_that_says([{"t": "song"}]) as (link, _):
        with pytest.raises(ApiRefused, match="words of another version"):
            await keep([], stream(link))


def test_messages_have_frames():
    live = Live("2026-01-01T00:00:00.000Z", [{"instrument": BTC, "last": 1.0}])
    assert live.frame().loc[BTC, "last"] == 1.0
    rows = Rows(1, bars=[{"instrument": BTC, "t1": "2026-01-01T00:01:00.000Z", "close": None}])
    assert rows.frame()["t1"].tolist() == [START + NS_MIN]
    assert rows.frame("alerts").empty


class Cutting:
    """Stands between a client and a server, and cuts at any byte; most commits get through whole."""

    def __init__(self, port, dice):
        self._port, self._dice, self.cuts = port, dice, 0

    async def serve(self):
        self._server = await asyncio.start_server(self._between, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def close(self):
        self._server.close()

    async def _between(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        up = asyncio.create_task(self._carry(reader, back, 1 << 30))
        await self._carry(there, writer, self._dice.randint(500, 400_000))
        up.cancel()
        self.cuts += 1
        for end in (writer, back):
            end.transport.abort()

    async def _carry(self, source, target, most):
        with contextlib.suppress(ConnectionError):
            while most > 0 and (data := await source.read(min(most, 4096))):
                most -= len(data)
                target.write(data)
                await target.drain()


async def test_ten_thousand_events_through_a_line_that_is_cut_at_any_byte_come_each_once(tmp_path):
    url, dice = f"sqlite:///{(tmp_path / 'cut.db').as_posix()}", random.Random(20261123)
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="test") as writer:
        writer.append(Batch([Listing(BTC, START, START, "BTCUSDT", "BTC", "USDT", "USDT", seq=1)]))
        begin = writer.commit_number

        def write():
            at = 0
            while at < 10_000:
                size = min(10_000 - at, dice.choice([1, 10, 100]))
                bars = [BarRow(BTC, "1m", START + n * NS_MIN, START + (n + 1) * NS_MIN, close=float(n)) for n in
                        range(at, at + size)]  # fmt: skip
                writer.append(Batch(rows=bars))
                at += size

        server = Bare(tmp_path, url)
        line = Cutting(server.port, random.Random(7))
        writing = threading.Thread(target=write)
        try:
            link = Link(f"http://127.0.0.1:{await line.serve()}", TOKEN)
            writing.start()
            commits, closes = [], []
            async with contextlib.aclosing(stream(link, ("rows",), begin, dice=lambda: 0.0)) as messages:
                async for message in messages:
                    if isinstance(message, Rows):
                        commits.append(message.cursor)
                        closes += [one["close"] for one in message.bars]
                    if len(closes) >= 10_000:
                        break
        finally:
            writing.join()
            await line.close()
            server.end()
    assert commits == sorted(set(commits))
    assert closes == [float(n) for n in range(10_000)]
    assert line.cuts > 5


async def test_a_client_streams_what_its_server_says(asked):
    with Client(asked[0].address, TOKEN) as client:
        async with contextlib.aclosing(client.stream("rows", cursor=0)) as messages:
            told = []
            async for message in messages:
                told.append(message)
                if isinstance(message, Rows) and message.alerts:
                    break
    assert isinstance(told[0], Gone), "no collector runs there"
    assert sum(len(one.bars) for one in told[1:]) == 60
