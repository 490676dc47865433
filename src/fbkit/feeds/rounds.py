"""Asking many things the same question for ever, spread evenly, so that a venue sees a murmur and no bursts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from fbkit.feeds.feed import World
from fbkit.model import NS_S

T = TypeVar("T")

#: Questions under way at a time, at most; a slow venue is not asked faster.
_WORKERS = 4


async def rounds(
    things: Sequence[T],
    period_s: float,
    ask: Callable[[T], Awaitable[None]],
    world: World,
    *,
    start_s: float = 0.0,
    spread_s: float | None = None,
) -> None:
    """Call ``ask`` for each thing once a period, for ever.

    The i-th of n is asked at ``start + i / n · spread`` of each period; the spread is the whole period unless said
    otherwise. A thing whose turn was missed by whole periods (a suspend, a slow venue) is asked once, not twice.
    """
    n_workers = min(_WORKERS, len(things))
    begun = world.clock.now() + int(start_s * NS_S)
    spread = (period_s if spread_s is None else spread_s) * NS_S
    async with asyncio.TaskGroup() as group:
        for worker in range(n_workers):
            turns = [
                (int(i * spread / len(things)), thing) for i, thing in enumerate(things) if i % n_workers == worker
            ]
            group.create_task(_work(turns, begun, int(period_s * NS_S), ask, world))


async def _work(
    turns: Sequence[tuple[int, T]], begun: int, period: int, ask: Callable[[T], Awaitable[None]], world: World
) -> None:
    lap = 0
    while True:
        for after, thing in turns:
            due = begun + lap * period + after
            wait = due - world.clock.now()
            if wait > 0:
                await world.sleep(wait / NS_S)
            await ask(thing)
        behind = world.clock.now() - (begun + (lap + 1) * period)
        lap += 1 + max(0, behind // period)
