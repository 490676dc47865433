"""The duties measured apart: the stream's frames go through the collector's stages in one thread, each with a clock.

A stage's time is what it and what it calls take, without the stages inside it, per message: CPU time of the thread.
There is no socket, no loop and no second thread here, so the sum is less than what a collector costs; it says where to
look, not how much in all.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from contest.rounds import CONTESTANTS

sys.path.append(str(CONTESTANTS))  # the stream is theirs

from stream import START_MS, messages, symbols

from fbkit.alerts import Rules
from fbkit.clock import SystemClock
from fbkit.engine import Engine
from fbkit.feeds.binance.parse import Parser
from fbkit.feeds.instruments import Instruments, linear, listing_of, unprefixed
from fbkit.feeds.reading import MOST, Heard
from fbkit.hub.messages import Live, encode
from fbkit.ingest.pipeline import Pipeline
from fbkit.model import NS_MS, NS_S, Market
from fbkit.store import Batch, open_writer

VENUE = "binance"

#: The stages in the order a message meets them, as the table names them.
DUTIES = (
    "parsing",
    "who spoke",
    "sequence, duplicates, accounts",
    "engine",
    "packing",
    "Beat: cutting the batch",
    "Beat: closing bars",
    "Beat: rules",
    "hub: live rows",
    "writing",
    "folding",
    "one checkpoint",
)

#: Live rows leave so often, ns of event time.
_LIVE_NS = NS_S // 10


class Stages:
    """CPU time by duty; a stage inside another is not counted twice.

    >>> stages = Stages()
    >>> stages.timed("outer", lambda: stages.timed("inner", sum)([1, 2]))()
    3
    >>> sorted(stages.spent)
    ['inner', 'outer']
    """

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside = [0]

    def timed(self, duty: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, its time noted under ``duty``."""

        @wraps(work)
        def stage(*args: Any, **named: Any) -> Any:
            self._inside.append(0)
            began = time.thread_time_ns()
            try:
                return work(*args, **named)
            finally:
                took = time.thread_time_ns() - began
                self.spent[duty] += took - self._inside.pop()
                self._inside[-1] += took

        return stage


class Line:
    """Parser, pipeline, hub's rows and writer in a row, as the collector has them."""

    def __init__(self, database: Path, stages: Stages) -> None:
        self.stages = stages
        known = Instruments(linear(VENUE, one, unprefixed(one.removesuffix("USDT")), "USDT") for one in symbols())
        known.set_funding_hours({}, 8.0)
        self.pipeline = pipeline = Pipeline(Engine(), Rules(0), cadence=0)
        self.writer = open_writer(
            f"sqlite:///{database}", market=Market.RECORDED, seed=None, clock=SystemClock(), holder="fbkit bench"
        )
        pipeline.take(VENUE, [listing_of(one.instrument, START_MS * NS_MS) for one in known], START_MS * NS_MS)
        timed = stages.timed
        self.parse, self.heard = timed("parsing", Parser(known).frames), timed("who spoke", Heard)
        engine, packer = pipeline.engine, pipeline._packer  # noqa: SLF001 - a clock is put on its stage
        engine.take_all = timed("engine", engine.take_all)  # type: ignore[method-assign]  # as above
        engine.beat = timed("Beat: closing bars", engine.beat)  # type: ignore[method-assign]  # as above
        packer.pack = timed("packing", packer.pack)  # type: ignore[method-assign]  # as above
        pipeline.rules.judge = timed("Beat: rules", pipeline.rules.judge)  # type: ignore[method-assign]  # as above
        self.take = timed("sequence, duplicates, accounts", pipeline.take)
        self.beat, self.store = timed("Beat: cutting the batch", pipeline.beat), timed("writing", self._store)
        self.show = timed("hub: live rows", self._show)

    def _store(self, ts: int) -> None:
        cut = self.beat(ts)
        self.writer.append(Batch(cut.events, cut.rows, None))

    def _show(self, ts: int) -> None:
        encode(Live(ts, self.pipeline.board.take_changed()))

    def run(self, frames: Sequence[bytes], ms_per_message: float) -> None:
        """All frames, with a Beat a second of their time; folded, and one checkpoint, at the end."""
        start = ts = START_MS * NS_MS
        beat, show = start + NS_S, start + _LIVE_NS
        for at in range(0, len(frames), MOST):
            batch = frames[at : at + MOST]
            ts = start + int((at + len(batch)) * ms_per_message * NS_MS)
            while beat <= ts:
                self.store(beat)
                beat += NS_S
            items = self.parse(batch, ts)
            self.take(VENUE, items, ts)
            self.heard(items)
            if ts >= show:
                self.show(ts)
                show = ts + _LIVE_NS
        self.store(beat)
        self.stages.timed("folding", self.writer.fold)(ts + NS_S)
        self.stages.timed("one checkpoint", self.pipeline.engine.checkpoint)()
        self.writer.close()


def measure(n: int, ms_per_message: float, rounds: int) -> dict[str, float]:
    """µs a message of each duty: the least of so many rounds."""
    frames = list(messages(n, ms_per_message=ms_per_message))
    least: dict[str, float] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="fbkit-bench-") as work:
            stages = Stages()
            Line(Path(work) / "duties.db", stages).run(frames, ms_per_message)
        for duty in DUTIES:
            cost = stages.spent[duty] / n / 1000
            least[duty] = min(cost, least.get(duty, cost))
    return least


def table(costs: Mapping[str, float]) -> str:
    """The table in Markdown, with the sum beneath.

    >>> print(table({"parsing": 0.9, "engine": 0.6}).splitlines()[-1])
    | in all | 1.50 |
    """
    rows = [("duty", "CPU µs/msg (min)"), ("---", "---"), *((duty, f"{cost:.2f}") for duty, cost in costs.items())]
    rows.append(("in all", f"{sum(costs.values()):.2f}"))
    return "\n".join(f"| {name} | {cost} |" for name, cost in rows)
