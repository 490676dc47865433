"""How it all stands: health with reasons, uptime, and what runs."""

from __future__ import annotations

from typing import Any

import msgspec
import pandas as pd

from fbkit.clock import iso
from fbkit.desk.base import Base
from fbkit.health import WINDOWS, Uptime, uptime_windows
from fbkit.ingest import ask_status, standing
from fbkit.model import HealthRow, Span


class Standing(Base):
    """The desk's words for how things are."""

    def health(self) -> pd.DataFrame:
        """State of the whole (first row) and of each stream at the last heartbeat, with reasons."""
        rows = [msgspec.structs.asdict(one) for one in self._health_rows()]
        return pd.DataFrame(rows, columns=["venue", "channel", "state", "reason", "sentence", "age_s"])

    def health_state(self) -> dict[str, Any]:
        """The whole in one dict: ``state``, ``reasons`` (each with a sentence), ``uptime_percent`` and its end."""
        system, *streams = self._health_rows()
        wrong = [one for one in (system, *streams) if one.state != "ok" and one.sentence]
        up = self.uptime()
        return {
            "state": system.state,
            "reasons": [
                {
                    "state": one.state,
                    "where": f"{one.venue} {one.channel}".strip(),
                    "reason": one.reason,
                    "sentence": one.sentence,
                }
                for one in wrong
            ],
            "uptime_percent": up.percent,
            "uptime_as_of": None if up.as_of is None else iso(up.as_of),
        }

    def _health_rows(self) -> list[HealthRow]:
        """The stored rows, the whole first; where no collector runs, the whole is down and says so."""
        rows = self.store.latest_health()
        whole = [one for one in rows if not one.venue and one.channel == "*"]
        streams = [one for one in rows if one.venue or one.channel != "*"]
        if self._collected_now():
            now = self._clock.now()
            starting = HealthRow(now, "", "*", "degraded", "starting", "the collector has just started; wait a moment.")
            return [*(whole or [starting]), *streams]
        last = self.store.last_beat()
        since = f"since {iso(last.ts_recv)}" if last else "and none ever did"
        sentence = f"no collector runs, {since} UTC; start one with `fbkit up` or `fbkit collect`."
        return [HealthRow(self._clock.now(), "", "*", "down", "no_collector", sentence), *streams]

    def uptime(self) -> Uptime:
        """Uptime in percent over 1h, 24h and 7d, by stored heartbeats; ``None`` where unknown."""
        now = self.now()
        beats = self.store.beats(Span(now - WINDOWS["7d"], None))
        heartbeats = beats.loc[beats["n"] % 10 == 0, "ts_recv"].tolist()
        return uptime_windows(heartbeats, now if self.store.last_beat() else None)

    def status(self) -> dict[str, Any]:
        """What runs and how fast, what is stored and how large it is, and whether the books balance."""
        runs = ask_status(self.settings, self.store.url)
        stands = standing(self.store, self.now(), None if runs is None else runs[1])
        if runs is not None:
            stands["collector"]["hub"] = runs[0].hub
        return stands
