"""The stream, for as long as one likes: through lost connections and restarts, none lost, none twice."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from urllib.parse import urlencode

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from fbkit.client.link import Link
from fbkit.client.messages import Gone, Joining, Message, Reset, Rows, decode
from fbkit.errors import ApiRefused

#: The first wait before connecting again, and the longest, in seconds.
SOON_S, LATEST_S = 0.25, 8.0

_MAX_BYTES = 64 * 1024 * 1024
_REFUSED = frozenset({400, 401, 403, 404, 426})

Sleep = Callable[[float], Awaitable[None]]


async def stream(
    link: Link,
    topics: Sequence[str] = ("live", "rows"),
    cursor: int | None = None,
    *,
    sleep: Sleep = asyncio.sleep,
    dice: Callable[[], float] = random.random,
) -> AsyncGenerator[Message]:
    """Everything the server says on these topics; :class:`~fbkit.client.Gone`, once each time, while it is not there.

    A connection that is lost is made again, behind the last whole commit that was handed out. Raises
    :class:`~fbkit.errors.ApiRefused` where the server says no.
    """
    waits, silent = waits_s(dice), False
    while True:
        try:
            async with await _connect(link, topics, cursor) as connection:
                waits, silent = waits_s(dice), False
                joining = Joining()
                while True:
                    message: Message | None = decode(await connection.recv(decode=False))
                    if isinstance(message, Rows):
                        message = joining.take(message)
                    if isinstance(message, Rows | Reset):
                        cursor = message.cursor
                    if message is not None:
                        yield message
        except msgspec.DecodeError as error:
            raise ApiRefused(101, "DecodeError", f"words of another version ({error}); update the older one") from error
        except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
            why = f"{link.url} does not answer ({str(error) or type(error).__name__}); trying again"
        if not silent:
            silent = True
            yield Gone(why)
        await sleep(next(waits))


def waits_s(dice: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait before each attempt: twice as long each time, up to 8 s, and never all clients at once.

    >>> list(itertools.islice(waits_s(lambda: 1.0), 7))
    [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    """
    for attempt in itertools.count():
        yield min(LATEST_S, SOON_S * 2.0 ** min(attempt, 30)) * (0.5 + 0.5 * dice())


async def _connect(link: Link, topics: Sequence[str], cursor: int | None) -> ClientConnection:
    words = {"topics": ",".join(topics)} | ({} if cursor is None else {"cursor": str(cursor)})
    try:
        return await connect(
            f"{link.stream}?{urlencode(words)}",
            additional_headers={"Authorization": f"token {link.token}"},
            proxy=None if link.here else True,
            max_size=_MAX_BYTES,
            user_agent_header=None,
        )
    except InvalidStatus as error:
        answer = error.response
        if answer.status_code not in _REFUSED:
            raise
        raise refused(answer.status_code, bytes(answer.body or b"")) from error


def refused(status: int, body: bytes) -> ApiRefused:
    """An answer that is none, as an error with the server's own sentence.

    >>> str(refused(404, b'{"error": "UnknownName", "message": "no such coin"}'))
    'the server answered 404: no such coin'
    """
    try:
        told = msgspec.json.decode(body)
        return ApiRefused(status, str(told["error"]), str(told["message"]))
    except (msgspec.DecodeError, KeyError, TypeError):
        return ApiRefused(status, "", "not the token of this server" if status in {401, 403} else "no sentence of ours")
