"""The flow of one contract, or of a coin's contracts together: bars of all of them on one grid of slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.dashboard.flow.cvd import cvd_of
from fbkit.dashboard.flow.z_bands import Band, band
from fbkit.dashboard.series import judge
from fbkit.model import NS_DAY, NS_MS, TIMEFRAMES
from fbkit.quant.reading import REASONS

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What is read of a bar. Prices in USD a coin, ``vol_usd delta cvd liq_*`` in USD, ``obi_5 taker_imb`` in [-1, 1].
COLUMNS = (
    "close",
    "vol_usd",
    "delta",
    "cvd",
    "taker_imb",
    "obi_5",
    "spread_bp",
    "liq_long_usd",
    "liq_short_usd",
    "coverage",
)

#: The columns of flow that a Z-score judges.
LOUD = ("taker_imb", "obi_5", "ln_vol")


class Flow(NamedTuple):
    """The slots that are shown, oldest first, each summed over contracts that told.

    ``t0`` are their starts (UTC ns). ``columns``: :data:`COLUMNS` and ``sided_usd``, the volume of which the takers'
    sides are known; ``cvd`` counts from the last slot where ``begins`` is not 0 (``flow_cvd``). ``each`` has
    ``vol_usd delta liq_long_usd liq_short_usd`` of every contract: slots × names. ``z`` and ``bands`` are by column;
    ``why`` says why the newest Z is missing. ``before`` is the close before the first slot, ``read`` counts bars.
    """

    names: tuple[str, ...]
    tf: str
    window: int
    kind: str
    t0: Ints
    columns: dict[str, Floats]
    begins: NDArray[np.int8]
    each: dict[str, Floats]
    z: dict[str, Floats]
    bands: dict[str, Band]
    why: dict[str, str]
    price_of: str
    before: float
    read: int

    @property
    def length(self) -> int:
        """Of a slot, ns."""
        return TIMEFRAMES[self.tf]

    @property
    def middle_ms(self) -> Floats:
        """The middles of the slots, UTC ms: where they are drawn."""
        return (self.t0 + self.length / 2) / NS_MS

    @property
    def end(self) -> int:
        """When the newest slot ended, UTC ns."""
        return int(self.t0[-1]) + self.length

    def newest(self, column: str) -> float:
        """Its last number; NaN where the newest slot has none."""
        return float(self.columns[column][-1])

    def sum_of(self, column: str) -> float:
        """Over the slots that have it; NaN where none has."""
        values = self.columns[column]
        there = np.isfinite(values)
        return float(values[there].sum()) if there.any() else float("nan")

    def holes(self) -> list[tuple[int, int]]:
        """Stretches without any bar: start and end, UTC ns."""
        return runs(~np.isfinite(self.columns["vol_usd"]), self.t0, self.length)


def runs(there: NDArray[np.bool_], t0: Ints, length: int) -> list[tuple[int, int]]:
    """Where something holds, as stretches of time: start and end, ns.

    >>> runs(np.array([False, True, True, False, True]), np.arange(5) * 10, 10)
    [(10, 30), (40, 50)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], there, [False])).astype(np.int8)))
    return [(int(t0[a]), int(t0[b - 1]) + length) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def flow_of(
    bars: Mapping[str, pd.DataFrame], tf: str, *, window: int = 60, kind: str = "classic", shown: int = 240
) -> Flow | None:
    """From bars by name (oldest first), the newest ``shown`` slots; ``None`` where there is no bar at all.

    What is read before them is what Z-scores are measured by, and what CVD counts from: 00:00 UTC. Takes a moment.
    """
    found = {name: frame for name, frame in bars.items() if len(frame)}
    if not found:
        return None
    length = TIMEFRAMES[tf]
    first, each = _on_a_grid(found, length)
    t0 = (first + np.arange(len(each["vol_usd"]))) * length
    columns = _together(each)
    columns["cvd"], begins = cvd_of(t0, each["cvd"], each["delta"], each["vol_usd"])
    main = int(np.nansum(each["vol_usd"], axis=0).argmax())
    columns["close"] = each["close"][:, main]
    z, why, bands = _judged("+".join(found), tf, t0 + length, columns, window, kind)
    at = max(0, len(t0) - shown)
    before = columns["close"][:at][np.isfinite(columns["close"][:at])]
    return Flow(
        tuple(found), tf, window, kind, t0[at:], {name: values[at:] for name, values in columns.items()}, begins[at:],
        {name: each[name][at:] for name in ("vol_usd", "delta", "liq_long_usd", "liq_short_usd")},
        {name: values[at:] for name, values in z.items()}, {name: one.since(at) for name, one in bands.items()}, why,
        tuple(found)[main], float(before[-1]) if len(before) else float("nan"),
        int(sum((frame["t0"].to_numpy(np.int64) >= t0[at]).sum() for frame in found.values())),
    )  # fmt: skip  # in the order of its fields


def _on_a_grid(bars: Mapping[str, pd.DataFrame], length: int) -> tuple[int, dict[str, Floats]]:
    """The first slot, and of each column a table of slots × names; NaN where there is no bar."""
    slots = [frame["t0"].to_numpy(np.int64) // length for frame in bars.values()]
    first = min(int(one[0]) for one in slots)
    shape = max(int(one[-1]) for one in slots) - first + 1, len(bars)
    each = {column: np.full(shape, np.nan) for column in COLUMNS}
    for place, (frame, at) in enumerate(zip(bars.values(), slots, strict=True)):
        for column in COLUMNS:
            if column in frame:
                each[column][at - first, place] = frame[column].to_numpy(np.float64)
    return first, each


def _together(each: Mapping[str, Floats]) -> dict[str, Floats]:
    """Sums of money and means of the rest, over the contracts that told."""
    sums = ("vol_usd", "delta", "liq_long_usd", "liq_short_usd")
    columns = {name: _sum(each[name]) for name in sums}
    columns |= {name: _mean(each[name]) for name in ("obi_5", "spread_bp")}
    columns["coverage"] = _mean(np.nan_to_num(each["coverage"]))
    columns["sided_usd"] = _sum(np.where(np.isfinite(each["delta"]), each["vol_usd"], np.nan))
    with np.errstate(all="ignore"):
        columns["ln_vol"] = np.where(columns["vol_usd"] > 0, np.log(columns["vol_usd"]), np.nan)
        imbalance = np.where(columns["sided_usd"] > 0, columns["delta"] / columns["sided_usd"], np.nan)
    one = each["taker_imb"].shape[1] == 1
    columns["taker_imb"] = each["taker_imb"][:, 0] if one else imbalance
    return columns


def _sum(values: Floats) -> Floats:
    return np.where(np.isfinite(values).any(axis=1), np.nansum(values, axis=1), np.nan)


def _mean(values: Floats) -> Floats:
    n = np.isfinite(values).sum(axis=1)
    return np.where(n > 0, np.nansum(values, axis=1) / np.maximum(n, 1), np.nan)


def _judged(
    name: str, tf: str, t1: Ints, columns: Mapping[str, Floats], window: int, kind: str
) -> tuple[dict[str, Floats], dict[str, str], dict[str, Band]]:
    """Z by column, why the newest is missing, and what they are measured by."""
    import pandas as pd

    frame = pd.DataFrame({"t1": t1} | {column: columns[column] for column in LOUD})
    found = {column: judge(name, tf, frame, (column,), (window,), kind)[f"z_{column}_{window}"] for column in LOUD}
    z = {column: one.value for column, one in found.items()}
    why = {column: REASONS[int(one.code[-1])] for column, one in found.items()}
    return z, why, {column: band(columns[column], window, kind) for column in ("taker_imb", "obi_5")}


def bars_wanted(tf: str, shown: int, window: int) -> int:
    """How many bars to read for so many slots: before them a baseline, and the day in which their CVD began.

    >>> bars_wanted("1h", 48, 60), bars_wanted("1m", 240, 60)
    (108, 1680)
    """
    return shown + max(window, NS_DAY // TIMEFRAMES[tf])


def names_of(known: Mapping[str, Any], coin: str) -> list[str]:
    """A coin's perpetuals quoted in dollars, in the order of the listing's names."""
    from fbkit.across.contracts import DOLLARS

    return sorted(
        name for name, one in known.items() if one.base == coin and one.expiry is None and one.quote in DOLLARS
    )
