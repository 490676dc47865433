"""Virtual time for several tasks."""

import asyncio

from fbkit.clock import VirtualClock
from fbkit.model import NS_S


class Time:
    """Virtual time in which several tasks sleep: the one due first goes first, and the clock jumps to it."""

    def __init__(self, start, end):
        self.clock, self.end = VirtualClock(start), end
        self._sleepers = []

    async def sleep(self, seconds):
        due = self.clock.now() + int(seconds * NS_S)
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((due, len(self._sleepers), future))
        await future

    async def run(self, work):
        task = asyncio.create_task(work)
        while True:
            for _ in range(60):
                await asyncio.sleep(0)
            if task.done() or not self._sleepers:
                await task
                return
            self._sleepers.sort(key=lambda sleeper: sleeper[:2])
            due, _, future = self._sleepers.pop(0)
            if due >= self.end:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return
            self.clock.advance(max(0, due - self.clock.now()))
            if not future.done():
                future.set_result(None)
