"""Contestants in turn, each in a process of its own, round after round, against one server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

#: The programs: each can be run by hand as well.
CONTESTANTS = Path(__file__).resolve().parents[1] / "contestants"

#: A contestant that takes longer has hung.
_PATIENCE_S = 100.0


class ContestantFailed(Exception):
    """A contestant ended without an answer."""


@contextlib.contextmanager
def stream_server(*options: str) -> Iterator[int]:
    """Our own server; yields its port."""
    command = [sys.executable, str(CONTESTANTS / "stream.py"), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both are pipes
        try:
            yield json.loads(child.stdout.readline())["port"]
        finally:
            child.stdin.close()


def answer_of(name: str, command: Sequence[str], cwd: Path) -> dict[str, float]:
    """Run one contestant; the JSON of its last line."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, cwd=cwd, check=False)
    except subprocess.TimeoutExpired as error:
        raise ContestantFailed(f"{name}: no answer within {_PATIENCE_S:.0f} s") from error
    try:
        result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise ContestantFailed(f"{name}: exit {done.returncode}\n{done.stderr.strip()[-2000:]}") from error
    return result


def interleaved(contestants: Mapping[str, Sequence[str]], rounds: int, cwd: Path) -> dict[str, list[dict[str, float]]]:
    """Every contestant's answers; one round of all before the next, so that other load falls on all alike."""
    answers: dict[str, list[dict[str, float]]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, command in contestants.items():
            answers[name].append(answer_of(name, command, cwd))
    return answers
