"""A server for others than this machine: what that takes, and what it means."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fbkit.errors import SettingError
from fbkit.settings import Settings

#: What a server says that others can reach.
IN_THE_CLEAR = "it speaks plain HTTP, so put a proxy with TLS before it, or the token is read on the way"

_FILE = "fbkit.toml"


def check_public(settings: Settings) -> None:
    """Raise :class:`~fbkit.errors.SettingError` (exit 2) where the server may not be for others.

    It takes a token that somebody chose, from the environment or from a file that its owner alone reads: one made anew
    at each start would be handed round, and one that others can read is none.
    """
    if settings.token is None or not settings.token.get_secret_value():
        raise SettingError("public", "on", f"with a token alone: set FBKIT_TOKEN, or token in {_FILE}; {IN_THE_CLEAR}")
    path = settings.home / _FILE
    if "FBKIT_TOKEN" not in os.environ and _read_by_others(path):
        raise SettingError("public", "on", f"with a token that its owner alone reads: chmod 600 {path}")


def _read_by_others(path: Path) -> bool:
    if os.name != "posix" or not path.is_file():
        return False
    return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))
