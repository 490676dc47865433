"""The market's time in UTC, and the switch between dark and light."""

from __future__ import annotations

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Clock(Panel):
    """The time of the last Beat, carried on by the browser between two; the browser's own before the first.

    >>> Clock(beat_ms=1_791_382_992_000.0).runs
    True
    """

    _esm = module("clock.js")

    beat_ms = traitlets.Float(0.0, help="Time of the newest Beat, UTC ms; 0 before the first").tag(sync=True)
    runs = traitlets.Bool(True, help="Whether time goes on between Beats; a finished recording stands").tag(sync=True)
