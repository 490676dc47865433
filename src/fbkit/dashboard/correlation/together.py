"""How coins move together: the matrix, its pairs, and one of them looked at closely."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.correlation.similarity import alike
from fbkit.dashboard.table import Table
from fbkit.widgets import GridColumn
from fbkit.widgets.format import signed

if TYPE_CHECKING:
    from fbkit.across.returns import Returns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Rows of the strongest pairs, and as many of the weakest.
SHOWN = 6

COLUMNS = [
    GridColumn("pair", "pair"),
    GridColumn("r", "r", "signed", more=2, about="Pearson's correlation over the slots that both have"),
    GridColumn("interval", "95 % interval"),
    GridColumn("n", "pairs", "count", about="slots that both have; fewer than 30 give no number"),
    GridColumn("which", "of all"),
]


class Together(NamedTuple):
    """Coins by name, those alike side by side, with square tables of r, its 95 % interval and pairs.

    ``instruments`` is the contract of each, ``end`` the end (UTC ns) of the newest slot.
    """

    names: tuple[str, ...]
    r: Floats
    low: Floats
    high: Floats
    n: Ints
    instruments: tuple[str, ...]
    coverage: float
    end: int
    read: Returns

    def place(self, name: str) -> int | None:
        """Where a coin stands; ``None`` where it is not here."""
        return self.names.index(name) if name in self.names else None


class Pair(NamedTuple):
    """Two coins: r, its interval and pairs at each lag in bars (above 0 the first leads), the returns of both."""

    names: tuple[str, str]
    lags: Ints
    r: Floats
    low: Floats
    high: Floats
    n: Ints
    best: int
    sentence: str
    first: Floats
    second: Floats


def together_of(read: Returns) -> Together:
    """The matrix of these returns, ordered by similarity."""
    from fbkit.across import correlations
    from fbkit.across.coins import labels_of

    frame = correlations(read)
    order = alike(frame["r"].to_numpy(np.float64))
    labels, turned = labels_of(read.contracts), read.of(order)

    def square(part: str) -> Floats:
        return frame[part].to_numpy(np.float64)[np.ix_(order, order)]

    return Together(
        tuple(labels[at] for at in order),
        square("r"), square("low"), square("high"), square("n").astype(np.int64),
        tuple(one.name for one in turned.contracts), float(frame.attrs["coverage"]),
        int(read.t1[-1]) if len(read.t1) else 0, turned,
    )  # fmt: skip  # an answer


def pair_of(found: Together, a: str, b: str) -> Pair | None:
    """Two of these coins; ``None`` where one is not here."""
    from fbkit.across import lead_lag

    first, second = found.place(a), found.place(b)
    if first is None or second is None or first == second:
        return None
    read = found.read.of([first, second])
    frame = lead_lag(read)
    r, low, high = (frame[name].to_numpy(np.float64) for name in ("r", "low", "high"))
    best = int(frame.attrs["lag"]) if math.isfinite(frame.attrs["r"]) else 0
    lags, n = frame.index.to_numpy(np.int64), frame["n"].to_numpy(np.int64)
    return Pair((a, b), lags, r, low, high, n, best, str(frame.attrs["sentence"]), read.fresh[:, 0], read.fresh[:, 1])


def pairs_of(found: Together) -> list[tuple[int, int]]:
    """Every pair that has a number, the largest in size first."""
    places = [(i, j) for i in range(len(found.names)) for j in range(i) if np.isfinite(found.r[i, j])]
    return sorted(places, key=lambda at: -abs(float(found.r[at])))


def pairs_table(found: Together) -> Table:
    """The strongest and the weakest pairs; a pair's name is both names with a line break between."""
    pairs = pairs_of(found)
    most = min(SHOWN, (len(pairs) + 1) // 2)
    table = Table(COLUMNS, [], [], {}, {}, {})
    for which, some in (("strongest", pairs[:most]), ("weakest", pairs[max(most, len(pairs) - most) :])):
        for i, j in some:
            a, b = (found.names[j], found.names[i])
            interval = f"{signed(float(found.low[i, j]), 2)} to {signed(float(found.high[i, j]), 2)}"
            table.rows.append([f"{a} \u00b7 {b}", float(found.r[i, j]), interval, int(found.n[i, j]), which])
            table.names.append(f"{a}\n{b}")
    return table
