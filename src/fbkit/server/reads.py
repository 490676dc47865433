"""The database of the settings, opened when it is first asked for; reads run beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from fbkit.runtime import database_path

if TYPE_CHECKING:
    from fbkit.store import Store

T = TypeVar("T")


class Reads:
    """Questions to one database, on two threads of their own, so that a slow one holds up nobody else."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._store: Store | None = None
        self._file: tuple[int, int] | None = None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="fbkit-read")

    async def ask(self, question: Callable[[Store], T]) -> T:
        """Put a question to the store; raises errors of :mod:`fbkit.errors`."""
        return await self.apart(lambda: question(self._opened()))

    async def apart(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do something that blocks, in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._forget()

    def _opened(self) -> Store:
        """The store; opened anew when another file stands in its place (a damaged one is moved away)."""
        from fbkit.store import open_store  # pandas and SQLAlchemy: half a second that a start need not wait for

        path = database_path(self.url)
        try:
            facts = path.stat()
            file = (facts.st_dev, facts.st_ino)
        except OSError:
            file = None
        store = self._store
        if store is None or file != self._file:
            self._forget()
            self._store = store = open_store(self.url)
            self._file = file
        return store

    def _forget(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()
