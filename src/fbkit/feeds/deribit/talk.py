"""How Deribit is spoken to: JSON-RPC. What an answer does not name was refused; a heartbeat must be answered.

Source: Deribit API 2.1.1, "public/subscribe", "public/set_heartbeat", "public/test".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.deribit.channels import channel_of_topic
from fbkit.feeds.talking import Heard
from fbkit.model import Control

#: Seconds between the venue's heartbeats; it allows 10 and more.
HEARTBEAT_S = 30

#: The number of what needs no answer.
_NOBODYS = 0


class _Kind(msgspec.Struct):
    type: str = ""


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Spoken(msgspec.Struct):
    id: int | None = None
    params: _Kind | None = None
    error: _Error | None = None
    result: Any = None


class DeribitWording:
    """See :class:`~fbkit.feeds.talking.Wording`.

    >>> wording = DeribitWording()
    >>> wording.heard(Control("heartbeat", '{"params":{"type":"test_request"}}')).reply
    '{"jsonrpc":"2.0","id":0,"method":"public/test","params":{}}'
    >>> _ = wording.subscribe(["quote.BTC-PERPETUAL", "quote.NONE"], 3)
    >>> heard = wording.heard(Control("answer", '{"id":3,"result":["quote.BTC-PERPETUAL"]}'))
    >>> heard.accepted, heard.refused
    (('quote.BTC-PERPETUAL',), ('quote.NONE',))
    """

    #: A subscription costs more credits than another request: few messages, and slowly. An answer that names fifty
    #: topics fits into what a Control keeps of it.
    per_message = 50
    pause_s = 0.5
    ping_every_s = None

    def __init__(self) -> None:
        self._asked: dict[int, tuple[str, ...]] = {}

    def greeting(self) -> list[str]:
        """Heartbeats, please: they are what keeps a quiet connection open."""
        return [_call("public/set_heartbeat", {"interval": HEARTBEAT_S}, _NOBODYS)]

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """A subscription; what was asked is remembered, as the answer tells the rest only by leaving it out."""
        self._asked[number] = tuple(topics)
        return _call("public/subscribe", {"channels": list(topics)}, number)

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """The end of a subscription."""
        return _call("public/unsubscribe", {"channels": list(topics)}, number)

    def ping(self, number: int) -> str:
        """Not needed: the venue asks us."""
        return _call("public/test", {}, _NOBODYS)

    def heard(self, control: Control) -> Heard:
        """A heartbeat, an answer, an error."""
        try:
            spoken = msgspec.json.decode(control.detail, type=_Spoken)
        except MALFORMED:
            return Heard()
        if control.kind == "heartbeat":
            asks = spoken.params is not None and spoken.params.type == "test_request"
            return Heard(reply=_call("public/test", {}, _NOBODYS) if asks else None)
        asked = self._asked.pop(spoken.id, ()) if spoken.id is not None else ()
        if spoken.error is not None:
            return Heard(spoken.id, why=f"{spoken.error.code} {spoken.error.message}")
        return self._answered(asked, spoken)

    def channel_of(self, topic: str) -> str:
        """The channel a topic belongs to."""
        return channel_of_topic(topic)

    def _answered(self, asked: tuple[str, ...], spoken: _Spoken) -> Heard:
        if not asked:
            return Heard(spoken.id)
        named = spoken.result if isinstance(spoken.result, list) else []
        accepted = tuple(topic for topic in asked if topic in named)
        refused = tuple(topic for topic in asked if topic not in named)
        return Heard(spoken.id, accepted, refused, "left out of the answer" if refused else "")


def _call(method: str, params: dict[str, Any], number: int) -> str:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).decode()
