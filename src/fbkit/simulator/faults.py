"""A script of things that go wrong on the wire, for tests: when, where, what, for how long.

YAML or JSON: a list of objects. ``at_s`` counts from the first websocket that connected. ``fault`` is one of

``send``     send ``payload`` as it is, once a connection
``dup``      send matching frames twice
``reorder``  swap matching frames in pairs
``garbage``  send something unreadable (or ``payload``) before matching frames
``silence``  leave matching frames out; pings and requests are still answered
``rst``      reset matching connections;  ``close`` ends them with a close frame and ``code``
``freeze``   neither send nor read on matching connections, which stay open
``refuse``   refuse new websockets;  with ``channel: rest`` answer requests with 503
``resubscribe-replay``  to a subscription send the last second of its streams again, as if live
``seq-reset``           begin the sequence of matching streams anew, as the venue's rules allow
``rate-limit``          answer requests with the venue's disguises of "too many requests", in turn
``html-502``            answer requests with 502 and a page of HTML

``for_s`` (default 1) is how long, ``count`` at most how often (frames, answers, connections). ``venue``, ``channel`` (a
channel of ours or ``rest``), ``stream`` (a name as the venue spells it; of requests the path) and ``route`` (a
websocket's address, in the venue's words) choose what is meant; without them everything is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import get_args

import msgspec
import yaml

from fbkit.errors import SettingError
from fbkit.simulator.answers import Answer
from fbkit.simulator.calendar import MS_S
from fbkit.simulator.fault import (
    ANSWERING,
    BAD_GATEWAY,
    BUSY,
    CHANNELS_MEANT,
    GARBAGE,
    SHAPING,
    UNKNOWN,
    Done,
    Fault,
    FaultName,
    Where,
)
from fbkit.simulator.wires.wire import Frame


class FaultScript:
    """Faults in order of time. One script serves one run: it counts what it has done.

    >>> script = FaultScript.parse("[{at_s: 1, fault: dup, for_s: 2, channel: trade}]")
    >>> where = Where("binance", "market", {"a@x": "trade"})
    >>> frames = [Frame(500, "a@x", b"1"), Frame(1500, "a@x", b"2")]
    >>> [frame.payload for frame in script.shape(frames, 0, where)], [done.times for done in script.done]
    ([b'1', b'2', b'2'], [1])
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.at_s)
        self._times: Counter[int] = Counter()
        self._began: dict[int, int] = {}
        self._told: set[int] = set()
        self._once: set[int] = set()

    @classmethod
    def parse(cls, text: str | bytes) -> FaultScript:
        """Read a script; raises :class:`~fbkit.errors.SettingError` saying what is wrong with it."""
        try:
            faults = msgspec.convert(yaml.safe_load(text), list[Fault])
        except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError, ValueError) as error:
            wanted = f"a list of {{at_s, fault, for_s, venue, channel, …}}; faults: {', '.join(get_args(FaultName))}"
            raise SettingError("faults", str(error), wanted) from error
        for fault in faults:
            if fault.channel is not None and fault.channel not in CHANNELS_MEANT:
                raise SettingError("faults: channel", fault.channel, f"one of {', '.join(CHANNELS_MEANT)}")
        return cls(faults)

    def check(self, venues: Collection[str], resettable: Collection[str]) -> None:
        """Refuse what cannot be: a venue that is not there, a sequence that the venue's wire does not know."""
        for fault in self.faults:
            if fault.venue is not None and fault.venue not in venues:
                raise SettingError("faults: venue", fault.venue, f"one of {', '.join(venues)}")
            if fault.fault == "seq-reset" and not any(fault.at(venue) for venue in resettable):
                whose = fault.venue or ", ".join(venues)
                known = ", ".join(resettable) or "none that is here"
                raise SettingError("faults: seq-reset", whose, f"a venue whose wire has a sequence to reset ({known})")

    @property
    def done(self) -> list[Done]:
        """What has begun so far, in the script's order."""
        return [Done(fault, self._began[k], self._times[k]) for k, fault in enumerate(self.faults) if k in self._began]

    def begun(self, now_ms: int, first_ms: int) -> list[Fault]:
        """The faults whose time has come; each is told once."""
        due = []
        for k, fault in enumerate(self.faults):
            if k not in self._told and (now_ms - first_ms) / MS_S >= fault.at_s:
                self._told.add(k)
                self._began.setdefault(k, now_ms)
                due.append(fault)
        return due

    def shape(self, frames: list[Frame], first_ms: int, where: Where) -> list[Frame]:
        """One connection's frames as they will be sent; ``first_ms`` is when the first connection came.

        A frame without a stream is sent as it is, outside any envelope.
        """
        for k, fault in enumerate(self.faults):
            if fault.fault in SHAPING and fault.at(where.venue, where.route):
                frames = self._apply(k, fault, frames, first_ms, where)
        return frames

    def _apply(self, k: int, fault: Fault, frames: list[Frame], first_ms: int, where: Where) -> list[Frame]:
        shaped: list[Frame] = []
        held: Frame | None = None
        for frame in frames:
            due = fault.holds((frame.ts_ms - first_ms) / MS_S) and fault.means(
                frame.stream, where.channels.get(frame.stream)
            )
            if not (due and self._may(k, fault, frame.ts_ms)):
                shaped.append(frame)
            elif fault.fault == "dup":
                shaped += (frame, frame)
            elif fault.fault == "garbage":
                text = fault.payload.encode() if fault.payload else GARBAGE[(self._times[k] - 1) % len(GARBAGE)]
                shaped += (Frame(frame.ts_ms, "", text), frame)
            elif fault.fault == "reorder":
                if held is None:
                    held = frame
                else:
                    shaped += (frame, held._replace(ts_ms=frame.ts_ms))
                    held = None
        # A pair that the second cut in two goes out late and alone.
        return shaped if held is None else [*shaped, held._replace(ts_ms=shaped[-1].ts_ms if shaped else held.ts_ms)]

    def _may(self, k: int, fault: Fault, now_ms: int) -> bool:
        if fault.count is not None and self._times[k] >= fault.count:
            return False
        self._times[k] += 1
        self._began.setdefault(k, now_ms)
        return True

    def sayings(self, since_ms: int, until_ms: int, first_ms: int, where: Where) -> list[Frame]:
        """What ``send`` faults say to a connection in ``[since_ms, until_ms)``."""
        said = []
        for k, fault in enumerate(self.faults):
            at_ms = first_ms + round(fault.at_s * MS_S)
            due = since_ms <= at_ms < until_ms and fault.at(where.venue, where.route)
            if fault.fault == "send" and due and self._may(k, fault, at_ms):
                said.append(Frame(at_ms, "", (fault.payload or UNKNOWN).encode()))
        return said

    def replaying(self, now_ms: int, first_ms: int) -> bool:
        """Whether a subscription may be told its last second again."""
        at_s = (now_ms - first_ms) / MS_S
        return any(fault.fault == "resubscribe-replay" and fault.holds(at_s) for fault in self.faults)

    def replays(self, heard: list[Frame], now_ms: int, first_ms: int, where: Where) -> list[Frame]:
        """Of a subscription's last second what is sent once more, now."""
        again = []
        for k, fault in enumerate(self.faults):
            if fault.fault == "resubscribe-replay" and fault.at(where.venue, where.route):
                again += [
                    frame._replace(ts_ms=now_ms)
                    for frame in heard
                    if fault.holds((now_ms - first_ms) / MS_S)
                    and fault.means(frame.stream, where.channels.get(frame.stream))
                    and self._may(k, fault, now_ms)
                ]
        return again

    def cuts(self, now_ms: int, first_ms: int) -> list[Fault]:
        """The ``rst`` and ``close`` faults that became due; each is told once."""
        return self._due({"rst", "close"}, now_ms, first_ms)

    def resets(self, now_ms: int, first_ms: int) -> list[Fault]:
        """The ``seq-reset`` faults that became due; each is told once."""
        return self._due({"seq-reset"}, now_ms, first_ms)

    def _due(self, names: set[str], now_ms: int, first_ms: int) -> list[Fault]:
        due = []
        for k, fault in enumerate(self.faults):
            if fault.fault in names and k not in self._once and (now_ms - first_ms) / MS_S >= fault.at_s:
                self._once.add(k)
                self._began.setdefault(k, now_ms)
                due.append(fault)
        return due

    def acted(self, fault: Fault, now_ms: int) -> bool:
        """Count one deed of a fault told by :meth:`cuts` or :meth:`resets`; whether its ``count`` allows it."""
        return self._may(next(k for k, one in enumerate(self.faults) if one is fault), fault, now_ms)

    def frozen(self, now_ms: int, first_ms: int, where: Where) -> bool:
        """Whether a connection is frozen."""
        at_s = (now_ms - first_ms) / MS_S
        held = [
            k
            for k, fault in enumerate(self.faults)
            if fault.fault == "freeze" and fault.holds(at_s) and fault.at(where.venue, where.route)
        ]
        for k in held:
            self._times[k] = max(self._times[k], 1)
            self._began.setdefault(k, now_ms)
        return bool(held)

    def refuses(self, now_ms: int, first_ms: int, where: Where) -> bool:
        """Whether a new websocket is refused."""
        at_s = (now_ms - first_ms) / MS_S
        return any(
            fault.holds(at_s) and fault.at(where.venue, where.route) and self._may(k, fault, now_ms)
            for k, fault in enumerate(self.faults)
            if fault.fault == "refuse" and fault.channel != "rest"
        )

    def answers(self, now_ms: int, first_ms: int, venue: str, path: str, limited: Sequence[Answer]) -> Answer | None:
        """What a request is answered with instead; ``limited`` are the venue's disguises of "too many requests"."""
        at_s = (now_ms - first_ms) / MS_S
        for k, fault in enumerate(self.faults):
            if fault.fault not in ANSWERING or not fault.holds(at_s) or not fault.answers(venue, path):
                continue
            if fault.fault == "rate-limit" and not limited:
                continue
            if self._may(k, fault, now_ms):
                in_turn = limited[(self._times[k] - 1) % len(limited)] if limited else BUSY
                return {"refuse": BUSY, "html-502": BAD_GATEWAY}.get(fault.fault, in_turn)
        return None
