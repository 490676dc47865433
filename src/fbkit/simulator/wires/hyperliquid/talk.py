"""What a client may say on a websocket, and what the exchange answers.

Source: Hyperliquid docs, "Websocket", "Timeouts and heartbeats", "Rate limits and user limits";
errors as SDKs meet them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.wires import wire
from fbkit.simulator.wires.hyperliquid.streams import ROUTE, is_known, spelt, stream_of
from fbkit.simulator.wires.hyperliquid.templates import message
from fbkit.simulator.wires.wire import Frame, Reply, Stream

#: Subscriptions and messages a minute that are allowed.
MOST_STREAMS, MOST_A_MINUTE = 1_000, 2_000

#: Who says nothing for so long is let go, ms.
IDLE_MS = MS_MIN

_UNREADABLE = "Error parsing JSON into valid websocket request: "


class Talk(wire.Talk):
    """One connection's side of the conversation. ``begin`` makes what a subscription begins with.

    >>> talk = Talk({"BTC": 0}, lambda stream, now_ms: ())
    >>> talk.hear('{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}', 0).texts
    (b'{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}}',)
    >>> talk.hear('{"method":"ping"}', 0).texts
    (b'{"channel":"pong"}',)
    """

    def __init__(self, index: Mapping[str, int], begin: Callable[[Stream, int], tuple[Frame, ...]]) -> None:
        super().__init__(ROUTE)
        self._index, self._begin = index, begin
        self._heard: deque[int] = deque()
        self._last_ms: int | None = None

    def hear(self, text: str, now_ms: int) -> Reply:
        """Answer one message."""
        self._last_ms = now_ms
        if not self._may_speak(now_ms):
            return _error(f"Cannot send more than {MOST_A_MINUTE} messages per minute.")
        try:
            request = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            return _error(_UNREADABLE + text[:500])
        method, subscription = request.get("method"), request.get("subscription")
        if method == "ping":
            return Reply((b'{"channel":"pong"}',))
        if (
            method not in {"subscribe", "unsubscribe"}
            or not isinstance(subscription, dict)
            or not is_known(subscription)
        ):
            return _error(_UNREADABLE + text[:500])
        return self._change(method, subscription, now_ms)

    def tick(self, now_ms: int) -> Reply:
        """Silence ends a connection."""
        if self._last_ms is None:
            self._last_ms = now_ms
        return Reply(ends="Inactive", code=1000) if now_ms - self._last_ms >= IDLE_MS else Reply()

    def _may_speak(self, now_ms: int) -> bool:
        while self._heard and self._heard[0] <= now_ms - MS_MIN:
            self._heard.popleft()
        self._heard.append(now_ms)
        return len(self._heard) <= MOST_A_MINUTE

    def _change(self, method: str, subscription: dict[str, Any], now_ms: int) -> Reply:
        stream = stream_of(subscription, self._index)
        if stream is None:
            return _error(f"Invalid subscription {_text(subscription)}")
        spelling = spelt(stream, str(subscription["coin"]))
        has = any(stream.name == one.name for one in self.streams)
        if (method == "subscribe") == has:
            return _error(f"Already {method}d: {_text(spelling)}")
        if method == "unsubscribe":
            self.streams = [one for one in self.streams if one.name != stream.name]
        elif len(self.streams) >= MOST_STREAMS:
            return _error(f"Cannot subscribe to more than {MOST_STREAMS} channels.")
        else:
            self.streams.append(stream)
        said = message("subscriptionResponse", _text({"method": method, "subscription": spelling}))
        return Reply((said,), frames=self._begin(stream, now_ms) if method == "subscribe" else ())


def _error(why: str) -> Reply:
    return Reply((message("error", _text(why)),))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
