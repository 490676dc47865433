"""An order in which what is alike stands together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def alike(r: Floats) -> list[int]:
    """Places of a matrix of correlations, so that blocks of coins that move together show along the diagonal.

    Groups are joined nearest first by their mean 1 − r, each turned so that the ends that meet are the nearest. What
    has no number counts as unrelated.

    >>> alike(np.array([[1.0, 0.1, 0.9], [0.1, 1.0, 0.2], [0.9, 0.2, 1.0]]))
    [0, 2, 1]
    """
    apart = 1.0 - np.nan_to_num(np.asarray(r, np.float64), nan=0.0)
    groups = [[at] for at in range(len(apart))]
    between = apart.copy()
    while len(groups) > 1:
        np.fill_diagonal(between, np.inf)
        first, second = sorted(int(at) for at in np.unravel_index(int(np.argmin(between)), between.shape))
        sizes = len(groups[first]), len(groups[second])
        between[first] = between[:, first] = np.average(between[[first, second]], axis=0, weights=sizes)
        groups[first] = _joined(groups[first], groups.pop(second), apart)
        between = np.delete(np.delete(between, second, 0), second, 1)
    return groups[0] if groups else []


def _joined(a: list[int], b: list[int], apart: Floats) -> list[int]:
    turned = [(x, y) for x in (a, a[::-1]) for y in (b, b[::-1])]
    x, y = min(turned, key=lambda pair: float(apart[pair[0][-1], pair[1][0]]))
    # The same matrix gives the same order whichever way it was turned: the earliest stands first.
    found = x + y
    return found if found[0] <= found[-1] else found[::-1]
