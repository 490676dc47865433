"""What the hub and its listeners say to one another: JSON text, one message a frame, ``t`` names its kind.

Instants are integer UTC nanoseconds. A missing number is ``null`` on the wire and ``NaN`` in a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from fbkit.model import AccountRow, AlertRow, BarRow, Gap, HealthRow, MetricRow, SummaryRow

#: What a listener may ask to hear.
TOPICS = ("live", "rows", "beat")

#: What a listener may be. An ``owner`` keeps the collector running.
ROLES = ("listener", "owner")

#: What a listener may ask the collector to do.
COMMANDS = ("stop", "flush", "status", "backfill", "maintain", "archive")

NAN = float("nan")


class Hello(msgspec.Struct, frozen=True, tag_field="t", tag="hello"):
    """The hub's first message. ``epoch`` and ``database`` must be those of the runtime file.

    ``owners``: how many keep the collector running, the listener greeted here not among them.
    """

    epoch: int
    market: str
    seed: int | None
    database: str
    version: str
    pid: int
    started: int
    owners: int = 0


class LiveRow(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The newest values of one instrument, whole: a later row replaces an earlier one.

    Prices in USD a coin, ``funding_8h`` a fraction per 8 h, ``day_change`` a fraction, ``*_usd`` in USD.
    """

    instrument: str
    last: float | None = None
    ts_event: int | None = None
    bid: float | None = None
    ask: float | None = None
    mark: float | None = None
    funding_8h: float | None = None
    oi_usd: float | None = None
    day_change: float | None = None
    day_vol_usd: float | None = None


class Live(msgspec.Struct, frozen=True, tag_field="t", tag="live", omit_defaults=True):
    """Rows that changed. ``missed`` counts the values this listener never saw because it read too slowly."""

    ts: int
    rows: list[LiveRow]
    missed: int = 0


class Commit(msgspec.Struct, frozen=True, tag_field="t", tag="rows"):
    """What one commit of the writer made: closed bars and what followed from them.

    ``more`` is true when the commit was too big for one message and goes on in the next.
    """

    commit: int
    bars: list[BarRow] = []
    metrics: list[MetricRow] = []
    summary: list[SummaryRow] = []
    alerts: list[AlertRow] = []
    gaps: list[Gap] = []
    more: bool = False


class Pulse(msgspec.Struct, frozen=True, tag_field="t", tag="beat"):
    """How the collector is, once a second.

    ``rates``: items a second by venue. ``lag_ms``: ``ts_recv − ts_event`` by venue. ``queue``: items before the
    writer. ``stored``: events stored since the run began. ``backfill``: ``None``, or ``done``, ``total``, ``sentence``.
    ``queue_share``: how full the queue is, 0 to 1. ``spill_bytes``: what waits in the file beside it.
    """

    ts: int
    n: int
    health: list[HealthRow] = []
    accounts: list[AccountRow] = []
    rates: dict[str, float] = {}
    lag_ms: dict[str, float] = {}
    queue: int = 0
    stored: int = 0
    backfill: dict[str, Any] | None = None
    queue_share: float = 0.0
    spill_bytes: int = 0


class Do(msgspec.Struct, frozen=True, tag_field="t", tag="do"):
    """A listener asks for a command."""

    id: int
    name: str
    arguments: dict[str, Any] = {}


class Done(msgspec.Struct, frozen=True, tag_field="t", tag="done"):
    """The answer to :class:`Do` of the same ``id``."""

    id: int
    ok: bool
    result: Any = None
    error: str = ""


class Gone(msgspec.Struct, frozen=True, tag_field="t", tag="gone"):
    """Never on the wire: :func:`~fbkit.hub.follow` says that no collector is heard, and why."""

    why: str


Message = Hello | Live | Commit | Pulse | Done

_encoder = msgspec.json.Encoder()
_do = msgspec.json.Decoder(Do)
_kind = msgspec.json.Decoder(dict[str, msgspec.Raw])
_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    kind.__struct_config__.tag: msgspec.json.Decoder(kind)  # type: ignore[misc]  # a tag is a str by our definition
    for kind in (Hello, Live, Pulse, Done)
}

R = TypeVar("R", BarRow, MetricRow, SummaryRow, AlertRow, Gap)
_ROW_TYPES: dict[str, type[Any]] = {
    "bars": BarRow,
    "metrics": MetricRow,
    "summary": SummaryRow,
    "alerts": AlertRow,
    "gaps": Gap,
}


def encode(message: Message | Do) -> bytes:
    """A message as it goes on the wire.

    >>> encode(Do(1, "stop"))
    b'{"t":"do","id":1,"name":"stop","arguments":{}}'
    """
    return _encoder.encode(message)


def decode(frame: str | bytes) -> Message:
    """What the hub said. Raises ``msgspec.DecodeError`` when it is no message of ours.

    >>> decode('{"t":"live","ts":5,"rows":[["binance:BTC-USDT-PERP",97000.5]]}').rows[0].last
    97000.5
    """
    parts = _kind.decode(frame)
    tag = msgspec.json.decode(parts.get("t", b"null"))
    if tag == "rows":
        return _commit(msgspec.json.decode(frame))
    if tag not in _decoders:
        raise msgspec.ValidationError(f"a message of unknown kind {tag!r}")
    message: Message = _decoders[tag].decode(frame)
    return message


def decode_do(frame: str | bytes) -> Do:
    """What a listener asked. Raises ``msgspec.DecodeError`` when it is no command."""
    return _do.decode(frame)


def rows_from(row_type: type[R], objects: Sequence[Mapping[str, Any]]) -> list[R]:
    """Rows from their objects, ``null`` read as NaN where a number stands.

    >>> rows_from(BarRow, [{"instrument": "a", "tf": "1m", "t0": 0, "t1": 60, "open": None}])[0].open
    nan
    """
    numbers = {field.name for field in msgspec.structs.fields(row_type) if field.type is float}
    return [msgspec.convert({k: _number(k, v, numbers) for k, v in one.items()}, row_type) for one in objects]


def _number(name: str, value: Any, numbers: set[str]) -> Any:
    if value is None and name in numbers:
        return NAN
    if name == "values":  # of a MetricRow
        return [NAN if one is None else one for one in value]
    return value


def _commit(parts: dict[str, Any]) -> Commit:
    rows = {name: rows_from(kind, parts.get(name, [])) for name, kind in _ROW_TYPES.items()}
    return Commit(commit=parts["commit"], more=parts.get("more", False), **rows)
