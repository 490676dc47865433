"""Rolling Z of a panel: fbkit by numpy, compiled, and with its output used again, beside what else there is."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rig.verdicts import Verdict
from statistic.turns import Missing, cpu_seconds

from fbkit.quant import driver, zscore

Floats = NDArray[np.float64]


def by_pandas(x: Floats, window: int) -> Floats:
    """What one writes first."""
    frame = pd.DataFrame(x.T, copy=False)
    rolling = frame.rolling(window)
    return ((frame - rolling.mean()) / rolling.std()).to_numpy().T


def others(x: Floats, asked: argparse.Namespace, missing: Missing) -> dict[str, Callable[[], object]]:
    """Everybody who is here."""
    w = asked.window
    found: dict[str, Callable[[], object]] = {"pandas": lambda: by_pandas(x, w)}
    polars = missing.module("polars")
    if polars is not None:
        frame = polars.DataFrame({str(i): row for i, row in enumerate(x)})
        value = polars.all()
        found["polars"] = lambda: frame.select((value - value.rolling_mean(w)) / value.rolling_std(w))
    bottleneck = missing.module("bottleneck")
    if bottleneck is not None:
        found["bottleneck"] = lambda: (
            (x - bottleneck.move_mean(x, w, axis=1)) / bottleneck.move_std(x, w, axis=1, ddof=1)
        )
    kernels = missing.kernels(asked.peers)
    if kernels is not None:
        out = np.empty_like(x)
        found["the peers' compiled block"] = lambda: kernels.z_block(x, w)
        found["the same, output used again"] = lambda: kernels.z_block_into(x, w, out)
    return found


def ours(x: Floats, window: int, missing: Missing) -> dict[str, Callable[[], object]]:
    """The ways fbkit does it."""
    out = np.empty_like(x)

    def run(who: str, into: Floats | None = None) -> Callable[[], object]:
        return lambda: zscore(x, window, axis=1, include_current=True, driver=who, out=into)

    found = {"fbkit, numpy only": run("numpy")}
    if missing.module("numba") is not None and driver.kernels("numba", 0) is not None:
        found |= {"fbkit, compiled": run("numba"), "fbkit, output used again": run("numba", out)}
    return found


def run(asked: argparse.Namespace, missing: Missing) -> tuple[list[list[str]], list[Verdict]]:
    """The table, and how fbkit stands against pandas."""
    steps = np.random.default_rng(7).standard_normal((asked.instruments, asked.bars)) * 15
    x = np.round(65_000 + np.cumsum(steps, axis=1), 1)
    best = cpu_seconds(others(x, asked, missing) | ours(x, asked.window, missing), asked.rounds)
    lines = [["contestant", "M values a CPU second", "of pandas"]]
    for name, seconds in sorted(best.items(), key=lambda item: item[1]):
        lines.append([name, f"{x.size / seconds / 1e6:.1f}", f"{best['pandas'] / seconds:.2f}×"])
    goals = {"fbkit, numpy only": (1.3, 2), "fbkit, compiled": (7, 12), "fbkit, output used again": (9, 30)}
    return lines, [
        Verdict(f"{name}: CPU time, pandas = 1", best[name] / best["pandas"], must=1 / must, aim=1 / aim)
        for name, (must, aim) in goals.items()
        if name in best
    ]
