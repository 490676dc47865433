"""The engine's whole state as bytes: msgpack in zstd, no code inside.

Arrays are packed one by one, straight from where they lie: 300 instruments have 92 MB of them, and a checkpoint is
taken on the collector's loop, between two reads of its sockets.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from fbkit.engine.tape import Tape
from fbkit.model import BarRow, Gap, SummaryRow

#: Changes with the shape of the state; a state of another shape is refused.
VERSION = 3

#: No state, and no array of one, unpacks to more.
_LIMIT_BYTES = 1 << 30


class Array(msgspec.Struct):
    """One array: numpy's name of its type, its shape, its bytes in C order, packed."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


class State(msgspec.Struct):
    """What an engine knows; ``arrays`` by part and name; ``bars summary filled`` wait for the next Beat.

    Floats go as IEEE bytes, so a restored engine goes on with the same bits.
    """

    lateness_ns: int
    min_coverage: float
    now: int
    begin: int
    target: int
    horizon: int
    capacity: int
    tapes: list[Tape]
    begins: dict[str, int]
    liquidates: dict[str, int]
    late: list[tuple[str, str, int]]
    holes: dict[int, Gap]
    unheard: dict[int, Gap]
    open: dict[int, Gap]
    bars: list[BarRow]
    summary: list[SummaryRow]
    filled: int
    arrays: dict[str, dict[str, Array]]
    version: int = VERSION


def array_down(array: NDArray[Any]) -> Array:
    """An array as it is written down.

    >>> array_up(array_down(np.arange(3)))
    array([0, 1, 2])
    """
    data = zstandard.ZstdCompressor(level=1).compress(np.ascontiguousarray(array).data)
    return Array(array.dtype.str, array.shape, data)


def array_up(array: Array) -> NDArray[Any]:
    """An array as it was; a copy that may be written to. ``ValueError`` where it is not as large as it says."""
    dtype = np.dtype(array.dtype)
    size = math.prod(array.shape) * dtype.itemsize
    try:
        if size > _LIMIT_BYTES or zstandard.frame_content_size(array.data) != size:
            raise ValueError(f"an array of shape {array.shape} that is not {size} bytes")
        raw = zstandard.ZstdDecompressor().decompress(array.data)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a state of an engine: {error}") from error
    return np.frombuffer(raw, dtype).reshape(array.shape).copy()


def pack(state: State) -> bytes:
    """Write a state down."""
    return zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode(state))


def unpack(data: bytes) -> State:
    """Read a state; ``ValueError`` says what is wrong with it."""
    try:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=_LIMIT_BYTES)
        state = msgspec.msgpack.decode(raw, type=State)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"not a state of an engine: {error}") from error
    if state.version != VERSION:
        raise ValueError(f"a state of version {state.version}; this engine reads {VERSION}")
    return state
