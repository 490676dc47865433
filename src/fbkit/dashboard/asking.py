"""Questions to the store: which there are, when each is asked again, and where its trouble is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from fbkit.dashboard.scene import Scene
from fbkit.errors import FbkitError, StoreMissing
from fbkit.hub import Commit, Gone, Message
from fbkit.model import NS_S
from fbkit.widgets import Panel

T = TypeVar("T")

_TRY_AGAIN_S = 4.0


class Job(NamedTuple):
    """A question to the store, and the panel in which its answer, or what went wrong, is shown.

    It is asked at the start (``at_first``), when one of the choices ``on`` changes, when a bar of the chosen timeframe
    closed (``closed``), and when the answer is older than ``fresh_s`` seconds of the market's time (0: never for that).
    """

    ask: Callable[[], Awaitable[None]]
    panel: Panel
    on: tuple[str, ...] = ()
    closed: bool = False
    fresh_s: float = 0.0
    at_first: bool = True


class Asking:
    """Jobs by name, most urgent first, asked one at a time in a thread while :attr:`open`.

    What fails is told in its panel and asked again; a database that is not there yet is waited for.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.jobs: dict[str, Job] = {}
        self.open = False
        self._wanted: set[str] = set()
        self._answered: dict[str, int] = {}
        self._wake = asyncio.Event()
        scene.observe(self._chosen)

    def want(self, *names: str) -> None:
        """Ask these as soon as may be."""
        self._wanted |= set(names)
        self._wake.set()

    def want_new(self) -> None:
        """Ask what was never answered."""
        self.want(*(name for name, job in self.jobs.items() if job.at_first and name not in self._answered))

    def want_old(self) -> None:
        """Ask what has grown old."""
        now = self.scene.now
        for name, job in self.jobs.items():
            if job.fresh_s and now - self._answered.get(name, now) >= job.fresh_s * NS_S:
                self.want(name)

    def want_closed(self, message: Message | Gone) -> None:
        """Ask what waits for a bar, where this message has one of the chosen timeframe."""
        if isinstance(message, Commit) and any(bar.tf == self.scene.tf for bar in message.bars):
            self.want(*(name for name, job in self.jobs.items() if job.closed))

    async def asking(self) -> None:
        """Ask what is wanted until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.open and self._wanted:
                name = min(self._wanted, key=list(self.jobs).index)
                self._wanted.discard(name)
                await self._answer(name)

    async def ask(self, question: Callable[..., T], *arguments: Any) -> T:
        """Put a question that may block, in a thread."""
        return await asyncio.to_thread(question, *arguments)

    async def _answer(self, name: str) -> None:
        job, later = self.jobs[name], asyncio.get_running_loop().call_later
        try:
            await job.ask()
        except StoreMissing as error:
            self.waits(name, f"{error}. The page fills as soon as a collector writes.")
            later(1.0, self.want, name)
        except FbkitError as error:
            job.panel.error = f"{error}. Trying again in {_TRY_AGAIN_S:.0f} s."
            later(_TRY_AGAIN_S, self.want, name)
        else:
            job.panel.error = ""
            self._answered[name] = self.scene.now

    def waits(self, name: str, why: str) -> None:
        """There is no database yet: said in the panel, unless there is a better place for it."""
        self.jobs[name].panel.error = why

    def _chosen(self, change: dict[str, Any]) -> None:
        self.want(*(name for name, job in self.jobs.items() if change["name"] in job.on))
