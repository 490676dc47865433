"""A bar close of 300 instruments × 10 columns × 4 windows: 12,000 Z with reasons and counts, blocks staggered."""

from __future__ import annotations

import time
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rig.verdicts import Verdict
from statistic.turns import Missing

from fbkit.quant import driver
from fbkit.quant.frames.metrics import stagger
from fbkit.quant.panel import ZPanel

WINDOWS, INSTRUMENTS, WIDTH, BARS = (20, 60, 240, 1440), 300, 10, 200
Floats = NDArray[np.float64]


def panel(history: Floats, who: str) -> ZPanel:
    """A panel that has heard so much that every window is full."""
    made = ZPanel(WINDOWS, WIDTH, driver=who)
    made.grow(INSTRUMENTS)
    for i in range(INSTRUMENTS):
        made.begin(i, 0, [stagger(f"binance:C{i}-USDT-PERP", window) for window in WINDOWS])
        made.run(i, history[:, i])
    return made


def closes(made: ZPanel, bars: Floats) -> tuple[list[float], list[float]]:
    """CPU and wall µs of each bar close."""
    rows, cpu, wall = np.arange(INSTRUMENTS), [], []
    out = made.room(INSTRUMENTS)
    for x in bars:
        began, cpu_began = time.perf_counter_ns(), time.process_time_ns()
        made.close(rows, x, out)
        cpu.append((time.process_time_ns() - cpu_began) / 1e3)
        wall.append((time.perf_counter_ns() - began) / 1e3)
    return cpu, wall


def run(rounds: int, missing: Missing) -> tuple[list[list[str]], list[Verdict]]:
    """The table; goals are of the quickest way there is here."""
    steps = np.random.default_rng(5).standard_normal((2 * WINDOWS[-1] + BARS * rounds + 20, INSTRUMENTS, WIDTH)) * 15
    x = np.round(65_000 + np.cumsum(steps, axis=0), 1)
    ways = {"fbkit, numpy only": "numpy"}
    if missing.module("numba") is not None and driver.kernels("numba", 0) is not None:
        ways["fbkit, compiled"] = "numba"
    begun = 2 * WINDOWS[-1] + 20
    made = {name: panel(x[: begun - 20], who) for name, who in ways.items()}
    for each in made.values():
        closes(each, x[begun - 20 : begun])
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name, each in made.items():
            found[name] += zip(*closes(each, x[begun + turn * BARS : begun + (turn + 1) * BARS]), strict=True)
    lines = [["contestant", "CPU µs a close (mean)", "median", "wall, worst"]]
    for name, pairs in found.items():
        cpu, wall = zip(*pairs, strict=True)
        lines.append([name, f"{sum(cpu) / len(cpu):.0f}", f"{median(cpu):.0f}", f"{max(wall):.0f}"])
    cpu, wall = zip(*found[list(ways)[-1]], strict=True)
    return lines, [
        Verdict(f"{list(ways)[-1]}: a close of 12,000 Z, mean", sum(cpu) / len(cpu), "CPU µs", must=120, aim=45),
        Verdict("the worst of them, by CPU", max(cpu), "µs", aim=300),
    ]
