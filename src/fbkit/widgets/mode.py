"""SIMULATED, RECORDED, REPLAY or LIVE: a stripe over the page and a badge that cannot be overlooked."""

from __future__ import annotations

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel

MARKETS = ("SIMULATED", "RECORDED", "REPLAY", "LIVE")


class Mode(Panel):
    """What the prices on the page are.

    >>> Mode(market="SIMULATED", detail="seed 7").market
    'SIMULATED'
    """

    _esm = module("mode.js")

    market = traitlets.Enum(MARKETS, "SIMULATED", help="What the database holds; REPLAY is a view of one").tag(
        sync=True
    )
    detail = traitlets.Unicode("", help="Seed, day of the recording, speed, or the venues").tag(sync=True)
