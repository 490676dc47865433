"""The whole out of its streams: the one verdict that command, desk, API, page, snapshot and report all show."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fbkit.health.judge import judge_system, states_of_venues
from fbkit.health.streams import DEGRADED, DOWN, OK, RANK
from fbkit.model import HealthRow

#: The channel of the whole's own row: it says again what the others say, and is judged anew from those.
ALL = "*"

_STARTING = "the collector has just started and has judged nothing yet; wait ten seconds."


class Reason(msgspec.Struct, frozen=True):
    """Why something is not ok, or what there is to know: where, state, code, and the sentence a person reads."""

    venue: str
    channel: str
    state: str
    code: str
    sentence: str

    @property
    def where(self) -> str:
        """``venue channel``; of ourselves only which part."""
        return f"{self.venue} {self.channel}".strip()


class Whole(msgspec.Struct, frozen=True):
    """How it stands: ``ok``, ``degraded`` or ``down``, and always the reasons, the worst first.

    ``notes`` are no trouble (history is being fetched). ``venues`` has each venue's state: the worst of its trade,
    quote and mark. ``judged`` (UTC ns) is when the streams were looked at; ``None``: never.
    """

    state: str
    running: bool
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    venues: dict[str, str] = {}
    streams: tuple[HealthRow, ...] = ()
    judged: int | None = None


def whole(rows: Iterable[HealthRow], absent: str = "") -> Whole:
    """The verdict on the rows of one heartbeat; ``absent`` says, where no collector runs, that and what to do.

    Rows of the whole are passed over, and so are those of an earlier heartbeat than the newest: what they told of is
    over.

    >>> rows = [HealthRow(0, "okx", "trade", "ok", "", ""), HealthRow(0, "okx", "ratio", "down", "stale", "Nothing.")]
    >>> found = whole(rows)
    >>> found.state, found.venues, [(one.where, one.code) for one in found.reasons]
    ('degraded', {'okx': 'ok'}, [('okx ratio', 'stale')])
    >>> whole(rows, "no collector runs").state, whole([]).reasons[0].code
    ('down', 'starting')
    """
    rows = list(rows)
    judged = max((row.ts for row in rows), default=None)
    streams = tuple(row for row in rows if row.ts == judged and (row.venue or row.channel != ALL))
    told = [Reason(row.venue, row.channel, row.state, row.reason, row.sentence) for row in streams if row.reason]
    reasons = sorted((one for one in told if one.state != OK), key=lambda one: -RANK.get(one.state, 1))
    notes = tuple(one for one in told if one.state == OK)
    state = judge_system(streams).state
    if absent:
        state, reasons = DOWN, [Reason("", "collector", DOWN, "no_collector", absent), *reasons]
    elif not streams:
        state, reasons = DEGRADED, [Reason("", "collector", DEGRADED, "starting", _STARTING)]
    return Whole(state, not absent, tuple(reasons), notes, states_of_venues(streams), streams, judged)
