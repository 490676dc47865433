"""What lasted how long, a line each: states slot by slot, or intervals with their causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class TimeSlot(msgspec.Struct, frozen=True):
    """``[t0, t1)`` in UTC ms, all of it in one ``state``: ``ok degraded down off unknown``; ``about`` says it whole."""

    t0_ms: float
    t1_ms: float
    state: str
    about: str = ""


class TimeMark(msgspec.Struct, frozen=True):
    """``[t0, t1)`` in UTC ms of a ``kind``: ``lost open filled off``; ``about`` tells the cause."""

    t0_ms: float
    t1_ms: float
    kind: str
    about: str = ""


class TimeLine(msgspec.Struct, frozen=True):
    """One line: a name, what lies on it, and what is said at its right end as pairs of text and tone.

    A tone is ``strong warn bad quiet`` or ``""``.
    """

    name: str
    slots: tuple[TimeSlot, ...] = ()
    marks: tuple[TimeMark, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()
    about: str = ""


class Timeline(Panel):
    """Lines over one axis of time, UTC. What is pointed at, or reached by the arrow keys, is told in the heading.

    Examples
    --------
    >>> shown = Timeline(title="Gaps", sub="1 in 24 h", legend="filled: lost")
    >>> lost = TimeMark(0.0, 60_000.0, "lost", "disconnect")
    >>> shown.show([TimeLine("okx trade", marks=(lost,), ends=(("1m 0s, not filled", "warn"),))], 0.0, 3_600_000.0)
    >>> shown.lines[0]["marks"][0]["kind"]
    'lost'
    """

    _esm = module("timeline.js")

    title = traitlets.Unicode("", help="What is drawn").tag(sync=True)
    sub = traitlets.Unicode("", help="How much, over which window").tag(sync=True)
    legend = traitlets.Unicode("", help="What the shapes mean; gives way to what is pointed at").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited, or what nothing means, while there are no lines").tag(
        sync=True
    )
    note = traitlets.Unicode("", help="What is left out, said under the lines").tag(sync=True)
    heads = traitlets.List(traitlets.Unicode(), help="Heads of the texts at the right").tag(sync=True)
    since_ms = traitlets.Float(0.0, help="Begin of the axis, UTC ms").tag(sync=True)
    until_ms = traitlets.Float(0.0, help="Its end, UTC ms").tag(sync=True)
    lines = traitlets.List(traitlets.Dict(), help="One TimeLine each").tag(sync=True)

    def show(self, lines: Iterable[TimeLine], since_ms: float, until_ms: float, heads: Sequence[str] = ()) -> None:
        """Draw these between two instants."""
        with self.hold_sync():
            self.heads = list(heads)
            self.since_ms, self.until_ms = since_ms, until_ms
            self.lines = [msgspec.to_builtins(line) for line in lines]
