"""A small memory of things that can be made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Kept(Generic[V]):
    """Makes what is asked for by number and keeps the last few.

    >>> squares = Kept(lambda k: k * k, 2)
    >>> squares[3], 3 in squares, 4 in squares
    (9, True, False)
    """

    def __init__(self, make: Callable[[int], V], most: int) -> None:
        self._make, self._most = make, most
        self._kept: OrderedDict[int, V] = OrderedDict()

    def __contains__(self, key: int) -> bool:
        return key in self._kept

    def __getitem__(self, key: int) -> V:
        kept = self._kept
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        value = self._make(key)
        kept[key] = value
        if len(kept) > self._most:
            kept.popitem(last=False)
        return value
