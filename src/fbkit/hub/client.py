"""Listening to the hub and asking the collector for something, by the runtime file of its database.

A stale file, a forged one or a collector of another epoch is refused before anything is believed.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from fbkit.errors import CollectorError, CollectorGone, RuntimeFileError
from fbkit.hub.messages import TOPICS, Do, Done, Hello, Message, decode, encode
from fbkit.runtime import RuntimeFile, find_runtime

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MAX_BYTES = 32 * 1024 * 1024
_OPEN_S = 3.0

Runtime = RuntimeFile | Path


class Link:
    """An open, greeted connection to a collector's hub.

    Iterating yields messages until the collector ends, then raises :class:`~fbkit.errors.CollectorGone`.
    """

    def __init__(self, connection: ClientConnection, facts: RuntimeFile, hello: Hello) -> None:
        self.hello = hello
        self._facts = facts
        self._connection = connection
        self._ids = itertools.count(1)

    async def next(self) -> Message:
        """The next message."""
        try:
            return decode(await self._connection.recv(decode=False))
        except ConnectionClosed as error:
            raise CollectorGone(self._facts.database) from error

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            yield await self.next()

    async def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """Ask for a command and wait for its answer; what else comes meanwhile is passed over.

        Raises :class:`~fbkit.errors.CollectorError` with the collector's sentence when it says no.
        """
        asked = Do(next(self._ids), name, arguments)
        try:
            await self._connection.send(encode(asked), text=True)
        except ConnectionClosed as error:
            raise CollectorGone(self._facts.database) from error
        while True:
            message = await self.next()
            if isinstance(message, Done) and message.id == asked.id:
                if not message.ok:
                    raise CollectorError(message.error)
                return message.result


@asynccontextmanager
async def connected(
    runtime: Runtime, *, topics: Collection[str] = TOPICS, role: str = "listener"
) -> AsyncGenerator[Link]:
    """Connect to the collector named by a runtime file (its facts or its path) and check its greeting.

    Raises :class:`~fbkit.errors.CollectorGone` when nobody answers, and :class:`~fbkit.errors.RuntimeFileError` when
    whoever answers is not the collector that the file speaks of.
    """
    facts, where = _facts(runtime)
    connection = await _connect(facts, where, urlencode({"role": role, "topics": ",".join(topics)}))
    async with _closing(connection):
        yield Link(connection, facts, await _greeting(connection, facts, where))


async def listen(
    runtime: Runtime, *, topics: Collection[str] = TOPICS, role: str = "listener"
) -> AsyncGenerator[Message]:
    """Everything the hub says on these topics, the greeting first; raises as :func:`connected` and :class:`Link` do."""
    async with connected(runtime, topics=topics, role=role) as link:
        yield link.hello
        async for message in link:
            yield message


async def call(runtime: Runtime, name: str, *, timeout_s: float = 30.0, **arguments: Any) -> Any:
    """Ask the collector for ``stop``, ``flush``, ``status`` or ``backfill`` and return its answer."""
    try:
        async with asyncio.timeout(timeout_s), connected(runtime, topics=()) as link:
            return await link.call(name, arguments)
    except TimeoutError as error:
        raise CollectorError(f"the collector did not answer {name!r} within {timeout_s:.0f} s; ask again") from error


def call_sync(runtime: Runtime, name: str, *, timeout_s: float = 30.0, **arguments: Any) -> Any:
    """:func:`call` for code that is not async; also right where an event loop is already running."""

    def ask() -> Any:
        return asyncio.run(call(runtime, name, timeout_s=timeout_s, **arguments))

    with ThreadPoolExecutor(1, thread_name_prefix="fbkit-call") as pool:
        return pool.submit(ask).result()


def _facts(runtime: Runtime) -> tuple[RuntimeFile, str]:
    if isinstance(runtime, RuntimeFile):
        return runtime, f"runtime file of {runtime.database}"
    facts = find_runtime(runtime)
    if facts is None:
        raise CollectorGone(str(runtime))
    return facts, str(runtime)


async def _connect(facts: RuntimeFile, where: str, query: str) -> ClientConnection:
    parts = urlsplit(facts.hub)
    if parts.scheme != "ws" or parts.hostname not in _LOOPBACK:
        raise RuntimeFileError(where, f"its hub {facts.hub!r} is not on this machine")
    try:
        return await connect(
            f"{facts.hub}/?{query}",
            additional_headers={"Authorization": f"Bearer {facts.token}"},
            compression=None,
            proxy=None,
            max_size=_MAX_BYTES,
            open_timeout=_OPEN_S,
            close_timeout=0.5,
            ping_interval=None,
            user_agent_header=None,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        if status == 401:
            raise RuntimeFileError(where, "the collector there refused its token") from error
        raise RuntimeFileError(where, f"who listens there answered {status}") from error
    except InvalidHandshake as error:
        raise RuntimeFileError(where, "something that is not a collector listens there") from error
    except (OSError, TimeoutError, ValueError) as error:
        raise CollectorGone(facts.database) from error


async def _greeting(connection: ClientConnection, facts: RuntimeFile, where: str) -> Hello:
    try:
        async with asyncio.timeout(_OPEN_S):
            hello = decode(await connection.recv(decode=False))
    except (ConnectionClosed, TimeoutError) as error:
        raise CollectorGone(facts.database) from error
    except msgspec.DecodeError as error:
        raise RuntimeFileError(where, "something that is not a collector listens there") from error
    if not isinstance(hello, Hello):
        raise RuntimeFileError(where, "who listens there did not greet")
    if hello.epoch != facts.epoch:
        raise RuntimeFileError(where, f"epoch {facts.epoch} stands in it, a collector of epoch {hello.epoch} answered")
    if hello.database != facts.database:
        raise RuntimeFileError(where, f"it is for {facts.database}, the collector there writes {hello.database}")
    return hello


class _closing:  # noqa: N801 - reads as the context manager it is
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()
