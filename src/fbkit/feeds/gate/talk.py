"""How Gate is spoken to: a message has one channel; some take a list of contracts, some just one.

A batch of topics is therefore several messages, said one after another: the answer to one is the cue for the next.
Each has an id of its own, which the venue gives back. One unknown contract fails its whole message; the batch's other
messages are not said then, and whoever asks again asks for all that was not answered, in halves.

Source: Gate "Futures WebSocket v4", "API Overview".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from fbkit.feeds.decoding import MALFORMED
from fbkit.feeds.gate.channels import channel_of
from fbkit.feeds.talking import Heard
from fbkit.model import Control

#: Channels whose payload is a list of contracts; every other's is one contract's arguments.
LISTED = frozenset({"futures.trades", "futures.tickers", "futures.book_ticker", "futures.public_liquidates"})

#: Ids of the messages of batch ``n`` count from ``n * _IDS``.
_IDS = 1000


class _Saying(NamedTuple):
    """One message: its id, its text, the topics in it."""

    number: int
    text: str
    topics: tuple[str, ...]


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct):
    id: int | None = None
    event: str = ""
    error: _Error | None = None
    result: Any = None


_decoder = msgspec.json.Decoder(_Answer)


class GateWording:
    """See :class:`fbkit.feeds.talking.Wording`. ``time`` in a request is any number: only signed ones must be right.

    >>> wording = GateWording()
    >>> wording.subscribe(["futures.trades BTC_USDT", "futures.trades ETH_USDT"], 3)
    '{"time":3000,"id":3000,"channel":"futures.trades","event":"subscribe","payload":["BTC_USDT","ETH_USDT"]}'
    >>> answer = '{"id":3000,"channel":"futures.trades","event":"subscribe","error":null,"result":{"status":"success"}}'
    >>> wording.heard(Control("answer", answer)).accepted
    ('futures.trades BTC_USDT', 'futures.trades ETH_USDT')
    """

    per_message = 20
    pause_s = 0.1
    ping_every_s: float | None = 15.0

    def __init__(self) -> None:
        self._asked: dict[int, _Saying] = {}
        self._waiting: dict[int, list[_Saying]] = {}

    def greeting(self) -> list[str]:
        """Nothing: the wish for decimal sizes is a header of the handshake."""
        return []

    def subscribe(self, topics: Sequence[str], number: int) -> str:
        """The first message of a batch; the others follow as each is answered."""
        sayings = [
            _Saying(number * _IDS + at, _request(number * _IDS + at, "subscribe", channel, payload), part)
            for at, (channel, payload, part) in enumerate(_parted(topics))
        ]
        self._waiting[number] = sayings
        return self._next(number) or ""

    def unsubscribe(self, topics: Sequence[str], number: int) -> str:
        """A book is mended by REST and topics are left with their connection: one message is all there ever is."""
        channel, payload, _ = next(_parted(topics))
        return _request(number * _IDS, "unsubscribe", channel, payload)

    def ping(self, number: int) -> str:
        """The application's ping; the venue sends protocol pings of its own besides."""
        return f'{{"time":{number},"id":{number * _IDS},"channel":"futures.ping"}}'

    def heard(self, control: Control) -> Heard:
        """What an answer, an error or a notice means."""
        try:
            answer = _decoder.decode(control.detail)
        except MALFORMED:
            return Heard()
        if control.kind == "system":
            return Heard(moving=isinstance(answer.result, dict) and answer.result.get("type") == "upgrade")
        saying = self._asked.pop(answer.id, None) if answer.id is not None else None
        if answer.error is not None and (answer.error.code or answer.error.message):
            return self._failed(saying, f"{answer.error.code} {answer.error.message}")
        if saying is None:
            return Heard()
        return Heard(accepted=saying.topics, reply=self._next(saying.number // _IDS))

    def channel_of(self, topic: str) -> str:
        """The channel of ours."""
        return channel_of(topic)

    def _failed(self, saying: _Saying | None, why: str) -> Heard:
        """A message of one topic names the guilty; of several, the batch is asked for again in halves."""
        if saying is None:
            return Heard(why=why)
        batch = saying.number // _IDS
        if len(saying.topics) == 1:
            return Heard(refused=saying.topics, why=why, reply=self._next(batch))
        self._waiting.pop(batch, None)
        return Heard(number=batch, why=why)

    def _next(self, batch: int) -> str | None:
        """The next message of a batch, remembered until it is answered."""
        waiting = self._waiting.get(batch)
        if not waiting:
            self._waiting.pop(batch, None)
            return None
        saying = waiting.pop(0)
        self._asked[saying.number] = saying
        return saying.text


def _parted(topics: Sequence[str]) -> Iterator[tuple[str, list[str], tuple[str, ...]]]:
    """Topics as messages: channel, payload, and which topics these are."""
    listed: dict[str, list[str]] = {}
    for topic in topics:
        channel, *payload = topic.split(" ")
        if channel in LISTED:
            listed.setdefault(channel, []).append(topic)
        else:
            yield channel, payload, (topic,)
    for channel, found in listed.items():
        yield channel, [topic.partition(" ")[2] for topic in found], tuple(found)


def _request(number: int, event: str, channel: str, payload: list[str]) -> str:
    request = {"time": number, "id": number, "channel": channel, "event": event, "payload": payload}
    return msgspec.json.encode(request).decode()
