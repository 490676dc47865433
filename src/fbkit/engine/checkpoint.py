"""The engine's whole state as bytes: msgpack in zstd, no code inside.

It is frozen on the collector's loop, between two reads of its sockets, and packed wherever there is time. Arrays change
only when a minute closes, so that most of them are copied by whoever packs: 300 instruments have 40 MB of them.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from fbkit.engine.tape import Tape
from fbkit.model import BarRow, Gap, SummaryRow

#: Changes with the shape of the state; a state of another shape is refused.
VERSION = 7

#: No state, and no array of one, unpacks to more.
_LIMIT_BYTES = 1 << 30


class Array(msgspec.Struct):
    """One array: numpy's name of its type, its shape, its bytes in C order, packed."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


class State(msgspec.Struct):
    """What an engine knows beside its arrays; ``bars summary filled`` wait for the next Beat.

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


class _Written(msgspec.Struct):
    """A state as it is kept: its parts are packed already. ``arrays`` are by part and name."""

    version: int
    state: bytes
    arrays: dict[str, dict[str, Array]]


Arrays = dict[str, dict[str, NDArray[Any]]]


class Frozen:
    """A state as of one instant: what is small is encoded at once, arrays when they are packed or about to change."""

    def __init__(self, state: State, arrays: Arrays) -> None:
        self._state = msgspec.msgpack.encode(state)
        self._arrays = arrays
        self._live = {(part, name) for part, named in arrays.items() for name in named}
        self._copying = Lock()

    def settle(self) -> None:
        """Copy what was not packed yet: the arrays are about to change."""
        for part, name in list(self._live):
            self._copy(part, name)

    def _copy(self, part: str, name: str) -> NDArray[Any]:
        """An array that nobody else writes to."""
        with self._copying:
            if (part, name) in self._live:
                self._arrays[part][name] = np.array(self._arrays[part][name])
                self._live.discard((part, name))
            return self._arrays[part][name]

    def pack(self) -> bytes:
        """Write it down; from any thread."""
        small, packer = zstandard.ZstdCompressor(level=3), zstandard.ZstdCompressor(level=1)
        arrays = {
            part: {name: array_down(self._copy(part, name), packer) for name in named}
            for part, named in self._arrays.items()
        }
        return msgspec.msgpack.encode(_Written(VERSION, small.compress(self._state), arrays))


def array_down(array: NDArray[Any], packer: zstandard.ZstdCompressor) -> Array:
    """An array as it is written down.

    >>> array_up(array_down(np.arange(3), zstandard.ZstdCompressor()))
    array([0, 1, 2])
    """
    return Array(array.dtype.str, array.shape, packer.compress(np.ascontiguousarray(array).data))


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


def unpack(data: bytes) -> tuple[State, Arrays]:
    """Read a state and its arrays; ``ValueError`` says what is wrong with it."""
    try:
        written = msgspec.msgpack.decode(data, type=_Written)
        if written.version != VERSION:
            raise ValueError(f"a state of version {written.version}; this engine reads {VERSION}")
        raw = zstandard.ZstdDecompressor().decompress(written.state, max_output_size=_LIMIT_BYTES)
        state = msgspec.msgpack.decode(raw, type=State)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"not a state of an engine: {error}") from error
    return state, {part: {name: array_up(one) for name, one in named.items()} for part, named in written.arrays.items()}
