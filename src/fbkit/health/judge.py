"""Thresholds → states, each with its reason and the next step in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fbkit.errors import StoreBusy, StoreFull
from fbkit.health.streams import (
    DEGRADED,
    DEGRADED_AGES,
    DOWN,
    LOSS_NS,
    OK,
    OK_AGES,
    QUARANTINE_SHARE,
    RANK,
    SKEW_NS,
    VITAL,
    Counted,
    Stream,
    Verdict,
)
from fbkit.model import NS_S, HealthRow

#: Share of the queue before the writer that may be full.
QUEUE_SHARE = 0.5


def judge_stream(stream: Stream, now: int, expected_s: float | None, skew_ns: int | None) -> Verdict:
    """The worst of everything that is wrong with a stream; the first of equals.

    >>> judge_stream(Stream("binance", "mark", heard=0), 5 * NS_S, 1.0, None).reason
    'stale'
    """
    found = [*_age(stream, now, expected_s), *_told(stream), *_counted(stream, now), *_skew(stream, skew_ns)]
    return max(found, key=lambda verdict: RANK[verdict.state], default=Verdict(OK))


def _age(stream: Stream, now: int, expected_s: float | None) -> Iterator[Verdict]:
    # Never heard at all, its silence counts from when we first knew of it.
    heard = stream.known if stream.heard is None else stream.heard
    if expected_s is None or heard is None:
        return
    age_s = (now - heard) / NS_S
    if age_s <= OK_AGES * expected_s:
        return
    where = f"{stream.venue} {stream.channel}"
    told = f"nothing for {_duration(age_s)}, expected every {_duration(expected_s)}"
    if age_s <= DEGRADED_AGES * expected_s:
        yield Verdict(DEGRADED, "stale", f"{where}: {told}; wait a moment, it may return by itself.")
    else:
        yield Verdict(DOWN, "stale", f"{where}: {told}; check the network and the venue's status page.")


def _told(stream: Stream) -> Iterator[Verdict]:
    """What feeds and sequence told: their own sentence where there is one."""
    where = f"{stream.venue} {stream.channel}"
    if stream.trouble is not None:
        reason, sentence = stream.trouble
        yield Verdict(DEGRADED, reason, sentence)
    for cause in stream.gaps:
        yield Verdict(
            DEGRADED, cause, f"{where}: a gap is open ({cause}); it closes when data is back and was fetched."
        )


def _counted(stream: Stream, now: int) -> Iterator[Verdict]:
    where = f"{stream.venue} {stream.channel}"
    share = stream.quarantine_share
    if share > QUARANTINE_SHARE:
        sentence = f"{where}: {share:.1%} of the last minute was not believed; look at the table quarantine."
        yield Verdict(DEGRADED, "quarantine", sentence)
    if stream.lost_ts is not None and now - stream.lost_ts <= LOSS_NS:
        yield Verdict(DEGRADED, "loss", f"{where}: {stream.lost} events were dropped; see the gaps for when.")


def _skew(stream: Stream, skew_ns: int | None) -> Iterator[Verdict]:
    if skew_ns is not None and abs(skew_ns) > SKEW_NS and stream.channel in VITAL:
        late = "behind" if skew_ns > 0 else "ahead of"
        sentence = (
            f"{stream.venue} {stream.channel}: event times are {_duration(abs(skew_ns) / NS_S)} {late} our clock; "
            "set this machine's clock by NTP, then restart the collector."
        )
        yield Verdict(DEGRADED, "clock_skew", sentence)


def judge_writing(now: int, queue_share: float, trouble: BaseException | None, losses: Stream | None) -> Verdict:
    """The writer and the queue before it.

    >>> judge_writing(0, 0.6, None, None).reason, judge_writing(0, 0.0, None, None).state
    ('queue', 'ok')
    """
    if trouble is not None:
        return _not_storing(trouble)
    if queue_share > QUEUE_SHARE:
        return Verdict(
            DEGRADED,
            "queue",
            f"the queue before the writer is {queue_share:.0%} full; the disk is too slow for this feed.",
        )
    if losses is not None and losses.lost_ts is not None and now - losses.lost_ts <= LOSS_NS:
        return Verdict(DEGRADED, "loss", f"{losses.lost} events were dropped before the writer; see the gaps for when.")
    return Verdict(OK)


def note_history(history: tuple[int, int] | None, queue_share: float) -> Verdict:
    """How far fetching the past is; ``None`` where all came and the writer still has it before it.

    >>> note_history((3, 90), 0.6).sentence
    'fetching history: 3 of 90 instruments; the queue before the writer is 60% full, the past waits for it.'
    """
    told = "history came" if history is None else "fetching history: {} of {} instruments".format(*history)
    waits = f"; the queue before the writer is {queue_share:.0%} full, the past waits for it."
    return Verdict(OK, "history", told + (waits if queue_share > QUEUE_SHARE else "."))


def judge_books(accounts: Iterable[Counted]) -> Verdict:
    """The accounting equation of every stream: each item received is somewhere.

    >>> from fbkit.model import AccountRow
    >>> judge_books([AccountRow(1, "binance", "trade", received=2, stored=1)]).reason
    'unbalanced'
    """
    wrong = [f"{one.venue} {one.channel}".strip() for one in accounts if not one.balances]
    if not wrong:
        return Verdict(OK)
    return Verdict(
        DEGRADED,
        "unbalanced",
        f"the books of {', '.join(wrong)} do not balance: items were lost, or counted twice; "
        "keep the database, restart the collector, and report this with its log.",
    )


def _not_storing(trouble: BaseException) -> Verdict:
    if isinstance(trouble, StoreFull):
        step = "free space on the disk; what came in is kept and stored then"
        return Verdict(DOWN, "disk_full", f"nothing can be stored: {trouble}; {step}.")
    if isinstance(trouble, StoreBusy):
        return Verdict(DEGRADED, "locked", f"{trouble}; what came in is kept, end the program that holds the database.")
    return Verdict(DOWN, "store", f"nothing can be stored: {trouble}; see the log, then restart the collector.")


def judge_system(rows: Iterable[HealthRow]) -> Verdict:
    """The whole: down when nothing can be stored or every venue is down, degraded when anything is not ok.

    >>> judge_system([HealthRow(0, "binance", "ratio", "down", "stale", "binance ratio: nothing")]).state
    'degraded'
    """
    rows = list(rows)
    bad = [row for row in rows if row.state != OK]
    if not bad:
        return Verdict(OK)
    venues = states_of_venues(rows)
    dead = [row for row in bad if not row.venue and row.state == DOWN]
    if venues and all(state == DOWN for state in venues.values()):
        dead += [row for row in bad if row.venue and row.channel in VITAL and row.state == DOWN]
    worst = max(bad, key=lambda row: RANK[row.state])
    if dead:
        return Verdict(DOWN, dead[0].reason, dead[0].sentence)
    more = f" And {len(bad) - 1} more." if len(bad) > 1 else ""
    return Verdict(DEGRADED, worst.reason, worst.sentence + more)


def states_of_venues(rows: Iterable[HealthRow]) -> dict[str, str]:
    """Each venue's state by name: the worst of its trade, quote and mark.

    >>> rows = [HealthRow(0, "okx", "mark", "down", "stale", ""), HealthRow(0, "okx", "trade", "ok", "", "")]
    >>> states_of_venues(rows)
    {'okx': 'down'}
    """
    states: dict[str, str] = {}
    for row in rows:
        if row.venue:
            state = row.state if row.channel in VITAL else OK
            states[row.venue] = max(states.get(row.venue, OK), state, key=RANK.__getitem__)
    return dict(sorted(states.items()))


def _duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> _duration(1.0), _duration(90), _duration(7200)
    ('1 s', '90 s', '2 h')
    """
    for unit, name in ((86_400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s"
