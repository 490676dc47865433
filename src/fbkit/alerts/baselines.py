"""How far each venue's mark usually lies from the others', per coin and set of venues."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.alerts.slot import Floats
from fbkit.model import TIMEFRAMES
from fbkit.quant.frames.metrics import stagger
from fbkit.quant.panel import ZPanel
from fbkit.quant.panel.columns import Index

_FIRST_CAPACITY = 64


class Baselines:
    """Z-scores of deviations on one timeframe: :class:`~fbkit.quant.streaming.RollingZScore`, many at once.

    A deviation is one from the median of a set of venues; where another set is there, its baselines are others, and
    those of the first wait: a venue that drops out must not look like a price that moves. Slots are absolute
    (metrics reference 8), those without a value count as missing. What nobody asked for in a window is forgotten.
    """

    def __init__(self, tf: str, window: int, min_coverage: float) -> None:
        self._length, self._window = TIMEFRAMES[tf], window
        self._panel = ZPanel((window,), 1, min_coverage)
        self._ids: dict[str, int] = {}
        self._last = np.zeros(0, np.int64)
        self._asked: tuple[list[str], Index] = ([], np.zeros(0, np.intp))

    def judge(self, keys: list[str], t1: int, x: Floats) -> tuple[Floats, Floats, list[int]]:
        """Z, mean of the baseline and values behind it of each deviation; each becomes part of its baseline."""
        slot = t1 // self._length
        rows = self._rows(keys, slot)
        usual = self._panel.usual(rows, self._window)[:, 0]
        z, _, n = self._panel.close(rows, x[:, None])
        self._last[rows] = slot
        return z[0, :, 0], usual, n[0, :, 0].tolist()

    def _rows(self, keys: list[str], slot: int) -> Index:
        """The panel's row of each, as of this slot."""
        asked, rows = self._asked
        if asked is not keys or not (self._last[rows] == slot - 1).all():
            rows = np.array([self._row(key, slot) for key in keys])
            self._asked = (keys, rows)
        return rows

    def _row(self, key: str, slot: int) -> int:
        i = self._ids.get(key)
        missed = -1 if i is None else slot - int(self._last[i]) - 1
        if i is None:
            i = self._ids[key] = self._free(slot)
        if not 0 <= missed < self._window:
            self._panel.begin(i, slot, (stagger(key, self._window),))
        elif missed:
            self._panel.run(i, np.full((missed, 1), np.nan))
        self._last[i] = slot - 1
        return i

    def _free(self, slot: int) -> int:
        """A row that nobody has, or has any more."""
        used = len(self._ids)
        if used == self._panel.capacity:
            old = next((key for key, i in self._ids.items() if slot - self._last[i] > self._window), None)
            if old is not None:
                return self._ids.pop(old)
            self._panel.grow(max(_FIRST_CAPACITY, 2 * used))
            self._last = np.concatenate((self._last, np.zeros(self._panel.capacity - used, np.int64)))
        return used

    def dump(self) -> dict[str, Any]:
        """Everything, as what msgpack can hold."""
        used = len(self._ids)
        arrays = {"last": self._last, **self._panel.dump()}
        return {
            "ids": self._ids,
            "arrays": {name: (str(a.dtype), a[:used].shape, a[:used].tobytes()) for name, a in arrays.items()},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take what :meth:`dump` gave; raises ``ValueError`` or ``KeyError`` for anything else."""
        arrays = {
            name: np.frombuffer(raw, dtype).reshape(shape).copy()
            for name, (dtype, shape, raw) in state["arrays"].items()
        }
        self._ids, self._last = dict(state["ids"]), arrays.pop("last")
        self._asked = ([], np.zeros(0, np.intp))
        self._panel.load_state(arrays)
