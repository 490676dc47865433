"""A foot made of pieces: what was read at the left, how old the newest of each kind is at the right."""

from __future__ import annotations

from collections.abc import Iterable

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class FootLine(Panel):
    """Facts in a row, and ages that grow by the market's clock.

    Examples
    --------
    >>> foot = FootLine()
    >>> foot.show([("coverage", "99.1 %", ""), ("", "1 gap, 26 min", "warn")], [("last trade", 1.79e12, 10.0)])
    >>> foot.pieces[0]
    ['coverage', '99.1 %', '']
    """

    _esm = module("foot_line.js")

    pieces = traitlets.List(traitlets.List(), help="Label, value and tone (warn or none) of each").tag(sync=True)
    ages = traitlets.List(
        traitlets.List(), help="Label, UTC ms of the newest (none: not heard), seconds from which on it is old"
    ).tag(sync=True)

    def show(
        self, pieces: Iterable[tuple[str, str, str]], ages: Iterable[tuple[str, float | None, float]] = ()
    ) -> None:
        """Show these."""
        with self.hold_sync():
            self.pieces = [list(piece) for piece in pieces]
            self.ages = [list(one) for one in ages]
