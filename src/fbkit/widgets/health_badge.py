"""The health of the whole: ok, degraded or down, how many streams, and always the reasons."""

from __future__ import annotations

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class HealthBadge(Panel):
    """Shape, word and count; hover or Enter opens the reasons.

    ``ticks`` must change at least once every 5 s, else the badge says that the notebook has fallen silent;
    ``stopped_s`` says that the collector has, and from there the browser counts on by itself.

    >>> HealthBadge(state="degraded", detail="3 of 41").state
    'degraded'
    """

    _esm = module("health_badge.js")

    state = traitlets.Enum(("ok", "degraded", "down", "unknown"), "unknown", help="Worst of all that matters").tag(
        sync=True
    )
    detail = traitlets.Unicode("", help="How many streams are well, or how many are not").tag(sync=True)
    reasons = traitlets.List(traitlets.Dict(), help="state, stream, sentence and age of what is not well").tag(
        sync=True
    )
    ticks = traitlets.Int(0, help="Counts signs of life of whoever feeds this widget").tag(sync=True)
    stopped_s = traitlets.Float(
        None, allow_none=True, help="Seconds the collector has been silent for, when it is"
    ).tag(sync=True)
    stopped_why = traitlets.Unicode("", help="What is known about it, and what to do").tag(sync=True)
