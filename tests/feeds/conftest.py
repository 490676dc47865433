"""What tests of feeds share: a sink that remembers, messages, a world with nothing real in it."""

import asyncio
from pathlib import Path

import httpx
import pytest

from fbkit.clock import SystemClock, VirtualClock
from fbkit.feeds.feed import World
from fbkit.feeds.transport import Keepalive, Limits, make_transport
from fbkit.model import NS_MS, NS_S

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "venues"


class Memory:
    """A sink that remembers everything, in order."""

    def __init__(self):
        self.told = []
        self.items = []
        self.raws = []

    def take(self, venue, items, ts_recv):
        self.items += [(venue, item, ts_recv) for item in items]

    def silent(self, venue, channels, cause, since):
        self.told.append(("silent", tuple(channels), cause, since))

    def speaking(self, venue, channels, ts):
        self.told.append(("speaking", tuple(channels), ts))

    def trouble(self, venue, channel, reason, sentence):
        self.told.append(("trouble", channel, reason, sentence))

    def well(self, venue, channel):
        self.told.append(("well", channel))

    def broke(self, venue, instrument, channel, since, sentence):
        self.told.append(("broke", instrument, channel, since, sentence))

    def mended(self, venue, instrument, channel, ts):
        self.told.append(("mended", instrument, channel, ts))

    def raw(self, venue, connection, ts_recv, payloads):
        self.raws.extend((connection, ts_recv, payload) for payload in payloads)

    def of(self, kind):
        """Events or items of one type, in order."""
        return [item for _, item, _ in self.items if isinstance(item, kind)]

    def heard(self, word):
        """Everything told by one word."""
        return [entry for entry in self.told if entry[0] == word]


@pytest.fixture
def sink():
    return Memory()


@pytest.fixture
def now():
    """2026-10-03T04:00:30Z, in UTC ns."""
    return 1_791_000_030_000 * NS_MS


@pytest.fixture
def load():
    """A message as the venue sends it: ``load("binance/ws_agg_trade.json")``."""

    def read(name):
        return (FIXTURES / name).read_bytes().strip()

    return read


@pytest.fixture
def until():
    """Wait for a condition, by turns of the event loop; fails after twenty seconds, which only a busy machine needs."""

    async def wait(condition, timeout=20.0):
        async with asyncio.timeout(timeout):
            while not condition():  # noqa: ASYNC110 - what is waited for is in another's hands
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture
def make_test_world():
    """A world: nobody answers REST unless told otherwise, jitter is at its largest, sleeps are noted and not slept."""

    def make(answer=None, *, transport="picows", clock=None, sleep=None, keepalive=None, max_bytes=100_000, **more):
        slept = []

        async def note(seconds):
            slept.append(seconds)
            await asyncio.sleep(0)

        def nobody(request):
            raise httpx.ConnectError("nobody there", request=request)

        world = World(
            clock=clock or SystemClock(),
            transport=make_transport(transport, keepalive or Keepalive(), Limits(max_bytes, 20.0)),
            http=httpx.AsyncClient(transport=httpx.MockTransport(answer or nobody), trust_env=False),
            random=lambda: 1.0,
            sleep=sleep or note,
            **more,
        )
        return world, slept

    return make


@pytest.fixture
async def started(sink, make_test_world):
    """Starts a feed of a kind, in a world where REST is ``answer``; all end with the test."""
    tasks = []

    def start(kind, answer, ws, count, **more):
        world, _ = make_test_world(answer, **more)
        feed = kind(rest="http://127.0.0.1:1", ws=ws, count=count, world=world)
        tasks.append(asyncio.create_task(feed.run(sink)))
        return feed, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def clock(now):
    return VirtualClock(now)


@pytest.fixture
def answering(clock, make_test_world):
    """Answers in (the last one is for ever), (a world that gives them, requests seen) out; sleeping moves the clock."""

    def make(*answers):
        left, seen = list(answers), []

        async def jump(seconds):
            clock.advance(int(seconds * NS_S))
            await asyncio.sleep(0)

        def answer(request):
            seen.append((clock.now(), request))
            given = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(given, Exception):
                raise given
            return given

        return make_test_world(answer, clock=clock, sleep=jump)[0], seen

    return make


@pytest.fixture(autouse=True)
def _frames_wait_for_nobody(monkeypatch):
    """A frame is taken as it comes: these tests ask what is made of it, and when."""
    monkeypatch.setattr("fbkit.feeds.reading.WAIT_S", 0.0)
