"""The file of alert rules: read at a start, looked at while a collector runs, taken over between two Beats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from fbkit.alerts import DEFAULTS, AnyRule
from fbkit.alerts.load import read
from fbkit.errors import SettingError
from fbkit.settings import Settings

log = logging.getLogger(__name__)

#: The key of the Setting that says which rules hold from there on.
KEY = "rules"

_BUILT_IN = "built-in"


class Rulebook:
    """The rules a user chose: a file that may change at any time, or those built in.

    ``chosen`` is the file the settings name; without one, ``usual`` is looked for, and need not be there.
    """

    def __init__(self, chosen: Path | None, usual: Path) -> None:
        self._chosen, self._path = chosen, chosen or usual
        self._seen: tuple[int, int, int] | None = None
        self._rules = DEFAULTS

    @classmethod
    def of(cls, settings: Settings) -> Rulebook:
        """The file that the settings name, or may lie in home."""
        return cls(settings.rules, settings.home / "rules.toml")

    @property
    def source(self) -> str:
        """Where the rules come from, for people."""
        return str(self._path) if self._chosen or self._path.is_file() else _BUILT_IN

    def read(self) -> tuple[AnyRule, ...]:
        """The rules as they stand; raises :class:`~fbkit.errors.SettingError` where they cannot be used."""
        if self._chosen is None and not self._path.exists():
            return DEFAULTS
        self._seen = self._stand()
        self._rules = read(self._path)
        return self._rules

    def changed(self) -> tuple[AnyRule, ...] | None:
        """The rules if they are others than those last read, else ``None``; raises as :meth:`read` does.

        A file that is wrong or gone is refused each time it is asked for, until it is mended.
        """
        if self._seen is None and self._chosen is None and not self._path.exists():
            return None
        seen = self._stand()
        if seen == self._seen:
            return None
        rules = read(self._path)
        is_new, self._seen, self._rules = rules != self._rules, seen, rules
        return rules if is_new else None

    def _stand(self) -> tuple[int, int, int]:
        """What tells one version of a file from the next."""
        try:
            found = self._path.stat()
        except OSError as error:
            allowed = f"a TOML file of rules that can be read ({error.strerror or error})"
            raise SettingError("rules", str(self._path), allowed) from error
        return found.st_mtime_ns, found.st_size, found.st_ino


class _Health(Protocol):
    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None: ...
    def well(self, venue: str, channel: str) -> None: ...


class RuleWatch:
    """Looks at a rulebook beside the loop, and hands over what it finds when a Beat has passed.

    ``adopt`` puts rules in force; ``spawn`` starts a task that ends with the collector.
    """

    def __init__(
        self,
        book: Rulebook,
        adopt: Callable[[tuple[AnyRule, ...]], None],
        health: _Health,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._book, self._adopt, self._health, self._spawn = book, adopt, health, spawn
        self._found: tuple[AnyRule, ...] | None = None
        self._looking = False
        self._refused = ""

    def beat(self, *, heartbeat: bool) -> None:
        """A Beat has been cut: take over what was found since the last; at a heartbeat, look again."""
        if self._found is not None:
            self._adopt(self._found)
            log.info("rules of alerts in force from here on: %d, from %s", len(self._found), self._book.source)
            self._found = None
        if heartbeat and not self._looking:
            self._looking = True
            self._spawn(self._look())

    async def _look(self) -> None:
        try:
            found = await asyncio.to_thread(self._book.changed)
        except SettingError as error:
            self._refuse(f"{error}. The rules in force stay; mend the file.")
        else:
            self._refused = ""
            self._found = found or self._found
            self._health.well("", KEY)
        finally:
            self._looking = False

    def _refuse(self, sentence: str) -> None:
        """To health each time, to the log when it is news."""
        self._health.trouble("", KEY, "rules", sentence)
        if sentence != self._refused:
            log.warning("%s", sentence)
        self._refused = sentence
