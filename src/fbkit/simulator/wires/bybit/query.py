"""The parameters of a request and the errors of the exchange, with its own numbers and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.bybit.topics import WORDS

_PERIODS = {"5min": 5, "15min": 15, "30min": 30, "1h": 60, "4h": 240, "1d": 1440}


class Refusal(Exception):  # noqa: N818, RUF100 - named by what happened; it never leaves the simulator
    """A request that the exchange answers with ``retCode`` other than 0."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(code, why)
        self.code, self.why = code, why


class Query:
    """The parameters of a request, read as the exchange reads them.

    >>> query = Query({"category": "linear", "symbol": "BTCUSDT", "limit": "5"}, {"BTCUSDT": 0})
    >>> query.coin(), query.limit(50, 200), query.instant("startTime")
    (0, 5, None)
    """

    def __init__(self, given: Mapping[str, str], index: Mapping[str, int]) -> None:
        self._given, self._index = given, index
        if self.text("category") != "linear":
            invalid("Category is invalid")

    def text(self, name: str) -> str:
        """A word, ``""`` where it was not sent."""
        return self._given.get(name, "")

    def coin(self) -> int:
        """The coin that ``symbol`` names."""
        coin = self._index.get(self.text("symbol"))
        return invalid("symbol invalid") if coin is None else coin

    def limit(self, default: int, most: int) -> int:
        """How many rows are wanted."""
        limit = self.instant("limit")
        if limit is not None and not 1 <= limit <= most:
            invalid("limit invalid")
        return default if limit is None else limit

    def instant(self, name: str) -> int | None:
        """A whole number that is not below zero, ``None`` where it was not sent."""
        text = self.text(name)
        if text and not (text.isascii() and text.isdigit() and len(text) < 16):
            invalid(f"{name} invalid")
        return int(text) if text else None

    def period(self, name: str) -> int:
        """A period in minutes."""
        return _PERIODS.get(self.text(name)) or invalid(f"{name} invalid")

    def interval(self) -> str:
        """A candle's interval, as the simulator says it."""
        name = WORDS.get(self.text("interval"), "")
        return name if name in INTERVALS else invalid("interval invalid")


def invalid(why: str) -> NoReturn:
    """Refuse a parameter."""
    raise Refusal(10001, f"params error: {why}")
