"""A hub on loopback and the facts of its runtime file."""

import asyncio
import contextlib

import pytest

from fbkit.clock import VirtualClock
from fbkit.hub import Hub
from fbkit.hub.listener import PATIENCE
from fbkit.model import NS_S
from fbkit.runtime import RuntimeFile

TOKEN = "a" * 43
DATABASE = "/data/simulated.db"
START = 1_767_225_600 * NS_S


async def until(condition, limit_s=5):
    """Wait for what another task or thread does."""
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - a thread's doing sets no event of ours
            await asyncio.sleep(0.005)


@pytest.fixture
def clock():
    return VirtualClock(START)


@pytest.fixture
async def running(clock):
    """``await running(epoch=…)`` gives a started hub and the facts to reach it; stopped with the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(epoch=3, token=TOKEN, database=DATABASE, patience=PATIENCE):
            hub = Hub(
                token=token,
                epoch=epoch,
                market="SIMULATED",
                seed=7,
                database=database,
                clock=clock,
                patience=patience,
            )
            url = await hub.start()
            stack.push_async_callback(hub.stop)
            facts = RuntimeFile(url, token, 1, epoch, "SIMULATED", database, clock.now())
            return hub, facts

        yield start
