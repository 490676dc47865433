"""The stream's topic ``rows``: what each commit made, out of the store, so that none is lost and none told twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from fbkit.errors import StoreError
from fbkit.server.plain import plain

if TYPE_CHECKING:
    from fbkit.store import Commit

log = logging.getLogger(__name__)

#: Commits read at once, and rows in one message; a bigger commit goes on in the next, ``more`` set.
COMMITS_AT_ONCE, ROWS_A_MESSAGE = 20, 1000

#: Looked at anyway, should nobody have called.
LOOK_S = 5.0

Tell = Callable[[dict[str, Any]], Awaitable[None]]


class Commits(Protocol):
    """What is asked of the manager."""

    async def newest_commit(self) -> int: ...
    async def commits_after(self, cursor: int, limit: int) -> list[Commit]: ...


class RowsTopic:
    """Tells one client every commit behind its cursor, in order, then waits to be woken. ``cursor`` ``None`` is now."""

    def __init__(self, commits: Commits, tell: Tell, cursor: int | None, *, look_s: float = LOOK_S) -> None:
        self.cursor = cursor
        self._commits, self._tell, self._look_s = commits, tell, look_s
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._tell_new()
            except StoreError as error:
                log.info("nothing to stream yet: %s", error)
            try:
                async with asyncio.timeout(self._look_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _tell_new(self) -> None:
        newest = await self._commits.newest_commit()
        if self.cursor is None:
            # Said at once: who is cut before the first commit comes knows where to go on.
            self.cursor = newest
            await self._tell({"t": "rows", "cursor": newest})
        if self.cursor > newest:
            await self._tell({"t": "reset", "cursor": newest, "why": "the cursor is of another database"})
            self.cursor = newest
        while found := await self._commits.commits_after(self.cursor, COMMITS_AT_ONCE):
            for commit in found:
                for body in bodies(commit):
                    await self._tell(body)
                self.cursor = commit.number


def bodies(commit: Commit) -> Iterator[dict[str, Any]]:
    """A commit in messages of at most :data:`ROWS_A_MESSAGE` rows; the last one bears the ``cursor``."""
    rows = [(name, row) for name in ("bars", "metrics", "alerts", "gaps") for row in getattr(commit, name)]
    for start in range(0, len(rows), ROWS_A_MESSAGE):
        part: dict[str, list[Any]] = {}
        for name, row in rows[start : start + ROWS_A_MESSAGE]:
            part.setdefault(name, []).append(plain(row))
        last = start + ROWS_A_MESSAGE >= len(rows)
        yield {"t": "rows", **({"cursor": commit.number} if last else {"more": True}), **part}
