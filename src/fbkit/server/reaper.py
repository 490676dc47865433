"""Ends the kernels that visitors leave behind.

A page's farewell to its kernel is refused by the XSRF check, and a kernel that keeps pushing updates never looks idle
to Jupyter. So: who belongs to no session and to whom nobody was connected for a while, goes. A page that is still
loading is not connected yet; it says that it is there (:meth:`Reaper.hear`).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

log = logging.getLogger(__name__)

#: A reload or a short loss of connection survives this.
GONE_S = 20.0

#: A page that is ready and that nobody opened: its tab was closed meanwhile.
UNOPENED_S = 45.0

#: A page that never became ready.
NEVER_S = 120.0

#: What a kernel says while its page is being made.
_WORKING = frozenset({"starting", "restarting", "busy"})


class Kernels(Protocol):
    """What we need of Jupyter's kernel manager."""

    def list_kernel_ids(self) -> list[str]: ...
    def kernel_model(self, kernel_id: str) -> dict[str, Any]: ...
    async def shutdown_kernel(self, kernel_id: str, *, now: bool) -> None: ...


class Reaper:
    """Looks at the kernels each time :meth:`look` is called (once a second) and ends those that nobody uses.

    ``in_session`` tells which kernels belong to a notebook, console or terminal session; those are never ended here.
    """

    def __init__(
        self,
        kernels: Kernels,
        in_session: Callable[[], Awaitable[set[str]]],
        now: Callable[[], float],
        *,
        gone_s: float = GONE_S,
        unopened_s: float = UNOPENED_S,
        never_s: float = NEVER_S,
    ) -> None:
        self.ended = 0
        self._kernels, self._in_session, self._now = kernels, in_session, now
        self._gone_s, self._unopened_s, self._never_s = gone_s, unopened_s, never_s
        self._first_seen: dict[str, float] = {}
        self._alone_since: dict[str, float] = {}
        self._visited: set[str] = set()

    async def look(self) -> list[str]:
        """End what is to be ended; returns the ids."""
        due = self._due()
        if not due:
            return []
        kept = await self._in_session()
        for kernel_id in kept & set(due):
            self._forget(kernel_id)
        return [kernel_id for kernel_id in due if kernel_id not in kept and await self._end(kernel_id)]

    def hear(self, kernel_id: str) -> bool:
        """Somebody's page asked for this kernel: every wait begins anew. Whether the kernel is there."""
        if kernel_id not in self._kernels.list_kernel_ids():
            return False
        self._first_seen[kernel_id] = self._now()
        self._alone_since.pop(kernel_id, None)
        return True

    async def _end(self, kernel_id: str) -> bool:
        """End a kernel. One that resists is tried again at the next look, and keeps nobody else alive."""
        try:
            if self._kernels.kernel_model(kernel_id)["connections"]:
                return False  # somebody came while we asked
            log.info("ending kernel %s: nobody is connected to it", kernel_id)
            await self._kernels.shutdown_kernel(kernel_id, now=True)
        except Exception:  # whatever Jupyter says of one, the others are ended
            log.exception("kernel %s could not be ended", kernel_id)
            return False
        self._forget(kernel_id)
        self.ended += 1
        return True

    def _due(self) -> list[str]:
        now, there = self._now(), self._kernels.list_kernel_ids()
        for kernel_id in set(self._first_seen) - set(there):
            self._forget(kernel_id)
        return [kernel_id for kernel_id in there if self._is_due(kernel_id, now)]

    def _is_due(self, kernel_id: str, now: float) -> bool:
        first = self._first_seen.setdefault(kernel_id, now)
        kernel = self._kernels.kernel_model(kernel_id)
        if kernel["connections"]:
            self._visited.add(kernel_id)
            self._alone_since.pop(kernel_id, None)
            return False
        if kernel_id in self._visited:
            return now - self._alone_since.setdefault(kernel_id, now) >= self._gone_s
        if kernel["execution_state"] in _WORKING:
            self._alone_since.pop(kernel_id, None)
        elif now - self._alone_since.setdefault(kernel_id, now) >= self._unopened_s:
            return True
        return now - first >= self._never_s

    def _forget(self, kernel_id: str) -> None:
        self._first_seen.pop(kernel_id, None)
        self._alone_since.pop(kernel_id, None)
        self._visited.discard(kernel_id)
