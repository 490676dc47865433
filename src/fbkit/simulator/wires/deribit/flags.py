"""Who was liquidated in which trade. The exchange tells it with the trade, so a forced order finds one of the tape.

The trade of a dying long is one that a taker sold (``T``); now and then the forced order waited in the book and met a
buyer (``M``), or met somebody who was dying as well (``MT``).
"""

from __future__ import annotations

import numpy as np

from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.kept import Kept
from fbkit.simulator.scene import Scene
from fbkit.simulator.trades import Minute

#: Of how many forced orders which flag.
_HOW = ("T", "T", "T", "M", "T", "T", "MT", "T", "T", "T", "M")


class Flags:
    """The flags of trades, a minute at a time."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._of_minute = Kept(self._make, 4)

    def of(self, coin: int, trade_id: int, ts_ms: int) -> str:
        """``T``, ``M``, ``MT``, or nothing."""
        return self._of_minute[ts_ms // MS_MIN].get((coin, trade_id), "")

    def _make(self, minute: int) -> dict[tuple[int, int], str]:
        block, forced = self._scene.market.minute(minute), self._scene.liquidations[minute]
        found: dict[tuple[int, int], str] = {}
        for coin, ts, long in zip(forced.coin.tolist(), forced.ts_ms.tolist(), forced.long.tolist(), strict=True):
            how = _HOW[ts % len(_HOW)]
            place = _next(block, coin, ts, buy=long if how == "M" else not long)
            if place is not None:
                found.setdefault((coin, int(block.trade_id[place])), how)
        return found


def _next(block: Minute, coin: int, ts_ms: int, *, buy: bool) -> int | None:
    """The first trade of a coin from an instant on whose taker bought, or sold; none may be left of the minute."""
    a, b = int(block.edges[coin]), int(block.edges[coin + 1])
    first = a + int(np.searchsorted(block.ts_ms[a:b], ts_ms))
    fitting = np.flatnonzero(block.buy[first:b] == buy)
    return first + int(fitting[0]) if len(fitting) else None
