"""Ten thousand messages a second with the dashboard open: what is lost, how late it is stored, how late it is shown.

``python dev.py bench load [--instruments 300] [--rate 10000] [--seconds 60] [--no-page] [--json]``

Processes: a replay server that says a venue's frames, paced, made as they leave; the collector with default settings;
a listener at its hub; ``fbkit up`` with its kernels, and a headless Chromium on the dashboard (``FBKIT_BROWSER``).

A message is *received* when the collector stamped its frame (``ts_recv``); *committed* when the append that held it
returned on the writer's thread; *at the hub* when the listener's process got a live value whose ``ts_event`` is that
trade's or a later one's (no two trades of an instrument bear the same instant). An hourly checkpoint is made due
halfway, and minutes end as they do: bars of all instruments close. Left out: REST polls and history.

A benchmark, not a test: it says whether the goals were met, and ends with 0 when everybody answered.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
import psutil
from numpy.typing import NDArray
from rig.listener import BENCHMARKS, listening
from rig.page import dashboard
from rig.verdicts import Verdict, as_json, table
from rig.voices import VOICES

from fbkit.clock import SystemClock
from fbkit.model import NS_MS, Span
from fbkit.settings import Settings
from fbkit.store import open_store

SEED = 7

#: Messages a second while everything starts.
_WARM_RATE = 500

#: At full rate before the measuring begins, and silence after it.
_SETTLE_S, _DRAIN_S = 5.0, 3.0

#: Kinds whose way to the disk is measured.
_KINDS = ("trade", "quote", "mark")


class Child:
    """A process of the rig: told things by lines, answers by lines of JSON."""

    def __init__(self, module: str, *arguments: object, env: dict[str, str] | None = None) -> None:
        words = [sys.executable, "-m", f"rig.{module}", *map(str, arguments)]
        self.process = subprocess.Popen(
            words, cwd=BENCHMARKS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def answer(self) -> dict[str, Any]:
        """The next line."""
        assert self.process.stdout is not None  # noqa: S101 - a pipe
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def tell(self, line: object) -> None:
        """Say a line."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Its last word."""
        out, _ = self.process.communicate(timeout=120)
        told: dict[str, Any] = json.loads(out.splitlines()[-1])
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Usage(NamedTuple):
    """What processes took over the run: CPU in percent of one core, resident memory in MB at its end."""

    name: str
    cpu: float
    rss: float


class Told(NamedTuple):
    """Everything a run left behind; ``since`` and ``until`` bound what is measured (UTC ns)."""

    since: int
    until: int
    sent: dict[str, Any]
    collected: dict[str, Any]
    heard: dict[str, int]
    notes: Path
    url: str
    usage: list[Usage]
    page_p95_ms: float | None


def run(chosen: argparse.Namespace, folder: Path) -> Told:
    """Start everybody, measure for so long, end everybody."""
    database, home, notes = folder / "load.db", folder / "home", folder / "notes.msgpack"
    url = f"sqlite:///{database.as_posix()}"
    whose = (chosen.venue, chosen.instruments, SEED)
    settings = Settings(home=home, db=url)
    with contextlib.ExitStack() as stack:
        replay = stack.enter_context(Child("replay", *whose))
        port = replay.answer()["port"]
        collector = stack.enter_context(Child("collector", *whose, port, database, home))
        listener = stack.enter_context(listening(settings, url, notes))
        replay.answer()  # somebody listens
        replay.tell(_WARM_RATE)
        page = stack.enter_context(dashboard(folder, url, chosen.venue, chosen.browser)) if chosen.page else None
        replay.tell(chosen.rate)
        time.sleep(_SETTLE_S)
        who = {
            name: [psutil.Process(child.process.pid)] for name, child in (("replay", replay), ("collector", collector))
        }
        who |= {"listener": [psutil.Process(listener.child.pid)]} | (page.processes() if page else {})
        since, usage = _measured(chosen.seconds, who, lambda: collector.tell("checkpoint"))
        until = SystemClock().now()
        replay.tell(0)
        while "drained" not in replay.answer():
            pass
        time.sleep(_DRAIN_S)
        p95 = page.p95_ms() if page else None
        heard = listener.end()
        collected = collector.end()
        sent = replay.end()
    return Told(since, until, sent, collected, heard, notes, url, usage, p95)


