"""Everything a status report speaks of, read once from the store, so that all its sections say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.clock import Clock
from fbkit.continuity.backend import Backend, first_heartbeat, heartbeats, judge, share_up
from fbkit.continuity.phase import Phase, show_phase
from fbkit.continuity.places import redacted_url
from fbkit.model.columns import METRIC_COLUMNS, Z_COLUMNS
from fbkit.model.instrument import Instrument
from fbkit.model.market import Market, Span
from fbkit.model.rows import AccountRow, AlertRow, MetricRow, RunRow, SummaryRow
from fbkit.model.timeframe import NS_HOUR, TIMEFRAMES
from fbkit.reports.runs import ReportRun, Runs
from fbkit.settings import Settings
from fbkit.store import Store
from fbkit.store.coverage import joined_ns

_WORDS_OF_GAP = ("venue", "channel", "instrument", "cause")
_Z_PLACES = [METRIC_COLUMNS.index(name) for name in Z_COLUMNS]


class Asked(msgspec.Struct, frozen=True):
    """What the report was asked: timeframe, hours to look back, rows in a list, the coin of the price chart."""

    tf: str = "15m"
    hours: int = 24
    top: int = 8
    coin: str = "BTC"


class Hole(msgspec.Struct, frozen=True):
    """A gap, cut to the window: ``[t0, t1)`` in UTC ns; ``open`` when it has no end yet; whether it was filled."""

    venue: str
    channel: str
    instrument: str
    cause: str
    t0: int
    t1: int
    open: bool
    filled: bool

    @property
    def length(self) -> int:
        """Nanoseconds of it inside the window."""
        return self.t1 - self.t0


class Facts(msgspec.Struct, frozen=True, eq=False):
    """One reading of a store. The window ``[since, until)`` is UTC ns; ``until`` is ``None`` before the first beat.

    ``metrics`` are the newest of each instrument; ``z`` is every Z-score of the window, flat, NaN where there is none,
    and ``missing`` counts the reasons of these.
    """

    asked: Asked
    now: int
    market: Market
    seed: int | None
    url: str
    phase: Phase | None
    backend: Backend
    since: int
    until: int | None
    instruments: dict[str, Instrument]
    counts: dict[str, int]
    sizes: dict[str, int]
    bars: pd.DataFrame
    summary: list[SummaryRow]
    metrics: list[MetricRow]
    z: NDArray[np.float64]
    missing: Counter[str]
    alerts: list[AlertRow]
    holes: list[Hole]
    beats: NDArray[np.int64]
    first: int | None
    uptime: float | None
    accounts: list[AccountRow]
    runs: list[RunRow]
    quarantine: pd.DataFrame
    reports: list[ReportRun]

    @property
    def window_ns(self) -> int:
        """Length of the window in ns."""
        return (self.until or self.since) - self.since

    @property
    def known_ns(self) -> int:
        """Length of the part of the window since the first heartbeat ever: uptime speaks of that alone."""
        if self.until is None or self.first is None:
            return 0
        return self.until - max(self.since, self.first)

    @property
    def alone(self) -> bool:
        """Whether there is one venue, so that its name need not be said each time."""
        return len({name.partition(":")[0] for name in self.names}) <= 1

    @property
    def names(self) -> list[str]:
        """Instruments that the summary or the listing knows, by name."""
        return sorted({row.instrument for row in self.summary} | self.instruments.keys())


def read_facts(store: Store, settings: Settings, asked: Asked, clock: Clock) -> Facts:
    """Read what the report needs. An empty store gives empty facts, never an error."""
    now = clock.now()
    backend = judge(store, now)
    until = backend.as_of
    since = (until or now) - asked.hours * NS_HOUR
    span = Span(since, until or now)
    window = store.rows("metrics", tf=asked.tf, span=span)
    beats, first = heartbeats(store, since, until or now), first_heartbeat(store)
    return Facts(
        asked=asked,
        now=now,
        market=store.market,
        seed=store.seed,
        url=redacted_url(store.url, settings.home),
        phase=show_phase(settings),
        backend=backend,
        since=since,
        until=until,
        instruments=store.instruments(),
        counts=store.table_counts(),
        sizes=store.sizes(),
        bars=store.rows("bars", tf=asked.tf, span=span),
        summary=store.row_structs(SummaryRow, tf=asked.tf),
        metrics=store.row_structs(MetricRow, tf=asked.tf, span=span, last=1),
        z=window[list(Z_COLUMNS)].to_numpy(dtype=np.float64).ravel(),
        missing=_missing(window["reasons"]),
        alerts=store.row_structs(AlertRow, span=span),
        holes=_holes(store.gaps(span), since, until or now),
        beats=beats,
        first=first,
        uptime=share_up(beats, since, until, first) if until else None,
        accounts=store.accounts(),
        runs=store.runs(),
        quarantine=store.rows("quarantine", span=span),
        reports=Runs(settings).newest(last=20),
    )


def _missing(reasons: pd.Series) -> Counter[str]:
    """How often each reason stands in place of a Z-score: the column holds one text a row, a word a metric."""
    found: Counter[str] = Counter()
    for text, rows in reasons.value_counts().items():
        words = str(text).split(",")
        for place in _Z_PLACES if len(words) > 1 else ():
            found[words[place]] += int(rows)
    del found[""]
    return found


def _holes(gaps: pd.DataFrame, since: int, until: int) -> list[Hole]:
    found = []
    for row in gaps.to_dict("records"):
        ended = not pd.isna(row["t1"])
        t0, t1 = max(int(row["t0"]), since), min(int(row["t1"]), until) if ended else until
        if t1 > t0:
            filled = row["phase"] == "backfilled"
            venue, channel, instrument, cause = (str(row[key] or "") for key in _WORDS_OF_GAP)
            found.append(Hole(venue, channel, instrument, cause, t0, t1, not ended, filled))
    return found


def apart(holes: Sequence[Hole]) -> dict[Hole, int]:
    """Gaps that differ in more than their instrument, and how many instruments each has; 0 stands for all of them.

    A start opens one gap an instrument: in a table they are one line.
    """
    found: Counter[Hole] = Counter()
    for hole in holes:
        found[msgspec.structs.replace(hole, instrument="")] += 1 if hole.instrument else 0
    return found


def joined_length(holes: Sequence[Hole]) -> int:
    """Nanoseconds that lie in at least one of the holes."""
    return joined_ns((hole.t0, hole.t1) for hole in holes)


def slots_expected(facts: Facts) -> int:
    """Bars that the window should hold, of the asked timeframe: closed slots × instruments that are known."""
    if facts.until is None:
        return 0
    length = TIMEFRAMES[facts.asked.tf]
    first = int(facts.bars["t0"].min()) if len(facts.bars) else facts.until
    # Slots that end in (since, until]; what came before the first bar was never to be had.
    return max(0, facts.until // length - max(facts.since // length, first // length)) * len(facts.names)


def live_ns(facts: Facts) -> float:
    """Nanoseconds of the window in which a collector was up: only then are metrics and alerts written."""
    return (facts.uptime or 0.0) * facts.known_ns


__all__ = ["Asked", "Facts", "Hole", "apart", "joined_length", "live_ns", "read_facts", "slots_expected"]
