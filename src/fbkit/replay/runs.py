"""How a database's engines began: one run after the other, each with its settings and the stamp of its code."""

from __future__ import annotations

import platform
from itertools import groupby
from typing import NamedTuple

import msgspec

from fbkit.engine.stamp import code_stamp, numpy_stamp
from fbkit.model import NS_MS, RunRow


class _Settings(msgspec.Struct):
    lateness_ms: int = 1000
    min_coverage: float = 0.8


class Start(NamedTuple):
    """Consecutive runs whose engines were made alike: one engine that hears all of it is each of theirs.

    A run goes on from a checkpoint and the events after it, or hears every stored event again: either way it knows
    what an engine knows that heard them all, so long as it was made with the same settings. ``end`` is the first event
    of others.
    """

    lateness_ns: int
    min_coverage: float
    runs: tuple[RunRow, ...]
    end: int

    def made(self, seq: int) -> bool:
        """Whether one of these engines was at work when the event ``seq`` came: its checkpoint is theirs."""
        return self.runs[0].seq_start <= seq < self.end


def starts(runs: list[RunRow]) -> list[Start]:
    """Runs by the settings of their engines, in order."""
    apart = groupby(sorted(runs, key=lambda run: run.seq_start), key=lambda run: _settings(run.settings))
    found = [(settings, tuple(own)) for settings, own in apart]
    ends = [*(own[0].seq_start for _, own in found[1:]), 1 << 62]
    return [Start(*settings, own, end) for (settings, own), end in zip(found, ends, strict=True)]


def _settings(text: str) -> tuple[int, float]:
    chosen = msgspec.json.decode(text, type=_Settings)
    return chosen.lateness_ms * NS_MS, chosen.min_coverage


def unlike(run: RunRow) -> str:
    """Why what a run computed need not be the same to the bit here; ``""`` where it must be."""
    ours = {"code": code_stamp(), "Python": platform.python_version(), "numpy and processor": numpy_stamp()}
    theirs = {"code": run.code, "Python": run.python, "numpy and processor": run.numpy}
    other = [f"{what} {theirs[what]} (here {ours[what]})" for what in ours if ours[what] != theirs[what]]
    return f"computed with other {', '.join(other)}" if other else ""
