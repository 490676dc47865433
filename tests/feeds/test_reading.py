"""Frames that are read together are taken together, and a connection that can rest does so in between."""

import asyncio

from fbkit.feeds.reading import MOST, Reading


class Sink:
    def __init__(self):
        self.taken = []

    def raw(self, venue, connection, ts_recv, payloads):
        self.taken.append(list(payloads))

    def take(self, venue, items, ts_recv):
        pass


def reading(sink):
    return Reading(
        "binance", "public-1", parse=lambda _frames, _ts: [], sink=sink, now=lambda: 1, heard=lambda *_: None,
        failed=lambda: None,
    )  # fmt: skip


async def test_what_was_read_together_is_taken_at_once_and_the_connection_rests():
    sink, rests = Sink(), []
    one = reading(sink)
    one.rest = rests.append
    one.on_frame(b"a")
    one.on_frame(b"b")
    assert sink.taken == []
    await asyncio.sleep(0)
    assert (sink.taken, len(rests)) == ([[b"a", b"b"]], 1)


async def test_a_connection_that_gives_more_than_a_batch_at_once_does_not_rest():
    sink, rests = Sink(), []
    one = reading(sink)
    one.rest = rests.append
    for _ in range(MOST + 3):
        one.on_frame(b"a")
    await asyncio.sleep(0)
    assert ([len(frames) for frames in sink.taken], rests) == ([MOST, 3], [])
    one.on_frame(b"b")
    await asyncio.sleep(0)
    assert len(rests) == 1
