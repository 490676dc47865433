"""What a client may say on OKX's websockets, and what the venue answers.

Source: OKX v5 docs, "WebSocket": "Connect", "Subscribe", "Error Code".
"""

from __future__ import annotations

from typing import Any

import msgspec

from fbkit.simulator.calendar import MS_HOUR, MS_S
from fbkit.simulator.wires import wire
from fbkit.simulator.wires.okx.pushes import Pushes
from fbkit.simulator.wires.okx.streams import VIP, Streams, arg_of
from fbkit.simulator.wires.wire import Frame, Reply, Stream

#: A connection on which nothing is said for so long is ended.
IDLE_MS = 30 * MS_S

#: Requests an hour, and bytes of args in one.
REQUESTS_AN_HOUR, MOST_BYTES = 480, 64 * 1024

_CONNECTION = "c7f0ba8e"


class Talk(wire.Talk):
    """One connection's conversation."""

    def __init__(self, route: str, streams: Streams, pushes: Pushes) -> None:
        super().__init__(route)
        self._find, self._pushes = streams, pushes
        self._said_ms: int | None = None
        self._requests: list[int] = []

    def hear(self, text: str, now_ms: int) -> Reply:
        """``ping``, or a request."""
        self._said_ms = now_ms
        if text == "ping":
            return Reply((b"pong",))
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return Reply((_refused("60012", f"Invalid request: {text[:200]}"),))
        if not isinstance(request, dict) or not isinstance(request.get("args"), list):
            return Reply((_refused("60012", "Invalid request: args are missing"),))
        return self._request(request, len(text), now_ms)

    def tick(self, now_ms: int) -> Reply:
        """The end of a connection on which nothing is said."""
        if self._said_ms is None:
            self._said_ms = now_ms
        if now_ms - self._said_ms > IDLE_MS:
            return Reply((), "No data received in 30s.", 4004)
        return Reply()

    def wrap(self, frame: Frame) -> bytes:
        """What we push counts as said."""
        self._said_ms = max(self._said_ms or 0, frame.ts_ms)
        return frame.payload

    def _request(self, request: dict[str, Any], size: int, now_ms: int) -> Reply:
        op, request_id = request.get("op"), str(request.get("id", ""))
        if op not in {"subscribe", "unsubscribe"}:
            return Reply((_refused("60019", f"Invalid op: {op}", request_id),))
        self._requests = [*(at for at in self._requests if at > now_ms - MS_HOUR), now_ms]
        if len(self._requests) > REQUESTS_AN_HOUR:
            return Reply((_refused("60014", "Requests too frequent", request_id),))
        if size > MOST_BYTES:
            return Reply((_refused("60013", "Invalid args: too long", request_id),))
        args = [arg for arg in request["args"] if isinstance(arg, dict)]
        return self._leave(args, request_id) if op == "unsubscribe" else self._join(args, request_id, now_ms)

    def _join(self, args: list[dict[str, Any]], request_id: str, now_ms: int) -> Reply:
        texts: list[bytes] = []
        frames: list[Frame] = []
        have = {stream.name for stream in self.streams}
        for arg in args:
            stream = self._find.find(arg, self.route)
            if stream is None:
                texts.append(_unknown(arg, request_id))
                continue
            texts.append(_accepted("subscribe", stream, request_id))
            if stream.name not in have:
                have.add(stream.name)
                self.streams.append(stream)
                frames += self._pushes.beginning(stream, now_ms)
        return Reply(tuple(texts), frames=tuple(frames))

    def _leave(self, args: list[dict[str, Any]], request_id: str) -> Reply:
        found = [stream for arg in args if (stream := self._find.find(arg, self.route)) is not None]
        gone = {stream.name for stream in found}
        self.streams = [stream for stream in self.streams if stream.name not in gone]
        return Reply(tuple(_accepted("unsubscribe", stream, request_id) for stream in found))


def _accepted(event: str, stream: Stream, request_id: str) -> bytes:
    answer = {"id": request_id} if request_id else {}
    return msgspec.json.encode({**answer, "event": event, "arg": arg_of(stream.name), "connId": _CONNECTION})


def _unknown(arg: dict[str, Any], request_id: str) -> bytes:
    channel = str(arg.get("channel", ""))
    if channel in VIP:
        return _refused(
            "64003", f"Your trading fee tier doesn't meet the requirement to access {_words(arg)}.", request_id
        )
    why = f"Wrong URL or {_words(arg)} doesn't exist. Please use the correct URL, channel and parameters"
    return _refused("60018", f"{why} referring to API document.", request_id)


def _words(arg: dict[str, Any]) -> str:
    return ",".join(f"{key}:{value}" for key, value in arg.items())


def _refused(code: str, why: str, request_id: str = "") -> bytes:
    answer = {"id": request_id} if request_id else {}
    return msgspec.json.encode({**answer, "event": "error", "msg": why, "code": code, "connId": _CONNECTION})
