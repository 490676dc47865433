"""What lies published in the workspace: reports and continuity files, as a reader finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from fbkit.clock import iso

_FACTS = "report.json"
_MOST_BYTES = 2 * 1024 * 1024


def report_runs(root: Path) -> list[dict[str, Any]]:
    """Every published report run, newest first: its name, folder, files, and the facts it was published with."""
    found = []
    for facts in sorted((root / "reports").glob(f"*/*/{_FACTS}"), key=lambda path: path.parent.name, reverse=True):
        folder = facts.parent
        found.append(
            {
                "report": folder.parent.name,
                "run": folder.name,
                "folder": folder.relative_to(root).as_posix(),
                "files": sorted(file.name for file in folder.iterdir() if file.is_file()),
                "facts": _content(facts),
            }
        )
    return found


def continuity_files(root: Path) -> list[dict[str, Any]]:
    """Each continuity file with what stands in it."""
    return [
        {
            "file": file.relative_to(root).as_posix(),
            "changed": iso(file.stat().st_mtime_ns),
            "content": _content(file),
        }
        for file in sorted((root / "continuity").glob("*.json"))
    ]


def _content(file: Path) -> Any:
    """The JSON of a file; ``None`` when it is torn or too big to be one of ours."""
    try:
        return msgspec.json.decode(file.read_bytes()) if file.stat().st_size <= _MOST_BYTES else None
    except (OSError, msgspec.DecodeError):
        return None
