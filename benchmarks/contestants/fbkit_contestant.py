"""fbkit as it runs: the collector with every duty, listening to one socket instead of a venue's two.

picows, Binance's parser, sequence, holes, duplicates, engine, alerts, accounts, health, a hub with a listener in a
process of its own, the writer's thread, a Beat a second. Quotes are not conflated (``cadence_ms=0``).

Time is the stream's: each message moves the clock by ``--ms-per-message``, so that a Beat comes after as many messages
as it would at the venue, however fast they are read. Nothing else is changed. At the end every message must be in the
database, or be a mark that repeats another's symbol and instant.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import httpx
from meter import WARM, Meter, answer, asked, url
from stream import symbols
from websockets.sync.client import connect

from fbkit.clock import SystemClock
from fbkit.errors import CollectorGone, ConnectFailed
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.feed import Feed, Progress, World
from fbkit.feeds.instruments import Instruments, linear, listing_of, unprefixed
from fbkit.feeds.link import Link
from fbkit.feeds.silence import Silence
from fbkit.feeds.sink import Sink
from fbkit.feeds.transport import Connection, OnClose, OnFrame, Transport, make_transport
from fbkit.hub import listen
from fbkit.ingest.collector import Collector
from fbkit.ingest.memory import settled
from fbkit.ingest.session import Session
from fbkit.model import NS_MS, NS_S, AccountRow, Control, Instrument, Listing, Market
from fbkit.runtime import runtime_path
from fbkit.settings import Settings
from fbkit.store import open_store

VENUE = "binance"
CHANNELS = ("trade", "quote", "depth", "mark")

#: No channel of the stream is silent for this long, not even where its clock runs a thousand times as fast as ours.
_SILENCE_S = 3_600.0


class StreamClock:
    """Moves with the messages taken, from the first one's instant on; when they are over, one second on.

    A venue's clock agrees with ours. Against one that is months behind no bar would close, and all would come late.
    """

    def __init__(self, start_ms: int, ms_per_message: float) -> None:
        self._step = int(ms_per_message * NS_MS)
        start = start_ms * NS_MS
        self._start = start - start % NS_S
        self.count: Callable[[], int] = int
        self.after = 0

    def now(self) -> int:
        """UTC ns."""
        return self._start + self.count() * self._step + self.after

    def wall(self) -> int:
        """The same: the machine's clock has no say in this market."""
        return self.now()


def first_instant(address: str) -> int:
    """When the stream begins: the first message's event time, UTC ms."""
    with connect(address, compression=None, close_timeout=0.1) as socket:
        begins: int = json.loads(socket.recv())["data"]["E"]
    return begins


class Counting:
    """A transport that counts frames, and hangs up after the last."""

    def __init__(self, inner: Transport, meter: Meter, clock: StreamClock) -> None:
        self._inner, self._meter, self._clock = inner, meter, clock
        self.over = asyncio.Event()

    async def connect(
        self, address: str, on_frame: OnFrame, on_close: OnClose, headers: Mapping[str, str] = {}
    ) -> Connection:
        """See :class:`fbkit.feeds.transport.Transport`."""
        if self.over.is_set():
            raise ConnectFailed("the stream", address, "it is over")
        meter = self._meter
        goal = left = WARM

        def counted(payload: bytes) -> None:
            nonlocal left
            if left:  # what is read together with the last one must not move the clock
                left -= 1
                on_frame(payload)
                if not left:
                    reached()

        def reached() -> None:
            nonlocal goal, left
            if goal == WARM:
                meter.start()
                goal, left = meter.last, meter.n
            else:
                hang_up()

        self._clock.count = lambda: goal - left
        connection: Connection | None = None

        def hang_up() -> None:
            self.over.set()
            if connection is not None:
                # A goodbye would have to wait for an answer out of a stream that never ends.
                connection._transport.underlying_transport.abort()  # type: ignore[attr-defined]  # noqa: SLF001 - picows'

        connection = await self._inner.connect(address, counted, on_close, headers)
        if self.over.is_set():  # so few messages came with the handshake
            hang_up()
        return connection


class Silent:
    """The stream wants no SUBSCRIBE."""

    said = True

    async def run(self, connection: Connection) -> None:
        """Say nothing."""

    def heard(self, control: Control) -> bool:
        """Nothing answers."""
        return False

    def again(self, topic: str) -> None:
        """There is one topic, and no book."""


def _listed(symbol: str) -> Instrument:
    return linear(VENUE, symbol, unprefixed(symbol.removesuffix("USDT")), "USDT")


