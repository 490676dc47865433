"""How it all stands: health with reasons, uptime, and what runs."""

from __future__ import annotations

from typing import Any

import msgspec
import pandas as pd

from fbkit.desk.base import Base
from fbkit.health import Uptime
from fbkit.health.standing import Standing as Stands
from fbkit.health.standing import stands, told, uptime_of
from fbkit.ingest import ask_status, standing
from fbkit.model import HealthRow

_COLUMNS = ["venue", "channel", "state", "reason", "sentence", "age_s"]


class Standing(Base):
    """The desk's words for how things are."""

    def health(self) -> pd.DataFrame:
        """State of the whole (first row), then of each stream, with its reason, a sentence, and its age in seconds.

        What the collector that runs said at its newest Beat; where none runs, the newest heartbeat that is stored.
        ``attrs`` has the market, uptime in percent by window, and the UTC instants both are of.
        """
        found = self._stands()
        first = found.whole.reasons[0] if found.whole.reasons else None
        row = ["", "*", found.whole.state, first.code if first else "", first.sentence if first else "", None]
        streams = [[getattr(one, name) for name in _COLUMNS] for one in found.whole.streams]
        frame = pd.DataFrame([row, *streams], columns=_COLUMNS)
        facts = told(found)
        frame.attrs = {name: facts[name] for name in ("as_of", "uptime_percent", "uptime_as_of")}
        return self._named(frame, "health")

    def health_state(self) -> dict[str, Any]:
        """The whole in one dict.

        ``state``, ``reasons`` and ``notes`` (each with code and sentence), ``venues`` with their states, ``as_of``; and
        in percent by window ``uptime_percent``, ``available_percent`` (ok or degraded) and ``ok_percent``.
        """
        return told(self._stands())

    def _stands(self) -> Stands:
        runs = ask_status(self.settings, self.store.url)
        live = None if runs is None else msgspec.convert(runs[1]["health"], list[HealthRow])
        return stands(self.store, self._clock.now(), live=live, running=runs is not None)

    def uptime(self) -> Uptime:
        """Percent of the last 1h, 24h and 7d in which a collector ran, was available, was ok; ``None`` is unknown."""
        return uptime_of(self.store, self._clock.now(), running=self._collected_now())

    def status(self) -> dict[str, Any]:
        """What runs and how fast, what is stored and how large it is, and whether the books balance."""
        runs = ask_status(self.settings, self.store.url)
        stands_so = standing(self.store, self.now(), None if runs is None else runs[1])
        if runs is not None:
            stands_so["collector"]["hub"] = runs[0].hub
        return stands_so
