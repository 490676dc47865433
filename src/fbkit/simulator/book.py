"""The order book around the fair price: best quotes as they change, and the first levels on each side.

Bids outweigh asks a little more often before a rise than before a fall, so that imbalance says something about the
next seconds and the next minute, and not much.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from fbkit.simulator.calendar import DAY_MINUTES, MS_MIN, MS_S
from fbkit.simulator.days import Day
from fbkit.simulator.facts import Levels
from fbkit.simulator.noise import Floats, Ints, Use, rng
from fbkit.simulator.prices import SECONDS
from fbkit.simulator.trades import Minute
from fbkit.simulator.universe import Universe

#: Update ids count from here, 92 a millisecond, as the exchange's own counter does.
_UPDATES_SINCE_MS = 1_567_900_000_000
_UPDATES_A_MS = 92

#: Levels a side that the draws of a book reach; further ones go on regularly.
LEVELS = 20

#: Books change ten times a second.
SLOT_MS = 100
_SLOTS = MS_S // SLOT_MS


class Quotes(NamedTuple):
    """Best bid and ask of a minute in order of time, one element each; prices in ticks, sizes in lot steps."""

    coin: Ints
    ts_ms: Ints
    bid: Ints
    ask: Ints
    bid_steps: Ints
    ask_steps: Ints


def update_id(ts_ms: int) -> int:
    """The book's update id at an instant: rises with time, and never by one."""
    return (ts_ms - _UPDATES_SINCE_MS) * _UPDATES_A_MS


def imbalance(seed: int, plan: Day, minute: Minute) -> Floats:
    """How the book leans in each second of a minute, in (−1, 1), shape (n, 60)."""
    of_day = minute.start_ms // MS_MIN - plan.day * DAY_MINUTES
    noise = rng(seed, Use.IMBALANCE, plan.day, of_day).standard_normal((len(minute.sigma), SECONDS))
    path = np.log(minute.fair)
    after = plan.log_price[:, min(of_day + 2, DAY_MINUTES)] - plan.log_price[:, of_day + 1]
    path = np.concatenate((path, path[:, -1:] + after[:, None] * (np.arange(1, SECONDS) / SECONDS)), axis=1)
    scale = 1.0 / minute.sigma[:, None]
    soon = (path[:, 5 : SECONDS + 5] - path[:, :SECONDS]) * scale * np.sqrt(12.0)
    later = (path[:, SECONDS:] - path[:, :SECONDS]) * scale
    lean: Floats = np.tanh(0.16 * np.clip(soon, -3, 3) + 0.10 * np.clip(later, -3, 3) + 0.5 * noise)
    return lean


def depth_steps(universe: Universe) -> Floats:
    """Usual size of one level in lot steps, shape (n,)."""
    return np.maximum(universe.depth_usd / (universe.price * universe.step), 5.0)


def quotes_of(universe: Universe, seed: int, plan: Day, minute: Minute, lean: Floats) -> Quotes:
    """Every change of a best bid or ask in one minute."""
    of_day = minute.start_ms // MS_MIN - plan.day * DAY_MINUTES
    busy = np.sqrt(plan.counts[:, of_day] / (universe.rate * 60.0))
    counts = rng(seed, Use.QUOTE_COUNT, plan.day, of_day).poisson((0.7 + 2.4 * universe.rate) * 60.0 * busy)
    coin = np.repeat(np.arange(universe.n), counts)
    offset = (rng(seed, Use.QUOTE_TIME, plan.day, of_day).random(len(coin)) * MS_MIN).astype(np.int64)
    # One change a millisecond and coin at most: then update ids rise strictly.
    key = np.unique(coin * MS_MIN + offset)
    coin, offset = np.divmod(key, MS_MIN)
    bid, ask = minute.touch(coin, minute.start_ms + offset)
    usual = depth_steps(universe)[coin]
    pull = 0.8 * lean.reshape(-1)[coin * SECONDS + offset // MS_S]
    draw = _sizes(seed, plan.day, of_day, len(coin))
    bid_steps = 1 + (usual * np.exp(pull + 0.6 * draw[:, 0])).astype(np.int64)
    ask_steps = 1 + (usual * np.exp(-pull + 0.6 * draw[:, 1])).astype(np.int64)
    by_time = np.argsort(offset, kind="stable")
    columns = (coin, minute.start_ms + offset, bid, ask, bid_steps, ask_steps)
    return Quotes(*(column[by_time] for column in columns))


def _sizes(seed: int, day: int, minute: int, k: int) -> Floats:
    return rng(seed, Use.QUOTE_SIZE, day, minute).standard_normal((k, 2))


class Depths:
    """The first levels of every book within one second, in slots of 100 ms."""

    def __init__(self, universe: Universe, seed: int, minute: Minute, lean: Floats, second_ms: int) -> None:
        self.minute = minute
        second = second_ms // MS_S
        shape = (universe.n, _SLOTS, 2, LEVELS)
        draw = rng(seed, Use.DEPTH, second // 86_400, second % 86_400).standard_normal(shape, dtype=np.float32)
        pull = 0.8 * lean[:, (second_ms - minute.start_ms) // MS_S]
        leaning = np.stack((pull, -pull), axis=1)[:, None, :, None]
        grow = (1.0 + 0.18 * np.arange(LEVELS)) * depth_steps(universe)[:, None]
        self._steps = 1 + (grow[:, None, None, :] * np.exp(leaning + 0.55 * draw)).astype(np.int64)
        self._start_ms = second_ms

    @cached_property
    def _slots(self) -> tuple[list[list[int]], list[list[int]], list[list[list[list[int]]]]]:
        """Best bids and asks of each coin at each slot, and the sizes: all at once is quicker than one by one."""
        n = len(self._steps)
        coin = np.repeat(np.arange(n), _SLOTS)
        ts = np.tile(self._start_ms + np.arange(_SLOTS) * SLOT_MS, n)
        bid, ask = self.minute.touch(coin, ts)
        sizes: list[list[list[list[int]]]] = self._steps.tolist()
        return bid.reshape(n, _SLOTS).tolist(), ask.reshape(n, _SLOTS).tolist(), sizes

    def at_slot(self, coin: int, ts_ms: int, levels: int) -> tuple[Levels, Levels]:
        """Bids and asks at the beginning of the slot that holds an instant."""
        slot = ts_ms % MS_S // SLOT_MS
        bids, asks, sizes = self._slots
        return _ladders(bids[coin][slot], asks[coin][slot], sizes[coin][slot], levels)

    def book(self, coin: int, ts_ms: int, levels: int) -> tuple[Levels, Levels]:
        """Bids and asks at an instant, sizes as of its slot."""
        bid, ask = self.minute.touch(np.array([coin]), np.array([ts_ms]))
        sizes = self._steps[coin, ts_ms % MS_S // SLOT_MS].tolist()
        return _ladders(int(bid[0]), int(ask[0]), sizes, levels)


def _ladders(bid: int, ask: int, sizes: list[list[int]], levels: int) -> tuple[Levels, Levels]:
    """Bids and asks from the best outwards, (ticks, steps) each. Bids end where prices do."""
    bids, asks = (side if levels <= LEVELS else _further(side, levels) for side in sizes)
    down, up = range(bid, bid - min(levels, bid), -1), range(ask, ask + levels)
    return list(zip(down, bids, strict=False)), list(zip(up, asks, strict=False))


def _further(sizes: list[int], levels: int) -> list[int]:
    """Sizes beyond the drawn levels: the same again, and larger."""
    return [sizes[k] if k < LEVELS else sizes[k % LEVELS] * (2 + k // LEVELS) for k in range(levels)]
