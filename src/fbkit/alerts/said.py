"""What a rule said at one bar end: an alert and its place among the others."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from fbkit.alerts.rule import AnyRule
from fbkit.alerts.silence import Silence
from fbkit.alerts.slot import Slot
from fbkit.model import AlertRow

Direction = Literal["up", "down"]


class Said(NamedTuple):
    """An alert: the row of its instrument in the slot, and which of a rule's own it is, to be told in that order."""

    i: int
    sub: int
    row: AlertRow


class Ears(Protocol):
    """One rule on one timeframe, bar end after bar end."""

    def hear(self, slot: Slot, silence: Silence, ts: int) -> list[Said]:
        """What it says of a slot, ``ts`` (UTC ns) being the Beat's."""
        ...


def alert(  # noqa: PLR0913 - the fields of an alert, all by name
    rule: AnyRule,
    slot: Slot,
    i: int,
    ts: int,
    *,
    direction: Direction,
    column: str,
    value: float,
    threshold: float,
    n: int,
    sentence: str,
    inputs: dict[str, Any],
    coverage: float | None = None,
) -> AlertRow:
    """The row of what ``rule`` said about instrument ``i`` of a slot; its stamp is still to come."""
    name, tf, t1 = slot.names[i], slot.tf, slot.t1
    return AlertRow(
        alert_id=alert_id(rule.name, name, column, tf, t1),
        ts=ts,
        instrument=name,
        tf=tf,
        t1=t1,
        tier=rule.tier,
        rule=rule.name,
        direction=direction,
        column=column,
        value=value,
        threshold=threshold,
        n=n,
        coverage=slot.metrics[i].coverage if coverage is None else coverage,
        sentence=sentence,
        inputs=msgspec.json.encode(inputs).decode(),
    )


def alert_id(rule: str, instrument: str, column: str, tf: str, t1: int) -> int:
    """The same alert has the same id in every run; 53 bits, so that a browser's number holds it.

    >>> alert_id("z", "binance:BTC-USDT-PERP", "z_ret_60", "1m", 60) < 2**53
    True
    """
    text = f"{rule}|{instrument}|{column}|{tf}|{t1}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 11
