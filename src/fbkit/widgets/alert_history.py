"""What rules said, a row each, with what came after; a press opens the whole explanation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class AlertLine(msgspec.Struct, frozen=True):
    """One alert. ``after`` has for each horizon the return the alert's way (a fraction), or why there is none."""

    alert_id: str
    ts_ms: float
    tier: int
    coin: str
    venue: str
    tf: str
    direction: str
    sentence: str
    value: str
    needs: str
    coverage: float | None
    after: tuple[float | str, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """All that stands behind an alert.

    ``sentence``: what was said. ``conditions``: name, value, what it needs, values behind it, and whether it was met
    (``yes no`` or ``""``). ``facts``: name and text. ``after``: for each horizon what became of it, best and worst on
    the way (fractions), and why there is nothing. ``rule``: its words; ``record``: its score. ``instrument`` and ``tf``
    lead to its chart.
    """

    alert_id: str
    instrument: str
    tf: str
    sentence: str
    conditions: tuple[tuple[str, str, str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, float | None, float | None, float | None, str], ...]
    rule: str
    record: str


class AlertHistory(Panel):
    """Alerts, newest first. ``explain`` is asked for one and answers with its :class:`Explanation`.

    Examples
    --------
    >>> history = AlertHistory(horizons=["1h"])
    >>> line = AlertLine("7", 0.0, 1, "BTC", "okx", "5m", "up", "Return Z +3.4", "+3.4", "±3.0", 1.0, (0.004,))
    >>> history.show([line])
    >>> history.lines[0]["after"]
    (0.004,)
    """

    _esm = module("alert_history.js")

    title = traitlets.Unicode("Alerts", help="What is listed").tag(sync=True)
    sub = traitlets.Unicode("", help="How many, of which span").tag(sync=True)
    watching = traitlets.Unicode("", help="What is watched, said while there is no alert").tag(sync=True)
    horizons = traitlets.List(traitlets.Unicode(), help="How far ahead was looked, a column each").tag(sync=True)
    lines = traitlets.List(traitlets.Dict(), help="One AlertLine each, newest first").tag(sync=True)
    chosen = traitlets.Unicode("", help="Id of the alert that is open; empty: none").tag(sync=True)
    why = traitlets.Dict(help="The Explanation of the one that is open").tag(sync=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._explain: Callable[[str], Explanation | None] | None = None
        self.observe(lambda _: self.explain_again(), "chosen")

    def show(self, lines: Sequence[AlertLine]) -> None:
        """Show these."""
        self.lines = [msgspec.to_builtins(line) for line in lines]

    def on_explain(self, explain: Callable[[str], Explanation | None]) -> None:
        """How the explanation of an alert is got by its id."""
        self._explain = explain

    def explain_again(self) -> None:
        """Tell anew what stands behind the one that is open: more may be known now."""
        found = self._explain(self.chosen) if self.chosen and self._explain is not None else None
        self.why = {} if found is None else msgspec.to_builtins(found)
