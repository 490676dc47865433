"""Real sockets on a clock that only the test moves: no machine is too busy for a deadline."""

import asyncio
import time

from fbkit.model import NS_S


class SteppedLoop(asyncio.SelectorEventLoop):
    """An event loop with real sockets on a clock that only a test moves: no machine is too busy for its timers."""

    def __init__(self, clock):
        self._stepped = clock
        super().__init__()

    def time(self):
        return self._stepped.now() / NS_S


async def stepped_turns(condition, patience_s=30.0):
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
