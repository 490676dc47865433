"""Which ids were seen: how sequence tells a duplicate from news, and a hole from the end."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Hashable, Iterator


class SeenIds:
    """Ids of a stream that counts one by one, as the few intervals they form.

    ``add`` says whether an id is new. What lies between two intervals is a hole. Ids below the first one ever seen
    are new (a backfill reaches back), unless ``closed_below`` says that what lies there was settled by an earlier run.

    >>> seen = SeenIds()
    >>> [seen.add(n) for n in (5, 6, 9, 6)]
    [True, True, True, False]
    >>> list(seen.holes())
    [(7, 8)]
    >>> seen.add(7), seen.add(8), list(seen.holes())
    (True, True, [])
    """

    __slots__ = ("_highs", "_lows", "closed_below", "last", "ts")

    def __init__(self, closed_below: int | None = None) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []  # of every interval but the newest, whose high is ``last``
        self.closed_below = closed_below
        #: The highest id. Who sees ``last + 1`` may write it here instead of calling :meth:`add`: no more would happen.
        self.last: int | None = None
        #: Event time of ``last``, UTC ns, kept by whoever adds.
        self.ts = 0

    def add(self, number: int) -> bool:
        """Remember an id; false when it was seen before."""
        last = self.last
        if last is None:
            self._lows.append(number)
        elif number <= last:
            return self._add_inside(number)
        elif number > last + 1:
            self._highs.append(last)
            self._lows.append(number)
        self.last = number
        return True

    def _add_inside(self, number: int) -> bool:
        if self.closed_below is not None and number < self.closed_below:
            return False
        lows, highs = self._lows, self._highs
        at = bisect_right(lows, number) - 1  # the interval that begins at or before it
        if at == len(highs) or (at >= 0 and number <= highs[at]):
            return False
        joins_left = at >= 0 and highs[at] == number - 1
        joins_right = lows[at + 1] == number + 1
        if joins_left and joins_right:
            del lows[at + 1], highs[at]
        elif joins_left:
            highs[at] = number
        elif joins_right:
            lows[at + 1] = number
        else:
            lows.insert(at + 1, number)
            highs.insert(at + 1, number)
        return True

    def _intervals(self) -> Iterator[tuple[int, int]]:
        return zip(self._lows, [*self._highs, self.last or 0], strict=False)

    def holes(self) -> Iterator[tuple[int, int]]:
        """The stretches ``(first, last)`` of missing ids between what was seen."""
        for high, low in zip(self._highs, self._lows[1:], strict=True):
            yield high + 1, low - 1

    def missing(self, first: int, last: int) -> int:
        """How many ids of ``first … last`` have not been seen."""
        count = last - first + 1
        for low, high in self._intervals():
            count -= max(0, min(high, last) - max(low, first) + 1)
        return count

    def forget_holes(self) -> None:
        """Give up on every hole: one interval from the first id to the last."""
        del self._lows[1:], self._highs[:]


class SeenKeys:
    """Keys of a stream without countable ids: those of the last ten minutes, and at least ``at_least``.

    >>> seen = SeenKeys()
    >>> seen.add("a", 0), seen.add("a", 1)
    (True, False)
    """

    __slots__ = ("_at_least", "_keys", "_order", "_times")

    _AGE_NS = 600_000_000_000

    def __init__(self, at_least: int = 4096) -> None:
        self._at_least = at_least
        self._keys: set[Hashable] = set()
        # Side by side: a pair of each would be the larger half of what a key takes.
        self._order: deque[Hashable] = deque()
        self._times: deque[int] = deque()

    def add(self, key: Hashable, ts_recv: int) -> bool:
        """Remember a key; false when it was seen before."""
        if key in self._keys:
            return False
        self._keys.add(key)
        order, times = self._order, self._times
        order.append(key)
        times.append(ts_recv)
        while len(order) > self._at_least and times[0] < ts_recv - self._AGE_NS:
            times.popleft()
            self._keys.discard(order.popleft())
        return True
