"""What a REST request comes to."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """Status, headers and body of a reply."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(body: str, status: int = 200) -> Answer:
    """A JSON reply."""
    return Answer(status, (("Content-Type", "application/json;charset=UTF-8"),), body.encode())
