"""Columns of numbers and words as few bytes, and back to the same bits. Pure: arrays in, bytes out.

A float column is looked for as the decimals it came from: integers over a power of ten, with at most one conversion
(``÷ 1000`` of a 1000-prefix contract, ``× 0.01`` of a contract size). Integers are scaled, differenced, zigzagged and
written as byte planes, all low bytes first; zstd takes the rest. What was written is read again and compared bit by
bit; a column that differs is stored as it is. A column that follows another (:data:`_FOLLOWS`) is written as what is
left of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from fbkit.store.log import Damaged
from fbkit.store.sqlite.decimals import converted, find_decimals

Array = NDArray[Any]
Ints = NDArray[np.int64]


_MISSING = -(2**63)
_SCALES = (60_000_000_000, 1_000_000_000, 1_000_000, 1_000)
_LEVEL = 3

#: Columns that often follow another: an instant of receipt the event's, a venue's running number ours.
_FOLLOWS = {"ts_recv": "ts_event", "venue_id": "seq"}
#: Values that are looked at to choose how all are written.
_SAMPLE = 256
#: As they are, differenced once, differenced twice.
_ORDERS = 3


class _Header(msgspec.Struct, array_like=True):
    """How one column was written; the planes follow in order of the columns."""

    type: str
    n: int  # numbers in the planes: those not missing, less what differencing took
    mask: int = 0  # bytes of the bitmap of present values; 0: all are there
    raw: bool = False
    order: int = 0  # how often it was differenced
    first: tuple[int, ...] = ()  # what differencing took away
    scale: int = 1
    width: int = 0  # byte planes
    decimals: int = 0
    by: float = 1.0  # the one conversion
    multiply: bool = False
    words: tuple[str, ...] = ()
    against: str = ""  # the column whose values were taken away first


def encode(columns: Mapping[str, Array]) -> bytes:
    """Columns of one length as a blob: float64 (NaN where missing), int64 (−2**63 where missing) or object of ``str``.

    >>> blob = encode({"price": np.array([61700.1, 61700.2]), "n": np.array([1, 2])})
    >>> decode(blob)["price"].tolist()
    [61700.1, 61700.2]
    """
    written = {name: _encode_beside(name, column, columns) for name, column in columns.items()}
    for name, (header, body) in written.items():
        found = _decode_column(header, body, len(columns[name]))
        if header.against:
            found += columns[header.against]
        if not _same(found, columns[name]):
            written[name] = _raw(columns[name])
    rows = len(next(iter(columns.values()))) if columns else 0
    heads = msgspec.msgpack.encode([rows, {name: header for name, (header, _) in written.items()}])
    body = b"".join([len(heads).to_bytes(4, "little"), heads, *(body for _, body in written.values())])
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(body)


def decode(blob: bytes) -> dict[str, Array]:
    """The columns of a blob. Raises :class:`Damaged`."""
    whole = _inflate(blob)
    at = 4 + int.from_bytes(whole[:4], "little")
    rows, heads = msgspec.msgpack.decode(memoryview(whole)[4:at], type=tuple[int, dict[str, _Header]])
    columns = {}
    for name, header in heads.items():
        end = at + _bytes_of(header)
        columns[name] = _decode_column(header, memoryview(whole)[at:end], rows)
        at = end
    for name, header in heads.items():
        if header.against:
            columns[name] += columns[header.against]
    return columns


def encode_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows as a blob, quickly: for the few of one minute, which are soon merged and then encoded as columns.

    >>> decode_rows(encode_rows([(1, 0.5, None)]), 1)
    [[1, 0.5, None]]
    """
    packed = msgspec.msgpack.encode(rows)
    return _quickly(packed[_head_bytes(len(rows)) :])


def decode_rows(blob: bytes, n: int) -> list[list[Any]]:
    """The ``n`` rows of a blob. Raises :class:`Damaged`."""
    try:
        rows: list[list[Any]] = msgspec.msgpack.decode(_ARRAY32 + n.to_bytes(4, "big") + _inflate(blob))
    except msgspec.DecodeError as error:
        raise Damaged(f"a chunk cannot be read ({error})") from error
    return rows


#: msgpack's mark of an array whose length takes four bytes.
_ARRAY32 = b"\xdd"


def _head_bytes(n: int) -> int:
    """How long msgpack's head of an array of ``n`` is: left out, so that blobs can be joined."""
    return 1 if n < 16 else 3 if n < 65_536 else 5


