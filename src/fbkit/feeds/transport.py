"""What a feed asks of a websocket library, in so few words that two libraries and a memory can answer alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from fbkit.errors import SettingError

OnFrame = Callable[[bytes], None]
OnClose = Callable[[str, "int | None"], None]

#: Close codes that either side may see without a word from the peer.
ABNORMAL, TOO_BIG, PROTOCOL_ERROR, INTERNAL_ERROR = 1006, 1009, 1002, 1011

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Connection(Protocol):
    """An open websocket.

    ``close`` says goodbye, waits at most the close timeout, and is safe to call twice. One that can has ``rest`` too,
    which takes seconds: nothing is read so long, and what comes waits in the kernel.
    """

    async def send(self, text: str) -> None: ...
    async def close(self) -> None: ...


class Transport(Protocol):
    """Opens websockets.

    ``on_frame`` gets whole messages (fragments joined), in order, from the event loop; it must neither block nor raise
    (if it raises, the connection is closed with 1011). ``on_close`` is called exactly once for every connection that
    ``connect`` returned, with a reason in words and the close code, if there was one; also after ``close``.
    ``headers`` go with the opening handshake. Pings are answered with their payload. A message above the size limit
    ends the connection with 1009.
    ``connect`` raises :class:`~fbkit.errors.ConnectFailed`, and :class:`~fbkit.errors.SettingError` for an
    unencrypted address beyond this machine.
    """

    async def connect(
        self, url: str, on_frame: OnFrame, on_close: OnClose, headers: Mapping[str, str] = {}
    ) -> Connection: ...


class Keepalive(NamedTuple):
    """How a dead peer is noticed: within the sum of the three, in seconds. The libraries' own defaults mean 50 s."""

    interval_s: float = 10.0
    timeout_s: float = 10.0
    close_s: float = 1.0


class Limits(NamedTuple):
    """How much is believed: the largest message in bytes, the longest opening handshake in seconds."""

    message_bytes: int = 16 * 1024 * 1024
    open_s: float = 10.0


KEEPALIVE = Keepalive()
LIMITS = Limits()


class Farewell(NamedTuple):
    """A close frame: code and reason."""

    code: int
    reason: str


def make_transport(
    name: Literal["auto", "picows", "websockets"] = "auto",
    keepalive: Keepalive = KEEPALIVE,
    limits: Limits = LIMITS,
) -> Transport:
    """A transport by name; ``auto`` takes picows where it can be imported.

    >>> type(make_transport("websockets")).__name__
    'WebsocketsTransport'
    """
    if name != "websockets":
        try:
            from fbkit.feeds.transports.picows import PicowsTransport

            return PicowsTransport(keepalive, limits)
        except ImportError:
            if name == "picows":
                raise
    from fbkit.feeds.transports.websockets import WebsocketsTransport

    return WebsocketsTransport(keepalive, limits)


def check_url(url: str, secure: str = "wss", plain: str = "ws") -> None:
    """Refuse an unencrypted address beyond this machine.

    >>> check_url("wss://fstream.binance.com/public/stream")
    >>> check_url("http://127.0.0.1:8080", "https", "http")
    """
    parts = urlsplit(url)
    if parts.scheme == secure or (parts.scheme == plain and parts.hostname in _LOOPBACK):
        return
    raise SettingError("url", short(url), f"{secure}://; plain {plain}:// only to 127.0.0.1")


def short(url: str) -> str:
    """An address without its query, as people read it.

    >>> short("wss://fstream.binance.com/public/stream?streams=a/b/c")
    'wss://fstream.binance.com/public/stream'
    """
    return url.partition("?")[0]


def farewell(received: Farewell | None, sent: Farewell | None, *, received_first: bool, error: str = "") -> Farewell:
    """Who ended a connection, and why: the first close frame speaks; with none, the line was cut.

    >>> farewell(None, None, received_first=False).code
    1006
    """
    first = received if received_first or sent is None else sent
    if first is None:
        return Farewell(ABNORMAL, error or "cut without a close frame")
    return Farewell(first.code, first.reason or ("closed by the venue" if first is received else "closed by us"))
