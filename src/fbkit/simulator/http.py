"""As much of HTTP/1.1 as a client of REST needs: the head of a request, and a reply."""

from __future__ import annotations

from typing import NamedTuple

from fbkit.simulator.answers import Answer

#: A longer head is refused.
MOST_HEAD = 64 * 1024

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 418: "I'm a teapot"}
_REASONS |= {429: "Too Many Requests", 431: "Request Header Fields Too Large", 503: "Service Unavailable"}

BUSY = Answer(503, (("Content-Type", "text/html"),), b"<html><body><h1>503 Service Unavailable</h1></body></html>")


class Asked(NamedTuple):
    """A request: what is wanted, whether the connection stays for the next, whether it is to become a websocket."""

    method: str
    target: str
    keep_alive: bool
    upgrade: bool


def read(head: bytes) -> Asked | None:
    r"""Read a request's head, ``None`` where it is none.

    >>> read(b"GET /fapi/v1/time HTTP/1.1\r\nHost: x\r\n\r\n")
    Asked(method='GET', target='/fapi/v1/time', keep_alive=True, upgrade=False)
    """
    line, *rest = head.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    headers = {name.strip().lower(): value.strip().lower() for name, _, value in (one.partition(":") for one in rest)}
    # A body would follow anything but a GET, and nobody here reads one.
    keep_alive = words[0] == "GET" and words[2] == "HTTP/1.1" and headers.get("connection") != "close"
    return Asked(words[0], words[1], keep_alive, headers.get("upgrade") == "websocket")


def reply(answer: Answer, *, keep_alive: bool) -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body
