"""How Bitget is spoken to. A topic is ``market/word/symbol``; a market in small letters is v3's, which says ``topic``.

Each topic of a request is answered by itself, with the ``arg`` it was asked with, or refused by it.

Source: Bitget API v2, "Websocket API"; API v3, "Websocket API".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fbkit.feeds.bitget.channels import channel_of_topic
from fbkit.feeds.bitget.wire import Arg
from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.talking import Heard
from fbkit.model import Control


class _Answer(msgspec.Struct):
    event: str = ""
    arg: Arg | None = None
    code: int | str = ""
    msg: str = ""


class BitgetWording:
    """Requests in JSON without a number, and a plain ``ping`` every half minute (without it we are cut after two).

    >>> BitgetWording().subscribe(["USDT-FUTURES/trade/BTCUSDT"], 7)
    '{"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"}]}'
    """

    #: 240 requests an hour are allowed, and 10 messages a second; a request of 25 topics has less than 2 KB.
    per_message = 25
    pause_s = 0.25
    ping_every_s: float | None = 30.0

    def greeting(self) -> list[str]:
        """Nothing is said first."""
        return []

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """A request for topics."""
        return _request("subscribe", topics)

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """A request to leave topics."""
        return _request("unsubscribe", topics)

    def ping(self, number: int) -> str:
        """A heartbeat: no JSON, one word."""
        return "ping"

    def heard(self, control: Control) -> Heard:
        """What an answer means.

        >>> said = '{"event":"error","arg":{"instType":"SPOT","channel":"x","instId":"Y"},"code":30003,"msg":"no"}'
        >>> BitgetWording().heard(Control("error", said))
        Heard(number=None, accepted=(), refused=('SPOT/x/Y',), why='30003 no', reply=None, moving=False)
        """
        try:
            answer = msgspec.json.decode(control.detail, type=_Answer)
        except MALFORMED:
            return Heard()
        named = (topic_of(answer.arg),) if answer.arg else ()
        if answer.event == "subscribe":
            return Heard(accepted=named)
        if answer.event == "error":
            return Heard(refused=named, why=f"{answer.code} {answer.msg}")
        return Heard()

    def channel_of(self, topic: str) -> str:
        """The channel a topic belongs to."""
        return channel_of_topic(topic)


def topic_of(arg: Arg) -> str:
    """A topic as we write it.

    >>> topic_of(Arg("usdt-futures", topic="liquidation")), topic_of(Arg("USDT-FUTURES", "trade", "BTCUSDT"))
    ('usdt-futures/liquidation', 'USDT-FUTURES/trade/BTCUSDT')
    """
    return "/".join(part for part in (arg.instType, arg.channel or arg.topic, arg.instId or arg.symbol) if part)


def _request(op: str, topics: Sequence[str]) -> str:
    return msgspec.json.encode({"op": op, "args": [_arg(topic) for topic in topics]}).decode()


def _arg(topic: str) -> dict[str, str]:
    market, word, symbol = (*topic.split("/"), "")[:3]
    spelled = ("topic", "symbol") if market.islower() else ("channel", "instId")
    words = {"instType": market, spelled[0]: word, spelled[1]: symbol}
    return {key: value for key, value in words.items() if value}
