"""The files that decide what fbkit does and says: notebooks, project files, locks, its own source, the last reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fbkit.continuity.hashing import FileHash, hash_file, real_file

_PROJECT = (
    "pyproject.toml",
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-uv.txt",
    "environment.yml",
    "dev.py",
)
_SOURCE = {".py", ".js", ".css", ".html", ".j2", ".json", ".yaml", ".ini", ".mako", ".ipynb"}
_REPORTS_KEPT = 5

#: The folder that holds the package: names of its files begin with ``fbkit/`` seen from here.
SOURCE_ROOT = Path(__file__).resolve().parents[2]


def key_files(workspace: Path) -> dict[str, FileHash]:
    """Hashes of notebooks, project files, locks and the newest reports, by their path from the workspace.

    A link is not followed and not listed. A database is not listed: it changes while it is read.
    """
    return {path.relative_to(workspace).as_posix(): hash_file(path) for path in _key_paths(workspace)}


def source_files() -> dict[str, FileHash]:
    """Hashes of fbkit's own files, by their path from the folder that holds the package.

    >>> "fbkit/continuity/files.py" in source_files()
    True
    """
    package = SOURCE_ROOT / "fbkit"
    found = (path for path in sorted(package.rglob("*")) if path.suffix in _SOURCE and real_file(path))
    return {path.relative_to(SOURCE_ROOT).as_posix(): hash_file(path) for path in found}


def _key_paths(workspace: Path) -> Iterator[Path]:
    yield from (path for path in (workspace / name for name in _PROJECT) if real_file(path))
    notebooks = workspace / "notebooks"
    if not notebooks.is_symlink():
        yield from (path for path in sorted(notebooks.glob("*.ipynb")) if real_file(path))
    for folder in _newest_reports(workspace / "reports"):
        yield from (path for path in sorted(folder.iterdir()) if real_file(path))


def _newest_reports(root: Path) -> list[Path]:
    """The newest published folders of each report; what failed or is under way is not one."""
    if root.is_symlink() or not root.is_dir():
        return []
    found: list[Path] = []
    for report in sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink()):
        if ".failed-" in report.name or report.name.startswith("."):
            continue
        dated = sorted(path for path in report.iterdir() if path.is_dir() and (path / "report.json").is_file())
        found += dated[-_REPORTS_KEPT:]
    return found
