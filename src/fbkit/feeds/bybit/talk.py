"""How Bybit is spoken to.

A refused topic is named in ``ret_msg``. By the documents the others of its request live; some have seen the whole
request fail. So the others are asked for again at once, and ``already subscribed`` is as good as accepted.

Source: Bybit v5 docs, "Connect" ("How to Send the Heartbeat Packet", "How to Subscribe to Topics").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from fbkit.feeds.bybit.channels import channel_of_topic
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.talking import Heard
from fbkit.model import Control

_NAMED = re.compile(r"topic:\s*(\S+)")


class _Answer(msgspec.Struct):
    success: bool = True
    ret_msg: str = ""
    req_id: str = ""
    op: str = ""


class BybitWording:
    """JSON all the way: requests with a ``req_id`` that their answers repeat, and a ping every 20 seconds.

    >>> BybitWording().subscribe(["tickers.BTCUSDT"], 7)
    '{"req_id":"7","op":"subscribe","args":["tickers.BTCUSDT"]}'
    """

    per_message = 20
    pause_s = 0.1
    ping_every_s: float | None = 20.0

    def __init__(self) -> None:
        self._asked: dict[int, tuple[str, ...]] = {}

    def greeting(self) -> list[str]:
        """Nothing is said first."""
        return []

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """A request for topics, remembered until it is answered."""
        self._asked[number] = tuple(topics)
        return _request("subscribe", number, topics)

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """A request to leave topics."""
        return _request("unsubscribe", number, topics)

    def ping(self, number: int) -> str:
        """A heartbeat."""
        return _request("ping", number)

    def heard(self, control: Control) -> Heard:
        """What an answer means.

        >>> said = '{"success":false,"ret_msg":"error:already subscribed,topic:tickers.X","op":"subscribe"}'
        >>> BybitWording().heard(Control("error", said))
        Heard(number=None, accepted=('tickers.X',), refused=(), why='', reply=None, moving=False)
        """
        try:
            answer = msgspec.json.decode(control.detail, type=_Answer)
        except MALFORMED:
            return Heard()
        if answer.op != "subscribe":
            return Heard()
        number = int(answer.req_id) if answer.req_id.isdecimal() else None
        if answer.success:
            self._asked.pop(number or 0, None)
            return Heard(number)
        named = _NAMED.search(answer.ret_msg)
        if named is None:
            return Heard(number, why=answer.ret_msg or "no reason given")
        if "already subscribed" in answer.ret_msg:
            return Heard(accepted=(named[1],))
        return Heard(refused=(named[1],), why=answer.ret_msg, reply=self._the_others(number or 0, named[1]))

    def _the_others(self, number: int, refused: str) -> str | None:
        """The request anew without a topic; ``None`` where nothing is left of it, or nothing was asked."""
        asked = self._asked.get(number, ())
        left = tuple(topic for topic in asked if topic != refused)
        if not left or left == asked:
            return None
        return self.subscribe(left, number)

    def channel_of(self, topic: str) -> str:
        """The channel a topic belongs to."""
        return channel_of_topic(topic)


def _request(op: str, number: int, args: Sequence[str] | None = None) -> str:
    words: dict[str, object] = {"req_id": str(number), "op": op}
    if args is not None:
        words["args"] = list(args)
    return msgspec.json.encode(words).decode()
