"""What a look at one thing found: a state, a plain sentence, and what to do."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warning", "problem"]


class Finding(NamedTuple):
    """One line of the doctor's. ``then`` is the next step; empty where there is none to take."""

    group: str
    state: State
    sentence: str
    then: str = ""


def worst(findings: list[Finding]) -> State:
    """The state of the whole.

    >>> worst([Finding("disk", "ok", "fine"), Finding("disk", "warning", "nearly full", "make room")])
    'warning'
    """
    states = {one.state for one in findings}
    return "problem" if "problem" in states else "warning" if "warning" in states else "ok"
