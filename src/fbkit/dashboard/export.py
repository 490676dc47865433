"""What a tab shows, as a file: CSV always, Parquet with the extra ``parquet``. Each says whose market it is."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from fbkit.clock import iso
from fbkit.dashboard.scene import Scene

if TYPE_CHECKING:
    import pandas as pd


def formats() -> list[str]:
    """The formats this installation writes.

    >>> "csv" in formats()
    True
    """
    return ["csv", "parquet"] if find_spec("duckdb") else ["csv"]


def file_of(frame: pd.DataFrame, scene: Scene, title: str, kind: str) -> tuple[str, bytes]:
    """A name and the bytes of a frame; ``kind`` is one of :func:`formats`."""
    stamp = iso(scene.now)[:19].replace(":", "").replace("-", "")
    market = scene.market.value.lower() if scene.market is not None else "unknown"
    name = f"fbkit-{title.lower().replace(' ', '-')}-{market}-{stamp}Z.{kind}"
    return name, _csv(frame, scene, title) if kind == "csv" else _parquet(frame, scene)


def _csv(frame: pd.DataFrame, scene: Scene, title: str) -> bytes:
    # One line of origin behind a "#": pandas.read_csv(path, comment="#") and every spreadsheet read on below it.
    head = f"# fbkit, {title}, {scene.told}, as of {iso(scene.now)} UTC\n"
    return (head + frame.to_csv(lineterminator="\n")).encode()


def _parquet(frame: pd.DataFrame, scene: Scene) -> bytes:
    from fbkit.store.archive.export import as_parquet  # it brings pandas along, and live numbers do not wait for that

    return as_parquet(frame.reset_index().assign(market=scene.told))
