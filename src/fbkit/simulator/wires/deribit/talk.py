"""What a client may say on a websocket, and what the exchange answers: JSON-RPC, refusals by silence, heartbeats.

Source: Deribit API 2.1.1, "public/subscribe", "public/set_heartbeat".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fbkit.simulator.wires.deribit import rpc
from fbkit.simulator.wires.deribit.credits import COST, SUBSCRIPTION, Credits
from fbkit.simulator.wires.deribit.rpc import Refusal
from fbkit.simulator.wires.deribit.streams import is_raw, stream_of
from fbkit.simulator.wires.wire import Frame, Reply, Stream, Talk

#: The shortest interval of heartbeats, seconds.
_SHORTEST_S = 10

Beginning = Callable[[Stream, int], Frame | None]


class DeribitTalk(Talk):
    """One connection's conversation. Who does not answer a ``test_request`` until the next one is dropped.

    >>> talk = DeribitTalk({"BTC-PERPETUAL": 0}, lambda stream, now_ms: None, Credits(1))
    >>> asked = '{"id":1,"method":"public/subscribe","params":{"channels":["quote.BTC-PERPETUAL","quote.NONE"]}}'
    >>> talk.hear(asked, 0).texts[0][:55], [stream.name for stream in talk.streams]
    (b'{"jsonrpc":"2.0","id":1,"result":["quote.BTC-PERPETUAL"', ['quote.BTC-PERPETUAL'])
    """

    def __init__(self, index: Mapping[str, int], beginning: Beginning, credits_: Credits) -> None:
        super().__init__("public")
        self._index, self._beginning, self._credits = index, beginning, credits_
        self._interval_ms = 0
        self._next_ms = 0
        self._unanswered = False
        self._methods: dict[str, Callable[[dict[str, Any], int], tuple[Any, tuple[Frame, ...]]]] = {
            "public/subscribe": self._subscribe,
            "public/unsubscribe": self._unsubscribe,
            "public/unsubscribe_all": self._unsubscribe_all,
            "public/set_heartbeat": self._set_heartbeat,
            "public/disable_heartbeat": self._disable_heartbeat,
            "public/test": self._test,
        }

    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer one request."""
        number = None
        try:
            request = _request(text)
            number = request.get("id")
            result, frames = self._answer(request, now_ms)
        except Refusal as refusal:
            ends = "too_many_requests" if refusal.code == rpc.TOO_MANY else None
            return Reply((rpc.refused(number, refusal, now_ms),), ends)
        return Reply((rpc.answered(number, result, now_ms),), frames=frames)

    def tick(self, now_ms: int) -> Reply:
        """A heartbeat and a test request an interval."""
        if not self._interval_ms or now_ms < self._next_ms:
            return Reply()
        if self._unanswered:
            return Reply(ends="no answer to a test request")
        self._next_ms, self._unanswered = now_ms + self._interval_ms, True
        return Reply((rpc.heartbeat("heartbeat"), rpc.heartbeat("test_request")))

    def _answer(self, request: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        name, params = request.get("method"), request.get("params", {})
        if not self._credits.spend(now_ms, SUBSCRIPTION if name == "public/subscribe" else COST):
            raise Refusal(rpc.TOO_MANY)
        method = self._methods.get(name) if isinstance(name, str) else None
        if method is None:
            raise Refusal(rpc.NO_METHOD)
        if not isinstance(params, dict):
            raise Refusal(rpc.INVALID_PARAMS, "params", "wrong format")
        return method(params, now_ms)

    def _subscribe(self, params: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        names = _channels(params)
        if any(is_raw(name) for name in names):
            raise Refusal(rpc.NO_RAW)
        known = {stream.name for stream in self.streams}
        found = [stream for name in names if (stream := stream_of(name, self._index)) is not None]
        new = [stream for stream in found if stream.name not in known]
        self.streams += new
        frames = tuple(frame for stream in new if (frame := self._beginning(stream, now_ms)) is not None)
        return [stream.name for stream in found], frames

    def _unsubscribe(self, params: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        names = _channels(params)
        left = [stream.name for stream in self.streams if stream.name in names]
        self.streams = [stream for stream in self.streams if stream.name not in names]
        return left, ()

    def _unsubscribe_all(self, params: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        self.streams = []
        return "ok", ()

    def _set_heartbeat(self, params: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        interval = params.get("interval")
        if not isinstance(interval, int) or interval < _SHORTEST_S:
            raise Refusal(rpc.INVALID_PARAMS, "interval", "must be 10 or more")
        self._interval_ms, self._unanswered = interval * 1000, False
        self._next_ms = now_ms + self._interval_ms
        return "ok", ()

    def _disable_heartbeat(self, params: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        self._interval_ms, self._unanswered = 0, False
        return "ok", ()

    def _test(self, params: dict[str, Any], now_ms: int) -> tuple[Any, tuple[Frame, ...]]:
        self._unanswered = False
        return {"version": "1.2.26"}, ()


def _request(text: str) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Refusal(rpc.PARSE_ERROR) from None
    if not isinstance(request, dict):
        raise Refusal(rpc.INVALID_REQUEST)
    return request


def _channels(params: dict[str, Any]) -> list[str]:
    names = params.get("channels")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(rpc.INVALID_PARAMS, "channels", "wrong format")
    return names
