"""The first door to writing: an advisory lock that the writer's own session holds, and that falls with it.

No statement of ours can reach the database except through that session. When the connection is lost, so is the lock;
the next connection takes it again before anything else, or the writer has lost its lease.
"""

from __future__ import annotations

import os
import time
from typing import Any

import psutil

from fbkit.clock import iso
from fbkit.errors import LeaseLost, StoreHeld
from fbkit.store.lease import Claim

#: The lock's two numbers. The server keeps locks apart by database, so all databases have the same.
KEY = (7_169_387, 1)

# The server may take a moment to notice that a session's process is gone.
_LOOKS, _LOOK_S = 50, 0.02

_NAME_BYTES = 63

_TAKE = "SELECT pg_try_advisory_lock(%s, %s)"
_WHO = """
SELECT session.application_name, session.client_addr IS NOT DISTINCT FROM mine.client_addr
FROM pg_locks
JOIN pg_stat_activity AS session USING (pid)
JOIN pg_stat_activity AS mine ON mine.pid = pg_backend_pid()
WHERE locktype = 'advisory' AND database = session.datid AND session.datid = mine.datid
  AND classid = %s AND objid = %s AND granted
"""


def session_name(claim: Claim) -> str:
    """Who we are, as the server lists our session: it is what a second writer is told.

    The row of the lease says the same, but only once it is written.
    """
    facts = f" (pid {os.getpid()}, since {iso(claim.clock.wall())})"
    return claim.holder.encode("ascii", "replace").decode()[: _NAME_BYTES - len(facts)] + facts


class AdvisoryLock:
    """Taken by each new connection of the writer. ``entered``: the lease is ours, and may be lost."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.entered = False

    def take(self, driver: Any) -> None:
        """Take the lock on a connection of the driver's, or raise :class:`StoreHeld`, or :class:`LeaseLost`."""
        named = ""
        for left in reversed(range(_LOOKS)):
            taken = driver.execute(_TAKE, KEY).fetchone()[0]
            found = None if taken else driver.execute(_WHO, KEY).fetchone()
            driver.commit()
            if taken:
                return
            named, near = found or ("somebody", False)
            if not left or (near and _lives(named)):
                break
            time.sleep(_LOOK_S)
        raise self._refused(named)

    def _refused(self, named: str) -> StoreHeld | LeaseLost:
        if self.entered:
            return LeaseLost(
                self._where,
                f"the connection was lost, and {named} writes it now",
                "this collector stops; what it had not written is not written",
            )
        return StoreHeld(
            self._where, f"{named} is writing it", "stop it first (`fbkit status` shows it), or use another database"
        )


def _lives(named: str) -> bool:
    pid = named.rpartition("(pid ")[2].partition(",")[0]
    try:
        return pid.isdigit() and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
