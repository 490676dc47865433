"""One column alone: tier 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from fbkit.alerts.rule import Single
from fbkit.alerts.said import Said, alert
from fbkit.alerts.sentence import sentence_of_one, sentence_of_z
from fbkit.alerts.side import bound
from fbkit.alerts.silence import Silence
from fbkit.alerts.slot import Floats, Slot, z_parts


class SingleEars:
    """A :class:`~fbkit.alerts.rule.Single` rule. One look at all instruments; only what is loud is looked at alone."""

    def __init__(self, rule: Single) -> None:
        self.rule = rule
        self._bounds = np.array([(bound(rule.threshold, c), bound(rule.rearm, c)) for c in rule.columns]).T
        self._sub = {column: k for k, column in enumerate(rule.columns)}

    def hear(self, slot: Slot, silence: Silence, ts: int) -> list[Said]:
        """What it says of a slot."""
        rule, size = self.rule, self._sizes(slot)
        self._arm(slot, silence, size)
        said = []
        for i, k in np.argwhere(size >= self._bounds[0]).tolist():
            column = rule.columns[k]
            key = (rule.name, slot.names[i], column, slot.tf)
            covered = slot.is_covered(i, (column,), rule.min_coverage)
            if covered and silence.speaks(key, ts, rule.cooldown_ns):
                said.append(Said(i, k, self._alert(slot, i, column, ts)))
        return said

    def _sizes(self, slot: Slot) -> Floats:
        size: Floats = np.abs(np.stack([slot.column(name) for name in self.rule.columns], axis=1))
        return np.where(np.isfinite(size), size, np.nan)

    def _arm(self, slot: Slot, silence: Silence, size: Floats) -> None:
        for name, column in silence.unarmed(self.rule.name, slot.tf):
            i, k = slot.at.get(name), self._sub.get(column)
            if i is not None and k is not None and size[i, k] < self._bounds[1, k]:
                silence.arm((self.rule.name, name, column, slot.tf))

    def _alert(self, slot: Slot, i: int, column: str, ts: int) -> Any:
        rule, bar = self.rule, slot.bars[i]
        x, parts = slot.value(i, column), z_parts(column)
        beside = {"close": bar.close, "source": bar.source}
        if parts is None:
            said = sentence_of_one(column, slot.tf, x, rule.threshold)
            inputs = {"x": x, **beside}
        else:
            judged, window = parts
            value, usual = getattr(bar, judged), slot.usual_of(i, column)
            said = sentence_of_z(judged, slot.tf, x, value, usual)
            inputs = {"z": x, "x": value, "usual": usual, "window": window, **beside}
        return alert(
            rule,
            slot,
            i,
            ts,
            direction="up" if slot.column(column)[i] > 0 else "down",
            column=column,
            value=x,
            threshold=rule.threshold,
            n=slot.behind(i, column),
            sentence=said,
            inputs=inputs,
        )
