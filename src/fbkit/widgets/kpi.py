"""A strip of key numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel


class Kpi(msgspec.Struct, frozen=True):
    """One number with its scope, unit, a line of context and a small drawing.

    ``value`` is a text already formatted, ``None`` when there is no number: then ``missing`` says why, and is drawn.
    ``context`` is pieces of text with a tone (``up down warn`` or ``""``); ``split`` is shares of 1, each with
    a colour token. ``leads`` is the tab that tells more, with words of its address: ``venues?coin=BTC``.
    """

    label: str
    value: str | None
    unit: str = ""
    context: tuple[tuple[str, str], ...] = ()
    spark: tuple[float | None, ...] = ()
    split: tuple[tuple[float, str], ...] = ()
    missing: str = "awaited"
    about: str = ""
    leads: str = ""


class KpiStrip(Panel):
    """Key numbers side by side.

    >>> strip = KpiStrip()
    >>> strip.show([Kpi("Open interest, 90 instruments", "38.4", "B USD")])
    >>> strip.kpis[0]["unit"]
    'B USD'
    """

    _esm = module("kpi.js")

    kpis = traitlets.List(traitlets.Dict(), help="One Kpi each").tag(sync=True)

    def show(self, kpis: Sequence[Kpi]) -> None:
        """Show these."""
        shown: list[dict[str, Any]] = [msgspec.to_builtins(kpi) for kpi in kpis]
        self.kpis = shown
