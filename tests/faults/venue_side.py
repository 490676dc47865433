"""A whole collector against a venue that fails by a script, in virtual time: what the venue's side needs.

:class:`Collecting` runs the real :class:`~fbkit.ingest.collector.Collector` on a clock that jumps from timer to timer;
only the hub's socket is left out, and after each batch the writer's thread is waited for. The venue is the simulator's,
in memory, with its faults, or whatever feed a test makes. Every Beat is looked at as it passes.
"""

import asyncio
import contextlib
import random
import threading

import httpx

from fbkit.clock import VirtualClock, VirtualLoop, parse_utc
from fbkit.feeds.feed import Progress, World
from fbkit.feeds.venues import FEEDS
from fbkit.hub import Hub
from fbkit.ingest import collector as collector_module
from fbkit.ingest.collector import Collector
from fbkit.ingest.session import Session
from fbkit.ingest.writing import WriterThread
from fbkit.model import NS_MS, NS_S, BarRow, Listing, Market, Side, Trade
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
        assert not kept or self._done.wait(10)
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

    ``naps`` are the waits of its feeds: when, and how long, in seconds. Books that a test falsifies are not ``honest``.
    """

    def __init__(self, settings, monkeypatch, clock=None, *, honest=True, owned=False):
        self.settings, self.clock = settings, clock or WallClock(START)
        self.url = database_url(settings)
        self.beats, self.naps, self.accounts = [], [], []
        self.memory = None
        self._monkeypatch, self._honest, self._owned = monkeypatch, honest, owned

    def venue(self, name, seconds, *faults, instruments=2, tamper=None, wire=None, **more):
        """Collect from a simulated venue that plays faults."""
        market = SimulatedMarket(7, instruments, profile=PROFILES[name], at_ms=self.clock.now() // NS_MS)
        self.memory = MemoryVenue(name, market, self.clock, faults, wire, tamper)

        def make(world):
            rest, ws = f"http://127.0.0.1/{name}", f"ws://127.0.0.1/{name}"
            return FEEDS[name](rest=rest, ws=ws, count=instruments, world=world)

        return self.feed(make, seconds, transport=self.memory, http=self.memory.http, **more)

    def told(self, seconds, script_of=(), **more):
        """Collect what :class:`Told` says."""
        rest = {name: more.pop(name) for name in ("script",) if name in more}
        return self.feed(lambda world: Told(world, script_of, **more), seconds, **rest)

    def feed(self, make, seconds, *, transport=None, http=None, script=None):
        """Collect for so many virtual seconds from the feed that ``make`` gives; ``script(collector)`` runs beside."""
        self._leave_out_sockets()
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self.clock)) as runner:
            runner.run(self._run(make, seconds, transport, http, script))
        with open_store(self.url) as store:
            self.gaps = store.gaps().sort_values("t0").to_dict("records")
            self.counts = store.table_counts()
            assert store.accounts() == self.accounts
        if self._honest:
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

        collector = Collector(session, self.settings, feeds, token="t" * 64, clock=self.clock, owned=self._owned)
        self._watch(collector)
        if script is not None:
            collector.spawn(script(collector))
        self.accounts = await collector.run(for_s=seconds)

    async def _nap(self, seconds):
        self.naps.append(((self.clock.now() - START) / NS_S, seconds))
        await asyncio.sleep(seconds)

    def _watch(self, collector):
        """At every Beat health is asked, and the books must be in order."""
        judge, pipeline = collector.health.judge, collector.session.pipeline

        def judged(now, **more):
            if self._honest:
                assert_books(pipeline.accounts, stopped=False)
            found = judge(now, **more)
            self.beats.append(Beaten(now, [found.system, *found.streams]))
            return found

        collector.health.judge = judged

    # -- what came of it ----------------------------------------------------------------------------------------

    def account(self, channel, venue=None):
        """The final account of a channel."""
        (one,) = (row for row in self.accounts if row.channel == channel and venue in {None, row.venue})
        return one

    def gaps_of(self, channel, cause=None):
        """The gaps of a channel as they stand at the end, in order."""
        return [gap for gap in self.gaps if gap["channel"] == channel and cause in {None, gap["cause"]}]

    def state_of(self, venue, channel, s):
        """A stream's row at the Beat nearest before so many seconds."""
        return [beat for beat in self.beats if beat.s <= s][-1].rows[venue, channel]

    def reasons(self, venue, channel):
        """Every reason that a stream was not well for, in order of their first Beat."""
        return list(dict.fromkeys(filter(None, (beat.reason(venue, channel) for beat in self.beats))))

    def bars(self, tf="1m"):
        """Stored bars, by instrument and time."""
        with open_store(self.url) as store:
            return store.row_structs(BarRow, tf=tf)

    def read(self, kind, instrument=None):
        """Stored columns of a kind."""
        with open_store(self.url) as store:
            return store.read(kind, instrument)


class Told:
    """A feed of one instrument that says what it is given: pairs of a virtual instant (UTC ns) and an event.

    With ``every_s`` it goes on for ever: a trade so often, whose time is ``behind`` ns before it is received.
    """

    venue, contiguous = "binance", True

    def __init__(self, world, script=(), *, every_s=0.0, behind=0, name="binance:BTC-USDT-PERP"):
        self.world, self.script, self.name, self.every_s, self.behind = world, script, name, every_s, behind

    def expected_s(self):
        return {"trade": 1.0}

    async def listings(self):
        now = self.world.clock.now()
        return [Listing(self.name, now, now, "BTCUSDT", "BTC", "USDT", "USDT")]

    async def run(self, sink):
        sink.take("binance", await self.listings(), self.world.clock.now())
        for at, event in self.script:
            await asyncio.sleep(max(0, at - self.world.clock.now()) / NS_S)
            sink.take("binance", [event], self.world.clock.now())
        number = len(self.script)
        while self.every_s:
            now, number = self.world.clock.now(), number + 1
            sink.take("binance", [Trade(self.name, now - self.behind, now, number, 100.0, 1.0, Side.BUY)], now)
            await asyncio.sleep(self.every_s)
        await asyncio.Event().wait()

    async def backfill(self, sink, since, until):
        yield Progress("history", 1, 1, self.name)

    async def trades(self, sink, instrument, since, until, from_id=None):
        return 0
