"""How a picture or a sentence writes the values of a column, by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fbkit.desk.units import unit_of
from fbkit.widgets import format as words

_PRICES = frozenset({"open", "high", "low", "close", "last", "mark", "index", "mark_median_usd"}) | {
    f"{name}_usd" for name in ("price", "mark", "index", "lowest", "highest", "bid", "ask", "open", "close")
}


class Measure(NamedTuple):
    """A unit; the name of its format in ``formatting.js``, what a value is multiplied by first, and the Python twin."""

    unit: str
    format: str
    factor: float
    write: Callable[[float], str]

    def text(self, value: float) -> str:
        """A value as a person reads it.

        >>> measure_of("premium_bp").text(3.71)
        '+3.7'
        """
        return self.write(value * self.factor)


def measure_of(column: str) -> Measure:
    r"""How values of a column are written.

    >>> measure_of("oi_usd").text(1.2351e9).replace("\xa0", " "), measure_of("funding_apr").text(0.1095)
    ('1.24 B', '+10.95')
    """
    unit = unit_of(column)
    if column in _PRICES:
        return Measure("USD", "price", 1.0, _price)
    if unit == "sd":
        return Measure("standard deviations", "z", 1.0, words.zscore)
    made = _BY_UNIT.get(unit)
    return made or Measure(unit, "number", 1.0, _plain)


def _price(value: float) -> str:
    return words.price(value, 1e-2 if abs(value) >= 1 else 1e-6)


def _plain(value: float) -> str:
    return words.signed(value, 2).removeprefix("+")


def _share(value: float) -> str:
    return words.signed(100 * value, 1).removeprefix("+")


def _signed(value: float) -> str:
    return words.signed(value, 2)


_BY_UNIT = {
    "USD": Measure("USD", "usd", 1.0, words.money),
    "coin": Measure("coins", "usd", 1.0, words.money),
    "bp": Measure("bp", "bp", 1e-4, words.bp),
    "bp / 8 h": Measure("bp per 8 h", "bp", 1e-4, words.bp),
    "fraction / 8 h": Measure("% per 8 h", "funding", 1.0, words.funding),
    "fraction / year": Measure("% a year", "apr", 1.0, words.percent),
    "% a year": Measure("% a year", "apr", 1e-2, words.percent),
    "%": Measure("%", "share", 1e-2, _share),
    "share": Measure("%", "share", 1.0, _share),
    "fraction": Measure("%", "percent", 1.0, words.percent),
    "ln": Measure("%, of logs", "percent", 1.0, words.percent),
    "count": Measure("count", "count", 1.0, words.count),
    "[-1, 1]": Measure("from −1 to 1", "signed", 1.0, _signed),
}
