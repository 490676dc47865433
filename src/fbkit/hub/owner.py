"""The connection that keeps a collector running: as long as somebody holds one, it does not end by itself."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, suppress

from fbkit.hub.follow import follow
from fbkit.hub.messages import Gone, Hello
from fbkit.settings import Settings


class OwnerLink:
    """A daemon thread with an owner connection to the collector of a database, reconnecting by the runtime file.

    A thread of its own, so that a cell that computes for a minute does not look like an owner who left. It ends with
    its process, however that ends, and the collector notices at once. Holds from its making until :meth:`close`.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings, self._url = settings, url
        self._held = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="fbkit-owner", daemon=True)
        self._thread.start()

    @property
    def held(self) -> bool:
        """Whether the collector counts us as its owner right now."""
        return self._held.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is held; false when the time ran out."""
        return self._held.wait(timeout_s)

    def close(self, timeout_s: float = 2.0) -> None:
        """Let go. Safe to call twice."""
        self._closing = True
        with suppress(RuntimeError):  # its loop has ended already
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._hold())

    async def _hold(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._closing:
            return
        try:
            async with aclosing(follow(self._settings, self._url, topics=(), role="owner")) as messages:
                async for message in messages:
                    if isinstance(message, Hello):
                        self._held.set()
                    elif isinstance(message, Gone):
                        self._held.clear()
        finally:
            self._held.clear()
