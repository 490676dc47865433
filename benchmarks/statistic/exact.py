"""How far a Z is from the exact one, on five kinds of data, with and without the current value, on several phases."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from rig.verdicts import Verdict

from fbkit.quant import zscore

Floats = NDArray[np.float64]

WINDOW, LENGTH = 240, 3000


def kinds() -> dict[str, Floats]:
    """Returns, prices, open interest, one bad print long gone, and a market that moves and halts."""
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(LENGTH)
    spike = 100 + noise * 1e-2
    spike[300] = 1e12
    halt = 0.1 + np.cumsum(noise) * 1e-3
    halt[LENGTH // 2 :] = halt[LENGTH // 2]
    prices = np.round(65_000 + np.cumsum(noise) * 15, 1)
    return {"returns": noise * 1e-3, "price": prices, "oi": 5e9 + noise * 1e3, "spike": spike, "halt": halt}


def exactly(baseline: Floats, x: float) -> float:
    """One Z as a fraction, rounded once; NaN where nothing moves."""
    values = [Fraction(v) for v in baseline.tolist()]
    mean = sum(values) / len(values)
    var = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
    return float(Fraction(x) - mean) / sqrt(var) if var else float("nan")


def worst(x: Floats, rows: list[int], *, include_current: bool) -> float:
    """The largest error of Z over these rows, on three phases."""
    shift = int(include_current)
    want = np.array([exactly(x[t - WINDOW + shift : t + shift], float(x[t])) for t in rows])
    found = [zscore(x, WINDOW, offset=phase, include_current=include_current)[rows] for phase in (0, 77, 239)]
    return max(float(np.nanmax(np.abs(z - want))) for z in found)


def run() -> tuple[list[list[str]], list[Verdict]]:
    """The table, and the largest of all."""
    lines, errors, rows = [["data", "default form", "current included"]], [], list(range(600, LENGTH, 97))
    for name, x in kinds().items():
        at = [t for t in rows if t < LENGTH // 2 + WINDOW - 1] if name == "halt" else rows
        pair = [worst(x, at, include_current=included) for included in (False, True)]
        errors += pair
        lines.append([name, *(f"{error:.1e}" for error in pair)])
    flat = kinds()["halt"]
    values = int(np.isfinite(zscore(flat, WINDOW)[LENGTH // 2 + WINDOW + 1 :]).sum())
    lines.append(["values of a flat market", str(values), ""])
    return lines, [
        Verdict("largest error, window 240", max(errors), must=1e-12, aim=1e-14),
        Verdict("values where nothing moves", values, must=0),
    ]
