"""One fault: its words, what it means, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from fbkit.model import CHANNELS
from fbkit.simulator.answers import Answer
from fbkit.simulator.wires.wire import Stream, Talk

FaultName = Literal[
    "send",
    "dup",
    "reorder",
    "garbage",
    "silence",
    "rst",
    "close",
    "freeze",
    "refuse",
    "resubscribe-replay",
    "seq-reset",
    "rate-limit",
    "html-502",
]

#: What ``channel`` may say: a channel of ours, or ``rest`` for requests.
CHANNELS_MEANT = (*CHANNELS, "rest")

#: Faults of frames, and faults of requests.
SHAPING = frozenset({"dup", "reorder", "garbage", "silence"})
ANSWERING = frozenset({"rate-limit", "html-502", "refuse"})

#: What arrives instead of sense, one after the other.
GARBAGE = (
    b'{"e":"aggTrade","E":17913829',
    b'{"e":"aggTrade","E":1791382992488,"a":"x","s":"BTCUSDT","p":"NaN","q":"-1","f":1,"l":1,"T":1791382992338,"m":false}',
    b"[]",
    b'{"stream":5,"data":null}',
    b'{"e":"aggTrade","E":1791382992488,"a":1,"s":"BTCUSDT","p":"-5","q":"1","f":1,"l":1,"T":1791382992338,"m":0}',
    b"\x00\x00",
)

#: What ``send`` says unless it is told what: an event of a kind that nobody knows yet.
UNKNOWN = '{"e":"futureThing","E":1}'

_HTML = (("Content-Type", "text/html"),)
BUSY = Answer(503, _HTML, b"<html><body><h1>503 Service Unavailable</h1></body></html>")
BAD_GATEWAY = Answer(
    502, _HTML, b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body></body>\r\n</html>\r\n"
)


class Where(NamedTuple):
    """A connection as faults see it: the venue, the route, and which channel of ours each stream's name belongs to."""

    venue: str
    route: str
    channels: Mapping[str, str] = {}


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line of the script."""

    at_s: float
    fault: FaultName
    for_s: float = 1.0
    venue: str | None = None
    channel: str | None = None
    stream: str | None = None
    route: str | None = None
    count: int | None = None
    payload: str | None = None
    code: int = 1001

    def holds(self, since_first_s: float) -> bool:
        """Whether it is on at an instant."""
        return self.at_s <= since_first_s < self.at_s + self.for_s

    def at(self, venue: str, route: str | None = None) -> bool:
        """Whether it means a venue, and one of its routes."""
        return self.venue in {None, venue} and (route is None or self.route in {None, route})

    def means(self, stream: str, channel: str | None) -> bool:
        """Whether it means a stream of a channel; what belongs to no stream is never meant."""
        if not stream:
            return False
        return self.stream in {None, stream} and self.channel in {None, channel}

    def answers(self, venue: str, path: str) -> bool:
        """Whether it means a request to a venue."""
        return self.at(venue) and self.stream in {None, path} and (self.fault != "refuse" or self.channel == "rest")


class Done(msgspec.Struct, frozen=True):
    """A fault that began at ``at_ms``, and how often it has acted: frames, answers, connections or streams."""

    fault: Fault
    at_ms: int
    times: int


def where_of(venue: str, route: str, streams: Sequence[Stream], channel_of: Mapping[str, str]) -> Where:
    """A connection with its streams."""
    return Where(venue, route, {stream.name: channel_of.get(stream.kind, "") for stream in streams})


def meant(fault: Fault, venue: str, talks: Iterable[Talk], channel_of: Mapping[str, str]) -> list[Stream]:
    """The streams of a venue's connections that a fault means, each once, in order of their names."""
    streams = {stream for talk in talks if fault.at(venue, talk.route) for stream in talk.streams}
    return sorted(one for one in streams if fault.means(one.name, channel_of.get(one.kind)))


def line_of(fault: Fault, now_ms: int) -> str:
    """A fault that begins, as a line of JSON.

    >>> line_of(Fault(1, "dup", channel="trade"), 5)
    '{"began_ms":5,"fault":"dup","at_s":1,"for_s":1.0,"channel":"trade"}'
    """
    told: dict[str, Any] = {"began_ms": now_ms, "fault": fault.fault, "at_s": fault.at_s, "for_s": fault.for_s}
    for name in ("venue", "channel", "stream", "route", "count"):
        if getattr(fault, name) is not None:
            told[name] = getattr(fault, name)
    return msgspec.json.encode(told).decode()
