"""Frames that are no notifications: heartbeats, answers, errors."""

from __future__ import annotations

import msgspec

from fbkit.feeds.decoding import MALFORMED
from fbkit.model import SAMPLE_BYTES, Control, Item, Rejected

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])

#: What a key says a frame is.
_KINDS = {"error": "error", "result": "answer"}


def spoken(payload: bytes) -> Item:
    """A frame that is no notification: a heartbeat, an answer, an error, or nothing we know."""
    try:
        fields = _object.decode(payload)
        method = msgspec.json.decode(fields["method"], type=str) if "method" in fields else ""
    except MALFORMED:
        return Rejected("", "malformed", payload[:SAMPLE_BYTES])
    if method == "subscription":
        return Rejected("", "malformed", payload[:SAMPLE_BYTES])
    kind = "heartbeat" if method == "heartbeat" else next((_KINDS[key] for key in _KINDS if key in fields), "")
    if not kind:
        return Rejected("", "unknown", payload[:SAMPLE_BYTES])
    return Control(kind, payload[:SAMPLE_BYTES].decode("utf-8", "replace"))
