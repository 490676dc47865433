"""Venues of one coin that part: tier 5."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, log
from statistics import median
from typing import NamedTuple

import numpy as np

from fbkit.alerts.baselines import Baselines
from fbkit.alerts.cluster import coin_of
from fbkit.alerts.rule import Divergence
from fbkit.alerts.said import Said, alert
from fbkit.alerts.sentence import sentence_of_divergence
from fbkit.alerts.silence import Silence
from fbkit.alerts.slot import Slot
from fbkit.model import AlertRow

_BP = 10_000.0

#: What a divergence is about, where others name a column.
COLUMN = "divergence"


class _Member(NamedTuple):
    """One venue's mark at a bar end, beside the others of its coin; bp are of the median, ``z`` of its own past."""

    i: int
    name: str
    mark: float
    bp: float
    z: float
    usual_bp: float
    n: int


class DivergenceEars:
    """A :class:`~fbkit.alerts.rule.Divergence` rule on one timeframe: a function of the closed bars it heard."""

    def __init__(self, rule: Divergence, tf: str) -> None:
        self.rule = rule
        self.baselines = Baselines(tf, rule.window, rule.min_coverage)
        self._coins: dict[str, str | None] = {}

    def hear(self, slot: Slot, silence: Silence, ts: int) -> list[Said]:
        """What it says of a slot: of each coin, the venue that is furthest out."""
        said = []
        for coin, members in self._measure(slot).items():
            key = (self.rule.name, coin, COLUMN, slot.tf)
            known = [abs(one.z) for one in members if isfinite(one.z)]
            if known and max(known) < self.rule.rearm:
                silence.arm(key)
            out = [one for one in members if self._is_out(one)]
            if out and silence.speaks(key, ts, self.rule.cooldown_ns):
                furthest = max(out, key=lambda one: abs(one.z))
                said.append(Said(furthest.i, 0, self._alert(slot, coin, members, furthest, ts)))
        return said

    def _is_out(self, one: _Member) -> bool:
        return abs(one.z) >= self.rule.threshold and abs(one.bp - one.usual_bp) >= self.rule.floor_bp

    def _measure(self, slot: Slot) -> dict[str, list[_Member]]:
        """Every coin that enough venues have a mark of, its members by name."""
        groups = self._groups(slot)
        if not groups:
            return {}
        mark = slot.column("mark").tolist()
        keys, bps, places = [], [], []
        for coin, rows in groups.items():
            middle = median(mark[i] for i in rows)
            venues = ",".join(slot.names[i] for i in rows)
            for i in rows:
                keys.append(f"{slot.names[i]}|{venues}")
                bps.append(_BP * log(mark[i] / middle))
                places.append((coin, i))
        z, usual, n = self.baselines.judge(keys, slot.t1, np.array(bps))
        found: dict[str, list[_Member]] = {}
        for (coin, i), *facts in zip(places, bps, z.tolist(), usual.tolist(), n, strict=True):
            found.setdefault(coin, []).append(_Member(i, slot.names[i], mark[i], *facts))
        return found

    def _groups(self, slot: Slot) -> dict[str, list[int]]:
        """The rows of each coin's perpetuals that have a mark, by name, where there are venues enough."""
        mark, covered = slot.column("mark"), slot.coverage >= self.rule.min_coverage
        with np.errstate(invalid="ignore"):
            there = np.flatnonzero(covered & (mark > 0.0) & np.isfinite(mark)).tolist()
        groups: dict[str, list[int]] = {}
        for i in sorted(there, key=slot.names.__getitem__):
            coin = self._coin(slot.names[i])
            if coin is not None:
                groups.setdefault(coin, []).append(i)
        return {coin: rows for coin, rows in groups.items() if self._are_enough([slot.names[i] for i in rows])}

    def _are_enough(self, names: list[str]) -> bool:
        venues = [name.partition(":")[0] for name in names]
        return 1 + sum(a != b for a, b in pairwise(venues)) >= self.rule.venues

    def _coin(self, name: str) -> str | None:
        """The coin of a perpetual; a dated future's price is another thing."""
        if name not in self._coins:
            self._coins[name] = coin_of(name) if name.endswith("-PERP") else None
        return self._coins[name]

    def _alert(self, slot: Slot, coin: str, members: list[_Member], out: _Member, ts: int) -> AlertRow:
        marks = [one.mark for one in members]
        middle = median(marks)
        inputs = {
            "coin": coin,
            "mark": out.mark,
            "median": middle,
            "bp": out.bp,
            "usual_bp": out.usual_bp,
            "dispersion_bp": _BP * (max(marks) - min(marks)) / middle,
            "window": self.rule.window,
            "floor_bp": self.rule.floor_bp,
            "venues": [
                {
                    "instrument": one.name,
                    "mark": one.mark,
                    "bp": one.bp,
                    "usual_bp": one.usual_bp,
                    "z": one.z,
                    "n": one.n,
                }
                for one in members
            ],
        }
        return alert(
            self.rule,
            slot,
            out.i,
            ts,
            direction="up" if out.z > 0 else "down",
            column=COLUMN,
            value=out.z,
            threshold=self.rule.threshold,
            n=out.n,
            coverage=min(slot.metrics[one.i].coverage for one in members),
            sentence=sentence_of_divergence(out.name, slot.tf, out.z, (out.bp, out.usual_bp), len(members)),
            inputs=inputs,
        )
