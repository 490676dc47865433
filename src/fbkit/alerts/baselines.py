"""How far each venue's mark usually lies from the others', per coin and set of venues."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.alerts.slot import Floats
from fbkit.model import TIMEFRAMES
from fbkit.quant.frames.metrics import stagger
from fbkit.quant.panel import ZPanel

_FIRST_CAPACITY = 64


class Baselines:
    """Z-scores of deviations on one timeframe: :class:`~fbkit.quant.streaming.RollingZScore`, many at once.

    A deviation is one from the median of a set of venues; where another set is there, its baselines are others, and
    those of the first wait: a venue that drops out must not look like a price that moves. Slots are absolute
    (metrics reference 8), those without a value count as missing. What nobody asked for in a window is forgotten.
    """

    def __init__(self, tf: str, window: int, min_coverage: float) -> None:
        self._length, self._window = TIMEFRAMES[tf], window
        self._panel = ZPanel(window, 1, min_coverage)
        self._ids: dict[str, int] = {}
        self._last: list[int] = []

    def judge(self, keys: list[str], t1: int, x: Floats) -> tuple[Floats, Floats, list[int]]:
        """Z, mean of the baseline and values behind it of each deviation; each becomes part of its baseline."""
        slot = t1 // self._length
        rows = np.array([self._row(key, slot) for key in keys])
        usual = self._panel.usual(rows)[:, 0]
        z, _, n = self._panel.close(rows, x[:, None])
        for i in rows.tolist():
            self._last[i] = slot
        return z[:, 0], usual, n[:, 0].tolist()

    def _row(self, key: str, slot: int) -> int:
        i = self._ids.get(key)
        if i is None:
            i = self._ids[key] = self._free(slot)
            self._panel.begin(i, slot + stagger(key, self._window))
            return i
        missed = slot - self._last[i] - 1
        if not 0 <= missed < self._window:
            self._panel.begin(i, slot + stagger(key, self._window))
        elif missed:
            self._panel.run(i, np.full((missed, 1), np.nan))
        return i

    def _free(self, slot: int) -> int:
        """A row that nobody has, or has any more."""
        if len(self._last) == self._panel.capacity:
            old = [key for key, i in self._ids.items() if slot - self._last[i] > self._window]
            if old:
                i = self._ids.pop(old[0])
                self._last[i] = slot
                return i
            self._panel.grow(max(_FIRST_CAPACITY, 2 * self._panel.capacity))
        self._last.append(slot)
        return len(self._last) - 1

    def dump(self) -> dict[str, Any]:
        """Everything, as what msgpack can hold."""
        used = len(self._last)
        arrays = {name: array[:used] for name, array in self._panel.dump().items()}
        return {
            "ids": self._ids,
            "last": list(self._last),
            "arrays": {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in arrays.items()},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take what :meth:`dump` gave; raises ``ValueError`` for anything else."""
        self._ids, self._last = dict(state["ids"]), list(state["last"])
        self._panel.load_state(
            {
                name: np.frombuffer(raw, dtype).reshape(shape).copy()
                for name, (dtype, shape, raw) in state["arrays"].items()
            }
        )
