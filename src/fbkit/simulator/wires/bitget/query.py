"""The parameters of a request, read as Bitget reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from fbkit.simulator.calendar import INTERVALS
from fbkit.simulator.wires.bitget.topics import EMPTY_MARKET, MARKET, WORDS

_PERIODS = {"": 5, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "12h": 720, "1d": 1440}


class Refusal(Exception):  # noqa: N818, RUF100 - named by what happened; it never leaves the simulator
    """A request that the exchange answers with a code other than 00000."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code, self.why = code, why


class Query:
    """What was asked, about whom.

    >>> query = Query({"productType": "usdt-futures", "symbol": "BTCUSDT", "limit": "5"}, {"BTCUSDT": 0})
    >>> query.coin(), query.limit(100, 1000), query.end_ms()
    (0, 5, None)
    >>> Query({"productType": "USDC-FUTURES"}, {"BTCUSDT": 0}).coins()
    ()
    """

    def __init__(self, given: Mapping[str, str], index: Mapping[str, int]) -> None:
        self._given, self._index = given, index

    def text(self, name: str) -> str:
        """A word, ``""`` where it was not sent."""
        return self._given.get(name, "")

    def coin(self) -> int:
        """The coin that ``symbol`` names."""
        product, symbol = self.text("productType").upper() or MARKET, self.text("symbol")
        coin = self._index.get(symbol) if product == MARKET else None
        return _refuse("40034", f"Parameter {symbol} does not exist") if coin is None else coin

    def coins(self) -> Sequence[int]:
        """The coin that is named, or all of a market."""
        product = self.text("productType").upper()
        if product not in {MARKET, EMPTY_MARKET}:
            _refuse("40020", "Parameter productType error")
        if product == EMPTY_MARKET:
            return ()
        return (self.coin(),) if self.text("symbol") else range(len(self._index))

    def instant(self, name: str) -> int | None:
        """A whole number that is not below zero, ``None`` where it was not sent."""
        text = self.text(name)
        if text and not (text.isascii() and text.isdigit() and len(text) < 20):
            _refuse("40020", f"Parameter {name} error")
        return int(text) if text else None

    def end_ms(self) -> int | None:
        """The last instant (ms) that is asked for."""
        end = self.instant("endTime")
        return None if end is None else end - 1

    def number(self, name: str, default: int, most: int) -> int:
        """A count."""
        value = self.instant(name)
        if value is not None and not 1 <= value <= most:
            _refuse("40020", f"Parameter {name} error")
        return default if value is None else value

    def limit(self, default: int, most: int) -> int:
        """How many rows are wanted."""
        return self.number("limit", default, most)

    def interval(self) -> str:
        """A candle's interval, as the simulator says it."""
        name = WORDS.get(self.text("granularity"), "")
        return name if name in INTERVALS else _refuse("40020", "Parameter granularity error")

    def period(self) -> int:
        """A period in minutes."""
        return _PERIODS.get(self.text("period")) or _refuse("40020", "Parameter period error")


def _refuse(code: str, why: str) -> NoReturn:
    raise Refusal(code, why)
