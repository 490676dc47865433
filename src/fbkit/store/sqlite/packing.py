"""Columns as bytes and back with no thought spent: how events lie until they are many enough for the codec.

Layouts of the same numbers, little-endian, a checksum behind. The tail is written as a pipeline packed it, else
column after column, as arrays come. Open chunks are written row after row, so that chunks are joined without being
looked at: there instruments take four bytes, members of enums one, all other numbers eight. Words lie behind the
numbers as msgpack.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.store.kinds import Field, Kind, to_array
from fbkit.store.log import Arrays, Damaged, join
from fbkit.store.packed import Run, read_run
from fbkit.store.wire import ARRAY32

_CHECK, _HEAD = 4, 2

#: Where the length of a head would stand: what follows was packed by a pipeline, today column by column, once event by
#: event.
_AS_PACKED, _BY_EVENT = b"\xff\xff", b"\0\0"

#: Events of rows that are joined before they are read, at most: whoever reads a column holds the interpreter.
_TOGETHER = 8_192


def _type_of(field: Field) -> str:
    if field.name == "instrument":
        return "<i4"
    return "<i1" if field.revive is not None else f"<{field.type}8"


@cache
def numbers_of(kind: Kind) -> np.dtype[np.void]:
    """The numbers of one event, row after row."""
    return np.dtype([(field.name, _type_of(field)) for field in kind.fields if field.type != "s"])


@cache
def words_of(kind: Kind) -> tuple[str, ...]:
    """The columns of words."""
    return tuple(field.name for field in kind.fields if field.type == "s")


class _Column(NamedTuple):
    """How a column of the tail lies: ``width`` bytes a number, added to ``base``; of width 0 all are ``base``."""

    width: int
    base: int


def pack_columns(kind: Kind, arrays: Arrays) -> bytes:
    """Column after column, whole numbers as far as they lie apart."""
    written = [_narrowed(arrays[name]) for name in numbers_of(kind).names or ()]
    head = msgspec.msgpack.encode([column for column, _ in written])
    numbers = [body for _, body in written]
    return _checked(len(head).to_bytes(_HEAD, "little"), head, *numbers, _words(kind, arrays))


def _narrowed(column: NDArray[Any]) -> tuple[_Column, bytes]:
    if column.dtype == np.float64:
        bits = column.view(np.int64)
        if bits[0] == bits[-1] and (bits == bits[0]).all():
            return _Column(0, int(bits[0])), b""
        return _Column(8, 0), column.tobytes()
    low = int(column.min())
    width = _width(int(column.max()) - low)
    if width == 8:
        return _Column(8, 0), column.tobytes()
    return _Column(width, low), (column - low).astype(f"<u{width}").tobytes() if width else b""


def _width(apart: int) -> int:
    return next(width for width in (0, 1, 2, 4, 8) if apart < 1 << 8 * width)


def known_as(numbers: NDArray[np.int64]) -> bytes:
    """What a packer's numbers of instruments stand for here, as the head of the runs it packed."""
    return b"".join([_AS_PACKED, len(numbers).to_bytes(4, "little"), numbers.astype("<i4").tobytes()])


def keep_run(run: Run, known: bytes) -> bytes:
    """A run as it was packed, behind :func:`known_as` and its columns' lengths."""
    lengths = struct.pack("<" + "i" * len(run.columns), *map(len, run.columns))
    return _checked(known, lengths, *run.columns)


class _Packed(NamedTuple):
    """A row of the tail as a pipeline packed it: what its packer's numbers stand for here, and the rest."""

    known: bytes
    n: int
    rest: memoryview


def _packed(n: int, body: memoryview) -> _Packed:
    start = _HEAD + 4
    end = start + 4 * int.from_bytes(body[_HEAD:start], "little")
    return _Packed(bytes(body[start:end]), n, body[end:])


def _unpack_runs(kind: Kind, rows: Sequence[_Packed]) -> Arrays:
    """Rows of one packer as one run of columns: of small ones each would cost more than what is in it."""
    numbers = np.frombuffer(rows[0].known, "<i4").astype(np.int64)
    try:
        columns = zip(*(_columns_of(kind, row.rest) for row in rows), strict=True)
        joined = [parts[0] if len(parts) == 1 else b"".join(parts) for parts in columns]
        return read_run(kind, sum(row.n for row in rows), joined, numbers)
    except (msgspec.DecodeError, ValueError) as error:
        raise Damaged(f"a row of the tail cannot be read ({error})") from error


def _columns_of(kind: Kind, rest: memoryview) -> list[memoryview]:
    width = len(kind.fields)
    ends = accumulate(struct.unpack_from("<" + "i" * width, rest), initial=4 * width)
    return [rest[start:end] for start, end in pairwise(ends)]


def _unpack_events(kind: Kind, row: _Packed) -> Arrays:
    """As runs were packed at first: the values of one event behind those of another."""
    width = len(kind.fields)
    try:
        flat = msgspec.msgpack.decode(ARRAY32 + (row.n * width).to_bytes(4, "big") + row.rest)
    except msgspec.DecodeError as error:
        raise Damaged(f"a row of the tail cannot be read ({error})") from error
    arrays = {field.name: to_array(field, flat[place::width]) for place, field in enumerate(kind.fields)}
    arrays["instrument"] = np.frombuffer(row.known, "<i4").astype(np.int64)[arrays["instrument"]]
    return arrays


