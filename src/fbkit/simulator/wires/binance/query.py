"""The parameters of a request and the errors of the exchange, with its own numbers and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fbkit.simulator.answers import Answer, answer

#: What is said of a parameter that cannot be.
_INVALID = "Data sent for parameter '{}' is not valid."


class Refusal(Exception):  # noqa: N818, RUF100 -- named by what happened; it never leaves the simulator
    """A request that the exchange answers with an error."""

    def __init__(self, code: int, why: str, status: int = 400) -> None:
        super().__init__(code, why, status)
        self.code, self.why, self.status = code, why, status

    def answer(self) -> Answer:
        """The error as a reply."""
        return answer(f'{{"code":{self.code},"msg":"{self.why}"}}', self.status)


class Query:
    """The parameters of a request, read as the exchange reads them.

    >>> query = Query({"symbol": "BTCUSDT", "limit": "5"}, {"BTCUSDT": 0})
    >>> query.coin(), query.limit(30, 500), query.instant("startTime")
    (0, 5, None)
    """

    def __init__(self, given: Mapping[str, str], index: Mapping[str, int]) -> None:
        self._given, self._index = given, index

    def has(self, name: str) -> bool:
        """Whether a parameter was sent and is not empty."""
        return bool(self._given.get(name))

    def text(self, name: str, allowed: Sequence[str]) -> str:
        """A word out of a list; there is no default."""
        if not self.has(name):
            raise Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        if self._given[name] not in allowed:
            if name == "interval":
                raise Refusal(-1120, "Invalid interval.")
            raise Refusal(-1130, _INVALID.format(name))
        return self._given[name]

    def coin(self) -> int:
        """The coin that ``symbol`` names."""
        if not self.has("symbol"):
            raise Refusal(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
        coin = self._index.get(self._given["symbol"])
        if coin is None:
            raise Refusal(-1121, "Invalid symbol.")
        return coin

    def limit(self, default: int, most: int) -> int:
        """How many rows are wanted."""
        limit = self.instant("limit")
        if limit is None:
            return default
        if not 1 <= limit <= most:
            raise Refusal(-1130, _INVALID.format("limit"))
        return limit

    def instant(self, name: str) -> int | None:
        """A whole number that is not below zero, ``None`` where it was not sent."""
        text = self._given.get(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal(-1130, _INVALID.format(name))
        return int(text)
