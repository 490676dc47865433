"""What a client may say on a websocket, and what the exchange answers. Pure: text in, answers and a verdict out.

An acknowledgement proves nothing: names that mean nothing, or belong to another address, are acknowledged and stay
silent, as on the real wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from fbkit.simulator.wires import wire
from fbkit.simulator.wires.binance import templates
from fbkit.simulator.wires.binance.streams import MOST_STREAMS, Route, delivers, stream_of
from fbkit.simulator.wires.wire import Frame, Reply

#: Messages a client may send, a second.
MOST_A_SECOND = 10

#: How many may come at once before the connection ends, as was seen on the real wire.
_BURST = 15

TOO_MANY_REQUESTS = "Too many requests"


class Address(NamedTuple):
    """What a websocket URL asks for."""

    route: Route
    combined: bool
    names: tuple[str, ...]


def address_of(target: str) -> Address | None:
    """Read the path and query of a websocket URL; ``None`` where nothing is served.

    >>> address_of("/market/stream?streams=btcusdt@aggTrade/!ticker@arr").names
    ('btcusdt@aggTrade', '!ticker@arr')
    >>> address_of("/ws/btcusdt@bookTicker")
    Address(route='unrouted', combined=False, names=('btcusdt@bookTicker',))
    """
    parts = urlsplit(target)
    head, _, rest = parts.path.lstrip("/").partition("/")
    route: Route = "unrouted"
    if head == "public":
        route = "public"
    elif head == "market":
        route = "market"
    else:
        head, rest = "", parts.path.lstrip("/")
    form, _, tail = rest.partition("/")
    if form == "ws":
        return Address(route, combined=False, names=tuple(unquote(name) for name in tail.split("/") if name))
    if form == "stream":
        asked = parse_qs(parts.query).get("streams", [""])[0]
        return Address(route, combined=True, names=tuple(name for name in asked.split("/") if name))
    return None


class Talk(wire.Talk):
    """One connection's side of the conversation: what it subscribed to, and how fast it speaks.

    >>> talk = Talk(address_of("/market/ws"), {"BTCUSDT": 0})
    >>> talk.hear('{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","nonsense"],"id":1}', 0).texts
    (b'{"result":null,"id":1}',)
    >>> [stream.name for stream in talk.streams], len(talk.names)
    (['btcusdt@aggTrade'], 2)
    """

    def __init__(self, address: Address, index: Mapping[str, int]) -> None:
        super().__init__(address.route)
        self.address = address
        self.combined = address.combined
        self.names: dict[str, None] = {}
        self._index = index
        self._allowance, self._heard_ms = float(_BURST), 0
        self._subscribe(list(address.names))

    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer a message at an instant (UTC ms)."""
        if not self._may_speak(now_ms):
            return Reply((), TOO_MANY_REQUESTS)
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return Reply((templates.refused(3, "Invalid JSON: expected value at line 1 column 1"),))
        if not isinstance(request, dict):
            return Reply((templates.refused(2, "Invalid request: expected an object"),))
        return self._answer(request)

    def counted(self, now_ms: int) -> Reply:
        """A ping or pong counts as a message."""
        return Reply() if self._may_speak(now_ms) else Reply((), TOO_MANY_REQUESTS)

    def wrap(self, frame: Frame) -> bytes:
        """A combined connection names the stream of each frame."""
        return templates.combined(frame.stream, frame.payload) if self.combined else frame.payload

    def _may_speak(self, now_ms: int) -> bool:
        """Count a message; whether the connection may go on."""
        self._allowance = min(_BURST, self._allowance + (now_ms - self._heard_ms) * (MOST_A_SECOND / 1000))
        self._heard_ms = now_ms
        self._allowance -= 1
        return self._allowance >= 0

    def _answer(self, request: dict[str, Any]) -> Reply:
        request_id = request.get("id")
        if not isinstance(request_id, int) or isinstance(request_id, bool) or request_id < 0:
            return Reply(
                (templates.refused(2, "Invalid request: request ID must be an unsigned integer", _shown(request_id)),)
            )
        method, params = request.get("method"), request.get("params", [])
        if method == "LIST_SUBSCRIPTIONS":
            return Reply((templates.listed(request_id, list(self.names)),))
        if method not in {"SUBSCRIBE", "UNSUBSCRIBE", "SET_PROPERTY"}:
            return Reply((templates.refused(2, "Invalid request: unknown method", request_id),))
        if not isinstance(params, list):
            return Reply((templates.refused(1, "Invalid value type: expected a list", request_id),))
        return self._set(params, request_id) if method == "SET_PROPERTY" else self._change(method, params, request_id)

    def _change(self, method: str, names: list[Any], request_id: int) -> Reply:
        if not all(isinstance(name, str) for name in names):
            return Reply((templates.refused(1, "Invalid value type: expected a string", request_id),))
        if method == "UNSUBSCRIBE":
            self._forget(names)
        elif not self._subscribe(names):
            return Reply((templates.refused(4, "Too many subscriptions", request_id),), "Too many subscriptions")
        return Reply((templates.acknowledged(request_id),))

    def _set(self, params: list[Any], request_id: int) -> Reply:
        if len(params) != 2 or params[0] != "combined":
            return Reply((templates.refused(0, "Unknown property", request_id),))
        if not isinstance(params[1], bool):
            return Reply((templates.refused(1, "Invalid value type: expected Boolean", request_id),))
        self.combined = params[1]
        return Reply((templates.acknowledged(request_id),))

    def _subscribe(self, names: list[str]) -> bool:
        new = dict.fromkeys(name for name in names if name not in self.names)
        if len(self.names) + len(new) > MOST_STREAMS:
            return False
        self.names |= new
        found = (stream_of(name, self._index) for name in new)
        self.streams += [stream for stream in found if stream is not None and delivers(self.address.route, stream)]
        return True

    def _forget(self, names: list[str]) -> None:
        gone = set(names)
        self.names = {name: None for name in self.names if name not in gone}
        self.streams = [stream for stream in self.streams if stream.name not in gone]


def _shown(value: object) -> int | str | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None
