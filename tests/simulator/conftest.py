"""Markets small enough to be quick; what they hold is what a large one holds."""

import json

import pytest

from fbkit.clock import parse_utc
from fbkit.simulator.market import Market
from fbkit.simulator.wires.binance import BinanceWire
from fbkit.simulator.wires.binance.streams import stream_of

NOON = parse_utc("2026-03-05T12:34:56.789Z") // 1_000_000
MIDNIGHT = parse_utc("2026-01-02T00:00:00Z") // 1_000_000


@pytest.fixture(scope="session")
def market():
    """Six coins, seed 7. It answers as a function of the instant, so tests may share it."""
    return Market(seed=7, instruments=6)


@pytest.fixture(scope="session")
def frames(market):
    """Binance's wire, which makes them."""
    return BinanceWire(market)


@pytest.fixture(scope="session")
def get(frames):
    """GET at an instant: (path, now_ms, parameters) to (status, decoded body)."""

    def ask(path, now_ms=NOON, **given):
        reply = frames.rest.answer(path, {name: str(value) for name, value in given.items()}, now_ms)
        return reply.status, json.loads(reply.body)

    return ask


@pytest.fixture(scope="session")
def sent(market, frames):
    """Frames of streams by name over some seconds from an instant on."""

    def make(names, start_ms, seconds=1):
        streams = [stream_of(name, market.universe.index) for name in names]
        assert None not in streams
        return [frame for k in range(seconds) for frame in frames.second(start_ms // 1000 * 1000 + k * 1000, streams)]

    return make
