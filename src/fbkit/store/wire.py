"""One column of values as msgpack, and back: written without a look at any object, read without making one.

msgpack writes a list of numbers several times quicker than numpy looks at them. Floats take nine bytes each, and so do
instants; where all marks of a column are alike its numbers are read where they lie. Only a column of numbers of
different widths, or of words, is decoded value by value.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.store.kinds import MISSING, Field, to_array

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.decode

#: msgpack's mark of an array whose length takes four bytes.
ARRAY32 = b"\xdd"

#: From so many numbers on it is quicker to look at them as bytes.
_MANY = 256

#: msgpack's missing value.
_NIL = b"\xc0"

#: Numbers as msgpack writes them, by type and mark.
_NUMBERS = {
    ("f", 0xCB): ">f8",
    ("i", 0xCC): "u1",
    ("i", 0xCD): ">u2",
    ("i", 0xCE): ">u4",
    ("i", 0xCF): ">i8",
    ("i", 0xD3): ">i8",
}
#: Whole numbers of nine bytes each, none shorter: no other mark is possible.
_INSTANTS = np.dtype([("mark", "u1"), ("number", ">i8")])
_LAYOUTS = {key: np.dtype([("mark", "u1"), ("number", layout)]) for key, layout in _NUMBERS.items()}


def write(field: Field, values: Sequence[Any]) -> bytes:
    """A column without msgpack's head, so that columns can be joined.

    >>> price = Field("price", "f")
    >>> read(price, 2, write(price, [0.5]) + write(price, [1.5])).tolist()
    [0.5, 1.5]
    """
    if field.revive is not None:
        return _small(values)
    n = len(values)
    return _encode(values)[1 if n < 16 else 3 if n < 65_536 else 5 :]


def _small(values: Sequence[Any]) -> bytes:
    """Flags and members of enums: a byte is msgpack's way of a small number, too."""
    n, first = len(values), values[0]
    if first is values[n // 2] is values[-1] and values.count(first) == n:
        return (int(first) & 0xFF).to_bytes(1, "little") * n
    return struct.pack("b" * n, *values)  # takes them as the ints they are, where msgpack asks each for its value


def ends(values: Sequence[int], data: bytes) -> tuple[int, int]:
    """The smallest and the largest number of a column that was written as ``data``.

    >>> ends([5, 3, 9], write(Field("ts_recv", "i"), [5, 3, 9]))
    (3, 9)
    """
    if len(values) >= _MANY and len(data) == len(values) * _INSTANTS.itemsize:
        numbers = np.frombuffer(data, _INSTANTS)["number"].astype(np.int64)
        lowest = int(numbers.min())
        if lowest >= 0:
            return lowest, int(numbers.max())
    return min(values), max(values)


def read(field: Field, n: int, data: bytes | memoryview) -> NDArray[Any]:
    """A column of ``n``. Raises ``msgspec.DecodeError``, and ``OverflowError`` for a number beyond 64 bits."""
    if field.revive is not None and len(data) == n:
        return np.frombuffer(data, np.int8).astype(np.int64)
    if field.optional and len(data) == n and bytes(data) == _NIL * n:
        return np.full(n, np.nan) if field.type == "f" else np.full(n, MISSING, dtype=np.int64)
    found = _alike(field.type, n, data)
    return to_array(field, _decode(ARRAY32 + n.to_bytes(4, "big") + data)) if found is None else found


def _alike(type_: str, n: int, data: bytes | memoryview) -> NDArray[Any] | None:
    """Numbers whose marks are all the same, else ``None``."""
    layout = _LAYOUTS.get((type_, data[0])) if n and data else None
    if layout is None or len(data) != n * layout.itemsize:
        return None
    found = np.frombuffer(data, layout)
    if (found["mark"] != data[0]).any():
        return None
    numbers: NDArray[Any] = found["number"].astype(np.float64 if type_ == "f" else np.int64)
    return None if data[0] == _UNSIGNED and (numbers < 0).any() else numbers


#: msgpack's mark of an unsigned number of eight bytes: not every one of them fits ours.
_UNSIGNED = 0xCF
