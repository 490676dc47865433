"""A contract that speaks for ever: prices go a seeded walk back and forth, ids and instants are always new."""

from __future__ import annotations

import random

#: Prices of a walk; after as many steps it goes back the way it came.
STEPS = 1999

#: So many sizes take turns; a prime, so that the same price meets another size the next time.
_SIZES = 251

#: Names of contracts, largest first.
_BASES = ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "LINK", "AVAX", "SUI", "LTC", "DOT", "TRX", "NEAR", "APT")


def bases(count: int) -> list[str]:
    """Coins, largest first.

    >>> bases(2), bases(300)[-1]
    (['BTC', 'ETH'], 'C299')
    """
    return [*_BASES, *(f"C{number:03d}" for number in range(len(_BASES), count))][:count]


class Contract:
    """One contract of a venue: where its price is, and the ids it spoke last.

    ``levels[k]`` are the texts of price ``k`` ticks from a floor; ``step`` moves ``at``, the best bid's place in them.

    >>> one = Contract("BTC", random.Random(7))
    >>> before, after = one.at, one.step()
    >>> abs(after - before) <= 2, one.levels[after + 1] > one.levels[after]
    (True, True)
    """

    def __init__(self, base: str, rng: random.Random) -> None:
        self.base = base
        self.sizes = [b"%.3f" % (rng.randint(1, 90_000) / 1000) for _ in range(_SIZES)]
        self.trade_id = rng.randint(1_000_000_000, 2_000_000_000)
        self.quote_id = rng.randint(5_000_000_000, 9_000_000_000)
        self.traded_ms = 0
        self._walk = _there_and_back(rng)
        floor = min(self._walk) - 10
        self._walk = [place - floor for place in self._walk]
        start = rng.randint(20_000, 80_000)
        self.levels = [b"%.2f" % ((start + tick) / 100) for tick in range(max(self._walk) + 10)]
        self._n = 0
        self.at = self._walk[0]

    def step(self) -> int:
        """The place of the best bid, one step on."""
        self._n = n = (self._n + 1) % len(self._walk)
        self.at = at = self._walk[n]
        return at

    def size(self) -> bytes:
        """A size."""
        return self.sizes[self._n % _SIZES]

    def trade_ms(self, ts_ms: int) -> int:
        """An instant no earlier trade of this contract had: by it a trade is known again further on."""
        self.traded_ms = ts_ms = max(ts_ms, self.traded_ms + 1)
        return ts_ms


def _there_and_back(rng: random.Random) -> list[int]:
    place, walk = 0, []
    for _ in range(STEPS):
        place += rng.choice((-2, -1, 0, 0, 1, 2))
        walk.append(place)
    return walk + walk[-2:0:-1]
