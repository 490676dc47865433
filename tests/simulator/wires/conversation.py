"""How tests speak with a venue's wire: pages as a client gets them, answers and frames decoded."""

import json

from fbkit.simulator.calendar import MS_S
from fbkit.simulator.wires.wire import Asked


def answer_of(wire, asked, now):
    """The answer to a question, prepared as the server does."""
    for _ in wire.prepare(asked, now):
        pass
    return wire.answer(asked, now)


def ask(wire, path, now, **given):
    """GET at an instant (UTC ms): status and decoded body."""
    asked = Asked("GET", path, {name: str(value) for name, value in given.items()})
    answer = answer_of(wire, asked, now)
    return answer.status, json.loads(answer.body)


def texts(reply):
    """What was answered at once."""
    return [json.loads(text) for text in reply.texts]


def heard(wire, talk, seconds, start):
    """Every message with when it is sent, in the order of sending, seconds long."""
    first = start // MS_S * MS_S
    frames = [frame for k in range(seconds) for frame in wire.second(first + k * MS_S, talk.streams)]
    return [(frame.ts_ms, json.loads(frame.payload)) for frame in frames if frame.ts_ms > start]
