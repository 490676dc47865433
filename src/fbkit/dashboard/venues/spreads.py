"""How far apart the venues' prices of many coins lie, and how unusual that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from fbkit.across import Coin

#: Minutes in the baseline of a range's Z, and the share of them that must be there.
MINUTES, ENOUGH = 240, 0.25


class Spread(NamedTuple):
    """A coin's newest range (bp), each venue's mark against their median (bp), the ends, and the Z of the range.

    ``n`` minutes stand behind ``z``; NaN where it has too few.
    """

    coin: str
    range_bp: float
    marks: tuple[tuple[str, float], ...]
    dearest: str
    cheapest: str
    z: float
    n: int
    reason: str


def spread_of(name: str, coin: Coin, end: int) -> Spread:
    """The spread in the minute that ends at ``end`` (UTC ns)."""
    from fbkit.across import dispersion
    from fbkit.across.dispersions import main_marks
    from fbkit.quant.frames import zscore

    frame = dispersion(coin)
    if not len(frame) or int(coin.t1[-1]) != end:
        return Spread(name, np.nan, (), "", "", np.nan, 0, "stale")
    row, (marks, venues) = frame.iloc[-1], main_marks(coin)
    median = float(row["mark_median_usd"])
    there = tuple(
        (v, 1e4 * (m / median - 1)) for v, m in zip(venues, marks[-1].tolist(), strict=True) if np.isfinite(m)
    )
    past = frame["dispersion_bp"].to_numpy(np.float64)
    z = float(zscore(past, MINUTES, min_coverage=ENOUGH)[-1])
    n = int(np.isfinite(past[-MINUTES - 1 : -1]).sum())
    alone = ("one venue" if len(venues) == 1 else "gap") if len(there) < 2 else ""
    return Spread(name, float(row["dispersion_bp"]), there, row["highest"], row["lowest"], z, n, alone)
