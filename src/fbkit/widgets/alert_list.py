"""A few alerts, a line each: tier, sentence, time. A press asks to be shown the bar."""

from __future__ import annotations

from collections.abc import Iterable

import traitlets

from fbkit.model.rows import AlertRow
from fbkit.model.timeframe import NS_MS
from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class AlertList(Panel):
    """Alerts of one instrument, newest first; ``chosen_ms`` is the end of the bar that was asked for.

    >>> found = AlertList(title="Alerts here")
    >>> found.show([]); found.alerts
    []
    """

    _esm = module("alert_list.js")

    title = traitlets.Unicode("", help="Whose alerts").tag(sync=True)
    sub = traitlets.Unicode("", help="Over how long").tag(sync=True)
    watching = traitlets.Unicode("", help="What is watched, said while there is no alert").tag(sync=True)
    alerts = traitlets.List(traitlets.Dict(), help="t1_ms, ts_ms (UTC), tier, tf and sentence; newest first").tag(
        sync=True
    )
    chosen_ms = traitlets.Float(0.0, help="End of the bar that was asked for, UTC ms").tag(sync=True)
    opened = traitlets.Int(0, help="Counts such askings").tag(sync=True)

    def show(self, alerts: Iterable[AlertRow]) -> None:
        """Show these, whatever their order."""
        newest = sorted(alerts, key=lambda alert: (alert.ts, alert.alert_id), reverse=True)
        self.alerts = [
            {"t1_ms": a.t1 / NS_MS, "ts_ms": a.ts / NS_MS, "tier": a.tier, "tf": a.tf, "sentence": a.sentence}
            for a in newest
        ]