def _quickly(packed: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(packed)


def _inflate(blob: bytes) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(blob)
    except zstandard.ZstdError as error:
        raise Damaged(f"a chunk cannot be read ({error})") from error


def _bytes_of(header: _Header) -> int:
    return header.mask + header.n * (8 if header.raw else header.width)


def _same(one: Array, other: Array) -> bool:
    if other.dtype == object:
        return bool(np.array_equal(one, other))
    return bool(np.array_equal(one.view(np.int64), other.view(np.int64)))


def _encode_beside(name: str, column: Array, columns: Mapping[str, Array]) -> tuple[_Header, bytes]:
    """A column, less the one it follows where that leaves less; sums and differences wrap around alike."""
    other = columns.get(_FOLLOWS.get(name, ""))
    if other is not None and len(column) > 1:
        rest = column - other
        cost, order = _least(rest)
        if cost < _least(column)[0]:
            header, body = _encode_ints(rest, order)
            header.against = _FOLLOWS[name]
            return header, body
    return _encode_column(column)


def _encode_column(column: Array) -> tuple[_Header, bytes]:
    if column.dtype == object:
        return _encode_words(column)
    kind = "f" if column.dtype == np.float64 else "i"
    present = ~np.isnan(column) if kind == "f" else column != _MISSING
    mask = b""
    if not present.all():
        mask = np.packbits(present).tobytes()
        column = column[present]
    if kind == "i":
        header, body = _encode_ints(column)
    else:
        found = find_decimals(column)
        if found is None:
            header, body = _raw(column)
        else:
            header, body = _encode_ints(found.ints)
            header.decimals, header.by, header.multiply = found.decimals, found.by, found.multiply
    header.type, header.mask = kind, len(mask)
    return header, mask + body


def _encode_words(column: Array) -> tuple[_Header, bytes]:
    words = tuple(dict.fromkeys(column.tolist()))
    places = {word: place for place, word in enumerate(words)}
    header, body = _encode_ints(np.array([places[word] for word in column.tolist()], dtype=np.int64))
    header.type, header.words = "s", words
    return header, body


def _raw(column: Array) -> tuple[_Header, bytes]:
    """Bytes as they are in memory, little-endian, in planes."""
    kind = "f" if column.dtype == np.float64 else "i"
    return _Header(kind, len(column), raw=True), _planes(column.view(np.uint64), 8)


def _encode_ints(column: Ints, order: int | None = None) -> tuple[_Header, bytes]:
    if len(column) and column[0] == column[-1] and (column == column[0]).all():
        return _Header("i", len(column), first=(int(column[0]),)), b""
    scale = next((scale for scale in _SCALES if _divides(scale, column)), 1)
    values = column // scale if scale > 1 else column
    if order is None:
        order = _least(values)[1]
    first: tuple[int, ...] = ()
    for _ in range(order):
        first = (*first, int(values[0]))
        values = values[1:] - values[:-1]
    if order == 0:
        low, unsigned = _based(values)
        first = (low,)
    else:
        unsigned = _zigzag(values)
    width = (int(unsigned.max()).bit_length() + 7) // 8 if len(unsigned) else 0
    header = _Header("i", len(unsigned), order=order, first=first, scale=scale, width=width)
    return header, _planes(unsigned, width)


def _least(values: Ints) -> tuple[float, int]:
    """About how many bits a value needs, and how often it is differenced for that; judged by a stretch of them."""
    start = max(0, len(values) // 2 - _SAMPLE // 2)
    some = values[start : start + _SAMPLE]
    if not len(some):
        return 0.0, 0
    steps = [some]
    while len(steps) < _ORDERS and len(steps[-1]) > 1:
        steps.append(steps[-1][1:] - steps[-1][:-1])
    # All at once: so few values cost what the calls cost.
    sizes = np.concatenate([_based(some)[1], _zigzag(np.concatenate(steps)[len(some) :])])
    lengths = [len(step) for step in steps]
    sums = np.add.reduceat(np.log2(sizes.astype(np.float64) + 1.0), [0, *accumulate(lengths[:-1])]).tolist()
    return min((bits / n, order) for order, (bits, n) in enumerate(zip(sums, lengths, strict=True)))


def _divides(scale: int, column: Ints) -> bool:
    # The first value alone settles it for most columns.
    return bool(len(column)) and not column[0] % scale and not (column % scale).any()


def _based(values: Ints) -> tuple[int, NDArray[np.uint64]]:
    low = int(values.min()) if len(values) else 0
    return low, (values - np.int64(low)).view(np.uint64)


def _zigzag(values: Ints) -> NDArray[np.uint64]:
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def _unzigzag(values: NDArray[np.uint64]) -> Ints:
    return (values >> np.uint64(1)).view(np.int64) ^ -(values & np.uint64(1)).view(np.int64)


def _planes(unsigned: NDArray[np.uint64], width: int) -> bytes:
    if not width:
        return b""
    return np.ascontiguousarray(unsigned.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T).tobytes()


def _from_planes(body: memoryview | bytes, n: int, width: int) -> NDArray[np.uint64]:
    planes = np.frombuffer(body, np.uint8, n * width).reshape(width, n)
    # Shifting whole planes is several times quicker than scattering their bytes.
    values = planes[0].astype(np.uint64) if width else np.zeros(n, dtype=np.uint64)
    for place in range(1, width):
        values |= planes[place].astype(np.uint64) << np.uint64(8 * place)
    return values


def _decode_column(header: _Header, body: memoryview | bytes, rows: int) -> Array:
    numbers = memoryview(body)[header.mask :]
    column: Array
    if header.raw:
        column = _from_planes(numbers, header.n, 8).view(np.float64 if header.type == "f" else np.int64)
    else:
        column = _decode_ints(header, numbers)
    if header.type == "s":
        return _spelled(header.words, column)
    if header.type == "f" and not header.raw:
        column = converted(column.astype(np.float64), header.decimals, header.by, multiply=header.multiply)
    if not header.mask:
        return column
    present = np.unpackbits(np.frombuffer(body, np.uint8, header.mask), count=rows).view(bool)
    whole: Array = np.full(rows, np.nan if header.type == "f" else _MISSING, dtype=column.dtype)
    whole[present] = column
    return whole


def _spelled(words: tuple[str, ...], places: Ints) -> Array:
    dictionary = np.empty(len(words), dtype=object)
    dictionary[:] = words
    return dictionary[places]


def _decode_ints(header: _Header, body: memoryview) -> Ints:
    unsigned = _from_planes(body, header.n, header.width)
    if header.order == 0:
        values = unsigned.view(np.int64) + np.int64(header.first[0])
    else:
        values = _unzigzag(unsigned)
        for first in reversed(header.first):
            whole = np.empty(len(values) + 1, dtype=np.int64)
            whole[0] = first
            np.cumsum(values, out=whole[1:])
            whole[1:] += first
            values = whole
    return values * np.int64(header.scale) if header.scale > 1 else values
