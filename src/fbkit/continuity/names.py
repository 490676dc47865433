"""Names that become file names: phases, reports, snapshots. Checked before any path is made of them (FAULTS S4)."""

from __future__ import annotations

import re
from pathlib import Path

from fbkit.errors import SettingError

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}", re.ASCII)
#: Windows opens these as devices, whatever their extension.
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{kind}{n}" for kind in ("COM", "LPT") for n in range(1, 10))})
_ALLOWED = "1 to 64 of A-Z a-z 0-9 . _ -, not beginning or ending with a dot, no device name of Windows"


def safe_name(name: str, what: str) -> str:
    """The name itself, when it can be a file name everywhere; else :class:`~fbkit.errors.SettingError` (exit 2).

    >>> safe_name("burn-in", "phase")
    'burn-in'
    >>> safe_name("../x", "report")
    Traceback (most recent call last):
    ...
    fbkit.errors.SettingError: setting 'report': '../x' is not possible; allowed: 1 to 64 of A-Z a-z 0-9 . _ -, \
not beginning or ending with a dot, no device name of Windows
    """
    if not _NAME.fullmatch(name) or name.endswith(".") or name.partition(".")[0].upper() in _DEVICES:
        raise SettingError(what, name[:80], _ALLOWED)
    return name


def inside(root: Path, *parts: str) -> Path:
    """``root/parts…`` when no link on the way leads elsewhere; else :class:`~fbkit.errors.SettingError`.

    ``root`` itself may be reached by links: that is the user's choice of a place. What lies below it may not.
    """
    place = root.joinpath(*parts)
    if place.resolve() != root.resolve().joinpath(*parts):
        raise SettingError("path", str(place), f"a place inside {root}, not reached through links")
    return place
