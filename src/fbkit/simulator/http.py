"""As much of HTTP/1.1 as a client of REST needs: the head of a request, a body of stated length, and a reply."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import NamedTuple

from fbkit.simulator.answers import Answer

#: A longer head is refused, and a longer body.
MOST_HEAD = 64 * 1024
MOST_BODY = 256 * 1024


class Head(NamedTuple):
    """A request's head: what is wanted, whether the connection stays for the next, whether it is to be a websocket."""

    method: str
    target: str
    keep_alive: bool
    upgrade: bool
    length: int
    headers: dict[str, str]


def read(head: bytes) -> Head | None:
    r"""Read a request's head, ``None`` where it is none or its body's length cannot be.

    >>> read(b"POST /info HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")[:5]
    ('POST', '/info', True, False, 2)
    """
    line, *rest = head.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in rest) if name}
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and int(length) <= MOST_BODY):
        return None
    # A body in chunks nobody here reads.
    keep_alive = words[2] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    keep_alive = keep_alive and "transfer-encoding" not in headers
    upgrade = headers.get("upgrade", "").lower() == "websocket"
    return Head(words[0], words[1], keep_alive, upgrade, int(length), headers)


def venue_of(path: str, venues: Collection[str]) -> tuple[str, str] | None:
    """The venue that a path begins with, and what follows; ``None`` where it names none.

    >>> venue_of("/okx/api/v5/public/time", ["okx"]), venue_of("/deribit?x=1", ["deribit"]), venue_of("/time", ["okx"])
    (('okx', '/api/v5/public/time'), ('deribit', '/?x=1'), None)
    """
    venue, slash, rest = path.lstrip("/").partition("/")
    name, mark, query = venue.partition("?")
    if name not in venues:
        return None
    return name, f"/{rest}" if slash else f"/{mark}{query}"


def reply(answer: Answer, *, keep_alive: bool) -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body
