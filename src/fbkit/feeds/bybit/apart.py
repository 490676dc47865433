"""Frames taken apart: an item a row, and what a frame is that is no data as we know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from fbkit.feeds.bybit.wire import CHANNEL_OF, Envelope
from fbkit.feeds.decoding import MALFORMED, each, malformed
from fbkit.feeds.instruments import Known
from fbkit.model import SAMPLE_BYTES, Control, Item, Rejected

R = TypeVar("R")

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def rows(
    envelope: Envelope,
    decoder: msgspec.json.Decoder[list[R]],
    kind: type[R],
    channel: str,
    known: Known | None,
    item: Callable[[R], Item],
) -> list[Item]:
    """An item a row: decoded all at once, and one by one where that fails."""
    try:
        found = decoder.decode(envelope.data)
    except MALFORMED:
        return each(envelope.data, kind, channel, known.name if known else "", item)
    return [item(row) for row in found]


def read(envelope: Envelope, decoder: msgspec.json.Decoder[R]) -> R | None:
    """The data of a frame that has one thing to say; ``None`` where it is malformed."""
    try:
        return decoder.decode(envelope.data)
    except MALFORMED:
        return None


def spoilt(channel: str, envelope: Envelope, known: Known | None) -> Rejected:
    """A frame of a known topic that cannot be read."""
    return malformed(channel, msgspec.json.encode(envelope), known.name if known else "")


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
