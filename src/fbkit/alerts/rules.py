"""Rules at every bar close: who speaks, and who has spoken already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fbkit.alerts.cluster import ClusterEars
from fbkit.alerts.confluence import ConfluenceEars
from fbkit.alerts.divergence import DivergenceEars
from fbkit.alerts.rule import DEFAULTS, AnyRule, Cluster, Confluence, Divergence, Single, columns_of
from fbkit.alerts.said import Ears, Said
from fbkit.alerts.silence import Silence
from fbkit.alerts.single import SingleEars
from fbkit.alerts.slot import Closed, Slot, slots_of
from fbkit.model import TIMEFRAMES, AlertRow

#: A rule that remembers: its name, its timeframe, its baselines.
_Remembered = tuple[str, str, dict[str, Any]]


class _State(msgspec.Struct):
    """Everything that a later run needs to go on from here."""

    rules: tuple[AnyRule, ...]
    spoken: list[tuple[str, str, str, str, int, bool]]
    baselines: list[_Remembered]


class Rules:
    """Judges what a Beat closed.

    Parameters
    ----------
    stamp : int
        Written into every row.
    rules : sequence of rules
        Rules in force, in the order they speak.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from fbkit.model import JUDGED, METRIC_COLUMNS, BarRow, MetricRow
    >>> values = tuple(4.0 if name == "z_ret_60" else 0.0 for name in METRIC_COLUMNS)
    >>> row = MetricRow("binance:BTC-USDT-PERP", "1m", 60, values, (60,) * len(values), ("",) * len(values), 1.0)
    >>> bar = BarRow("binance:BTC-USDT-PERP", "1m", 0, 60, ret=0.02)
    >>> closed = SimpleNamespace(bars=[bar], metrics=[row], usual=[(0.001,) * len(JUDGED)])
    >>> [alert.sentence for alert in Rules().judge(closed, 61)]
    ['Return Z +4.0 on 1m: +2.00 % against +0.100 % usual']
    """

    def __init__(self, stamp: int = 0, rules: Sequence[AnyRule] = DEFAULTS) -> None:
        self.stamp = stamp
        self._silence = Silence()
        self._ears: dict[str, list[tuple[int, Ears]]] = {}
        self._clusters: dict[str, list[tuple[int, ClusterEars]]] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        self.rules: tuple[AnyRule, ...] = ()
        self.adopt(rules)

    def adopt(self, rules: Sequence[AnyRule]) -> None:
        """Take other rules, between two Beats: who has spoken under a name that stays, has spoken."""
        before = self._diverging()
        self.rules = tuple(rules)
        self._ears, self._clusters = {}, {}
        self._columns = {tf: columns_of([rule for rule in self.rules if tf in rule.timeframes]) for tf in TIMEFRAMES}
        for order, rule in enumerate(self.rules):
            for tf in rule.timeframes:
                if isinstance(rule, Cluster):
                    self._clusters.setdefault(tf, []).append((order, ClusterEars(rule)))
                else:
                    self._ears.setdefault(tf, []).append((order, _ears_of(rule, tf)))
        for key, ears in self._diverging().items():
            old = before.get(key)
            if old is not None and _is_same_baseline(old.rule, ears.rule):
                ears.baselines = old.baselines
        self._silence.keep({rule.name for rule in self.rules})

    def judge(self, closed: Closed, ts: int) -> list[AlertRow]:
        """The alerts of the bars that closed at the Beat of ``ts`` (UTC ns): in the order of their rows, then rules."""
        if not closed.metrics:
            return []
        spoken: list[tuple[int, int, int, AlertRow]] = []
        for slot in slots_of(closed):
            slot.take(self._columns.get(slot.tf, ()))
            said = [
                (order, one)
                for order, ears in self._ears.get(slot.tf, ())
                for one in ears.hear(slot, self._silence, ts)
            ]
            said += self._hear_clusters(slot, said, ts)
            spoken += [(slot.first + one.i, order, one.sub, one.row) for order, one in said]
        spoken.sort(key=lambda one: one[:3])
        return [msgspec.structs.replace(row, stamp=self.stamp) for *_, row in spoken]

    def _hear_clusters(self, slot: Slot, said: list[tuple[int, Said]], ts: int) -> list[tuple[int, Said]]:
        clusters = self._clusters.get(slot.tf, ())
        rows = [one.row for _, one in said] if clusters else []
        return [(order, one) for order, ears in clusters for one in ears.hear_alerts(slot, rows, self._silence, ts)]

    def checkpoint(self) -> bytes:
        """The rules in force, who has spoken and every baseline, as bytes."""
        baselines = [(*key, ears.baselines.dump()) for key, ears in self._diverging().items()]
        return msgspec.msgpack.encode(_State(self.rules, self._silence.dump(), baselines))

    def restore(self, state: bytes) -> None:
        """Go on from :meth:`checkpoint`, under the rules of that time; raises ``ValueError`` for anything else."""
        try:
            known = msgspec.msgpack.decode(state, type=_State)
            self.adopt(known.rules)
            self._silence.load(known.spoken)
            places = self._diverging()
            for name, tf, baselines in known.baselines:
                places[name, tf].baselines.load(baselines)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a state of alert rules: {error}") from error

    def _diverging(self) -> dict[tuple[str, str], DivergenceEars]:
        """Those that remember marks, by rule and timeframe."""
        return {
            (ears.rule.name, tf): ears
            for tf, all_ears in self._ears.items()
            for _, ears in all_ears
            if isinstance(ears, DivergenceEars)
        }


def _ears_of(rule: Single | Confluence | Divergence, tf: str) -> Ears:
    if isinstance(rule, Single):
        return SingleEars(rule)
    return ConfluenceEars(rule) if isinstance(rule, Confluence) else DivergenceEars(rule, tf)


def _is_same_baseline(a: Divergence, b: Divergence) -> bool:
    return (a.window, a.min_coverage) == (b.window, b.min_coverage)
