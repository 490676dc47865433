"""A child process with all that it starts, so that none of it is left (FAULTS R2, R4)."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress

import psutil

_LOOK_S = 0.25
_MANNERS_S = 2.0


class Family:
    """A child and its descendants, remembered while they lived: a kernel outlives the parent that is killed.

    A process is known by its id and the instant of its start, so a reused id is not mistaken for it.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        self._seen: set[psutil.Process] = set()

    def wait(self, seconds: float) -> int | None:
        """The child's exit code, or ``None`` when it still runs after ``seconds``."""
        end = time.monotonic() + seconds
        while True:
            self.look()
            left = end - time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                return self.child.wait(max(0.0, min(_LOOK_S, left)))
            if left <= 0:
                return None

    def look(self) -> None:
        """Remember who is there."""
        with suppress(psutil.Error):
            self._seen.update(psutil.Process(self.child.pid).children(recursive=True))

    def end(self) -> None:
        """End all of them: politely, then not. Safe to call twice."""
        self.look()
        everybody = [process for process in self._seen if process.is_running()]
        if self.child.poll() is None:
            with suppress(psutil.Error):
                everybody.append(psutil.Process(self.child.pid))
        for process in everybody:
            with suppress(psutil.Error):
                process.terminate()
        _, stubborn = psutil.wait_procs(everybody, timeout=_MANNERS_S)
        for process in stubborn:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(stubborn, timeout=_MANNERS_S)
        if self.child.stdin is not None:
            self.child.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(_MANNERS_S)


def end_descendants() -> None:
    """Kill whatever this process started, and wait for it."""
    everybody = psutil.Process().children(recursive=True)
    for process in everybody:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(everybody, timeout=_MANNERS_S)
