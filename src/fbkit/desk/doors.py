"""How a desk is come by: a database is opened, made, or begun to be filled."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from fbkit.desk.desk import Desk
from fbkit.errors import StoreMissing
from fbkit.ingest import CollectorHandle, code_stamp, ensure_collector, run_demo
from fbkit.runtime import database_url
from fbkit.settings import Settings, load_settings
from fbkit.store import open_store


def open(url: str | None = None, *, or_demo: bool = False, settings: Settings | None = None) -> Desk:  # noqa: A001 - the word users type
    """Open a database for reading: the given URL, else the one the settings name.

    With ``or_demo``, where nothing was collected yet, the demo is run once and opened instead.
    Raises :class:`~fbkit.errors.StoreMissing` when there is nothing to open.
    """
    settings = settings or load_settings(db=url)
    url = url or database_url(settings)
    try:
        return Desk(open_store(url), settings)
    except StoreMissing:
        if not or_demo:
            raise
        return demo(settings.seed)


def demo(seed: int = 7, instruments: int = 12) -> Desk:
    """The simulated market's last seconds of 2026-01-01 with the 48 h before them, made once and kept in home."""
    settings = load_settings(seed=seed, instruments=instruments, venues="sim")
    path = settings.home / "demo" / f"seed-{seed}-{instruments}-{code_stamp()}.db"
    url = f"sqlite:///{path.as_posix()}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            run_demo(f"sqlite:///{made.as_posix()}", settings)
            made.replace(path)
    return Desk(open_store(url), settings)


def collect(
    venues: str | list[str] | None = None, *, in_process: bool = False, settings: Settings | None = None, **given: Any
) -> CollectorHandle:
    """Collect in the background; calling again gives the collector that runs.

    ``venues``: ``"sim"`` (default), or names such as ``["binance"]``. Other settings by name (``instruments=30``).
    ``in_process=True`` runs it on a thread of this process instead of a child.
    """
    if isinstance(venues, list):
        venues = ",".join(venues)
    settings = settings or load_settings(venues=venues, **given)
    return ensure_collector(settings, in_process=in_process)
