"""How OKX is spoken to: ``subscribe`` with args, an answer an arg, a plain ``ping``.

A topic is ``channel:instrument`` (or index), or ``channel:type`` where a channel is subscribed to by type.

Source: OKX v5 docs, "WebSocket", "Subscribe", "Notification", "Error Code".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.okx.channels import BY_TYPE, channel_of_topic
from fbkit.feeds.okx.wire import Arg
from fbkit.feeds.talking import Heard
from fbkit.model import Control

#: "The connection will soon be closed for a service upgrade."
_UPGRADE = "64008"

#: A refusal names what it refuses only in its words.
_NAMED = re.compile(r"channel:\s*([\w-]+)\s*,\s*inst(?:Id|Type|Family):\s*([^\s,]+)")


class _Event(msgspec.Struct):
    arg: Arg | None = None
    code: str | int = ""
    msg: str = ""
    id: str | int | None = None


_decoder = msgspec.json.Decoder(_Event)


class OkxWording:
    """See :class:`fbkit.feeds.talking.Wording`. 480 requests an hour and 64 KB a request are allowed.

    >>> OkxWording().subscribe(["trades-all:BTC-USDT-SWAP", "liquidation-orders:SWAP"], 7)
    '{"id":"7","op":"subscribe","args":[{"channel":"trades-all","instId":"BTC-USDT-SWAP"},\
{"channel":"liquidation-orders","instType":"SWAP"}]}'
    """

    per_message = 200
    pause_s = 0.5
    ping_every_s: float | None = 20.0

    def greeting(self) -> list[str]:
        """Nothing."""
        return []

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """One request."""
        return _request("subscribe", topics, number)

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """One request."""
        return _request("unsubscribe", topics, number)

    def ping(self, number: int) -> str:
        """No JSON; without a word for 30 s the venue closes the connection."""
        return "ping"

    def heard(self, control: Control) -> Heard:
        """An answer an arg; an error may name its arg in its words; a notice says that the venue will close."""
        if control.kind not in {"subscribe", "error", "notice"}:
            return Heard()
        try:
            event = _decoder.decode(control.detail)
        except MALFORMED:
            return Heard()
        if control.kind == "notice":
            return Heard(moving=str(event.code) == _UPGRADE)
        if control.kind == "subscribe":
            return Heard(accepted=(_topic(event.arg),)) if event.arg else Heard()
        return _refusal(event)

    def channel_of(self, topic: str) -> str:
        """The channel of ours that a topic belongs to."""
        return channel_of_topic(topic)


def _refusal(event: _Event) -> Heard:
    why = f"{event.code} {event.msg}"
    named = _topic(event.arg) if event.arg and event.arg.channel else ""
    words = _NAMED.search(event.msg)
    if words:
        named = f"{words[1]}:{words[2]}"
    if named:
        return Heard(refused=(named,), why=why)
    number = str(event.id)
    return Heard(number=int(number) if number.isdigit() else None, why=why)


def _request(op: str, topics: Sequence[str], number: int) -> str:
    args = []
    for topic in topics:
        channel, _, what = topic.partition(":")
        args.append({"channel": channel, "instType" if channel in BY_TYPE else "instId": what})
    return msgspec.json.encode({"id": str(number), "op": op, "args": args}).decode()


def _topic(arg: Arg) -> str:
    return f"{arg.channel}:{arg.instType if arg.channel in BY_TYPE else arg.instId}"
