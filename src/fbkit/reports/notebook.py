"""Which notebooks are reports: ``notebooks/9?_<name>_report.ipynb``, the workspace's before those that ship."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import msgspec

from fbkit.continuity.names import safe_name
from fbkit.errors import UnknownName
from fbkit.runtime import workspace
from fbkit.settings import Settings

_REPORT = re.compile(r"9\d_([A-Za-z0-9_-][A-Za-z0-9._-]{0,63})_report\.ipynb", re.ASCII)
_SIZE_CAP = 16 << 20


class Cell(msgspec.Struct):
    """A cell as nbformat 4 has it; what it left out is not needed here."""

    cell_type: str
    source: str | list[str]
    metadata: dict[str, object] = {}

    @property
    def text(self) -> str:
        """The source as one text."""
        return self.source if isinstance(self.source, str) else "".join(self.source)

    @property
    def tags(self) -> list[str]:
        """The cell's tags."""
        found = self.metadata.get("tags")
        return [str(tag) for tag in found] if isinstance(found, list) else []


class Notebook(msgspec.Struct):
    """The cells of a notebook."""

    cells: list[Cell]


def notebooks(settings: Settings) -> dict[str, Path]:
    """Every report that can be run, by name. Links are not followed."""
    found: dict[str, Path] = {}
    for folder in (packaged_notebooks(), workspace(settings) / "notebooks"):
        if folder.is_symlink():
            continue
        for path in sorted(folder.glob("9*_report.ipynb")):
            match = _REPORT.fullmatch(path.name)
            if match and path.is_file() and not path.is_symlink():
                found[match[1]] = path
    return found


def find_notebook(name: str, settings: Settings) -> Path:
    """The notebook of a report; :class:`~fbkit.errors.UnknownName` when there is none of that name."""
    safe_name(name, "report")
    found = notebooks(settings)
    if name not in found:
        raise UnknownName("report", name, difflib.get_close_matches(name, found) or sorted(found))
    return found[name]


def read_notebook(path: Path) -> Notebook:
    """The cells of a notebook file; :class:`~fbkit.errors.UnknownName` when it is none."""
    try:
        if path.stat().st_size > _SIZE_CAP:
            raise UnknownName("readable notebook", f"{path} (over {_SIZE_CAP >> 20} MiB)")
        return msgspec.json.decode(path.read_bytes(), type=Notebook)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise UnknownName("readable notebook", f"{path} ({error})") from error


def packaged_notebooks() -> Path:
    """The notebooks that ship with fbkit: in a wheel beside the code, in a checkout at the root of the repository."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_notebooks"
    return shipped if shipped.is_dir() else package.parents[1] / "notebooks"
