"""Several conditions on one side: tiers 2, 3 and 4."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.alerts.rule import Also, Confluence
from fbkit.alerts.said import Said, alert
from fbkit.alerts.sentence import sentence_of_confluence
from fbkit.alerts.side import SIDES, Side, bound, mirrored
from fbkit.alerts.silence import Silence
from fbkit.alerts.slot import Slot, z_parts
from fbkit.model import AlertRow
from fbkit.quant.confluence import Condition, Score, score

Bools = NDArray[np.bool_]


class _Found(NamedTuple):
    """A side of one instrument that may speak."""

    i: int
    side: Side
    score: Score


class ConfluenceEars:
    """A :class:`~fbkit.alerts.rule.Confluence` rule: counts are looked at for all, scores only where they matter."""

    def __init__(self, rule: Confluence) -> None:
        self.rule = rule
        self._centred = [c._replace(at_least=bound(c.at_least, c.column)) for c in rule.conditions]
        self._also = [one._replace(bound=bound(one.bound, one.column)) for one in rule.also]
        self._columns = [c.column for c in rule.conditions]

    def hear(self, slot: Slot, silence: Silence, ts: int) -> list[Said]:
        """What it says of a slot."""
        rule, said = self.rule, []
        self._arm(slot, silence)
        for sub, side in enumerate(SIDES):
            for i in np.flatnonzero(self._may_speak(slot, side)).tolist():
                found = _Found(i, side, self._score(slot, i))
                if not self._holds(slot, found):
                    continue
                if silence.speaks((rule.name, slot.names[i], f"score_{side}", slot.tf), ts, rule.cooldown_ns):
                    said.append(Said(i, sub, self._alert(slot, found, ts)))
        return said

    def _may_speak(self, slot: Slot, side: Side) -> Bools:
        met = np.zeros(len(slot.names), np.int64)
        for condition in self._centred:
            met += slot.holds(condition.column, "at_least", condition.at_least, side)
        loud: Bools = met >= self.rule.needed
        for one in self._also:
            loud &= slot.holds(*one, side)
        return loud

    def _holds(self, slot: Slot, found: _Found) -> bool:
        met = found.score.met_long if found.side == "long" else found.score.met_short
        share = found.score.long if found.side == "long" else found.score.short
        columns = [c.column for c in met] + [one.column for one in self.rule.also]
        enough = len(met) >= self.rule.needed and share > 0.0
        return enough and slot.is_covered(found.i, columns, self.rule.min_coverage)

    def _arm(self, slot: Slot, silence: Silence) -> None:
        """A side whose score has fallen below the exit level may speak again."""
        rule = self.rule
        for name, column in silence.unarmed(rule.name, slot.tf):
            i = slot.at.get(name)
            if i is None:
                continue
            found = self._score(slot, i)
            if (found.long if column == "score_long" else found.short) < rule.exit:
                silence.arm((rule.name, name, column, slot.tf))

    def _score(self, slot: Slot, i: int) -> Score:
        return score({name: float(slot.column(name)[i]) for name in self._columns}, self._centred)

    def _alert(self, slot: Slot, found: _Found, ts: int) -> AlertRow:
        rule, (i, side, told) = self.rule, found
        share = told.long if side == "long" else told.short
        met = {c.column for c in (told.met_long if side == "long" else told.met_short)}
        conditions = [_condition(slot, i, c, side, c.column in met) for c in rule.conditions]
        also = [_also(slot, i, one, side) for one in rule.also]
        inputs = {
            "side": side,
            "score_long": told.long,
            "score_short": told.short,
            "needs": rule.needed,
            "valid": told.n_valid,
            "exit": rule.exit,
            "conditions": conditions,
            "also": also,
            "close": slot.bars[i].close,
            "source": slot.bars[i].source,
        }
        values = {one["column"]: one["value"] for one in conditions + also}
        return alert(
            rule,
            slot,
            i,
            ts,
            direction="up" if side == "long" else "down",
            column=f"score_{side}",
            value=share,
            threshold=rule.needed / len(rule.conditions),
            n=told.n_valid,
            sentence=sentence_of_confluence(rule, side, slot.tf, values, met),
            inputs=inputs,
        )


def _condition(slot: Slot, i: int, condition: Condition, side: Side, met: bool) -> dict[str, Any]:  # noqa: FBT001 - one of a condition's facts
    return _facts(slot, i, condition.column) | {
        "way": "at_least" if side == "long" else "at_most",
        "bound": mirrored(condition.column, condition.at_least, side),
        "weight": condition.weight,
        "met": met,
    }


def _also(slot: Slot, i: int, one: Also, side: Side) -> dict[str, Any]:
    turned = one.way == "at_least" and side == "short"
    return _facts(slot, i, one.column) | {
        "way": "at_most" if turned else one.way,
        "bound": mirrored(one.column, one.bound, side) if one.way == "at_least" else one.bound,
    }


def _facts(slot: Slot, i: int, column: str) -> dict[str, Any]:
    n, parts = slot.behind(i, column), z_parts(column)
    coverage = n / parts[1] if parts else slot.metrics[i].coverage
    return {"column": column, "value": slot.value(i, column), "n": n, "coverage": coverage}
