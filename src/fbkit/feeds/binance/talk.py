"""How Binance's sockets are spoken to.

Source: Binance USDⓈ-M Futures, "Websocket Market Streams", "Live Subscribing/Unsubscribing to streams". The venue pings
us with protocol frames; more than 10 messages a second cost the connection.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fbkit.feeds.binance.channels import NAMES_PER_MESSAGE, channel_of_stream
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.talking import Heard
from fbkit.model import Control


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class _Answer(msgspec.Struct):
    id: int | str | None = None
    error: _Error | None = None


class BinanceWording:
    """See :class:`fbkit.feeds.talking.Wording`; a topic is a stream's name."""

    per_message = NAMES_PER_MESSAGE
    pause_s = 0.25
    ping_every_s = None

    def greeting(self) -> list[str]:
        """Nothing."""
        return []

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """``SUBSCRIBE``."""
        return _message("SUBSCRIBE", topics, number)

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """``UNSUBSCRIBE``."""
        return _message("UNSUBSCRIBE", topics, number)

    def ping(self, number: int) -> str:
        """Any question keeps a connection busy; none is needed."""
        return msgspec.json.encode({"method": "LIST_SUBSCRIPTIONS", "id": number}).decode()

    def heard(self, control: Control) -> Heard:
        """An answer bears its question's number; an error damns the whole message and names nobody."""
        try:
            answer = msgspec.json.decode(control.detail, type=_Answer, strict=False)
        except MALFORMED:
            return Heard()
        number = answer.id if isinstance(answer.id, int) else None
        if answer.error is None:
            return Heard(number)
        return Heard(number, why=f"{answer.error.code} {answer.error.msg}")

    def channel_of(self, topic: str) -> str:
        """The channel of a stream."""
        return channel_of_stream(topic)


def _message(method: str, topics: Sequence[str], number: int) -> str:
    return msgspec.json.encode({"method": method, "params": list(topics), "id": number}).decode()
