"""Trades made up for storage: 300 instruments, 2,000 a second, prices and sizes near-uniform noise from a seed.

Real ones are likelier to repeat and so compress better: these are the hard case.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from fbkit.model import NS_MS, NS_S, Side, Trade

INSTRUMENTS = 300
RATE = 2_000
START = 1_700_000_000 * NS_S
#: The second of them has about one trade in twenty: a million of twenty.
ASKED = 1
FIRST_SEQ = 1 << 48

_NAMES = [f"binance:C{number}-USDT-PERP" for number in range(INSTRUMENTS)]
_SIDES = (Side.SELL, Side.BUY)
_LATENCY = 40 * NS_MS


def name_of(number: int) -> str:
    """An instrument's name."""
    return _NAMES[number]


def columns(start: int, n: int, seed: int = 11) -> tuple[list[int], ...]:
    """Trades ``start … start + n``: instrument, ts_event, ts_recv (UTC ns), venue_id, price, size, side (0 sells)."""
    rng = np.random.default_rng(seed + start)
    weights = 1.0 / (np.arange(INSTRUMENTS) + 3)
    instrument = rng.choice(INSTRUMENTS, n, p=weights / weights.sum())
    number = np.arange(start, start + n)
    ts = START + number * 1000 // RATE * NS_MS
    recv = START + number * (NS_S // RATE) + _LATENCY + rng.integers(0, NS_S // RATE, n)
    price = np.round(60_000.0 / (1 + instrument) + rng.integers(-500, 500, n) * 0.01, 2)
    size = np.round(rng.integers(1, 90_000, n) / 1000, 3)
    all_columns = (instrument, ts, recv, 2_000_000_000 + number, price, size, rng.integers(0, 2, n))
    return tuple(column.tolist() for column in all_columns)


def trades(start: int, n: int) -> list[Trade]:
    """The same as events."""
    return [
        Trade(_NAMES[number], ts, recv, venue_id, price, size, _SIDES[side], seq=FIRST_SEQ + start + place)
        for place, (number, ts, recv, venue_id, price, size, side) in enumerate(zip(*columns(start, n), strict=True))
    ]


def batches(total: int, size: int) -> Iterator[tuple[int, int]]:
    """Where each batch starts and how many are in it."""
    for start in range(0, total, size):
        yield start, min(size, total - start)


class Cpu:
    """CPU seconds (user and system) of this process, only inside ``with``."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._since = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._since
