"""A second look at frames that are not as expected: taken apart, so that one bad row costs only itself."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from fbkit.feeds.decoding import MALFORMED, malformed
from fbkit.feeds.gate.wire import CHANNEL_OF
from fbkit.model import SAMPLE_BYTES, Control, Ignored, Rejected

#: What other Gate markets call their channels: spot's, options', and the delivery futures' own.
_OTHERS = ("spot.", "options.", "delivery.", "unified.", "announcement.")

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_rows = msgspec.json.Decoder(list[msgspec.Raw])


class Row(NamedTuple):
    """One row of a frame, rewrapped as a frame of its own, with its channel (theirs)."""

    frame: bytes
    channel: str


class _Head(msgspec.Struct):
    channel: str = ""
    event: str = ""
    method: str = ""


_head = msgspec.json.Decoder(_Head)


def take_apart(payload: bytes) -> list[Row | Control | Rejected | Ignored]:
    """The rows of a frame, or what it is instead; at least one piece.

    >>> take_apart(b'{"channel":"futures.pong","event":"","result":null}')[0].kind
    'pong'
    >>> take_apart(b'{"channel":"spot.trades","event":"update","result":{}}')[0].reason
    'other_market'
    """
    try:
        fields = _object.decode(payload)
        head = _head.decode(payload)
        return _told(payload, head) or _apart(payload, head, fields)
    except MALFORMED:
        return [malformed("", payload)]


def _told(payload: bytes, head: _Head) -> list[Row | Control | Rejected | Ignored]:
    """What a frame is that holds no rows of ours; nothing where it does."""
    detail = payload[:SAMPLE_BYTES].decode("utf-8", "replace")
    if head.channel.startswith(_OTHERS) or head.method.endswith(".update"):
        return [Ignored(_other(head.channel or head.method), "other_market")]
    if head.channel == "futures.pong":
        return [Control("pong", detail)]
    if head.channel == "futures.system":
        return [Control("system", detail)]
    if head.event in {"subscribe", "unsubscribe"}:
        return [Control("answer", detail)]
    return []


def _apart(payload: bytes, head: _Head, fields: dict[str, msgspec.Raw]) -> list[Row | Control | Rejected | Ignored]:
    channel = head.channel
    if bytes(fields.get("error", b"null")) not in {b"null", b"{}"}:
        return [Control("error", payload[:SAMPLE_BYTES].decode("utf-8", "replace"))]
    if channel not in CHANNEL_OF:
        return [Rejected("", "unknown", payload[:SAMPLE_BYTES])]
    if "result" not in fields:
        return [malformed(CHANNEL_OF[channel], payload)]
    wanted = {key: bytes(value) for key, value in fields.items() if key in {"event", "time", "time_ms"}}
    rest = b"".join(b',"%b":%b' % (key.encode(), value) for key, value in wanted.items())
    return [
        Row(b'{"channel":"%b","result":%b%b}' % (channel.encode(), row, rest), channel)
        for row in _single(bytes(fields["result"]), channel)
    ] or [Control("empty", channel)]


def _single(result: bytes, channel: str) -> list[bytes]:
    """The rows of a result, each as its channel has a result of one row; some older frames nest or unwrap the list."""
    rows = _flat(result)
    if channel in {"futures.book_ticker", "futures.order_book_update"}:
        return rows
    if channel == "futures.order_book":
        return [result]
    return [b"[%b]" % row for row in rows]


def _flat(result: bytes) -> list[bytes]:
    if result[:1] != b"[":
        return [result]
    return [row for raw in _rows.decode(result) for row in _flat(bytes(raw))]


def _other(name: str) -> str:
    """The channel of ours that another market's is like."""
    word = name.partition(".")[2] if not name.endswith(".update") else name.partition(".")[0]
    likely = {"trade": "trade", "depth": "depth", "ticker": "mark"}.get(word)
    return likely or CHANNEL_OF.get(f"futures.{word}", "")
