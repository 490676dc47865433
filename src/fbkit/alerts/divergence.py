"""Venues of one coin that part: tier 5."""

from __future__ import annotations

from itertools import groupby
from math import log
from statistics import median
from typing import NamedTuple

import numpy as np

from fbkit.alerts.baselines import Baselines
from fbkit.alerts.cluster import coin_of
from fbkit.alerts.rule import Divergence
from fbkit.alerts.said import Said, alert
from fbkit.alerts.sentence import sentence_of_divergence
from fbkit.alerts.silence import Silence
from fbkit.alerts.slot import Bools, Floats, Index, Slot
from fbkit.model import AlertRow

_BP = 10_000.0

#: What a divergence is about, where others name a column.
COLUMN = "divergence"


class _Layout(NamedTuple):
    """Which rows of a slot are venues of which coin; from bar to bar it is mostly the same.

    ``alike`` are the members again, a row a coin, the coins with as many venues together.
    """

    names: list[str]
    there: Bools
    members: list[int]
    keys: list[str]
    coins: dict[str, slice]
    alike: list[Index]


class _Measured(NamedTuple):
    """The members of a layout: marks, bp from their coin's median, what is usual, how unusual this is."""

    mark: list[float]
    bp: Floats
    z: Floats
    usual: Floats
    n: list[int]


class DivergenceEars:
    """A :class:`~fbkit.alerts.rule.Divergence` rule on one timeframe: a function of the closed bars it heard."""

    def __init__(self, rule: Divergence, tf: str) -> None:
        self.rule = rule
        self.baselines = Baselines(tf, rule.window, rule.min_coverage)
        self._layout = _Layout([], np.zeros(0, np.bool_), [], [], {}, [])

    def hear(self, slot: Slot, silence: Silence, ts: int) -> list[Said]:
        """What it says of a slot: of each coin, the venue that is furthest out."""
        layout, rule, said = self._lay_out(slot), self.rule, []
        if not layout.members:
            return []
        found = self._measure(slot, layout)
        size = np.where(np.isfinite(found.z), np.abs(found.z), -1.0)
        self._arm(slot, layout, silence, size)
        with np.errstate(invalid="ignore"):
            out = (size >= rule.threshold) & (np.abs(found.bp - found.usual) >= rule.floor_bp)
        size = np.where(out, size, -1.0)
        for coin in sorted({coin_of(slot.names[layout.members[k]]) for k in np.flatnonzero(out).tolist()}):
            if silence.speaks((rule.name, coin, COLUMN, slot.tf), ts, rule.cooldown_ns):
                part = layout.coins[coin]
                furthest = part.start + int(size[part].argmax())
                said.append(Said(layout.members[furthest], 0, self._alert(slot, layout, found, furthest, ts)))
        return said

    def _arm(self, slot: Slot, layout: _Layout, silence: Silence, size: Floats) -> None:
        """A coin whose venues are all back at their usual distances may be spoken of again."""
        for coin, column in silence.unarmed(self.rule.name, slot.tf):
            part = layout.coins.get(coin)
            if part is not None and 0.0 <= size[part].max() < self.rule.rearm:
                silence.arm((self.rule.name, coin, column, slot.tf))

    def _measure(self, slot: Slot, layout: _Layout) -> _Measured:
        mark = slot.column("mark")[layout.members]
        middle = np.empty_like(mark)
        for at in layout.alike:
            middle[at] = _medians(mark[at])[:, None]
        bp = np.array([_BP * log(ratio) for ratio in (mark / middle).tolist()])
        z, usual, n = self.baselines.judge(layout.keys, slot.t1, bp)
        return _Measured(mark.tolist(), bp, z, usual, n)

    def _lay_out(self, slot: Slot) -> _Layout:
        """Each coin's perpetuals that have a mark, by name, where there are venues enough."""
        mark = slot.column("mark")
        with np.errstate(invalid="ignore"):
            there = (slot.coverage >= self.rule.min_coverage) & (mark > 0.0) & np.isfinite(mark)
        known = self._layout
        if slot.names != known.names or not np.array_equal(there, known.there):
            self._layout = self._new_layout(slot.names, there)
        return self._layout

    def _new_layout(self, names: list[str], there: Bools) -> _Layout:
        # A dated future's price is another thing: perpetuals only.
        perpetuals = [i for i in np.flatnonzero(there).tolist() if names[i].endswith("-PERP")]
        in_order = sorted(perpetuals, key=lambda i: (coin_of(names[i]), names[i]))
        layout = _Layout(names, there, [], [], {}, [])
        for coin, group in groupby(in_order, lambda i: coin_of(names[i])):
            rows = list(group)
            if len({names[i].partition(":")[0] for i in rows}) < self.rule.venues:
                continue
            layout.coins[coin] = slice(len(layout.members), len(layout.members) + len(rows))
            layout.members.extend(rows)
            together = ",".join(names[i] for i in rows)
            layout.keys.extend(f"{names[i]}|{together}" for i in rows)
        by_size: dict[int, list[list[int]]] = {}
        for part in layout.coins.values():
            by_size.setdefault(part.stop - part.start, []).append([*range(part.start, part.stop)])
        layout.alike.extend(map(np.array, by_size.values()))
        return layout

    def _alert(self, slot: Slot, layout: _Layout, found: _Measured, out: int, ts: int) -> AlertRow:
        i = layout.members[out]
        coin = coin_of(slot.names[i])
        part = layout.coins[coin]
        marks, members = found.mark[part], range(part.start, part.stop)
        middle = median(marks)
        z, bp, usual = float(found.z[out]), float(found.bp[out]), float(found.usual[out])
        inputs = {
            "coin": coin,
            "mark": found.mark[out],
            "median": middle,
            "bp": bp,
            "usual_bp": usual,
            "dispersion_bp": _BP * (max(marks) - min(marks)) / middle,
            "window": self.rule.window,
            "floor_bp": self.rule.floor_bp,
            "venues": [
                {
                    "instrument": slot.names[layout.members[k]],
                    "mark": found.mark[k],
                    "bp": float(found.bp[k]),
                    "usual_bp": float(found.usual[k]),
                    "z": float(found.z[k]),
                    "n": found.n[k],
                }
                for k in members
            ],
        }
        return alert(
            self.rule,
            slot,
            i,
            ts,
            direction="up" if z > 0 else "down",
            column=COLUMN,
            value=z,
            threshold=self.rule.threshold,
            n=found.n[out],
            coverage=min(slot.metrics[layout.members[k]].coverage for k in members),
            sentence=sentence_of_divergence(slot.names[i], slot.tf, z, (bp, usual), len(members)),
            inputs=inputs,
        )


def _medians(rows: Floats) -> Floats:
    """The median of each row.

    >>> _medians(np.array([[3.0, 1.0, 2.0]])), _medians(np.array([[3.0, 1.0]]))
    (array([2.]), array([2.]))
    """
    ordered, half = np.sort(rows, axis=1), rows.shape[1] // 2
    if rows.shape[1] % 2:
        return np.asarray(ordered[:, half])
    return np.asarray((ordered[:, half - 1] + ordered[:, half]) / 2.0)
