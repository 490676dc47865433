"""One value at a time: fbkit's classes beside river and the tail of a pandas Series, window 240."""

from __future__ import annotations

from collections.abc import Callable
from math import nan, sqrt

import numpy as np
import pandas as pd
from rig.verdicts import Verdict
from statistic.turns import Missing, cpu_seconds

from fbkit.quant.streaming import EwmaZScore, RobustZScore, RollingZScore

WINDOW, LENGTH, FEW = 240, 20_000, 1_000


def steps(make: Callable[[], object], values: list[float]) -> Callable[[], object]:
    """All values through a new statistic."""

    def run() -> None:
        update = make().update  # type: ignore[attr-defined]  # a statistic
        for x in values:
            update(x)

    return run


def by_river(values: list[float]) -> Callable[[], object]:
    """Mean and variance of a window, as its documentation puts them together."""
    from river import stats, utils

    def run() -> float:
        mean, var = utils.Rolling(stats.Mean, window_size=WINDOW), utils.Rolling(stats.Var, window_size=WINDOW, ddof=1)
        z = nan
        for x in values:
            mean.update(x)
            var.update(x)
            spread = var.get()
            z = (x - mean.get()) / sqrt(spread) if spread > 0 else nan
        return z

    return run


def by_pandas(values: list[float]) -> None:
    """The tail's mean and deviation at each tick."""
    series = pd.Series(values)
    for end in range(WINDOW, len(values)):
        tail = series.iloc[end - WINDOW : end]
        _ = (values[end] - tail.mean()) / tail.std()


def run(rounds: int, missing: Missing) -> tuple[list[list[str]], list[Verdict]]:
    """The table, and how fbkit stands against river."""
    x = np.round(65_000 + np.cumsum(np.random.default_rng(5).standard_normal(LENGTH) * 15), 1).tolist()
    contestants = {
        "fbkit RollingZScore": (steps(lambda: RollingZScore(WINDOW), x), LENGTH),
        "fbkit EwmaZScore": (steps(lambda: EwmaZScore(WINDOW / 2), x), LENGTH),
        "fbkit RobustZScore": (steps(lambda: RobustZScore(WINDOW), x), LENGTH),
        "pandas, mean and deviation of the tail": (lambda: by_pandas(x[:FEW]), FEW - WINDOW),
    }
    river = missing.module("river")
    if river is not None:
        contestants["river Rolling(Mean), Rolling(Var)"] = (by_river(x), LENGTH)
    best = cpu_seconds({name: run for name, (run, _) in contestants.items()}, rounds)
    each = {name: seconds / contestants[name][1] * 1e6 for name, seconds in best.items()}
    lines = [["contestant", "CPU µs a value"], *([name, f"{us:.2f}"] for name, us in sorted(each.items(), key=_cost))]
    if river is None:
        return lines, []
    share = each["fbkit RollingZScore"] / each["river Rolling(Mean), Rolling(Var)"]
    return lines, [Verdict("fbkit RollingZScore: CPU time, river = 1", share, must=1 / 5, aim=1 / 9)]


def _cost(item: tuple[str, float]) -> float:
    return item[1]
