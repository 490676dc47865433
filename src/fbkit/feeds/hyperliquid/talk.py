"""How Hyperliquid is spoken to: one subscription a message, answers that spell it out, errors that quote it.

Source: Hyperliquid docs, "Websocket", "Timeouts and heartbeats"; errors as SDKs meet them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.hyperliquid.channels import CANDLE, channel_of
from fbkit.feeds.talking import Heard
from fbkit.model import Control


class _Subscription(msgspec.Struct):
    type: str
    coin: str = ""


class _Said(msgspec.Struct):
    """What we said, as the venue repeats it."""

    subscription: _Subscription
    method: str = "subscribe"


class _Answer(msgspec.Struct):
    data: _Said


class _Error(msgspec.Struct):
    data: str


class HyperliquidWording:
    """See :class:`fbkit.feeds.talking.Wording`.

    >>> HyperliquidWording().subscribe(["l2Book:BTC"], 1)
    '{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","fast":true}}'
    """

    per_message = 1
    #: 2000 messages a minute an address: all sockets may begin anew twice in one, and nobody waits long.
    pause_s = 0.05
    #: A minute of silence ends a connection.
    ping_every_s: float | None = 30.0

    def greeting(self) -> list[str]:
        """Nothing is said first."""
        return []

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """One topic; the venue knows no numbers."""
        return _message("subscribe", topics[0])

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """As :meth:`subscribe`."""
        return _message("unsubscribe", topics[0])

    def ping(self, number: int) -> str:
        """Answered by ``{"channel":"pong"}``."""
        return '{"method":"ping"}'

    def channel_of(self, topic: str) -> str:
        """See :func:`fbkit.feeds.hyperliquid.channels.channel_of`."""
        return channel_of(topic)

    def heard(self, control: Control) -> Heard:
        """Who is subscribed already is as well off as who is accepted; every other error refuses what it quotes."""
        if control.kind == "answer":
            return _accepted(control.detail)
        return _error(control.detail) if control.kind == "error" else Heard()


def _message(method: str, topic: str) -> str:
    kind, _, coin = topic.partition(":")
    subscription: dict[str, str | bool] = {"type": kind, "coin": coin}
    if kind == "candle":
        subscription["interval"] = CANDLE
    elif kind == "l2Book":
        subscription["fast"] = True
    return msgspec.json.encode({"method": method, "subscription": subscription}).decode()


def _accepted(detail: str) -> Heard:
    try:
        said = msgspec.json.decode(detail, type=_Answer).data
    except MALFORMED:
        return Heard()
    return Heard(accepted=(_topic(said.subscription),)) if said.method == "subscribe" else Heard()


def _error(detail: str) -> Heard:
    try:
        why = msgspec.json.decode(detail, type=_Error).data
    except MALFORMED:
        return Heard(why=detail)
    quoted = _quoted(why)
    if quoted is None:
        return Heard(why=why)
    if quoted.method != "subscribe" or why.startswith("Already unsubscribed"):
        return Heard()
    topic = (_topic(quoted.subscription),)
    return Heard(accepted=topic) if why.startswith("Already subscribed") else Heard(refused=topic, why=why)


def _quoted(why: str) -> _Said | None:
    """The message, or the subscription alone, at the end of an error's sentence."""
    begins = why.find("{")
    text = why[begins:] if begins >= 0 else ""
    try:
        return msgspec.json.decode(text, type=_Said)
    except MALFORMED:
        pass
    try:
        return _Said(msgspec.json.decode(text, type=_Subscription))
    except MALFORMED:
        return None


def _topic(subscription: _Subscription) -> str:
    return f"{subscription.type}:{subscription.coin}"
