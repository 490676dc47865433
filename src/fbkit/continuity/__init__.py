"""What state the whole thing is in, kept and published: phases, snapshots, files with hashes.

The names are imported when they are first asked for: a report's own process and ``fbkit --help`` need few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fbkit.continuity.phase import Phase, phase_log, set_phase, show_phase
    from fbkit.continuity.snapshot import Snapshot, read_state, take_snapshot

_PLACES = {
    "Phase": "fbkit.continuity.phase",
    "phase_log": "fbkit.continuity.phase",
    "set_phase": "fbkit.continuity.phase",
    "show_phase": "fbkit.continuity.phase",
    "Snapshot": "fbkit.continuity.snapshot",
    "read_state": "fbkit.continuity.snapshot",
    "take_snapshot": "fbkit.continuity.snapshot",
}

__all__ = [
    "Phase",
    "Snapshot",
    "phase_log",
    "read_state",
    "set_phase",
    "show_phase",
    "take_snapshot",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
