"""What came of alerts, as frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fbkit.clock import iso
from fbkit.desk.base import Base
from fbkit.model import NS_MIN, Span, floor_to
from fbkit.scorecard import (
    REASONS,
    TURNS,
    UNITS,
    Asked,
    MinutesOf,
    Told,
    checked,
    first_minute,
    follow,
    nothing_yet,
    outcomes,
    scorecard,
    stored_minutes,
)

#: A bar is stored within so much after its end; until then it is not missing.
_SETTLES_NS = NS_MIN


class Scores(Base):
    """The desk's words for it."""

    def outcomes(
        self, since: Any = None, until: Any = None, *, horizon: Sequence[str] | str | None = None
    ) -> pd.DataFrame:
        """What followed each alert, one row an alert, oldest first: ``ret_… mfe_… mae_… why_…`` at each horizon.

        Fractions of the entry price, above zero where the price went the alert's way. The entry is the open of the
        first 1m bar that begins after the alert was spoken. ``why_…`` says why a number is missing
        (``attrs["reasons"]``). ``attrs["coverage"]`` is the share of the horizons that are over which bars cover.
        """
        span, (_, horizons) = self.span(since, until), checked("rule", horizon)
        asked, alerts = self._asked(span, horizons), self.store.rows("alerts", span=span)
        found = nothing_yet(alerts, asked.horizons)
        for _ in follow(found, alerts, self._minutes(alerts, asked), asked):
            pass
        frame = outcomes(alerts, found)
        why = np.concatenate([found.why[name] for name in asked.horizons])
        over = np.isin(why, ["", "gap", "no_bars"])
        frame.attrs = self._attrs(span, asked) | {
            "coverage": float((why[over] == "").mean()) if over.any() else float("nan"),
            "reasons": dict(REASONS),
        }
        return self._named(frame, "outcomes")

    def scorecard(
        self,
        since: Any = None,
        until: Any = None,
        *,
        by: Sequence[str] | str = ("rule", "tier"),
        horizon: Sequence[str] | str | None = None,
        seed: int = 7,
        told: Told | None = None,
    ) -> pd.DataFrame:
        """What came of alerts, one row a group (``by``) and horizon, against random instants of the same instruments.

        ``by`` is some of ``rule tier tf direction column instrument``, ``horizon`` some of ``5m 15m 1h 4h`` (all).
        The same ``seed`` gives the same random instants. Columns: ``attrs["units"]``; also there ``market``,
        ``coverage`` (share of the minutes looked at that bars cover), ``n_base`` (random instants an alert), ``seed``,
        ``since``, ``until``, ``as_of``. Raises ``SettingError`` for a word that is not there.
        """
        groups, horizons = checked(by, horizon)
        span, random = self.span(since, until), np.random.default_rng(seed)
        asked, alerts = self._asked(span, horizons), self.store.rows("alerts", span=span)
        frame = scorecard(alerts, self._minutes(alerts, asked), asked, random, by=groups, turns=TURNS, told=told)
        frame.attrs |= self._attrs(span, asked) | {"seed": seed, "units": dict(UNITS)}
        return self._named(frame, "scorecard")

    def _asked(self, span: Span, horizons: tuple[str, ...]) -> Asked:
        as_of = floor_to(self.now() - _SETTLES_NS, NS_MIN)
        return Asked(horizons, as_of, self.settings.min_coverage, span.until)

    def _minutes(self, alerts: pd.DataFrame, asked: Asked) -> MinutesOf:
        """1m bars from the first entry on; none before it is read."""
        first = alerts["ts"].min() if len(alerts) else asked.as_of
        begin = int(first_minute(np.array([first], dtype=np.int64))[0]) * NS_MIN
        return stored_minutes(self.store, Span(begin, asked.as_of))

    def _attrs(self, span: Span, asked: Asked) -> dict[Any, Any]:
        instants = {"since": span.since, "until": span.until, "as_of": asked.as_of}
        return {
            "min_coverage": asked.min_coverage,
            **{name: None if ts is None else iso(ts) for name, ts in instants.items()},
        }
