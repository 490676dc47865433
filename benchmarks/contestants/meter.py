"""What a contestant is asked, and what it answers: CPU time of the process, all its threads, per message."""

from __future__ import annotations

import argparse
import json
import resource
import time

#: Messages before the clock starts: imports, caches and first rows are behind it then.
WARM = 2000


class Meter:
    """Counts messages; the clock runs from message ``WARM`` until :meth:`stop`, called when all are committed."""

    def __init__(self, n: int) -> None:
        self.n, self.last = n, WARM + n
        self.count = 0

    def start(self) -> None:
        """The warm-up is over."""
        self._wall, self._usage = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)

    def stop(self) -> dict[str, float]:
        """All is committed; the answer."""
        wall, usage = time.perf_counter() - self._wall, resource.getrusage(resource.RUSAGE_SELF)
        user, system = usage.ru_utime - self._usage.ru_utime, usage.ru_stime - self._usage.ru_stime
        return {
            "n": self.n,
            "wall": wall,
            "user": user,
            "sys": system,
            "cpu_us": (user + system) / self.n * 1e6,
            "sys_us": system / self.n * 1e6,
            "mps": self.n / wall,
        }


def answer(result: dict[str, float]) -> None:
    """One line of JSON, the last one of standard output."""
    print(json.dumps(result), flush=True)


def asked(about: str | None) -> argparse.Namespace:
    """``PORT DB --n N [--rate R] [--ms-per-message M]``, the same for every contestant."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("port", type=int)
    parser.add_argument("db")
    parser.add_argument("--n", type=int, default=190_000)
    parser.add_argument("--rate", type=int, default=0, help="messages a second; 0 is as fast as they are read")
    parser.add_argument("--ms-per-message", type=float, default=0.2, help="event time from one message to the next")
    return parser.parse_args()


def url(chosen: argparse.Namespace) -> str:
    """The stream's address."""
    return f"ws://127.0.0.1:{chosen.port}/stream" + (f"?rate={chosen.rate}" if chosen.rate else "")
