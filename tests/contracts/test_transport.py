"""Every transport sits the same exam."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import ConnectFailed, ConnectionLost, SettingError
from fbkit.feeds.transport import Keepalive, Limits, make_transport
from tests.faults.stepped import SteppedLoop, advance, stepped_turns
from tests.feeds.fake_venue import FakeVenue

TRANSPORTS = ("picows", "websockets")
FAKE_VENUE = Path(__file__).resolve().parents[1] / "feeds" / "fake_venue.py"


class Line:
    """One connection, as a feed sees it."""

    def __init__(self):
        self.frames = []
        self.ended = asyncio.get_running_loop().create_future()
        self.endings = 0

    def on_frame(self, payload):
        assert type(payload) is bytes
        self.frames.append(payload)

    def on_close(self, why, code):
        self.endings += 1
        if not self.ended.done():
            self.ended.set_result((why, code))

    async def ending(self):
        return await asyncio.wait_for(self.ended, 20)


async def turns(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another's hands
            await asyncio.sleep(0.005)


async def test_what_comes_while_picows_rests_is_read_afterwards_and_the_goodbye_too():
    async with FakeVenue([("send", "one"), ("wait", 0.3), ("send", "two"), ("close", 1000, "done")]) as venue:
        line = Line()
        connection = await make_transport("picows").connect(venue.url, line.on_frame, line.on_close)
        await turns(lambda: line.frames)
        connection.rest(0.9)
        await asyncio.sleep(0.6)
        assert line.frames == [b"one"]
        assert await line.ending() == ("done", 1000)
        assert line.frames == [b"one", b"two"]
        connection.rest(0.0)  # of a closed one there is nothing to wait for


@pytest.mark.parametrize("name", TRANSPORTS)
class TestTransport:
    def make(self, name, keepalive=None, max_bytes=100_000):
        keepalive = keepalive or Keepalive(10, 10, 0.2)
        return make_transport(name, keepalive, Limits(max_bytes, 20.0))

    async def opened(self, name, venue, **more):
        line = Line()
        connection = await self.make(name, **more).connect(venue.url + "/x?y=1", line.on_frame, line.on_close)
        return connection, line

    async def test_headers_go_with_the_handshake(self, name):
        async with FakeVenue([("stay",)]) as venue:
            line = Line()
            transport = self.make(name)
            plain = await transport.connect(venue.url, line.on_frame, line.on_close)
            sized = await transport.connect(venue.url, line.on_frame, line.on_close, {"X-Size-Decimal": "1"})
            assert [headers.get("X-Size-Decimal") for headers in venue.headers] == [None, "1"]
            await plain.close()
            await sized.close()

    async def test_frames_arrive_whole_and_in_order(self, name):
        script = [("send", "one"), ("fragments", "t", "w", "o"), ("garbage", b"\xff\x00"), ("fragments", b"a", b"b")]
        async with FakeVenue([*script, ("send", "ü"), ("stay",)]) as venue:
            connection, line = await self.opened(name, venue)
            await turns(lambda: len(line.frames) == 5)
            await connection.close()
        assert line.frames == [b"one", b"two", b"\xff\x00", b"ab", "ü".encode()]
        assert venue.paths == ["/x?y=1"]

    async def test_a_ping_is_answered_with_its_payload(self, name):
        async with FakeVenue([("ping", b"1791382992488"), ("send", "after"), ("stay",)]) as venue:
            connection, line = await self.opened(name, venue)
            await turns(lambda: line.frames == [b"after"])
            await connection.close()

    async def test_what_is_sent_arrives_as_text(self, name):
        async with FakeVenue([("stay",)]) as venue:
            connection, _ = await self.opened(name, venue)
            await connection.send('{"id":1}')
            await turns(lambda: venue.said == ['{"id":1}'])
            await connection.close()

    @pytest.mark.parametrize("code", [1000, 1001, 1008, 4005])
    async def test_a_close_frame_is_told_with_code_and_reason(self, name, code):
        async with FakeVenue([("close", code, "Too many requests")]) as venue:
            _, line = await self.opened(name, venue)
            assert await line.ending() == ("Too many requests", code)

    @pytest.mark.parametrize("cut", ["rst", "fin"])
    async def test_a_cut_without_a_close_frame_is_1006(self, name, cut):
        async with FakeVenue([(cut,)]) as venue:
            _, line = await self.opened(name, venue)
            why, code = await line.ending()
        assert code == 1006
        assert why

    async def test_a_message_too_large_ends_the_connection_with_1009(self, name):
        async with FakeVenue([("send", "ok"), ("send", "x" * 2000), ("stay",)]) as venue:
            _, line = await self.opened(name, venue, max_bytes=1000)
            why, code = await line.ending()
        assert code == 1009
        assert why
        assert line.frames == [b"ok"]

    async def test_a_message_too_large_in_fragments_is_too_large(self, name):
        async with FakeVenue([("fragments", *["x" * 400] * 3), ("stay",)]) as venue:
            _, line = await self.opened(name, venue, max_bytes=1000)
            assert (await line.ending())[1] == 1009
        assert line.frames == []

    async def test_four_megabytes_pass_by_default(self, name):
        async with FakeVenue([("send", "x" * 4_000_000), ("stay",)]) as venue:
            line = Line()
            connection = await make_transport(name).connect(venue.url, line.on_frame, line.on_close)
            await turns(lambda: line.frames)
            await connection.close()
        assert len(line.frames[0]) == 4_000_000

    async def test_closing_twice_is_told_once(self, name):
        async with FakeVenue([("stay",)]) as venue:
            connection, line = await self.opened(name, venue)
            await asyncio.gather(connection.close(), connection.close())
            await connection.close()
            await asyncio.sleep(0)
            assert line.endings == 1
            assert (await line.ending())[1] == 1000
            with pytest.raises(ConnectionLost):
                await connection.send("too late")

    async def test_a_callback_that_raises_ends_the_connection_with_1011(self, name):
        async with FakeVenue([("send", "one"), ("send", "two"), ("stay",)]) as venue:
            line = Line()

            def fragile(payload):
                line.on_frame(payload)
                raise RuntimeError("planted")

            await self.make(name).connect(venue.url, fragile, line.on_close)
            assert (await line.ending())[1] == 1011
        assert line.frames == [b"one"]

    async def test_a_closed_port_is_a_failed_connect(self, name):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        with pytest.raises(ConnectFailed, match="cannot connect"):
            await self.make(name).connect(f"ws://127.0.0.1:{port}/a?secret=1", Line().on_frame, Line().on_close)

    async def test_a_refused_handshake_is_a_failed_connect_that_names_the_status(self, name):
        async with FakeVenue("refuse") as venue:
            with pytest.raises(ConnectFailed, match="503"):
                await self.opened(name, venue)

    @pytest.mark.parametrize("url", ["ws://fstream.example/x", "http://127.0.0.1/", "ws://127.0.0.1.example/"])
    async def test_plain_text_leaves_this_machine_never(self, name, url):
        with pytest.raises(SettingError, match="wss://"):
            await self.make(name).connect(url, Line().on_frame, Line().on_close)

    async def test_small_frames_are_not_held_back(self, name):
        async with FakeVenue([("stay",)]) as venue:
            connection, _ = await self.opened(name, venue)
            inner = getattr(connection, "_client", None)
            raw = inner.transport if inner is not None else connection._transport.underlying_transport
            peer = raw.get_extra_info("socket")
            assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            await connection.close()

    async def test_keepalive_leaves_a_peer_that_answers_alone(self, name):
        async with FakeVenue([("wait", 0.5), ("send", "still here"), ("stay",)]) as venue:
            connection, line = await self.opened(name, venue, keepalive=Keepalive(0.05, 0.2, 0.2))
            await turns(lambda: line.frames == [b"still here"])
            assert not line.ended.done()
            await connection.close()

    @pytest.mark.faults("C2")
    @pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is POSIX")
    def test_a_frozen_peer_is_noticed_within_the_three_times(self, name):
        """The peer is a frozen process; time is the test's, so that no busy machine takes from a deadline."""
        clock = VirtualClock(0)

        async def freeze(child, port):
            line = Line()
            transport = self.make(name, keepalive=Keepalive(0.2, 0.3, 0.2))
            connection = await transport.connect(f"ws://127.0.0.1:{port}", line.on_frame, line.on_close)
            await stepped_turns(lambda: line.frames)
            os.kill(child.pid, signal.SIGSTOP)
            frozen = clock.now()
            while not line.ended.done() and clock.now() < frozen + 5e9:
                await advance(clock, 0.05)
            await connection.close()
            return (clock.now() - frozen) / 1e9, line.ended.result()

        with frozen_venue() as venue, asyncio.Runner(loop_factory=lambda: SteppedLoop(clock)) as runner:
            took, (why, code) = runner.run(freeze(*venue))
        assert took < 1.0
        assert (why, code) == ("keepalive ping timeout", 1011)


@contextlib.contextmanager
def frozen_venue(text="tick"):
    """A fake venue in a child process, which the test may freeze."""
    child = subprocess.Popen(
        [sys.executable, str(FAKE_VENUE), text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield child, int(child.stdout.readline())
    finally:
        os.kill(child.pid, signal.SIGCONT)
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


def test_auto_takes_picows():
    assert type(make_transport("auto")).__name__ == "PicowsTransport"
