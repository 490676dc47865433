"""The engine's whole state as bytes: msgpack in zstd, no code inside."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from fbkit.engine.tape import Tape
from fbkit.model import BarRow, Gap, SummaryRow

#: Changes with the shape of the state; a state of another shape is refused.
VERSION = 2

#: No state unpacks to more.
_LIMIT_BYTES = 1 << 30


class Array(msgspec.Struct):
    """One array: numpy's name of its type, its shape, its bytes in C order."""

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
    return Array(array.dtype.str, array.shape, np.ascontiguousarray(array).tobytes())


def array_up(array: Array) -> NDArray[Any]:
    """An array as it was; a copy that may be written to."""
    return np.frombuffer(array.data, np.dtype(array.dtype)).reshape(array.shape).copy()


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
