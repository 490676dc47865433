"""What is not as it should be, why, and what to do: rules over the facts, each a small function in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import msgspec

from fbkit.clock import iso
from fbkit.model.market import Market
from fbkit.reports import words
from fbkit.reports.facts import Facts, Hole, joined_length
from fbkit.reports.market import stale
from fbkit.reports.targets import Kpi, kpis
from fbkit.store.sqlite.driver import library_warning

_RANK = {"down": 0, "degraded": 1, "note": 2}
_DISK_SHARE, _DISK_BYTES = 0.05, 1 << 30


class Finding(msgspec.Struct, frozen=True):
    """One thing: how bad (``down degraded note``), where, what is so, why it matters, what to do."""

    weight: str
    where: str
    what: str
    why: str
    then: str


def findings(facts: Facts, disk: dict[str, int]) -> list[Finding]:
    """All of them, worst first. ``disk`` has ``disk_free_bytes`` and ``disk_total_bytes``."""
    found = [finding for rule in _RULES for finding in rule(facts)]
    found += _disk(disk)
    return sorted(found, key=lambda finding: _RANK[finding.weight])


def _collector(facts: Facts) -> Iterator[Finding]:
    for reason in facts.backend.reasons:
        if reason.where != "collector":
            continue
        if facts.market is Market.RECORDED and facts.until:
            what = f"the recording ends at {iso(facts.until)} and nothing is collected now"
            then = "read another recording with `fbkit collect --recording FILE`, or leave it: a recording is complete"
            yield Finding("note", "collector", what, "every number is as of that instant", then)
        else:
            then = (
                "start the collector: `fbkit up`" if facts.market is Market.SIMULATED else "run `fbkit up --venues …`"
            )
            yield Finding("down", "collector", reason.sentence.rstrip("."), "nothing new is heard or computed", then)


def _streams(facts: Facts) -> Iterator[Finding]:
    rows = [row for row in facts.backend.streams if row.state != "ok"]
    for row in rows:
        where = f"{row.venue or 'fbkit'} {row.channel}"
        why = f"what is computed from {row.channel or 'it'} is old or missing meanwhile"
        yield Finding(row.state, where, row.sentence.rstrip("."), why, _then(row.reason))


def _then(reason: str) -> str:
    known = {
        "disk_full": "make room on the disk; what could not be written is kept and tried again",
        "clock_skew": "compare this machine's clock with a time server",
        "subscription_refused": "check that the venue still lists the instrument",
    }
    return known.get(
        reason, "wait for its next try; if it lasts, look at the collector's log and the venue's status page"
    )


def _numbers(facts: Facts) -> Iterator[Finding]:
    for kpi in kpis(facts):
        if kpi.inside is False and kpi.value is not None:
            what = f"{kpi.label} {kpi.write(kpi.value)}, expected {kpi.target}"
            yield Finding("degraded", kpi.label, what, kpi.reason, kpi.then)


def _accounting(facts: Facts) -> Iterator[Finding]:
    for row in facts.accounts:
        if not row.balances:
            told = (
                row.stored + row.conflated + row.duplicate + row.ignored + row.quarantined + row.dropped + row.in_flight
            )
            what = f"{words.count(row.received)} received, {words.count(told)} accounted for"
            then = "report it with `fbkit doctor`'s output: items went missing inside fbkit"
            yield Finding("down", f"{row.venue} {row.channel}", what, "nothing may be lost in silence", then)


def _holes(facts: Facts) -> Iterator[Finding]:
    lost = sorted((hole for hole in facts.holes if not hole.filled), key=lambda hole: (hole.cause, hole.t0))
    for cause, group in groupby(lost, key=lambda hole: hole.cause):
        holes: list[Hole] = list(group)
        length = words.duration(joined_length(holes))
        what = f"{words.many(len(holes), 'gap')} ({cause or 'cause unknown'}), {length}, not filled"
        still = sum(hole.open for hole in holes)
        then = "wait for the stream to speak again" if still else "accept it, or import the trades of that time"
        why = "numbers that look back over it carry less coverage"
        yield Finding("degraded" if still else "note", "gaps", what, why, then)


def _stale(facts: Facts) -> Iterator[Finding]:
    old = stale(facts)
    if old:
        shown = words.joined([words.instrument(name, alone=facts.alone) for name in old[:5]])
        what = f"{words.many(len(old), 'instrument')} without a new bar for more than three: {shown}"
        what += " and others" if len(old) > 5 else ""
        then = "check at the venue whether they still trade"
        yield Finding("degraded", "instruments", what, "their rows are old", then)


def _units(facts: Facts) -> Iterator[Finding]:
    assumed = sum(instrument.assumed for instrument in facts.instruments.values())
    if assumed:
        what = f"the units of {words.many(assumed, 'instrument')} are assumed from the symbol"
        why = "without the venue's list, sizes may be contracts and not coins"
        yield Finding("note", "units", what, why, "collect from the venue once, so that its list is heard")


def _empty(facts: Facts) -> Iterator[Finding]:
    if not facts.summary:
        what = f"no summary of {facts.asked.tf} yet"
        why = "it is written when the first bar closes"
        yield Finding(
            "note", "engine", what, why, "wait for the first close, or ask for a shorter timeframe: `-p tf=1m`"
        )


def _runs(facts: Facts) -> Iterator[Finding]:
    newest = {}
    for run in reversed(facts.reports):
        if run.state != "running":
            newest[run.report] = run
    for run in newest.values():
        if run.state != "published":
            where = f" in {run.cell}" if run.cell else ""
            what = f"the last run of report {run.report} {run.state}{where}: {run.error[:160]}"
            yield Finding(
                "degraded", "reports", what, "its readers see an older one", f"look into `reports/{run.folder}`"
            )


def _phase(facts: Facts) -> Iterator[Finding]:
    if facts.phase is None:
        why = "a snapshot cannot say what it is a snapshot of"
        yield Finding("note", "phase", "no phase was ever set", why, "name the phase: `fbkit phase set burn-in`")


def _library(_: Facts) -> Iterator[Finding]:
    warning = library_warning()
    if warning:
        yield Finding("note", "SQLite", warning, "an old library has a known fault", "install `pysqlite3`")


def _disk(disk: dict[str, int]) -> Iterator[Finding]:
    free, total = disk["disk_free_bytes"], disk["disk_total_bytes"]
    if free < _DISK_BYTES or free < _DISK_SHARE * total:
        what = f"{words.size(free)} of {words.size(total)} free"
        yield Finding("degraded", "disk", what, "a full disk stops the writer", "make room, or run `fbkit maintain`")


_RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _collector,
    _streams,
    _accounting,
    _numbers,
    _holes,
    _stale,
    _empty,
    _runs,
    _units,
    _library,
    _phase,
)

__all__ = ["Finding", "Kpi", "findings"]
