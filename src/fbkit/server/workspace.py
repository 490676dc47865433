"""The notebooks of the package, copied to where a user may change them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fbkit.errors import ServerError
from fbkit.runtime import workspace, write_atomic
from fbkit.settings import Settings


def shipped_notebooks() -> Path:
    """The folder the notebooks come from: inside an installed package, else ``notebooks/`` of the repository."""
    package = Path(str(resources.files("fbkit")))
    for folder in (package / "_notebooks", package.parents[1] / "notebooks"):
        if folder.is_dir():
            return folder
    raise ServerError(f"no notebooks beside {package}; install fbkit again")


def ensure_notebooks(settings: Settings) -> list[Path]:
    """Copy what is missing into ``<workspace>/notebooks``; what is there stays as it is. Returns what was copied."""
    source, target = shipped_notebooks(), workspace(settings) / "notebooks"
    if target.resolve() == source.resolve():
        return []
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for notebook in sorted(source.glob("*.ipynb")):
        place = target / notebook.name
        if not place.exists():
            write_atomic(place, notebook.read_bytes())
            copied.append(place)
    return copied
