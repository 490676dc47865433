"""A second look at frames that are not as expected: taken apart, so that one bad row costs only itself."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fbkit.feeds.binance.wire import CHANNEL_OF
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.instruments import Instruments
from fbkit.model import SAMPLE_BYTES, Control, Rejected

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_rows = msgspec.json.Decoder(list[msgspec.Raw])


class Row(NamedTuple):
    """One message of a frame, the stream it came on (``""`` if it did not say), and whether it is a REST snapshot."""

    message: bytes
    stream: str = ""
    is_snapshot: bool = False


class _Tag(msgspec.Struct):
    """What can be known of a message that could not be decoded."""

    e: str = ""
    s: str = ""


_tag = msgspec.json.Decoder(_Tag)


def take_apart(payload: bytes) -> list[Row | Control | Rejected]:
    """The messages of a frame in whichever envelope, or what it is instead; at least one piece.

    >>> take_apart(b'{"result":null,"id":1}')[0].kind
    'answer'
    >>> [row.message for row in take_apart(b'{"stream":"!x@arr","data":[{"e":"a"},{"e":"b"}]}')]
    [b'{"e":"a"}', b'{"e":"b"}']
    """
    try:
        if payload.lstrip()[:1] == b"[":
            return _each(_rows.decode(payload), "")
        fields = _object.decode(payload)
        if "data" not in fields:
            return [_unwrapped(payload, fields)]
        stream = msgspec.json.decode(fields["stream"], type=str) if "stream" in fields else ""
        data = bytes(fields["data"])
        return _each(_rows.decode(data), stream) if data[:1] == b"[" else [Row(data, stream)]
    except MALFORMED:
        return [Rejected("", "malformed", payload[:SAMPLE_BYTES])]


def rejected(message: bytes, instruments: Instruments) -> Rejected:
    """A message nobody can read, under its channel and instrument where those can be told."""
    try:
        tag = _tag.decode(message)
    except MALFORMED:
        return Rejected("", "malformed", message[:SAMPLE_BYTES])
    known = instruments.by_symbol.get(tag.s)
    channel = CHANNEL_OF.get(tag.e, "")
    reason = "malformed" if channel else "unknown"
    return Rejected(channel, reason, message[:SAMPLE_BYTES], known.name if known else "")


def _each(rows: list[msgspec.Raw], stream: str) -> list[Row | Control | Rejected]:
    return [Row(bytes(row), stream) for row in rows] or [Control("empty", stream)]


def _unwrapped(payload: bytes, fields: dict[str, msgspec.Raw]) -> Row | Control | Rejected:
    if "e" in fields:
        return Row(payload)
    for key, kind in (("error", "error"), ("result", "answer")):
        if key in fields:
            return Control(kind, payload[:SAMPLE_BYTES].decode("utf-8", "replace"))
    if "lastUpdateId" in fields:
        return Row(payload, is_snapshot=True)
    return Rejected("", "unknown", payload[:SAMPLE_BYTES])
