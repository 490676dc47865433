"""The machine and the versions, as facts for files and reports. No host name, no user name, no environment."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from fbkit import __version__
from fbkit.store.sqlite.driver import library

_PACKAGES = (
    "numpy",
    "pandas",
    "sqlalchemy",
    "msgspec",
    "jupyterlab",
    "jupyter_server",
    "ipykernel",
    "voila",
    "papermill",
    "nbconvert",
    "plotly",
    "anywidget",
    "picows",
    "websockets",
)


@cache
def versions() -> dict[str, str]:
    """Versions of everything a number may depend on; ``not installed`` where there is none.

    >>> versions()["fbkit"] == __version__
    True
    """
    found = {
        "fbkit": __version__,
        "python": platform.python_version(),
        "sqlite": f"{library().sqlite_version} ({library().__name__.partition('.')[0]})",
    }
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def system(home: Path) -> dict[str, Any]:
    """Operating system, processors, memory and the disk that holds ``home``; sizes in bytes.

    >>> sorted(system(Path(".")))[:3]
    ['architecture', 'cpu_count', 'disk_free_bytes']
    """
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(_existing(home))
    return {
        "os": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "cpu_count": psutil.cpu_count() or 0,
        "memory_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "disk_total_bytes": disk.total,
        "disk_free_bytes": disk.free,
    }


def _existing(path: Path) -> Path:
    """The nearest folder upward that exists."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
