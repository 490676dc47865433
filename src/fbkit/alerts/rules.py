"""Rules at every bar close: who speaks, and who has spoken already."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import isfinite
from typing import Protocol

import msgspec

from fbkit.alerts.rule import TIER_1, ZERO_Z, Rule
from fbkit.alerts.sentence import sentence
from fbkit.model import JUDGED, METRIC_COLUMNS, AlertRow, BarRow, MetricRow

Key = tuple[str, str, str, str]


class Closed(Protocol):
    """What a Beat closed, as the engine tells it; ``usual[i]`` holds the baselines' means of ``metrics[i]``."""

    @property
    def bars(self) -> Sequence[BarRow]: ...
    @property
    def metrics(self) -> Sequence[MetricRow]: ...
    @property
    def usual(self) -> Sequence[tuple[float, ...]]: ...


class _Spoken(msgspec.Struct, array_like=True):
    """When a rule spoke last, and whether it may again."""

    ts: int
    armed: bool


class _Watched(msgspec.Struct, frozen=True):
    """One column of a rule: its place in a metrics row, its place among the judged, its window."""

    column: str
    at: int
    judged: str
    input_at: int
    window: int


class Rules:
    """Judges what a Beat closed.

    Parameters
    ----------
    stamp : int
        Written into every row.
    rules : sequence of Rule
        Rules in force, in the order they speak.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> values = tuple(4.0 if name == "z_ret_60" else 0.0 for name in METRIC_COLUMNS)
    >>> row = MetricRow("binance:BTC-USDT-PERP", "1m", 60, values, (60,) * len(values), ("",) * len(values), 1.0)
    >>> bar = BarRow("binance:BTC-USDT-PERP", "1m", 0, 60, ret=0.02)
    >>> closed = SimpleNamespace(bars=[bar], metrics=[row], usual=[(0.001,) * len(JUDGED)])
    >>> [alert.sentence for alert in Rules().judge(closed, 61)]
    ['Return Z +4.0 on 1m: +2.00 % against +0.100 % usual']
    """

    def __init__(self, stamp: int = 0, rules: Sequence[Rule] = (TIER_1,)) -> None:
        self.stamp, self.rules = stamp, tuple(rules)
        self._watched = {rule.name: tuple(_watched(column) for column in rule.columns) for rule in self.rules}
        self._spoken: dict[Key, _Spoken] = {}

    def judge(self, closed: Closed, ts: int) -> list[AlertRow]:
        """The alerts of the bars that closed at the Beat of ``ts`` (UTC ns), in the order of their rows."""
        if not closed.metrics:
            return []
        spoke: list[AlertRow] = []
        bars: dict[tuple[str, str, int], BarRow] = {}
        for place, row in enumerate(closed.metrics):
            for rule in self.rules:
                if row.tf not in rule.timeframes:
                    continue
                for watched in self._watched[rule.name]:
                    z = row.values[watched.at]
                    if self._speaks(rule, row, watched, z, ts):
                        bars = bars or {(bar.instrument, bar.tf, bar.t1): bar for bar in closed.bars}
                        bar = bars[row.instrument, row.tf, row.t1]
                        usual = closed.usual[place][watched.input_at]
                        spoke.append(self._alert(rule, row, bar, watched, usual, ts))
        return spoke

    def checkpoint(self) -> bytes:
        """Who has spoken, as bytes."""
        return msgspec.msgpack.encode([(*key, spoken.ts, spoken.armed) for key, spoken in self._spoken.items()])

    def restore(self, state: bytes) -> None:
        """Go on from :meth:`checkpoint`; raises ``ValueError`` for anything else."""
        try:
            rows = msgspec.msgpack.decode(state, type=list[tuple[str, str, str, str, int, bool]])
        except msgspec.DecodeError as error:
            raise ValueError(f"not a state of alert rules: {error}") from error
        self._spoken = {row[:4]: _Spoken(row[4], row[5]) for row in rows}

    def _speaks(self, rule: Rule, row: MetricRow, watched: _Watched, z: float, ts: int) -> bool:
        size = abs(z)
        if size < ZERO_Z:
            size = 0.0
        if rule.rearm <= size < rule.threshold or not isfinite(size):
            return False
        key = (rule.name, row.instrument, watched.column, row.tf)
        spoken = self._spoken.get(key)
        if size < rule.rearm:
            if spoken is not None:
                spoken.armed = True
            return False
        if min(row.coverage, row.n[watched.at] / watched.window) < rule.min_coverage:
            return False
        if spoken is not None and not (spoken.armed and ts - spoken.ts >= rule.cooldown_ns):
            return False
        self._spoken[key] = _Spoken(ts, armed=False)
        return True

    def _alert(self, rule: Rule, row: MetricRow, bar: BarRow, watched: _Watched, usual: float, ts: int) -> AlertRow:
        z, x = row.values[watched.at], getattr(bar, watched.judged)
        inputs = {"z": z, "x": x, "usual": usual, "window": watched.window, "close": bar.close, "source": bar.source}
        return AlertRow(
            alert_id=alert_id(rule.name, row.instrument, watched.column, row.tf, row.t1),
            ts=ts,
            instrument=row.instrument,
            tf=row.tf,
            t1=row.t1,
            tier=rule.tier,
            rule=rule.name,
            direction="up" if z > 0 else "down",
            column=watched.column,
            value=z,
            threshold=rule.threshold,
            n=row.n[watched.at],
            coverage=row.coverage,
            sentence=sentence(watched.judged, row.tf, z, x, usual),
            inputs=msgspec.json.encode(inputs).decode(),
            stamp=self.stamp,
        )


def alert_id(rule: str, instrument: str, column: str, tf: str, t1: int) -> int:
    """The same alert has the same id in every run; 53 bits, so that a browser's number holds it.

    >>> alert_id("z", "binance:BTC-USDT-PERP", "z_ret_60", "1m", 60) < 2**53
    True
    """
    text = f"{rule}|{instrument}|{column}|{tf}|{t1}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 11


def _watched(column: str) -> _Watched:
    judged, _, window = column.removeprefix("z_").rpartition("_")
    return _Watched(column, METRIC_COLUMNS.index(column), judged, JUDGED.index(judged), int(window))
