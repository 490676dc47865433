"""Frames taken apart: an item a row, and what a frame is that is no data as we know it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from fbkit.feeds.bybit.kinds import Kind
from fbkit.feeds.bybit.wire import CHANNEL_OF, Envelope
from fbkit.feeds.decoding import MALFORMED, decoded
from fbkit.model import SAMPLE_BYTES, Control, Item, Rejected

_raws = msgspec.json.Decoder(list[Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def pieces(envelope: Envelope[Raw], kind: Kind) -> list[Envelope[Any] | bytes]:
    """What of a frame's data can be read, a row at a time where it has rows; and the bytes of what cannot."""
    if not kind.many:
        return [_piece(envelope, kind, envelope.data) or msgspec.json.encode(envelope)]
    try:
        found = _raws.decode(envelope.data)
    except MALFORMED:
        return [bytes(envelope.data)]
    return [_piece(envelope, kind, raw) or bytes(raw) for raw in found]


def _piece(envelope: Envelope[Raw], kind: Kind, raw: Raw) -> Envelope[Any] | None:
    row = decoded(raw, kind.row)
    if row is None:
        return None
    data = [row] if kind.many else row
    return Envelope(envelope.topic, data, envelope.type, envelope.ts, envelope.cts, envelope.cs)


def unwrapped(payload: bytes) -> Item:
    """What has no topic and data: an answer, a pong, an error, or damage.

    >>> unwrapped(b'{"success":true,"ret_msg":"pong","op":"ping"}').kind
    'pong'
    """
    try:
        fields: dict[str, Any] = _object.decode(payload)
        words = {key: msgspec.json.decode(fields[key]) for key in ("topic", "op", "success") if key in fields}
    except MALFORMED:
        return Rejected("", "malformed", payload[:SAMPLE_BYTES])
    if "topic" in words:
        channel = CHANNEL_OF.get(str(words["topic"]).partition(".")[0], "")
        return Rejected(channel, "malformed", payload[:SAMPLE_BYTES])
    if "op" not in words:
        return Rejected("", "unknown", payload[:SAMPLE_BYTES])
    kind = "answer" if words.get("success", True) else "error"
    if words["op"] in ("ping", "pong"):
        kind = "pong"
    return Control(kind, payload[:SAMPLE_BYTES].decode("utf-8", "replace"))