class StreamFeed:
    """A :class:`fbkit.feeds.feed.Feed` of one socket that needs no REST and has no past."""

    venue = VENUE
    contiguous = True

    def __init__(self, address: str, world: World) -> None:
        self._address, self._world = address, world
        self._instruments = Instruments(_listed(symbol) for symbol in symbols())
        self._instruments.set_funding_hours({}, 8.0)

    def expected_s(self) -> dict[str, float]:
        """As usual."""
        return {}

    async def listings(self) -> list[Listing]:
        """Whose past is to be fetched: nobody's. What a start costs is no part of what a message costs."""
        return []

    async def run(self, sink: Sink) -> None:
        """Listen for ever."""
        now = self._world.clock.now()
        sink.take(VENUE, [listing_of(known.instrument, now) for known in self._instruments], now)
        link = Link(
            venue=VENUE,
            name="stream",
            url=self._address,
            limits_s=dict.fromkeys(CHANNELS, _SILENCE_S),
            parse=Parser(self._instruments).frames,
            talk=Silent,
            sink=sink,
            silence=Silence(sink, VENUE),
            world=self._world,
            lifetime_s=86_400.0,
        )
        await link.run()

    async def backfill(self, sink: Sink, since: int, until: int) -> AsyncGenerator[Progress, None]:
        """There is no past."""
        return
        yield

    async def trades(
        self, sink: Sink, instrument: str, since: int, until: int | None, from_id: int | None = None
    ) -> int:
        """Nothing is missing."""
        return 0


class Contest:
    """One collector, one run."""

    def __init__(self, address: str, database: str, meter: Meter, ms_per_message: float) -> None:
        home = Path(database).absolute().with_suffix(".home")
        self.url = f"sqlite:///{Path(database).absolute().as_posix()}"
        self.settings = Settings(home=home, db=self.url, cadence_ms=0, transport="picows", venues="binance")
        self.address, self.meter = address, meter
        self.clock = StreamClock(first_instant(address), ms_per_message)

    async def run(self) -> dict[str, float]:
        """Collect the stream; the answer once all of it is committed."""
        session = Session.open(
            self.url, self.settings, SystemClock(), market=Market.RECORDED, seed=None, holder="fbkit bench"
        )
        self.collector = Collector(
            session, self.settings, self._feeds, token=secrets.token_urlsafe(16), clock=self.clock
        )
        self.counting = Counting(make_transport("picows"), self.meter, self.clock)
        running = asyncio.create_task(self.collector.run())
        over = asyncio.create_task(self.counting.over.wait())
        await asyncio.wait({running, over}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            result = await self._committed()
            self.collector.stop("the stream is over")
        self.accounts = await running
        return result

    @contextlib.asynccontextmanager
    async def _feeds(self) -> AsyncIterator[list[Feed]]:
        """The feed, once somebody listens to the hub."""
        while not self.collector.hub.counts["accepted"]:  # noqa: ASYNC110 - the hub tells by a count
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient() as http:
            yield [StreamFeed(self.address, World(self.clock, self.counting, http))]

    async def _committed(self) -> dict[str, float]:
        """The Beat after the last message, and every batch in the database."""
        pipeline = self.collector.session.pipeline
        while sum(pipeline.accounts[VENUE, channel].received for channel in CHANNELS) < self.meter.last:  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.002)  # the last frames wait for each other
        self.clock.after = NS_S
        self.collector.beats.reach(self.clock.now())
        while pipeline.accounts.in_flight:  # noqa: ASYNC110 - the writer is a thread and has no event of this loop
            await asyncio.sleep(0.002)
        return self.meter.stop()

    def check(self) -> dict[str, float]:
        """Every message is in the database: bars closed and marks repeated; else says what is not, and ends with 1."""
        by_channel = {row.channel: row for row in self.accounts if row.channel in CHANNELS}
        counts = open_store(self.url).table_counts()
        stored = sum(counts[name] for name in ("trades", "quotes", "marks"))
        again = by_channel["mark"].duplicate
        if stored + again != self.meter.last or stored != sum(row.stored for row in by_channel.values()):
            sys.exit(
                "\n".join([f"{stored} of {self.meter.last} messages are in the database", *map(_told, self.accounts)])
            )
        return {"bars": counts["bars"], "repeated_marks": again}


def _told(row: AccountRow) -> str:
    return " ".join(f"{name}={getattr(row, name)}" for name in row.__struct_fields__)


@contextlib.contextmanager
def listener(settings: Settings, database: str) -> Iterator[None]:
    """A process that listens to the collector's hub, as a page does."""
    command = [sys.executable, __file__, "--listen", str(runtime_path(settings, database))]
    with subprocess.Popen(command) as child:
        try:
            yield
        finally:
            child.terminate()


def wait_for(runtime: Path) -> Path:
    """The collector's runtime file, once there is one."""
    while not runtime.exists():
        time.sleep(0.01)
    return runtime


async def listen_to(runtime: Path) -> None:
    """Hear everything, until the collector ends."""
    with contextlib.suppress(CollectorGone):
        async for _ in listen(runtime):
            pass


def main() -> None:
    """Run, check, answer."""
    chosen = asked(__doc__)
    for ending in ("", "-wal", "-shm"):
        Path(chosen.db + ending).unlink(missing_ok=True)
    contest = Contest(url(chosen), chosen.db, Meter(chosen.n), chosen.ms_per_message)
    with listener(contest.settings, contest.url), settled():  # as a collector's process is
        result = asyncio.run(contest.run())
    answer(result | contest.check())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--listen"]:
        asyncio.run(listen_to(wait_for(Path(sys.argv[2]))))
    else:
        main()
