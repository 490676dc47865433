"""How a desk is come by: a database is opened, made, or begun to be filled."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fbkit.desk.desk import Desk
from fbkit.desk.displays import register
from fbkit.errors import StoreMissing
from fbkit.ingest import CollectorHandle, code_stamp, ensure_collector, run_demo
from fbkit.runtime import database_url
from fbkit.settings import Settings, load_settings
from fbkit.store import open_store

#: Venues of the market that is made where nothing was collected: enough to compare.
STUDIED = "binance,bybit,okx"


def open(  # noqa: A001 - the word users type
    url: str | None = None, *, or_demo: bool = False, settings: Settings | None = None, **asked: Any
) -> Desk:
    """Open a database for reading: the given URL, else the one the settings name.

    With ``or_demo``, where nothing was collected yet, the demo is run once and opened instead: SIMULATED, and saying
    so. It is of eight instruments at three venues, unless ``asked`` says what else :func:`demo` is asked for.
    Raises :class:`~fbkit.errors.StoreMissing` when there is nothing to open.
    """
    settings = settings or load_settings(db=url)
    url = url or database_url(settings)
    try:
        return _desk(url, settings)
    except StoreMissing:
        if not or_demo:
            raise
        usual: dict[str, Any] = {"seed": settings.seed, "instruments": 8, "venues": STUDIED}
        return demo(**usual | asked)


def demo(seed: int = 7, instruments: int = 12, *, venues: Sequence[str] | str = "binance", seconds: int = 20) -> Desk:
    """The simulated market from 2026-01-01 23:59:45 UTC on with the 48 h before it, made once and kept in home.

    ``instruments`` of each of ``venues``, so many simulated ``seconds``. An alert is judged by what followed it, so
    that a scorecard wants half an hour of them.
    """
    names = tuple(venues.split(",") if isinstance(venues, str) else venues)
    settings = load_settings(seed=seed, instruments=instruments, venues=f"sim:{','.join(names)}")
    asked = f"{seed}-{instruments}-{'-'.join(names)}-{seconds}-{settings.backfill_hours}"
    path = settings.home / "demo" / f"seed-{asked}-{code_stamp()}.db"
    url = f"sqlite:///{path.as_posix()}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            run_demo(f"sqlite:///{made.as_posix()}", settings, seconds=seconds, venues=names)
            made.replace(path)
    return _desk(url, settings)


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
    register()
    return ensure_collector(settings, in_process=in_process)


def _desk(url: str, settings: Settings) -> Desk:
    """A desk, whose frames a notebook will show as what they are."""
    register()
    return Desk(open_store(url), settings)
