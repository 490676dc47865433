"""Items: what a parser makes of one frame or one REST page, counted one by one.

An item is one row of a data frame or page. It becomes an event (or several, as a tuple), or is set aside with a
reason. ``received = stored + conflated + duplicate + ignored + quarantined + dropped + in_flight`` counts items.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from fbkit.model.events import Event

#: ``within_cadence``: a ticker or a book said something newer, too soon after what was kept; ``replayed``: rows of the
#: past that a venue sends again on subscribing; ``no_state``: a delta before its snapshot.
IgnoreReason: TypeAlias = Literal[
    "not_subscribed", "other_market", "open_bar", "heartbeat", "unchanged", "within_cadence", "replayed", "no_state"
]


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """An item we understood and do not want."""

    channel: str
    reason: IgnoreReason


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """An item we cannot believe or read: kept in ``quarantine`` with its reason (``malformed unknown future ...``)."""

    channel: str
    reason: str
    sample: bytes
    instrument: str = ""


class Control(msgspec.Struct, frozen=True, gc=False):
    """A control frame (an answer to SUBSCRIBE, an error, a pong): no item, counted apart."""

    kind: str
    detail: str = ""


Item: TypeAlias = Event | tuple[Event, ...] | Ignored | Rejected | Control

#: What of a rejected frame is kept.
SAMPLE_BYTES = 4096
