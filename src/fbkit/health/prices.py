"""One coin costs about the same everywhere: a price that does not is a multiplier read wrongly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import median
from typing import NamedTuple

#: How far, as a factor, a contract's price may be from the usual one of its coin. Dated contracts and thin markets stay
#: well within; the multipliers that are got wrong are 10, 100 and 1,000.
MOST = 1.5


class Compared(NamedTuple):
    """A contract whose price (USD a coin) is ``ratio`` times the usual one of its coin over ``others`` venues."""

    instrument: str
    price: float
    usual: float
    others: int

    @property
    def ratio(self) -> float:
        """Price over the usual one."""
        return self.price / self.usual

    def __str__(self) -> str:
        times = f"{self.ratio:,.4g} times" if self.ratio > 1 else f"1/{self.usual / self.price:,.4g} of"
        return (
            f"{self.instrument} costs {self.price:,.6g} USD, {times} what {self.others} other "
            f"{'venue asks' if self.others == 1 else 'venues ask'} ({self.usual:,.6g} USD): its multiplier is likely "
            "read wrongly; do not add it to others, and see `fbkit instruments`"
        )


def compare_prices(prices: Mapping[str, float]) -> list[Compared]:
    """Every contract beside those of its coin at other venues, in name order; a coin of one venue alone is left out.

    ``prices`` are USD a coin by our name. The usual price is the median over the venues (each venue's own median, so
    that one with many contracts does not outvote the rest); of two venues it is the other's.
    """
    coins: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for name, price in prices.items():
        venue, _, symbol = name.partition(":")
        if price > 0:
            coins[symbol.split("-")[0]][venue][name] = price
    found: list[Compared] = []
    for venues in coins.values():
        if len(venues) == 1:
            continue
        each = {venue: median(named.values()) for venue, named in venues.items()}
        for venue, named in venues.items():
            others = [price for other, price in each.items() if other != venue]
            usual = others[0] if len(others) == 1 else median(each.values())
            found += [Compared(name, price, usual, len(others)) for name, price in named.items()]
    return sorted(found)


def strange_prices(prices: Mapping[str, float]) -> list[Compared]:
    """The contracts whose price is far from that of their coin at other venues; of two that disagree, both.

    >>> told = strange_prices({"binance:A-USDT-PERP": 4.9e-6, "bybit:A-USDT-PERP": 4.9e-3, "okx:A-USDT-PERP": 4.8e-6})
    >>> [(one.instrument, round(one.ratio)) for one in told]
    [('bybit:A-USDT-PERP', 1000)]
    """
    return [one for one in compare_prices(prices) if not 1 / MOST < one.ratio < MOST]
