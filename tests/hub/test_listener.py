"""The sending side of one listener, over a wire that reads when the test says so."""

import asyncio
import json

import pytest

from fbkit.hub.listener import Listener, Patience, SlowListener
from fbkit.hub.messages import Live, LiveRow, encode

EVERYTHING = frozenset({"live", "rows", "beat"})


class Wire:
    """Takes frames; answers pings when ``reads`` is called; blocks in ``send`` while ``stuck``."""

    def __init__(self):
        self.sent = []
        self.pings = []
        self.stuck = asyncio.Event()
        self.stuck.set()
        self.changed = asyncio.Event()

    async def send(self, message, *, text=None):
        assert text
        await self.stuck.wait()
        self.sent.append(json.loads(message))
        self.changed.set()

    async def ping(self):
        pong = asyncio.get_running_loop().create_future()
        self.pings.append(pong)
        self.changed.set()
        return pong

    def reads(self):
        for pong in self.pings:
            if not pong.done():
                pong.set_result(0.0)

    async def until(self, condition):
        async with asyncio.timeout(3):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def wire():
    return Wire()


def tell(listener, ts, *rows):
    return listener.live(ts, rows, encode(Live(ts, list(rows))))


async def test_a_reader_that_keeps_up_gets_every_live_message(wire):
    listener = Listener(wire, EVERYTHING)
    task = asyncio.create_task(listener.run())
    for n in range(3):
        assert tell(listener, n, LiveRow("a", float(n))) == 0
        await wire.until(lambda n=n: len(wire.pings) == n + 1)
        wire.reads()
        await asyncio.sleep(0)
    assert [message["ts"] for message in wire.sent] == [0, 1, 2]
    assert all("missed" not in message for message in wire.sent)
    task.cancel()


async def test_a_slow_reader_gets_the_newest_values_next_and_is_told_what_it_missed(wire):
    listener = Listener(wire, EVERYTHING)
    task = asyncio.create_task(listener.run())
    tell(listener, 0, LiveRow("a", 0.0))
    await wire.until(lambda: wire.pings)
    missed = [tell(listener, n, LiveRow("a", float(n)), LiveRow("b", 1.0)) for n in (1, 2, 3)]
    wire.reads()
    await wire.until(lambda: len(wire.sent) == 2)
    assert wire.sent[1]["ts"] == 3
    assert [row[:2] for row in wire.sent[1]["rows"]] == [["a", 3.0], ["b", 1.0]]
    assert wire.sent[1]["missed"] == sum(missed) == 4
    task.cancel()


async def test_rows_and_answers_do_not_wait_for_a_pong(wire):
    listener = Listener(wire, EVERYTHING)
    task = asyncio.create_task(listener.run())
    listener.put(b"1")
    await wire.until(lambda: wire.pings)
    listener.put(b"2")
    await wire.until(lambda: wire.sent == [1, 2])
    task.cancel()


@pytest.mark.faults("C24")
async def test_c24_who_reads_nothing_is_cut_when_patience_ends(wire):
    listener = Listener(wire, EVERYTHING, Patience(0.05))
    listener.put(b"1")
    with pytest.raises(SlowListener, match="read nothing"):
        await asyncio.wait_for(listener.run(), 3)


@pytest.mark.faults("C24")
async def test_c24_who_takes_nothing_is_cut_when_patience_ends(wire):
    wire.stuck.clear()
    listener = Listener(wire, EVERYTHING, Patience(0.05))
    listener.put(b"1")
    with pytest.raises(SlowListener, match="took nothing"):
        await asyncio.wait_for(listener.run(), 3)


@pytest.mark.faults("C24")
async def test_c24_what_waits_for_a_listener_never_passes_its_bound(wire):
    wire.stuck.clear()
    listener = Listener(wire, EVERYTHING, Patience(10, waiting=1000))
    task = asyncio.create_task(listener.run())
    for _ in range(100):
        listener.put(b"7" * 90)
        await asyncio.sleep(0)
        assert listener.waiting_bytes <= 1000
    wire.stuck.set()
    with pytest.raises(SlowListener, match="bytes were waiting"):
        await asyncio.wait_for(task, 3)