def unpack_rows(kind: Kind, rows: Iterable[tuple[int, bytes]]) -> Arrays:
    """The columns of rows of the tail (``n`` and bytes of each), one behind the other. Raises :class:`Damaged`."""
    parts: list[Arrays] = []
    alike: list[_Packed] = []
    for n, data in rows:
        body = _body(data)
        row = _packed(n, body) if body[:_HEAD] == _AS_PACKED else None
        if alike and (row is None or row.known != alike[0].known or sum(one.n for one in alike) + n > _TOGETHER):
            parts.append(_unpack_runs(kind, alike))
            alike = []
        if row is None:
            parts.append(_unpack_row(kind, n, body))
        else:
            alike.append(row)
    if alike:
        parts.append(_unpack_runs(kind, alike))
    return join(kind, parts)


def unpack_columns(kind: Kind, n: int, data: bytes) -> Arrays:
    """The columns again. Raises :class:`~fbkit.store.log.Damaged`."""
    return unpack_rows(kind, [(n, data)])


def _unpack_row(kind: Kind, n: int, body: memoryview) -> Arrays:
    if body[:_HEAD] == _BY_EVENT:
        return _unpack_events(kind, _packed(n, body))
    at = _HEAD + int.from_bytes(body[:_HEAD], "little")
    heads = msgspec.msgpack.decode(body[_HEAD:at], type=list[_Column])
    found: Arrays = {}
    for (width, base), field in zip(heads, (field for field in kind.fields if field.type != "s"), strict=True):
        found[field.name] = _widened(width, base, np.frombuffer(body, f"<u{width or 1}", n if width else 0, at), n)
        at += n * width
        if field.type == "f":
            found[field.name] = found[field.name].view(np.float64)
    return _whole(kind, found, body[at:], n)


def _widened(width: int, base: int, numbers: NDArray[Any], n: int) -> NDArray[Any]:
    if width == 8:
        return numbers.view(np.int64)
    return numbers.astype(np.int64) + base if width else np.full(n, base, dtype=np.int64)


def to_records(kind: Kind, arrays: Arrays) -> np.ndarray[Any, np.dtype[np.void]]:
    """The numbers row after row."""
    types = numbers_of(kind)
    records = np.empty(len(arrays["seq"]), types)
    for name in types.names or ():
        records[name] = arrays[name]
    return records


def as_bytes(records: np.ndarray[Any, np.dtype[np.void]]) -> NDArray[np.uint8]:
    """A line of bytes for each: numpy would move records field by field, ten times slower and under the lock."""
    return records.view(np.uint8).reshape(len(records), -1)


def pack_records(kind: Kind, records: NDArray[np.uint8], arrays: Arrays) -> bytes:
    """Rows of :func:`as_bytes`, and their words out of ``arrays`` of the same rows."""
    return _checked(records.data, _words(kind, arrays))


def join_records(kind: Kind, sizes: Sequence[int], blobs: Sequence[bytes]) -> bytes:
    """Blobs of rows as one; no number is looked at."""
    return _checked(*_joined(kind, sizes, blobs))


def _joined(kind: Kind, sizes: Sequence[int], blobs: Sequence[bytes]) -> list[bytes | memoryview]:
    """The numbers of every blob, and behind them the words of all."""
    bodies = [_body(blob) for blob in blobs]
    if not words_of(kind):
        return [*bodies]
    width = numbers_of(kind).itemsize
    ends = [n * width for n in sizes]
    words = [_read_words(body[end:]) for body, end in zip(bodies, ends, strict=True)]
    joined = [[word for part in parts for word in part] for parts in zip(*words, strict=True)]
    numbers = [body[:end] for body, end in zip(bodies, ends, strict=True)]
    return [*numbers, msgspec.msgpack.encode(joined)]


def unpack_records(kind: Kind, sizes: Sequence[int], blobs: Sequence[bytes]) -> Arrays:
    """The columns of blobs of rows, one behind the other."""
    n = sum(sizes)
    body = _body(blobs[0]) if len(blobs) == 1 else memoryview(b"".join(_joined(kind, sizes, blobs)))
    types = numbers_of(kind)
    if len(body) < n * types.itemsize:
        raise Damaged("a chunk cannot be read (it is too short)")
    records = np.frombuffer(body, types, n)
    return _whole(kind, {name: records[name] for name in types.names or ()}, body[n * types.itemsize :], n)


def _whole(kind: Kind, numbers: Arrays, rest: memoryview, n: int) -> Arrays:
    """All columns in their order and as wide as they are in memory."""
    words = dict(zip(words_of(kind), _read_words(rest), strict=True)) if words_of(kind) else {}
    arrays: Arrays = {}
    for field in kind.fields:
        if field.type == "s":
            arrays[field.name] = column = np.empty(n, dtype=object)
            column[:] = words[field.name]
        else:
            arrays[field.name] = numbers[field.name].astype(np.float64 if field.type == "f" else np.int64, copy=False)
    return arrays


def _words(kind: Kind, arrays: Arrays) -> bytes:
    names = words_of(kind)
    return msgspec.msgpack.encode([arrays[name].tolist() for name in names]) if names else b""


def _read_words(rest: memoryview) -> list[list[str]]:
    try:
        return msgspec.msgpack.decode(rest, type=list[list[str]])
    except msgspec.DecodeError as error:
        raise Damaged(f"a chunk cannot be read ({error})") from error


def _checked(*parts: bytes | memoryview) -> bytes:
    """Parts as one body with its checksum behind, copied once."""
    check = 0
    for part in parts:
        check = zlib.crc32(part, check)
    return b"".join([*parts, check.to_bytes(_CHECK, "little")])


def _body(data: bytes) -> memoryview:
    body = memoryview(data)[:-_CHECK]
    if len(data) < _CHECK or zlib.crc32(body).to_bytes(_CHECK, "little") != data[-_CHECK:]:
        raise Damaged("a chunk cannot be read (its checksum differs)")
    return body
