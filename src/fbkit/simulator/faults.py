"""A script of things that go wrong on the wire, for tests: when, where, what, for how long.

JSON: a list of objects. ``at_s`` counts from the first websocket that connected. ``fault`` is one of

``send``     send ``payload`` as it is, once
``dup``      send matching frames twice
``reorder``  swap matching frames in pairs
``garbage``  send something unreadable (or ``payload``) before matching frames
``silence``  leave matching frames out; pings and requests are still answered
``rst``      reset matching connections;  ``close`` ends them with a close frame and ``code``
``freeze``   neither send nor read on matching connections, which stay open
``refuse``   refuse new websockets;  with ``"channel": "rest"`` answer requests with 503

``for_s`` (default 1) is how long, ``count`` at most how many frames. ``stream`` (a name), ``channel`` (``aggTrade``,
``bookTicker``, ``depth``, ``markPrice``, ``kline``, ``ticker``, ``forceOrder``) and ``route`` (``public``, ``market``)
choose what is meant; without them everything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from fbkit.errors import SettingError
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.streams import Frame, Route

FaultName = Literal["send", "dup", "reorder", "garbage", "silence", "rst", "close", "freeze", "refuse"]

#: What arrives instead of sense, one after the other.
GARBAGE = (
    b'{"e":"aggTrade","E":17913829',
    b'{"e":"aggTrade","E":1791382992488,"a":"x","s":"BTCUSDT","p":"NaN","q":"-1","f":1,"l":1,"T":1791382992338,"m":false}',
    b"[]",
    b'{"stream":5,"data":null}',
    b'{"e":"aggTrade","E":1791382992488,"a":1,"s":"BTCUSDT","p":"-5","q":"1","f":1,"l":1,"T":1791382992338,"m":0}',
    b"\x00\x00",
)


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the script."""

    at_s: float
    fault: FaultName
    for_s: float = 1.0
    stream: str | None = None
    channel: str | None = None
    route: Route | None = None
    count: int | None = None
    payload: str | None = None
    code: int = 1001

    def holds(self, since_first_s: float) -> bool:
        """Whether it is on at an instant."""
        return self.at_s <= since_first_s < self.at_s + self.for_s

    def means(self, frame: Frame) -> bool:
        """Whether it means this frame."""
        if not frame.stream:
            return False
        if self.stream is not None:
            return frame.stream == self.stream
        return self.channel is None or channel_of(frame.stream) == self.channel


def channel_of(stream: str) -> str:
    """The channel of a stream's name.

    >>> channel_of("btcusdt@depth5@500ms"), channel_of("!markPrice@arr@1s"), channel_of("btcusdt@kline_1m")
    ('depth', 'markPrice', 'kline')
    """
    word = stream[1:].split("@", maxsplit=1)[0] if stream.startswith("!") else stream.split("@")[1]
    return word.split("_")[0].rstrip("0123456789")


class FaultScript:
    """Faults in order of time. One script serves one run: it counts what it has done.

    >>> script = FaultScript.parse('[{"at_s": 1, "fault": "dup", "for_s": 2}]')
    >>> frames = [Frame(500, "a@x", b"1"), Frame(1500, "a@x", b"2")]
    >>> [frame.payload for frame in script.shape(frames, 0, "market")]
    [b'1', b'2', b'2']
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.at_s)
        self._done: dict[int, int] = {}
        self._cut: set[int] = set()

    @classmethod
    def parse(cls, text: str | bytes) -> FaultScript:
        """Read a script; raises :class:`~fbkit.errors.SettingError` saying what is wrong with it."""
        try:
            return cls(msgspec.json.decode(text, type=list[Fault]))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SettingError("faults", str(error), "a JSON list of {at_s, fault, for_s, stream}") from error

    def shape(self, frames: list[Frame], first_ms: int, route: Route) -> list[Frame]:
        """One connection's frames as they will be sent; ``first_ms`` is when the first connection came.

        A frame without a stream is sent as it is, outside any envelope.
        """
        for k, fault in enumerate(self.faults):
            if fault.fault in {"dup", "reorder", "garbage", "silence"} and fault.route in {None, route}:
                frames = self._apply(k, fault, frames, first_ms)
        return frames

    def _apply(self, k: int, fault: Fault, frames: list[Frame], first_ms: int) -> list[Frame]:
        shaped: list[Frame] = []
        held: Frame | None = None
        for frame in frames:
            due = fault.holds((frame.ts_ms - first_ms) / MS_S) and fault.means(frame) and self._may(k, fault)
            if not due:
                shaped.append(frame)
            elif fault.fault == "dup":
                shaped += (frame, frame)
            elif fault.fault == "garbage":
                text = fault.payload.encode() if fault.payload else GARBAGE[(self._done[k] - 1) % len(GARBAGE)]
                shaped += (Frame(frame.ts_ms, "", text), frame)
            elif fault.fault == "reorder":
                if held is None:
                    held = frame
                else:
                    shaped += (frame, held._replace(ts_ms=frame.ts_ms))
                    held = None
        # A pair that the second cut in two goes out late and alone.
        return shaped if held is None else [*shaped, held._replace(ts_ms=shaped[-1].ts_ms if shaped else held.ts_ms)]

    def _may(self, k: int, fault: Fault) -> bool:
        done = self._done.get(k, 0)
        if fault.count is not None and done >= fault.count:
            return False
        self._done[k] = done + 1
        return True

    def sayings(self, since_ms: int, until_ms: int, first_ms: int, route: Route) -> list[Frame]:
        """What ``send`` faults say to a connection in ``[since_ms, until_ms)``."""
        said = []
        for fault in self.faults:
            at_ms = first_ms + round(fault.at_s * MS_S)
            if fault.fault == "send" and fault.route in {None, route} and since_ms <= at_ms < until_ms:
                said.append(Frame(at_ms, "", (fault.payload or '{"e":"futureThing","E":1}').encode()))
        return said

    def cuts(self, now_ms: int, first_ms: int) -> list[Fault]:
        """The ``rst`` and ``close`` faults that became due; each is told once."""
        due = []
        for k, fault in enumerate(self.faults):
            if fault.fault in {"rst", "close"} and k not in self._cut and (now_ms - first_ms) / MS_S >= fault.at_s:
                self._cut.add(k)
                due.append(fault)
        return due

    def frozen(self, now_ms: int, first_ms: int, route: Route) -> bool:
        """Whether connections of a route are frozen."""
        return self._on("freeze", now_ms, first_ms, route)

    def refuses(self, now_ms: int, first_ms: int, route: Route) -> bool:
        """Whether a new websocket is refused."""
        return any(fault.channel != "rest" for fault in self._held("refuse", now_ms, first_ms, route))

    def refuses_rest(self, now_ms: int, first_ms: int) -> bool:
        """Whether requests are answered with 503."""
        return any(fault.channel == "rest" for fault in self._held("refuse", now_ms, first_ms, None))

    def _on(self, name: FaultName, now_ms: int, first_ms: int, route: Route) -> bool:
        return bool(self._held(name, now_ms, first_ms, route))

    def _held(self, name: FaultName, now_ms: int, first_ms: int, route: Route | None) -> list[Fault]:
        at_s = (now_ms - first_ms) / MS_S
        return [
            fault
            for fault in self.faults
            if fault.fault == name and fault.holds(at_s) and (route is None or fault.route in {None, route})
        ]
