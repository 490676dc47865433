"""What the collector and its database tell a Prometheus: names with units, one family a question.

Exposition, escaping of labels included, is ``prometheus_client``'s; nothing is kept between two scrapes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from fbkit import __version__
from fbkit.health import whole
from fbkit.hub import Hello, Pulse
from fbkit.model import NS_S, AccountRow, HealthRow

__all__ = ["CONTENT_TYPE_LATEST", "Stored", "exposition"]

#: What became of an item; the accounting equation is received = their sum.
_FATES = ("stored", "conflated", "duplicate", "ignored", "quarantined", "dropped")

_STATES = {"ok": 0, "degraded": 1, "down": 2}

_WHOLE = "The whole: 0 ok, 1 degraded, 2 down."

_MS_A_S = 1000.0


class Stored(msgspec.Struct, frozen=True):
    """What the store alone knows. ``gaps`` are (cause, open, all); ``uptime`` is in percent, by window."""

    market: str
    seed: int | None
    sizes: dict[str, int] = {}
    rows: dict[str, int] = {}
    gaps: list[tuple[str, int, int]] = []
    uptime: dict[str, float | None] = {}
    epoch: int = 0
    last_beat: int | None = None


def exposition(stored: Stored | None, hello: Hello | None, pulse: Pulse | None) -> bytes:
    """The text of one scrape. Without a collector it says so, and what the store knows; without a store, only that."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape([*_alive(hello), *_of_store(stored), *_of_pulse(pulse)]))
    return generate_latest(registry)


class _Scrape(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families

    def describe(self) -> Iterable[Metric]:
        return []


def _alive(hello: Hello | None) -> Iterator[Metric]:
    yield gauge("fbkit_collector_up", "1 while a collector is heard, else 0.", {(): float(hello is not None)})
    if hello is None:
        yield gauge("fbkit_health_state", _WHOLE, {(): _STATES["down"]})
    else:
        said = {"version": hello.version, "market": hello.market, "server_version": __version__}
        info = GaugeMetricFamily("fbkit_collector_info", "Always 1; what runs.", labels=list(said))
        info.add_metric(list(said.values()), 1.0)
        yield info
        started = hello.started / NS_S
        yield gauge("fbkit_collector_start_time_seconds", "When the collector started, Unix time.", {(): started})


def _of_store(stored: Stored | None) -> Iterator[Metric]:
    if stored is None:
        return
    for name, size in stored.sizes.items():
        word = {"db": "database"}.get(name, name)
        yield gauge(f"fbkit_{word}_bytes", f"Size of the {word} on disk.", {(): size})
    yield gauge("fbkit_rows", "Events by kind and rows by table.", _by(stored.rows.items()), "table")
    opened = {(cause,): count for cause, count, _ in stored.gaps}
    yield gauge("fbkit_gaps_open", "Gaps that have not ended, by cause.", opened, "cause")
    known = {(cause,): total for cause, _, total in stored.gaps}
    yield counter("fbkit_gaps", "Gaps ever recorded, by cause.", known, "cause")
    shares = {(window,): percent / 100 for window, percent in stored.uptime.items() if percent is not None}
    yield gauge("fbkit_uptime_ratio", "Share of a window in which heartbeats say the collector ran.", shares, "window")
    yield gauge("fbkit_lease_epoch", "Epoch of the newest lease to write.", {(): stored.epoch})
    if stored.last_beat is not None:
        yield gauge("fbkit_last_beat_time_seconds", "Newest stored Beat, Unix time.", {(): stored.last_beat / NS_S})


def _of_pulse(pulse: Pulse | None) -> Iterator[Metric]:
    if pulse is None:
        return
    yield gauge(
        "fbkit_items_per_second", "Items received a second since the last Beat.", _by(pulse.rates.items()), "venue"
    )
    lag = {venue: ms / _MS_A_S for venue, ms in pulse.lag_ms.items()}
    yield gauge(
        "fbkit_lag_seconds",
        "From a venue's matching to our receiving, by its clock and ours.",
        _by(lag.items()),
        "venue",
    )
    nearest = min(lag.values(), default=0.0)
    skew = {venue: seconds - nearest for venue, seconds in lag.items()}
    yield gauge("fbkit_skew_seconds", "A venue's lag beyond that of the nearest venue.", _by(skew.items()), "venue")
    yield gauge("fbkit_queue_items", "Events and rows in memory before the writer.", {(): pulse.queue})
    yield gauge("fbkit_queue_ratio", "How full that memory is, 0 to 1.", {(): pulse.queue_share})
    yield gauge("fbkit_spill_bytes", "What waits in the spill file beside the database.", {(): pulse.spill_bytes})
    yield counter("fbkit_events_stored", "Events stored since the run began.", {(): pulse.stored})
    behind = pulse.backfill or {"done": 0, "total": 0}
    yield gauge("fbkit_backfill_done", "Parts of the running backfill that are done.", {(): behind["done"]})
    yield gauge("fbkit_backfill_parts", "Parts of the running backfill; 0 while there is none.", {(): behind["total"]})
    yield from _health(pulse.health)
    yield from _accounts(pulse.accounts)


def _health(rows: list[HealthRow]) -> Iterator[Metric]:
    yield gauge("fbkit_health_state", _WHOLE, {(): _STATES[whole(rows).state]} if rows else {})
    streams = {(row.venue, row.channel): _STATES.get(row.state, 2) for row in rows if row.venue}
    yield gauge("fbkit_stream_health_state", "A stream: 0 ok, 1 degraded, 2 down.", streams, "venue", "channel")


def _accounts(rows: list[AccountRow]) -> Iterator[Metric]:
    kept = [row for row in rows if row.channel != "control"]
    stream = ("venue", "channel")
    received = {(row.venue, row.channel): row.received for row in kept}
    yield counter("fbkit_items_received", "Items received since the run began.", received, *stream)
    fates = {(row.venue, row.channel, fate): getattr(row, fate) for row in kept for fate in _FATES}
    yield counter("fbkit_items", "What became of items received, by fate.", fates, *stream, "fate")
    under_way = {(row.venue, row.channel): row.in_flight for row in kept}
    yield gauge("fbkit_items_in_flight", "Items received and not yet stored.", under_way, *stream)
    late = {(row.venue, row.channel): row.late for row in kept}
    yield counter("fbkit_items_late", "Items stored after their bar had closed.", late, *stream)
    balanced = {(row.venue, row.channel): int(row.balances) for row in kept}
    yield gauge("fbkit_accounting_balanced", "1 where received is the sum of all fates.", balanced, *stream)


def gauge(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
    """A family of gauges by the values of their labels. What is no number is left out."""
    return _filled(GaugeMetricFamily(name, text, labels=list(labels)), values)


def counter(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Metric:
    """A family of counters; ``_total`` is added to the name."""
    return _filled(CounterMetricFamily(name, text, labels=list(labels)), values)


def _filled(family: Any, values: Mapping[Any, float]) -> Metric:
    for labels, value in values.items():
        if not math.isnan(value):
            family.add_metric([str(one) for one in labels], value)
    found: Metric = family
    return found


def _by(pairs: Iterable[tuple[str, float]]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in pairs}
