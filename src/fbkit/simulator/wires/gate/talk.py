"""What a client may say on a websocket, and what the exchange answers.

Source: Gate "Futures WebSocket v4", "API Overview", "System API".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from fbkit.simulator.wires import wire
from fbkit.simulator.wires.gate.streams import ROUTE, Unknown, streams_of
from fbkit.simulator.wires.wire import Frame, Reply

#: The header of the handshake that asks for sizes as decimal texts.
SIZE_DECIMAL = "x-gate-size-decimal"

_SIZES = re.compile(rb'"(size|s|B|A|v)":"(-?\d+)(?:\.\d+)?"')


class _Request(msgspec.Struct):
    channel: str
    event: str = ""
    payload: list[str] = []
    id: int | None = None
    time: int = 0


_decoder = msgspec.json.Decoder(_Request)


class Talk(wire.Talk):
    """One connection's side of the conversation.

    Sizes are texts where the handshake asked for decimals; without that they are integers, cut toward zero.

    >>> talk = Talk({"BTC_USDT": 0}, decimal=False)
    >>> talk.hear('{"time":1,"channel":"futures.trades","event":"subscribe","payload":["BTC_USDT","X"]}', 2000).texts[0]
    ... # doctest: +ELLIPSIS
    b'{..."error":{"code":2,"message":"unknown currency pair X"},"result":null}'
    >>> talk.streams, talk.wrap(Frame(0, "", b'{"size":"-0.25","s":"BTC_USDT"}'))
    ([], b'{"size":0,"s":"BTC_USDT"}')
    """

    def __init__(self, index: Mapping[str, int], *, decimal: bool) -> None:
        super().__init__(ROUTE)
        self._index, self._decimal = index, decimal

    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer one message."""
        try:
            request = _decoder.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return Reply((_said(now_ms, None, "", "", error=(1, "invalid argument struct")),))
        if request.channel == "futures.ping":
            return Reply((_said(now_ms, request.id, "futures.pong", ""),))
        if request.event not in {"subscribe", "unsubscribe"}:
            return Reply((_answered(now_ms, request, error=(2, f"unknown event {request.event}")),))
        try:
            self._change(request)
        except Unknown as unknown:
            return Reply((_answered(now_ms, request, error=(2, str(unknown))),))
        return Reply((_answered(now_ms, request),))

    def wrap(self, frame: Frame) -> bytes:
        """A frame as this connection asked for its sizes."""
        return frame.payload if self._decimal else _SIZES.sub(_cut, frame.payload)

    def _change(self, request: _Request) -> None:
        streams = streams_of(request.channel, request.payload, self._index)
        names = {stream.name for stream in streams}
        self.streams = [stream for stream in self.streams if stream.name not in names]
        if request.event == "subscribe":
            self.streams += streams


def _cut(match: re.Match[bytes]) -> bytes:
    return b'"%b":%d' % (match[1], int(match[2]))


def _answered(now_ms: int, request: _Request, error: tuple[int, str] | None = None) -> bytes:
    return _said(now_ms, request.id, request.channel, request.event, error=error, done=True)


def _said(
    now_ms: int,
    number: int | None,
    channel: str,
    event: str,
    *,
    error: tuple[int, str] | None = None,
    done: bool = False,
) -> bytes:
    body: dict[str, Any] = {"time": now_ms // 1000, "time_ms": now_ms}
    if number is not None:
        body["id"] = number
    body |= {"channel": channel, "event": event, "error": None, "result": {"status": "success"} if done else None}
    if error is not None:
        body |= {"error": {"code": error[0], "message": error[1]}, "result": None}
    return msgspec.json.encode(body)
