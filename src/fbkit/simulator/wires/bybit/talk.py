"""What a client may say to Bybit, and what it answers.

A topic without a handler is refused by a frame of its own that names it in ``ret_msg`` alone; the others of the
request live. Source: Bybit v5 docs, "Connect".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard

import msgspec

from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.wires import wire
from fbkit.simulator.wires.bybit.topics import ROUTE, stream_of
from fbkit.simulator.wires.wire import Frame, Reply, Stream

#: Characters that all ``args`` of a connection may have as JSON.
MOST_CHARACTERS = 21_000

#: A connection that says nothing for so long is ended.
IDLE_MS = 10 * MS_MIN

_CONNECTION = "d8simulated0-linear"


class Talk(wire.Talk):
    """One connection. ``first`` makes what a stream begins with.

    >>> talk = Talk({"BTCUSDT": 0}, lambda stream, now_ms: [])
    >>> [text.decode() for text in talk.hear('{"req_id":"9","op":"ping"}', 0).texts]
    ['{"success":true,"ret_msg":"pong","conn_id":"d8simulated0-linear","req_id":"9","op":"ping"}']
    """

    def __init__(self, index: Mapping[str, int], first: Callable[[Stream, int], Iterable[Frame]]) -> None:
        super().__init__(ROUTE)
        self._index, self._first = index, first
        self._heard_ms: int | None = None

    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer a message at an instant (UTC ms)."""
        self._heard_ms = now_ms
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return Reply((_said("", "", "error:invalid json"),))
        if not isinstance(request, dict):
            return Reply((_said("", "", "error:invalid request"),))
        op, req_id = _text(request.get("op")), _text(request.get("req_id"))
        if op == "ping":
            return Reply((_said("ping", req_id, "pong", success=True),))
        args = request.get("args")
        if op not in {"subscribe", "unsubscribe"} or not _are_topics(args):
            return Reply((_said(op, req_id, "error:invalid request"),))
        return self._subscribe(args, req_id, now_ms) if op == "subscribe" else self._leave(args, req_id)

    def tick(self, now_ms: int) -> Reply:
        """Ends a connection that has been silent for ten minutes."""
        if self._heard_ms is None:
            self._heard_ms = now_ms
        return Reply(ends="idle for ten minutes", code=1000) if now_ms - self._heard_ms > IDLE_MS else Reply()

    def _subscribe(self, topics: list[str], req_id: str, now_ms: int) -> Reply:
        known = {stream.name for stream in self.streams}
        if _characters([*known, *topics]) > MOST_CHARACTERS:
            return Reply((_said("subscribe", req_id, "error:args too long"),))
        refused: list[bytes] = []
        new: list[Stream] = []
        for topic in topics:
            stream = stream_of(topic, self._index)
            if stream is None:
                refused.append(_said("subscribe", req_id, f"error:handler not found,topic:{topic}"))
            elif topic in known:
                refused.append(_said("subscribe", req_id, f"error:already subscribed,topic:{topic}"))
            else:
                known.add(topic)
                new.append(stream)
        self.streams += new
        good = (_said("subscribe", req_id, "", success=True),) if new or not topics else ()
        return Reply((*refused, *good), frames=tuple(frame for stream in new for frame in self._first(stream, now_ms)))

    def _leave(self, topics: list[str], req_id: str) -> Reply:
        gone = set(topics)
        self.streams = [stream for stream in self.streams if stream.name not in gone]
        return Reply((_said("unsubscribe", req_id, "", success=True),))


def _said(op: str, req_id: str, ret_msg: str, *, success: bool = False) -> bytes:
    return msgspec.json.encode(
        {"success": success, "ret_msg": ret_msg, "conn_id": _CONNECTION, "req_id": req_id, "op": op}
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _are_topics(args: Any) -> TypeGuard[list[str]]:
    return isinstance(args, list) and all(isinstance(topic, str) for topic in args)


def _characters(topics: Iterable[str]) -> int:
    return sum(len(topic) + 3 for topic in topics)
