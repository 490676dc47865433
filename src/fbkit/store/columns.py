"""Events of one kind as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Columns(Mapping[str, NDArray[Any]]):
    """Events of one kind as numpy arrays by field name, all of one length ``n``.

    Floats are float64 with NaN where missing, whole numbers int64 with :data:`~fbkit.store.MISSING`, words object
    arrays of ``str``. Sorted by (``ts_event``, ``seq``).
    """

    def __init__(self, kind: str, arrays: dict[str, NDArray[Any]]) -> None:
        self.kind = kind
        self.n = len(arrays["seq"])
        self._arrays = arrays

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"<{self.n} {self.kind}: {' '.join(self._arrays)}>"


def distinct(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The different numbers, and for each where it stands among them."""
    if len(numbers) and numbers[0] == numbers.min() == numbers.max():
        # One instrument was asked for: no need to sort a million equal numbers.
        return numbers[:1], np.zeros(len(numbers), dtype=np.intp)
    return np.unique(numbers, return_inverse=True)


def spelled(numbers: NDArray[np.int64], names: dict[int, str]) -> NDArray[Any]:
    """Numbers of instruments as their names."""
    present, places = distinct(numbers)
    words = np.empty(len(present), dtype=object)
    words[:] = [names[number] for number in present.tolist()]
    return words[places]
