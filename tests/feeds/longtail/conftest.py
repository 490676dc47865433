"""The real ccxt against our own simulated venues, and an exchange that says whatever a test wants."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest

from fbkit.clock import SystemClock
from fbkit.feeds.longtail.exchange import open_exchange
from fbkit.feeds.longtail.feed import CcxtFeed
from fbkit.feeds.venues import FEEDS
from fbkit.model import NS_MS
from fbkit.simulator.market import Market
from fbkit.simulator.pace import Pace
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.server import Server

#: ccxt's exchange, our room, and where ccxt's addresses lead.
PAIRS = {
    "binanceusdm": ("binance", {"fapiPublic": "/fapi/v1", "fapiPublicV2": "/fapi/v2", "fapiData": "/futures/data"}),
    "bybit": ("bybit", {"public": "", "spot": "", "futures": "", "v2": ""}),
    "okx": ("okx", {"rest": ""}),
}

#: The smallest market that has a coin counted by the thousand.
INSTRUMENTS = 24


@pytest.fixture
async def simulated():
    """Starts the three venues on loopback; gives their addresses by our names."""
    clock = SystemClock()
    at_ms = clock.now() // NS_MS
    rooms = [room for room, _ in PAIRS.values()]
    markets = {room: Market(7, INSTRUMENTS, profile=PROFILES[room], at_ms=at_ms) for room in rooms}
    server = Server(markets, Pace(clock), warm=False)
    port = await server.start()
    yield {room: f"http://127.0.0.1:{port}/{room}" for room in rooms}
    await server.stop()


@pytest.fixture
def quick_world(make_test_world):
    """A world whose sleeps are a hundred times shorter, and that knows no limits."""

    async def nap(seconds):
        await asyncio.sleep(seconds / 100)

    world, _ = make_test_world(sleep=nap)
    return msgspec.structs.replace(world, limited=False)


@pytest.fixture
async def through_ccxt(simulated, quick_world):
    """A feed of one of ccxt's exchanges, led to the simulated venue."""
    feeds = []

    def make(name, count=INSTRUMENTS):
        exchange = open_exchange(name, limited=False)
        room, places = PAIRS[name]
        exchange.urls["api"] = {key: simulated[room] + path for key, path in places.items()}
        exchange.options["fetchMarkets"] = {"types": ["swap", "future"] if name == "okx" else ["linear"]}
        feeds.append(CcxtFeed(name, count=count, world=quick_world, exchange=exchange))
        return feeds[-1]

    yield make
    for feed in feeds:
        await feed.close()


@pytest.fixture
def unused_port():
    """A port of loopback where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@pytest.fixture
def our_room(simulated, quick_world):
    """The feed of our own room for the same venue."""

    @asynccontextmanager
    async def make(name, count=INSTRUMENTS):
        room, _ = PAIRS[name]
        async with httpx.AsyncClient(trust_env=False) as http:
            world = msgspec.structs.replace(quick_world, http=http, sleep=asyncio.sleep)
            rest = simulated[room]
            yield FEEDS[room](rest=rest, ws=rest.replace("http", "ws", 1), count=count, world=world)

    return make


class Told:
    """An exchange of ccxt's shape: each answer is a value, an error to raise, or a list of them to be told in turn."""

    precisionMode = 4
    enableRateLimit = False

    def __init__(self, **answers):
        self.answers, self.asked, self.closed = answers, [], 0
        camel = {name: "".join(word.capitalize() for word in name.split("_")[1:]) for name in answers}
        self.has = {f"fetch{word.replace('Ohlcv', 'OHLCV')}": True for word in camel.values()}

    def __getattr__(self, name):
        if not name.startswith("fetch_"):
            raise AttributeError(name)

        async def answer(*args):
            await asyncio.sleep(0)
            self.asked.append((name, *args))
            told = self.answers[name]
            if isinstance(told, Turns):
                told = told.next()
            if isinstance(told, Exception):
                raise told
            return told

        return answer

    def set_markets(self, rows):
        self.rows = rows

    async def load_markets(self):
        return self.rows

    async def close(self):
        self.closed += 1


class Turns:
    """Answers in turn; the last one is told for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def next(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def market_row():
    """A market in ccxt's shape: one linear perpetual unless told otherwise."""

    def make(base="BTC", quote="USD", settle=None, **more):
        settle = settle or quote
        row = {
            "id": f"PF_{base}{quote}",
            "symbol": f"{base}/{quote}:{settle}",
            "base": base,
            "quote": quote,
            "settle": settle,
            "swap": True,
            "future": False,
            "linear": True,
            "inverse": False,
            "contractSize": 1.0,
            "active": True,
            "expiry": None,
            "precision": {"price": 0.5, "amount": 0.01},
        }
        return row | more

    return make


@pytest.fixture
def told():
    """The exchange that says what a test wants, and answers in turn."""
    return Told


@pytest.fixture
def turns():
    return Turns
