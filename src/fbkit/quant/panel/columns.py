"""State as columns over instruments: grows as instruments are heard of, and can be written down and read back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Index = NDArray[np.intp]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Columns:
    """Named arrays whose first axis is the instrument; new rows are filled as declared."""

    def __init__(self) -> None:
        self._declared: dict[str, tuple[Any, DTypeLike, tuple[int, ...]]] = {}
        self._derived: set[str] = set()
        self.capacity = 0

    def declare(
        self,
        name: str,
        fill: Any,
        dtype: DTypeLike = np.float64,
        shape: tuple[int, ...] = (),
        *,
        derived: bool = False,
    ) -> None:
        """An array of ``shape`` for each instrument, filled with ``fill``; ``derived``: by :meth:`derive`."""
        self._declared[name] = (fill, dtype, shape)
        if derived:
            self._derived.add(name)
        setattr(self, name, np.full((self.capacity, *shape), fill, dtype))

    def grow(self, capacity: int) -> None:
        """Make room for ``capacity`` instruments; what is there stays."""
        if capacity <= self.capacity:
            return
        for name, (fill, dtype, shape) in self._declared.items():
            new = np.full((capacity, *shape), fill, dtype)
            new[: self.capacity] = getattr(self, name)
            setattr(self, name, new)
        self.capacity = capacity

    def clear(self, i: int) -> None:
        """One instrument as if never heard of."""
        for name, (fill, _, _) in self._declared.items():
            getattr(self, name)[i] = fill

    def dump(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, without those that follow from others; not copies."""
        return {name: getattr(self, name) for name in self._declared if name not in self._derived}

    def load_state(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take arrays as :meth:`dump` gave them, or their first rows."""
        told = self._declared.keys() - self._derived
        if set(arrays) != told:
            raise ValueError(f"state of other columns: {sorted(set(arrays) ^ told)}")
        for name, array in arrays.items():
            setattr(self, name, np.array(array))
            self.capacity = len(array)
        for name in self._derived:
            fill, dtype, shape = self._declared[name]
            setattr(self, name, np.full((self.capacity, *shape), fill, dtype))
        self.derive()

    def derive(self) -> None:
        """Compute what is derived from what was loaded, to the bit as it was."""
