"""Finding, starting and ending the collector of a database, from any process."""

from __future__ import annotations

import html
import logging
import os
import subprocess
import threading
import time
from typing import Any

from pydantic import SecretStr

from fbkit.errors import CollectorError, CollectorGone, NotLive, RuntimeFileError
from fbkit.hub import OwnerLink, call_sync
from fbkit.runtime import RuntimeFile, database_url, find_runtime, runtime_path, shown_url, spawn
from fbkit.settings import Settings

log = logging.getLogger(__name__)

#: A collector that has not published where it listens by then did not start.
PATIENCE_S = 30.0


class CollectorHandle:
    """The collector of one database. Holding one keeps it running; two handles are the same collector."""

    def __init__(self, settings: Settings, url: str, facts: RuntimeFile, link: OwnerLink) -> None:
        self.settings, self.url, self.facts, self._link = settings, url, facts, link

    def status(self) -> dict[str, Any]:
        """What it does: rows stored, queue, backfill, and what became of every item received."""
        return dict(call_sync(runtime_path(self.settings, self.url), "status"))

    def flush(self) -> dict[str, Any]:
        """Wait until everything received so far is stored."""
        return dict(call_sync(runtime_path(self.settings, self.url), "flush"))

    def stop(self, patience_s: float = 15.0) -> None:
        """Ask it to store what is in flight and end; returns when it has."""
        path = runtime_path(self.settings, self.url)
        try:
            call_sync(path, "stop")
        except CollectorGone:
            return
        finally:
            self._link.close()
        waited = time.monotonic() + patience_s
        while find_runtime(path) is not None:
            if time.monotonic() > waited:
                raise CollectorError(f"the collector (pid {self.facts.pid}) did not end within {patience_s:.0f} s")
            time.sleep(0.02)

    def __repr__(self) -> str:
        return f"<collector pid {self.facts.pid}, {self.facts.market}, {shown_url(self.url)}>"

    def _repr_html_(self) -> str:
        where = html.escape(shown_url(self.url))
        return f"<b>Collector runs</b> · {html.escape(self.facts.market)} · pid {self.facts.pid} · {where}"


def find_collector(settings: Settings, url: str | None = None) -> RuntimeFile | None:
    """Where the collector of a database listens, if one answers; a stale file is none."""
    found = ask_status(settings, url)
    return None if found is None else found[0]


def ask_status(settings: Settings, url: str | None = None) -> tuple[RuntimeFile, dict[str, Any]] | None:
    """Where the collector of a database listens and what it answers to ``status``; ``None`` where none does."""
    path = runtime_path(settings, url or database_url(settings))
    try:
        facts = find_runtime(path)
        if facts is None:
            return None
        return facts, dict(call_sync(path, "status", timeout_s=5.0))
    except (CollectorGone, CollectorError, RuntimeFileError):
        return None


_in_process: dict[str, threading.Thread] = {}
_starting = threading.Lock()


def ensure_collector(settings: Settings, *, in_process: bool = False) -> CollectorHandle:
    """The collector of the settings' database: the one that runs, else a new one.

    Raises :class:`~fbkit.errors.NotLive` when a new one does not come up, with the place of its log.
    """
    url = database_url(settings)
    with _starting:
        facts = find_collector(settings, url)
        if facts is None:
            facts = _start(settings, url, in_process=in_process)
    return CollectorHandle(settings, url, facts, OwnerLink(settings, url))


def _start(settings: Settings, url: str, *, in_process: bool) -> RuntimeFile:
    log_path = settings.home / "logs" / "collector.log"
    child: subprocess.Popen[bytes] | None = None
    if in_process:
        from fbkit.ingest.child import run_owned

        thread = threading.Thread(target=run_owned, args=(settings,), name="fbkit-collector", daemon=True)
        _in_process[url] = thread
        thread.start()
    else:
        child = spawn(["fbkit.ingest"], env=_as_environment(settings), log=log_path)
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        facts = find_collector(settings, url)
        if facts is not None:
            return facts
        if child is not None and child.poll() is not None:
            # Another starter may have won the lock in the same moment; then its collector is the one.
            facts = _wait_for_winner(settings, url)
            if facts is not None:
                return facts
            raise CollectorError(f"the collector ended at once ({_last_line(log_path)}); its log is {log_path}")
        time.sleep(0.05)
    raise NotLive("the collector did not come up", PATIENCE_S, f"its log is {log_path}")


def _wait_for_winner(settings: Settings, url: str) -> RuntimeFile | None:
    for _ in range(60):
        facts = find_collector(settings, url)
        if facts is not None:
            return facts
        time.sleep(0.05)
    return None


def _last_line(path: os.PathLike[str]) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - any path-like
            lines = [line.strip() for line in file if line.strip()]
    except OSError:
        return "no log"
    return lines[-1] if lines else "its log is empty"


def _as_environment(settings: Settings) -> dict[str, str]:
    """The settings as the child reads them: only what was chosen, secrets through the environment alone."""
    chosen = {}
    for name in settings.model_fields_set | {"home"}:
        value = getattr(settings, name)
        if value is None:
            continue
        chosen[f"FBKIT_{name.upper()}"] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return chosen