def _measured(
    seconds: float, who: Mapping[str, list[psutil.Process]], halfway: Callable[[], None]
) -> tuple[int, list[Usage]]:
    """Let the time pass; when it began, and what everybody used."""
    since, began = SystemClock().now(), time.perf_counter()
    before, all_before = {name: _cpu_s(processes) for name, processes in who.items()}, _busy_s()
    time.sleep(seconds / 2)
    halfway()
    time.sleep(seconds / 2)
    wall = time.perf_counter() - began
    usage = [
        Usage(name, (_cpu_s(processes) - before[name]) / wall * 100, _rss_mb(processes))
        for name, processes in who.items()
    ]
    # Delays on a machine that others use are theirs as well: who reads the table must see it.
    others = (_busy_s() - all_before) / wall * 100 - sum(one.cpu for one in usage)
    return since, [*usage, Usage("everybody else", others, 0.0)]


def _busy_s() -> float:
    """Seconds of CPU that the machine has spent on anything, over all cores."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _cpu_s(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def _rss_mb(processes: Iterable[psutil.Process]) -> float:
    total = 0
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total / 1e6


# --- what came of it --------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """What was measured: delays in ms, and the loop's stalls."""

    commit_ms: NDArray[np.float64]
    hub_ms: NDArray[np.float64]
    never_shown: int
    stalls_ms: NDArray[np.float64]
    lost: int
    dropped: int
    not_stored: int
    gaps: int


def find(told: Told) -> Found:
    """Read it out of the database, the watches and the listener's notes."""
    whole = Span(None, None)
    accounts = told.collected["accounts"]
    with contextlib.closing(open_store(told.url)) as store:
        columns = {kind: store.read(kind, None, whole) for kind in _KINDS}
        gaps = len(store.gaps())
        counts = store.table_counts()
    stored = sum(one["stored"] for one in accounts if one["channel"] in {"trade", "quote", "depth", "mark"})
    # Items of the venue's first list come from no frame.
    received = sum(one["received"] for one in accounts if one["channel"] != "listing")
    hub_ms, never = _shown(told, columns["trade"])
    stalls = [late / NS_MS for when, late in told.collected["stalls"] if told.since <= when < told.until]
    return Found(
        _committed(told, columns.values()),
        hub_ms,
        never,
        np.array(stalls or [0.0]),
        told.sent["items"] - received,
        sum(one["dropped"] for one in accounts),
        stored - sum(counts[name] for name in ("trades", "quotes", "marks")),
        gaps,
    )


def _committed(told: Told, kinds: Iterable[Mapping[str, NDArray[Any]]]) -> NDArray[np.float64]:
    """How long after its receipt each stored event's append returned, ms."""
    when, last = (np.array(column, np.int64) for column in zip(*told.collected["commits"], strict=True))
    delays = []
    for columns in kinds:
        received, seq = columns["ts_recv"], columns["seq"]
        inside = (received >= told.since) & (received < told.until)
        delays.append((when[np.searchsorted(last, seq[inside])] - received[inside]) / NS_MS)
    return np.concatenate(delays)


