"""State as columns over instruments: grows as instruments are heard of, and can be written down and read back.

Written down, the instrument is an array's first axis; in memory it is where it is declared to be, so that what one bar
close reads of all instruments may lie together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Index = NDArray[np.intp]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class _Kind(NamedTuple):
    """What an array is filled with, its type, its shape without the instruments' axis, and which axis that is."""

    fill: Any
    dtype: DTypeLike
    shape: tuple[int, ...]
    axis: int

    def make(self, capacity: int) -> NDArray[Any]:
        return np.full((*self.shape[: self.axis], capacity, *self.shape[self.axis :]), self.fill, self.dtype)


class Columns:
    """Named arrays of which one axis is the instrument; new ones are filled as declared."""

    def __init__(self) -> None:
        self._declared: dict[str, _Kind] = {}
        self._derived: set[str] = set()
        self.capacity = 0

    def declare(
        self,
        name: str,
        fill: Any,
        dtype: DTypeLike = np.float64,
        shape: tuple[int, ...] = (),
        *,
        axis: int = 0,
        derived: bool = False,
    ) -> None:
        """An array of ``shape`` for each instrument, filled with ``fill``; ``derived``: by :meth:`derive`.

        The instruments are put before dimension ``axis`` of that shape.
        """
        self._declared[name] = kind = _Kind(fill, dtype, shape, axis)
        if derived:
            self._derived.add(name)
        setattr(self, name, kind.make(self.capacity))

    def grow(self, capacity: int) -> None:
        """Make room for ``capacity`` instruments; what is there stays."""
        if capacity <= self.capacity:
            return
        for name, kind in self._declared.items():
            new = kind.make(capacity)
            np.moveaxis(new, kind.axis, 0)[: self.capacity] = np.moveaxis(getattr(self, name), kind.axis, 0)
            setattr(self, name, new)
        self.capacity = capacity

    def clear(self, i: int) -> None:
        """One instrument as if never heard of."""
        for name, kind in self._declared.items():
            np.moveaxis(getattr(self, name), kind.axis, 0)[i] = kind.fill

    def dump(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, instruments first, without those that follow from others; not copies."""
        told = (name for name in self._declared if name not in self._derived)
        return {name: np.moveaxis(getattr(self, name), self._declared[name].axis, 0) for name in told}

    def load_state(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take arrays as :meth:`dump` gave them, or their first rows."""
        told = self._declared.keys() - self._derived
        if set(arrays) != told:
            raise ValueError(f"state of other columns: {sorted(set(arrays) ^ told)}")
        for name, array in arrays.items():
            setattr(self, name, np.array(np.moveaxis(array, 0, self._declared[name].axis), order="C"))
            self.capacity = len(array)
        for name in self._derived:
            setattr(self, name, self._declared[name].make(self.capacity))
        self.derive()

    def derive(self) -> None:
        """Compute what is derived from what was loaded, to the bit as it was."""
