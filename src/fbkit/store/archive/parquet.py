"""Events of one kind as a Parquet file, and back to the same bits.

Columns have their units in their names, as frames have; what is missing is ``NULL``. ``instrument`` is a word, and
``instrument_id`` its number in the database the file belongs to. Rows lie by (instrument, ``seq``), so that one
instrument is a stretch of the file and its neighbours compress well.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fbkit.store.archive.duck import connect, cursor
from fbkit.store.columns import spelled
from fbkit.store.kinds import MISSING, Field, Kind
from fbkit.store.log import Arrays, picked

_ROW_GROUP = 122_880
_FORMAT = f"FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, ROW_GROUP_SIZE {_ROW_GROUP}"

#: Words of SQL for a missing value, by the type of a column. (−2⁶³ cannot be written as one number.)
_ABSENT = {"f": "'NaN'::DOUBLE", "i": f"({MISSING + 1} - 1)"}


class Written(NamedTuple):
    """A file as it lies on the disk."""

    bytes: int
    sha256: str


class Within(NamedTuple):
    """Which rows of files are wanted: of one instrument, with ``ts_event`` in ``[since, until)``."""

    instrument: int | None = None
    since: int | None = None
    until: int | None = None


EVERYWHERE = Within()


def by_instrument(arrays: Arrays) -> Arrays:
    """The order of a file: by instrument, then by ``seq``."""
    return picked(arrays, np.lexsort((arrays["seq"], arrays["instrument"])))


def write(path: Path, kind: Kind, arrays: Arrays, names: Mapping[int, str]) -> Written:
    """Write a new file and see it on the disk. ``arrays`` are in the order of :func:`by_instrument`."""
    with connect("writing Parquet") as duck:
        duck.register("given", given_to_duck(kind, arrays, names))
        place = quoted(path.as_posix(), mark="'")
        duck.execute(f"COPY (SELECT {for_files(kind)} FROM given) TO {place} ({_FORMAT})")  # noqa: S608 - names of ours, quoted
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path.stat().st_size, digest)


def read(paths: Sequence[Path], kind: Kind, within: Within = EVERYWHERE) -> Arrays:
    """The rows of files as arrays, in the files' own order, one file behind the other."""
    conditions, given = ["TRUE"], []
    for condition, value in zip(("instrument_id = ?", "ts_event >= ?", "ts_event < ?"), within, strict=True):
        if value is not None:
            conditions.append(condition)
            given.append(value)
    where = " AND ".join(conditions)
    query = f"SELECT {_from_file(kind)} FROM read_parquet(?) WHERE {where}"  # noqa: S608 - names of ours, values bound
    with cursor("reading Parquet") as duck:
        found = duck.execute(query, [[path.as_posix() for path in paths], *given]).fetchnumpy()
    return {field.name: _array(field, found[field.name]) for field in kind.fields}


def same_bits(one: Arrays, other: Arrays) -> bool:
    """Whether two sets of columns hold the same rows in the same order, bit by bit."""
    return all(_same(one[name], other[name]) for name in one)


def _same(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    if object in (one.dtype, other.dtype):
        return bool(one.tolist() == other.tolist())
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


def column(field: Field) -> str:
    """A field's name in files and frames: with its unit.

    >>> from fbkit.store.kinds import get_kind
    >>> [column(field) for field in get_kind("trade").fields[4:6]]
    ['price_usd', 'size_base']
    """
    return f"{field.name}_{field.unit}" if field.unit else field.name


def quoted(name: str, mark: str = '"') -> str:
    """A name (or, with ``'``, a text) as SQL has it, whatever is in it.

    >>> quoted('a"b')
    '"a""b"'
    """
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def given_to_duck(kind: Kind, arrays: Arrays, names: Mapping[int, str]) -> dict[str, Any]:
    """Arrays as DuckDB takes them: ``words`` of the instruments, and ``c0 c1 …`` in the order of the kind."""
    given: dict[str, Any] = {"words": spelled(arrays["instrument"], dict(names))}
    return given | {f"c{place}": arrays[field.name] for place, field in enumerate(kind.fields)}


@cache
def for_files(kind: Kind) -> str:
    """What to select of :func:`given_to_duck`: the columns of a file, what is missing as ``NULL``."""
    columns = ["words::VARCHAR AS instrument", "c0 AS instrument_id"]
    for place, field in enumerate(kind.fields[1:], 1):
        absent = _ABSENT.get(field.type)
        value = f"nullif(c{place}, {absent})" if absent else f"c{place}::VARCHAR"  # of no rows, DuckDB would not know
        columns.append(f"{value} AS {quoted(column(field))}")
    return ", ".join(columns)


@cache
def _from_file(kind: Kind) -> str:
    columns = ["instrument_id AS instrument"]
    for field in kind.fields[1:]:
        absent = _ABSENT.get(field.type)
        name = quoted(column(field))
        columns.append(f"{f'coalesce({name}, {absent})' if absent else name} AS {quoted(field.name)}")
    return ", ".join(columns)


def _array(field: Field, found: Any) -> np.ndarray[Any, Any]:
    types: dict[str, Any] = {"f": np.float64, "i": np.int64, "s": object}
    return np.ascontiguousarray(found, dtype=types[field.type])