def _shown(told: Told, trades: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.float64], int]:
    """How long after its receipt each trade, or a later one, was at the listener, ms; and how many never were."""
    noted: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for when, rows in msgspec.msgpack.decode(told.notes.read_bytes(), type=list[tuple[int, dict[str, int]]]):
        for name, ts_event in rows.items():
            noted[name].append((ts_event, when))
    delays, never = [], 0
    inside = (trades["ts_recv"] >= told.since) & (trades["ts_recv"] < told.until)
    names, of = np.unique(trades["instrument"][inside], return_inverse=True)
    events, received = trades["ts_event"][inside], trades["ts_recv"][inside]
    for number, name in enumerate(names.tolist()):
        ts_events, whens = np.array(noted[name] or [(0, 0)], np.int64).T
        at = np.searchsorted(ts_events, events[of == number])
        seen = at < len(whens)
        never += int((~seen).sum())
        delays.append((whens[at[seen]] - received[of == number][seen]) / NS_MS)
    return np.concatenate(delays), never


def verdicts(told: Told, found: Found) -> list[Verdict]:
    """Beside what should be."""
    return [
        Verdict("items dropped", found.dropped, must=0),
        Verdict("items sent that never came", found.lost, must=0),
        Verdict("acknowledged, but not in the database", found.not_stored, must=0),
        Verdict("gaps", found.gaps, must=0),
        Verdict("trades never shown", found.never_shown, must=0),
        Verdict("receive to commit, p50", _at(found.commit_ms, 50), "ms"),
        Verdict("receive to commit, p99", _at(found.commit_ms, 99), "ms", must=2000),
        Verdict("receive to hub, p50", _at(found.hub_ms, 50), "ms"),
        Verdict("receive to hub, p99", _at(found.hub_ms, 99), "ms", must=250),
        Verdict("longest queue before the writer", told.heard["queue"], "events and rows"),
        Verdict("loop late, worst", round(float(found.stalls_ms.max()), 1), "ms"),
        Verdict("loop late by more than 20 ms", int((found.stalls_ms > 20).sum()), "times"),
    ] + (
        []
        if told.page_p95_ms is None
        else [Verdict("event to number on the page, p95", told.page_p95_ms, "ms", 500, 150)]
    )


def _at(values: NDArray[np.float64], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1) if len(values) else float("inf")


def asked(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="bench load", description="a busy market with the dashboard open")
    parser.add_argument("--instruments", type=int, default=300)
    parser.add_argument("--rate", type=int, default=10_000, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long is measured")
    parser.add_argument("--venue", choices=VOICES, default="binance", help="whose frames")
    parser.add_argument("--no-page", dest="page", action="store_false", help="a listener at the hub, and no dashboard")
    parser.add_argument("--browser", default=os.environ.get("FBKIT_BROWSER"), help="Chromium; default: FBKIT_BROWSER")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    chosen = parser.parse_args(arguments)
    if chosen.page and not chosen.browser:
        parser.error("name a Chromium by FBKIT_BROWSER or --browser, or leave the dashboard out with --no-page")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Run and tell."""
    chosen = asked(arguments)
    with tempfile.TemporaryDirectory(prefix="fbkit-load-", ignore_cleanup_errors=True) as folder:
        told = run(chosen, Path(folder))
        found = find(told)
    said = verdicts(told, found)
    with_page = "the dashboard open" if chosen.page else "no dashboard (--no-page), a listener only"
    facts = {name: getattr(chosen, name) for name in ("instruments", "rate", "seconds", "venue", "page")}
    if chosen.json:
        usage = [one._asdict() for one in told.usage]
        print(json.dumps({**facts, "sent": told.sent, "usage": usage, "verdicts": as_json(said)}, indent=1))
        return 0
    print(f"{chosen.instruments} instruments of {chosen.venue}, {chosen.rate:,} messages/s for {chosen.seconds:g} s,")
    print(f"{with_page}; {told.sent['items']:,} items in {told.sent['frames']:,} frames sent, start and end included\n")
    print(
        table(
            ("process", "CPU %", "RSS MB"),
            [(one.name, f"{one.cpu:.0f}", f"{one.rss:.0f}" if one.rss else "–") for one in told.usage],
        )
    )
    print("\n" + "\n".join(map(str, said)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
