"""Which slots were compared: stretches of ends, since they come one after the other."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from fbkit.model import TIMEFRAMES


class Spans:
    """Ends of slots by (table, instrument, timeframe), as stretches: however many, little to remember.

    Examples
    --------
    >>> spans = Spans()
    >>> spans.add("bars", "binance:BTC-USDT-PERP", "1m", 60 * 10**9, 180 * 10**9)
    >>> spans.outside("bars", "binance:BTC-USDT-PERP", "1m", np.array([120, 240]) * 10**9).tolist()
    [240000000000]
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], list[list[int]]] = defaultdict(list)

    def add(self, table: str, instrument: str, tf: str, first: int, last: int) -> None:
        """The slots that end at ``first`` … ``last`` were compared."""
        known = self._known[table, instrument, tf]
        if known and known[-1][0] <= first <= known[-1][1] + TIMEFRAMES[tf]:
            known[-1][1] = max(known[-1][1], last)
        else:
            known.append([first, last])

    def outside(self, table: str, instrument: str, tf: str, t1: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of these ends that were not compared."""
        left = np.ones(len(t1), np.bool_)
        for first, last in self._known.get((table, instrument, tf), ()):
            left &= (t1 < first) | (t1 > last)
        return t1[left]
