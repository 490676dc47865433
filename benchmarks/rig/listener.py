"""A process that listens to a collector's hub, as a page does, and notes when it heard what.

``python -m rig.listener RUNTIME-FILE [NOTES]``: ends with the collector, or when its standard input does, and prints
one line of JSON. With NOTES it writes there, as msgpack, ``[when, {instrument: ts_event}]`` of every live message.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fbkit.clock import SystemClock
from fbkit.errors import CollectorGone
from fbkit.hub import Live, Pulse, listen
from fbkit.runtime import runtime_path
from fbkit.settings import Settings

#: Where ``-m rig.…`` is found.
BENCHMARKS = Path(__file__).resolve().parents[1]


class Heard:
    """What was heard: counts, the longest queue a Beat told of, and where each live value was first seen."""

    def __init__(self) -> None:
        self.beats = self.lives = self.others = self.missed = self.queue = 0
        self.notes: list[tuple[int, dict[str, int]]] = []

    def hear(self, message: Any, now: int) -> None:
        """Take in one message, heard at ``now`` (UTC ns)."""
        if isinstance(message, Live):
            self.lives += 1
            self.missed += message.missed
            self.notes.append((now, {row.instrument: row.ts_event for row in message.rows if row.ts_event}))
        elif isinstance(message, Pulse):
            self.beats += 1
            self.queue = max(self.queue, message.queue)
        else:
            self.others += 1

    def told(self) -> dict[str, int]:
        """The counts."""
        return {name: getattr(self, name) for name in ("beats", "lives", "others", "missed", "queue")}


async def hear_all(runtime: Path, heard: Heard, *, noting: bool) -> None:
    """Listen until the collector ends or nobody wants to know any more."""
    clock, over = SystemClock(), asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(over.set)), daemon=True).start()

    async def hear() -> None:
        with contextlib.suppress(CollectorGone):
            async for message in listen(runtime):
                heard.hear(message, clock.now())
                if not noting:
                    heard.notes.clear()

    tasks = {asyncio.ensure_future(hear()), asyncio.ensure_future(over.wait())}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


class Listener:
    """The process, from outside."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child

    def end(self) -> dict[str, int]:
        """Have it end, and say what it heard."""
        out, _ = self.child.communicate(timeout=60)
        told: dict[str, int] = json.loads(out.splitlines()[-1])
        return told


@contextlib.contextmanager
def listening(settings: Settings, url: str, notes: Path | None = None) -> Iterator[Listener]:
    """A listener to the collector of a database, which may be still to come."""
    command = [sys.executable, "-m", "rig.listener", str(runtime_path(settings, url)), *([str(notes)] if notes else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=BENCHMARKS) as child:
        try:
            yield Listener(child)
        finally:
            child.terminate()


def main() -> None:
    """Wait for the runtime file, then listen."""
    runtime, notes = Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else None
    while not runtime.exists():
        time.sleep(0.01)
    heard = Heard()
    asyncio.run(hear_all(runtime, heard, noting=notes is not None))
    if notes is not None:
        notes.write_bytes(msgspec.msgpack.encode(heard.notes))
    print(json.dumps(heard.told()), flush=True)


if __name__ == "__main__":
    main()
