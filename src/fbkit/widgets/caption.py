"""A line under the panels of a tab: how its numbers count, and what is wrong with them now."""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Caption(Panel):
    """Pieces of text from the left, others at the right; a tone is ``warn``, ``ink`` or ``""``.

    >>> caption = Caption()
    >>> caption.say([("totals add venues that are fresh", "")], [("coverage", ""), ("98.7 %", "ink")])
    >>> caption.end[1]
    ['98.7 %', 'ink']
    """

    _esm = module("caption.js")

    parts = traitlets.List(traitlets.List(), help="Pairs of text and tone, from the left").tag(sync=True)
    end = traitlets.List(traitlets.List(), help="Pairs of text and tone, at the right").tag(sync=True)

    def say(self, parts: Sequence[tuple[str, str]], end: Sequence[tuple[str, str]] = ()) -> None:
        """Show these."""
        with self.hold_sync():
            self.parts = [list(part) for part in parts]
            self.end = [list(part) for part in end]
