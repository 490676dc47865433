"""A table as a file for other programs: CSV, or Parquet where DuckDB is installed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fbkit.errors import SettingError
from fbkit.store.archive import duck
from fbkit.store.archive.parquet import quoted
from fbkit.store.archive.sql import EVENTS, Narrow, load_events
from fbkit.store.frames import to_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fbkit.store.reader import Store

FORMATS = ("csv", "parquet")


def export(store: Store, table: str, to: Path, narrow: Narrow) -> int:
    """Write a table's rows, with units in the column names; returns how many. The file is there whole or not at all."""
    ways = {".csv": _to_csv, ".parquet": _to_parquet}
    if to.suffix.lower() not in ways:
        raise SettingError("--to", str(to), "a name that ends in .csv or .parquet")
    apart = to.with_name(f".{to.name}.part")
    try:
        rows = ways[to.suffix.lower()](store, table, apart, narrow)
        apart.replace(to)
    finally:
        apart.unlink(missing_ok=True)
    return rows


def as_parquet(frame: pd.DataFrame) -> bytes:
    """A small frame as the bytes of a Parquet file; needs the extra ``parquet``."""
    with tempfile.TemporaryDirectory(prefix="fbkit-export-") as folder:
        to = Path(folder) / "shown.parquet"
        place = quoted(to.as_posix(), mark="'")
        with duck.connect("export to Parquet") as connection:
            connection.register("given", frame)
            connection.execute(f"COPY given TO {place} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2)")
        return to.read_bytes()


def frames(store: Store, table: str, narrow: Narrow) -> Iterator[pd.DataFrame]:
    """A table in frames of a bounded size, at least one."""
    kind = EVENTS.get(table)
    if kind is None:
        yield store.rows(table, instrument=narrow.instrument, span=narrow.span)
        return
    yield to_frame(kind, kind.arrays(()), {})
    for arrays, names in store.tiers.stretches(kind, narrow.instrument, narrow.span):
        yield to_frame(kind, arrays, dict(names))


def _to_csv(store: Store, table: str, to: Path, narrow: Narrow) -> int:
    rows = 0
    with to.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames(store, table, narrow)):
            # pandas writes a float as the shortest text that is read back to the same bits.
            frame.to_csv(file, header=number == 0, index=frame.index.name == "time", lineterminator="\n")
            rows += len(frame)
    return rows


def _to_parquet(store: Store, table: str, to: Path, narrow: Narrow) -> int:
    place = quoted(to.as_posix(), mark="'")
    with duck.connect("export to Parquet", temp_directory=to.with_suffix(".tmp").as_posix()) as connection:
        if table in EVENTS:
            load_events(connection, store, EVENTS[table], narrow)
        else:
            (frame,) = frames(store, table, narrow)
            connection.register("given", frame.reset_index(drop=frame.index.name != "time"))
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM given")  # noqa: S608 - one of our own names
        connection.execute(f"COPY {table} TO {place} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2)")
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 - as above
        return int(rows)
