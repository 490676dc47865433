"""Steps one after another, of which one is on, with what is known of each."""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Steps(Panel):
    """A bar of steps, the newest at the right and on, and a line each, newest first.

    Examples
    --------
    >>> steps = Steps(title="Phase", waiting="None was set: `fbkit phase set NAME` begins one.")
    >>> steps.show([("set-up", "16 Nov 11:20", "first venue"), ("burn-in", "18 Nov 09:00", "five venues")], "day 3")
    >>> steps.steps[-1][0]
    'burn-in'
    """

    _esm = module("steps.js")

    title = traitlets.Unicode("", help="What goes in steps").tag(sync=True)
    sub = traitlets.Unicode("", help="How far it is").tag(sync=True)
    waiting = traitlets.Unicode("", help="How one is begun, said while there is none").tag(sync=True)
    steps = traitlets.List(traitlets.List(), help="Name, since when, and a note; the newest last").tag(sync=True)

    def show(self, steps: Sequence[tuple[str, str, str]], sub: str = "") -> None:
        """Show these."""
        with self.hold_sync():
            self.sub = sub
            self.steps = [list(step) for step in steps]
