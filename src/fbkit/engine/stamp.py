"""The stamp on every row: which code, under which settings, with which numbers library computed it."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy._core._multiarray_umath import (  # type: ignore[import-not-found]  # a C module; np.show_runtime() prints it
    __cpu_features__,
)

from fbkit import __version__
from fbkit.settings import Settings

#: Rooms whose code decides a computed number.
_DECIDING = ("model", "quant", "engine", "alerts")

#: Settings that decide one.
_DECIDING_SETTINGS = ("lateness_ms", "min_coverage", "cadence_ms")


class Stamp(NamedTuple):
    """What a run's numbers depend on. Rows carry the number that the store gave to code and settings.

    ``numpy`` is its version and what it found of the processor: other instructions may round otherwise.
    """

    code: str
    settings: str
    python: str
    numpy: str


@cache
def code_stamp() -> str:
    """Version and digest of the code that decides computed numbers: ``0.1.0+3f2a9c…``."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.blake2b(digest_size=6)
    for room in _DECIDING:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return f"{__version__}+{digest.hexdigest()}"


@cache
def numpy_stamp() -> str:
    """Version of numpy, the machine, and a digest of the processor's features it uses: ``2.3.1 x86_64 9c41e2``."""
    used = ",".join(sorted(name for name, there in __cpu_features__.items() if there))
    return f"{np.__version__} {platform.machine()} {hashlib.blake2b(used.encode(), digest_size=3).hexdigest()}"


def stamp_of(settings: Settings) -> Stamp:
    """The stamp of rows computed here, under these settings."""
    chosen = msgspec.json.encode({name: getattr(settings, name) for name in _DECIDING_SETTINGS}).decode()
    return Stamp(code_stamp(), chosen, platform.python_version(), numpy_stamp())
