"""What a client may say to Bitget, and what it answers.

Each topic of a request is answered by a frame of its own. Source: Bitget API v2, "Websocket API".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping

import msgspec

from fbkit.simulator.calendar import MS_MIN, MS_S
from fbkit.simulator.wires import wire
from fbkit.simulator.wires.bitget.topics import Arg, stream_of
from fbkit.simulator.wires.wire import Frame, Reply, Stream

#: A connection that does not say ``ping`` for so long is ended.
IDLE_MS = 2 * MS_MIN

#: Messages a second and topics that a connection may have.
MESSAGES_A_SECOND, MOST_TOPICS = 10, 1_000

_TOO_MANY, _ILLEGAL = 30006, 30002


class _Request(msgspec.Struct):
    op: str = ""
    args: list[Arg] = []


class Talk(wire.Talk):
    """One connection at v2 or v3. ``first`` makes what a stream begins with.

    >>> talk = Talk("v2", {"BTCUSDT": 0}, lambda stream, now_ms: [])
    >>> talk.hear("ping", 0).texts
    (b'pong',)
    >>> asked = '{"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"}]}'
    >>> [text.decode() for text in talk.hear(asked, 0).texts]
    ['{"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"}}']
    """

    def __init__(self, route: str, index: Mapping[str, int], first: Callable[[Stream, int], Iterable[Frame]]) -> None:
        super().__init__(route)
        self._index, self._first = index, first
        self._pinged_ms: int | None = None
        self._heard: deque[int] = deque(maxlen=MESSAGES_A_SECOND + 1)

    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer a message at an instant (UTC ms)."""
        self._heard.append(now_ms)
        if len(self._heard) > MESSAGES_A_SECOND and self._heard[0] > now_ms - MS_S:
            return Reply(ends="request over limit")
        if text == "ping":
            self._pinged_ms = now_ms
            return Reply((b"pong",))
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError:
            return Reply((_error(_ILLEGAL, "Illegal request"),))
        if request.op == "subscribe":
            return self._subscribe(request.args, now_ms)
        return self._leave(request.args) if request.op == "unsubscribe" else Reply((_error(30003, "Invalid op"),))

    def tick(self, now_ms: int) -> Reply:
        """Ends a connection that has not said ``ping`` for two minutes."""
        if self._pinged_ms is None:
            self._pinged_ms = now_ms
        return Reply(ends="no ping for two minutes", code=1000) if now_ms - self._pinged_ms > IDLE_MS else Reply()

    def _subscribe(self, args: list[Arg], now_ms: int) -> Reply:
        texts: list[bytes] = []
        frames: list[Frame] = []
        for arg in args:
            stream = stream_of(arg, self.route, self._index)
            if isinstance(stream, int):
                texts.append(_error(stream, f"{arg.words()} doesn't exist", arg))
            elif len(self.streams) >= MOST_TOPICS:
                texts.append(_error(_TOO_MANY, "Too many channels", arg))
            else:
                texts.append(_said("subscribe", arg))
                if stream not in self.streams:
                    self.streams.append(stream)
                    frames += self._first(stream, now_ms)
        return Reply(tuple(texts), frames=tuple(frames))

    def _leave(self, args: list[Arg]) -> Reply:
        gone = {arg.name for arg in args}
        self.streams = [stream for stream in self.streams if stream.name not in gone]
        return Reply(tuple(_said("unsubscribe", arg) for arg in args))


def _said(event: str, arg: Arg) -> bytes:
    return b'{"event":"%b","arg":%b}' % (event.encode(), msgspec.json.encode(arg))


def _error(code: int, why: str, arg: Arg | None = None) -> bytes:
    about = b"" if arg is None else b'"arg":%b,' % msgspec.json.encode(arg)
    return b'{"event":"error",%b"code":%d,"msg":%b,"op":"subscribe"}' % (about, code, msgspec.json.encode(why))
