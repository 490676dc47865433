"""The accounting at the foot of the page."""

from __future__ import annotations

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Foot(Panel):
    """How many instruments are fresh, how much was covered, when the bar closes, how fast it all is.

    >>> Foot(instruments=90, fresh=88).fresh
    88
    """

    _esm = module("foot.js")

    instruments = traitlets.Int(0, help="Instruments on the page").tag(sync=True)
    venues = traitlets.Int(0, help="Venues they are at").tag(sync=True)
    fresh = traitlets.Int(0, help="Of them, heard lately").tag(sync=True)
    coverage = traitlets.Float(None, allow_none=True, help="Mean coverage of the last closed bars, [0, 1]").tag(
        sync=True
    )
    tf = traitlets.Unicode("15m", help="Timeframe").tag(sync=True)
    window = traitlets.Int(60, help="Bars in a Z-score's baseline").tag(sync=True)
    kind = traitlets.Unicode("classic", help="How Z-scores measure spread").tag(sync=True)
    stored = traitlets.Int(0, help="Events stored since the run began").tag(sync=True)
    events_s = traitlets.Float(None, allow_none=True, help="Events a second").tag(sync=True)
    beat_ms = traitlets.Float(0.0, help="Time of the newest Beat, UTC ms").tag(sync=True)
    runs = traitlets.Bool(True, help="Whether a collector runs").tag(sync=True)
