"""A whole collector against a venue that fails by a script, in virtual time: what the venue's side needs.

:class:`Collecting` runs the real :class:`~fbkit.ingest.collector.Collector` on a clock that jumps from timer to timer;
only the hub's socket is left out, and after each batch the writer's thread is waited for. The venue is the simulator's,
in memory, with its faults, or whatever feed a test makes. Every Beat is looked at as it passes.
"""

import asyncio
import contextlib
import random
import threading
import time

import httpx

from fbkit.clock import VirtualClock, VirtualLoop, parse_utc
from fbkit.feeds.feed import World
from fbkit.feeds.venues import FEEDS
from fbkit.hub import Hub
from fbkit.ingest import collector as collector_module
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.ingest.writing import WriterThread
from fbkit.model import NS_MS, NS_S, Market
from fbkit.runtime import database_url
from fbkit.simulator.market import Market as SimulatedMarket
from fbkit.simulator.profile import PROFILES
from fbkit.store import open_store
from tests.books import assert_books
from tests.feeds.in_memory import MemoryVenue

START = parse_utc("2026-01-01T12:00:00Z")


class WallClock(VirtualClock):
    """A virtual clock beside which the operating system's may be set, and may be wrong from the start."""

    def __init__(self, start, ahead=0):
        super().__init__(start)
        self.ahead = ahead

    def wall(self):
        return self.ts + self.ahead


class AtOnce(WriterThread):
    """The writer's thread, waited for after each batch: virtual time must not run away from it."""

    def __init__(self, writer, acknowledge, **more):
        self._done = threading.Event()

        def acknowledged(cut, commit):
            acknowledge(cut, commit)
            self._done.set()

        super().__init__(writer, acknowledged, **more)

    def offer(self, cut, checkpoint=None, *, anyway=False):
        self._done.clear()
        kept = super().offer(cut, checkpoint, anyway=anyway)
        assert self._done.wait(10)
        return kept


class Beaten:
    """What one Beat said: when it was (``ts_recv``, UTC ns), and how everything was, by (venue, channel)."""

    def __init__(self, ts, rows):
        self.ts, self.rows = ts, {(row.venue, row.channel): row for row in rows}

    @property
    def s(self):
        return (self.ts - START) / NS_S

    @property
    def state(self):
        return self.rows["", "*"].state

    def reason(self, venue, channel):
        row = self.rows.get((venue, channel))
        return row.reason if row else None


class Collecting:
    """One run: its ``beats`` as they passed, the ``accounts`` and ``gaps`` it left.

    ``naps`` are the waits of its feeds: when, and how long, in seconds.
    """

    def __init__(self, settings, monkeypatch, clock=None):
        self.settings, self.clock = settings, clock or WallClock(START)
        self.url = database_url(settings)
        self.beats, self.naps, self.accounts = [], [], []
        self.memory = None
        self._monkeypatch = monkeypatch

    def venue(self, name, seconds, *faults, instruments=2, tamper=None, wire=None, **more):
        """Collect from a simulated venue that plays faults."""
        market = SimulatedMarket(7, instruments, profile=PROFILES[name], at_ms=self.clock.now() // NS_MS)
        self.memory = MemoryVenue(name, market, self.clock, faults, wire, tamper)

        def make(world):
            rest, ws = f"http://127.0.0.1/{name}", f"ws://127.0.0.1/{name}"
            return FEEDS[name](rest=rest, ws=ws, count=instruments, world=world)

        return self.feed(make, seconds, transport=self.memory, http=self.memory.http, **more)

    def feed(self, make, seconds, *, transport=None, http=None, script=None):
        """Collect for so many virtual seconds from the feed that ``make`` gives; ``script(collector)`` runs beside."""
        self._leave_out_sockets()
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self.clock)) as runner:
            runner.run(self._run(make, seconds, transport, http, script))
        with open_store(self.url) as store:
            self.gaps = store.gaps().sort_values("t0").to_dict("records")
            self.counts = store.table_counts()
            assert store.accounts() == self.accounts
        assert_books(self.accounts)
        return self

    def _leave_out_sockets(self):
        async def start(hub):
            return "ws://127.0.0.1:1"

        async def at_once(work, *given):
            return work(*given)

        self._monkeypatch.setattr(Hub, "start", start)
        self._monkeypatch.setattr(collector_module, "WriterThread", AtOnce)
        self._monkeypatch.setattr(asyncio, "to_thread", at_once)

    async def _run(self, make, seconds, transport, http, script):
        market = {"market": Market.SIMULATED, "seed": 7}
        session = Session.open(self.url, self.settings, self.clock, holder="a test", **market)

        @contextlib.asynccontextmanager
        async def feeds():
            async with httpx.AsyncClient(transport=http, trust_env=False) as client:
                jitter = random.Random(5).random
                yield [make(World(self.clock, transport, client, jitter, self._nap, limited=False, parallel=1))]

        collector = Collector(session, self.settings, feeds, token="t" * 64, clock=self.clock)
        self._watch(collector)
        if script is not None:
            collector.spawn(script(collector))
        self.accounts = await collector.run(for_s=seconds)

    async def _nap(self, seconds):
        self.naps.append(((self.clock.now() - START) / NS_S, seconds))
        await asyncio.sleep(seconds)

    def _watch(self, collector):
        pulse, pipeline = collector.telling.pulse, collector.session.pipeline

        def seen(cut, rows, **more):
            assert_books(pipeline.accounts, stopped=False)
            self.beats.append(Beaten(cut.beat.ts_recv, rows))
            pulse(cut, rows, **more)

        collector.telling.pulse = seen

    # -- what came of it ----------------------------------------------------------------------------------------

    def account(self, channel, venue=None):
        """The final account of a channel."""
        (one,) = (row for row in self.accounts if row.channel == channel and venue in {None, row.venue})
        return one

    def gaps_of(self, channel, cause=None):
        """The gaps of a channel as they stand at the end, in order."""
        return [gap for gap in self.gaps if gap["channel"] == channel and cause in {None, gap["cause"]}]

    def reasons(self, venue, channel):
        """Every reason that a stream was not well for, in order of their first Beat."""
        return list(dict.fromkeys(filter(None, (beat.reason(venue, channel) for beat in self.beats))))

    def read(self, kind, instrument=None):
        """Stored columns of a kind."""
        with open_store(self.url) as store:
            return store.read(kind, instrument)


class SteppedLoop(asyncio.SelectorEventLoop):
    """An event loop with real sockets on a clock that only a test moves: no machine is too busy for its timers."""

    def __init__(self, clock):
        self._stepped = clock
        super().__init__()

    def time(self):
        return self._stepped.now() / NS_S


async def turns(condition, patience_s=30.0):
    """Let the loop turn, without a timer, until something holds; real seconds are counted only to give up."""
    give_up = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up, "it did not come"
        await asyncio.sleep(0)
        time.sleep(0.0005)  # noqa: ASYNC251 - the loop has no timers but the test's; others want the machine, too


async def advance(clock, seconds, step_s=0.01):
    """Move the clock on in small steps, the loop turning after each."""
    for _ in range(round(seconds / step_s)):
        clock.advance(int(step_s * NS_S))
        for _ in range(8):
            await asyncio.sleep(0)
