"""What a person asks to be made and published: a status report, a snapshot. One at a time, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from fbkit.errors import FbkitError
from fbkit.settings import Settings

#: The report that is run and shown.
REPORT = "status"

Told = Callable[[str, str], None]

#: Names, labels and what they do, in the order of their buttons.
CHORES = (
    ("report", "Run status report", f"run `fbkit report run {REPORT}` and publish it in the workspace"),
    ("snapshot", "Snapshot", "take `fbkit snapshot`: the state of the whole, into two files of the workspace"),
)


class Chores:
    """Makes one thing at a time with the functions of the command line.

    A report runs in a process of its own and under its lock, so one that runs elsewhere is not begun twice; the market
    database is only read. ``told(sentence, tone)`` hears how it goes, ``changed(name)`` what is at work (``""``: none).
    """

    def __init__(self, settings: Settings, url: str, told: Told, changed: Callable[[str], None]) -> None:
        self._settings, self._url, self._told, self._changed = settings, url, told, changed
        self.running = ""
        self._task: asyncio.Task[None] | None = None

    def start(self, name: str) -> bool:
        """Begin one; ``False`` where another is at work, which is said."""
        if self.running:
            self._told(f"the {self.running} is still at work", "warn")
            return False
        work = {"report": self._report, "snapshot": self._snapshot}[name]
        self.running = name
        self._changed(name)
        self._task = asyncio.get_running_loop().create_task(self._do(work))
        return True

    async def _do(self, work: Callable[[Callable[[str], None]], str]) -> None:
        loop = asyncio.get_running_loop()

        def progress(sentence: str) -> None:
            loop.call_soon_threadsafe(self._told, sentence, "")

        try:
            self._told(await asyncio.to_thread(work, progress), "ok")
        except (FbkitError, OSError) as error:
            self._told(str(error), "bad")
        finally:
            self.running = ""
            self._changed("")

    def _report(self, progress: Callable[[str], None]) -> str:
        from fbkit.reports import run_report

        done = run_report(REPORT, None, self._settings, url=self._url, progress=progress)
        return f"status report published in {done.seconds:.0f} s: {_place(done.folder)}"

    def _snapshot(self, progress: Callable[[str], None]) -> str:
        from fbkit.continuity import take_snapshot

        progress("taking a snapshot")
        taken = take_snapshot(self._settings, url=self._url)
        return f"snapshot {taken.state['number']} taken, backend {taken.backend}"


def _place(folder: Path) -> str:
    """Where it lies, from the workspace: no folder of this machine is shown."""
    return "/".join(folder.parts[-3:])
