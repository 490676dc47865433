"""Many coins at once: tier 6."""

from __future__ import annotations

from collections.abc import Sequence

from fbkit.alerts.rule import Cluster
from fbkit.alerts.said import Direction, Said, alert
from fbkit.alerts.sentence import sentence_of_cluster
from fbkit.alerts.silence import Silence
from fbkit.alerts.slot import Slot
from fbkit.model import AlertRow

_DIRECTIONS: tuple[Direction, Direction] = ("up", "down")


def coin_of(instrument: str) -> str:
    """The coin of an instrument by its name.

    >>> coin_of("binance:BTC-USDT-PERP")
    'BTC'
    """
    return instrument.partition(":")[2].partition("-")[0]


class ClusterEars:
    """A :class:`~fbkit.alerts.rule.Cluster` rule: hears what the other rules said of the same bar end."""

    def __init__(self, rule: Cluster) -> None:
        self.rule = rule

    def hear_alerts(self, slot: Slot, spoken: Sequence[AlertRow], silence: Silence, ts: int) -> list[Said]:
        """What it says of what was said; its next word waits for a bar end without a cluster, and the cooldown."""
        rule, said = self.rule, []
        for sub, direction in enumerate(_DIRECTIONS):
            members = [one for one in spoken if one.tier >= rule.of_tier and one.direction == direction]
            coins = sorted({coin_of(one.instrument) for one in members})
            key = (rule.name, "", f"cluster_{direction}", slot.tf)
            if len(coins) < rule.coins:
                silence.arm(key)
            elif silence.speaks(key, ts, rule.cooldown_ns):
                said.append(self._said(slot, direction, coins, members, ts, sub))
        return said

    def _said(
        self, slot: Slot, direction: Direction, coins: list[str], members: list[AlertRow], ts: int, sub: int
    ) -> Said:
        first = min(members, key=lambda one: (one.instrument, one.rule))
        i = slot.at[first.instrument]
        inputs = {
            "coins": coins,
            "alerts": [
                {"alert_id": str(one.alert_id), "instrument": one.instrument, "rule": one.rule, "tier": one.tier,
                 "value": one.value}
                for one in sorted(members, key=lambda one: (one.instrument, one.rule))
            ],
        }  # fmt: skip
        row = alert(
            self.rule,
            slot,
            i,
            ts,
            direction=direction,
            column=f"cluster_{direction}",
            value=float(len(coins)),
            threshold=float(self.rule.coins),
            n=len(members),
            coverage=min(one.coverage for one in members),
            sentence=sentence_of_cluster(self.rule, direction, slot.tf, coins),
            inputs=inputs,
        )
        return Said(i, sub, row)
