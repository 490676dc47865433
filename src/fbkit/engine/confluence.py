"""How far the metrics of each bar agree on a side: :func:`fbkit.quant.score` for many instruments at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import Bars, Floats
from fbkit.model import METRIC_COLUMNS
from fbkit.quant.confluence import DEFAULT, NOTHING, Condition

Ints = NDArray[np.int64]


class Confluence(NamedTuple):
    """For each instrument: the score of each side (NaN: none), the bias, and the conditions met, as JSON."""

    long: list[float]
    short: list[float]
    bias: list[str]
    met: list[str]


def confluence(bars: Bars, metrics: Floats, conditions: tuple[Condition, ...] = DEFAULT) -> Confluence:
    """Score closed bars; ``metrics`` are instruments × :data:`fbkit.model.METRIC_COLUMNS`.

    The bias is the side with more weight met, ``none`` where neither has, ``""`` where there is no score.
    """
    x = np.stack([_column(bars, metrics, one.column) for one in conditions], axis=1)
    least, weight = np.array([one.at_least for one in conditions]), np.array([one.weight for one in conditions])
    valid = np.isfinite(x)
    long, short = valid & (x >= least), valid & (x <= -least)
    heard = valid @ weight
    scored = (heard > 0) & (3 * heard >= 2 * int(weight.sum()))
    weights = long @ weight, short @ weight
    with np.errstate(invalid="ignore"):
        up, down = (np.where(scored, side / heard, np.nan).tolist() for side in weights)
    return Confluence(up, down, _bias(scored, *weights), _met(x, long, short, conditions))


def _column(bars: Bars, metrics: Floats, name: str) -> Floats:
    if name not in METRIC_COLUMNS:
        return bars[name]
    z = metrics[:, METRIC_COLUMNS.index(name)]
    return np.where(np.abs(z) < NOTHING, 0.0, z) if name.startswith("z_") else z


def _bias(scored: NDArray[np.bool_], long: Ints, short: Ints) -> list[str]:
    sides = ("none", "long", "short")
    lean = np.sign(long - short).tolist()
    return [sides[side] if known else "" for known, side in zip(scored.tolist(), lean, strict=True)]


def _met(x: Floats, long: NDArray[np.bool_], short: NDArray[np.bool_], conditions: tuple[Condition, ...]) -> list[str]:
    """Conditions met, ``[[side, column, value, threshold], ...]``."""
    found: list[list[str]] = [[] for _ in x]
    for side, hits, sign in (("long", long, 1.0), ("short", short, -1.0)):
        for k, one in enumerate(conditions):
            # Written by hand: many meet one (crowds are long for weeks), and an encoder's call for each is dear.
            head, tail = f'["{side}","{one.column}",', f",{sign * one.at_least!r}]"
            at = np.flatnonzero(hits[:, k])
            for i, value in zip(at.tolist(), x[at, k].tolist(), strict=True):
                found[i].append(f"{head}{value!r}{tail}")
    return [f"[{','.join(met)}]" for met in found]
