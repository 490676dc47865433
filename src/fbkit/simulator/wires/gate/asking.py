"""What a request asks for, with the venue's refusals of what is wrong with it.

Source: Gate APIv4, "Futures", "Error Handling".
"""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import INTERVALS, MS_MIN, MS_S
from fbkit.simulator.past import ends

#: How far pages reach: rows at most, and rows without a word about it.
_MOST = {"candlesticks": (2_000, 100), "trades": (1_000, 100), "funding_rate": (1_000, 100)}
_MOST |= {"contract_stats": (100, 30), "order_book": (300, 10), "liq_orders": (1_000, 100)}


class Refused(ValueError):
    """A question that is answered with a label."""

    def __init__(self, label: str, message: str, status: int = 400) -> None:
        super().__init__(label, message)
        self.label, self.message, self.status = label, message, status

    def answer(self) -> Answer:
        """As the venue says it."""
        return answer(f'{{"label":"{self.label}","message":"{self.message}"}}', self.status)


TOO_MANY = Refused("TOO_MANY_REQUESTS", "Request Rate Limit Exceeded", 429).answer()


class Asking:
    """A request's parameters, with the venue's refusals of what is wrong with them."""

    def __init__(self, endpoint: str, given: Mapping[str, str], index: Mapping[str, int]) -> None:
        self._endpoint, self._given, self._index = endpoint, given, index

    def coin(self) -> int:
        """The contract, which must be there."""
        symbol = self._given.get("contract", "")
        if symbol not in self._index:
            raise Refused("CONTRACT_NOT_FOUND", f"contract {symbol} not found")
        return self._index[symbol]

    def number(self, name: str) -> int | None:
        """A whole number, ``None`` where it is not given."""
        text = self._given.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise Refused("INVALID_PARAM_VALUE", f"Invalid request parameter `{name}` value: {text}")
        return int(text)

    def instant_ms(self, name: str) -> int | None:
        """An instant in seconds, as ms."""
        seconds = self.number(name)
        return None if seconds is None else seconds * MS_S

    def limit(self) -> int:
        """Rows of a page."""
        most, usual = _MOST[self._endpoint]
        limit = self.number("limit")
        if limit is not None and not 1 <= limit <= most:
            raise Refused("INVALID_PARAM_VALUE", f"Invalid request parameter `limit` value: {limit}")
        return usual if limit is None else limit

    def interval(self, usual: str) -> str:
        """Length of candles and periods."""
        interval = self._given.get("interval", usual)
        if interval not in INTERVALS:
            raise Refused("INVALID_PARAM_VALUE", f"Invalid request parameter `interval` value: {interval}")
        return interval

    def with_id(self) -> bool:
        """Whether a book should tell its id."""
        return self._given.get("with_id") == "true"

    def until_ms(self, now_ms: int) -> int:
        """The last ms that ``to`` includes, never later than now."""
        to = self.instant_ms("to")
        return now_ms if to is None else min(to + MS_S - 1, now_ms)


def span_of(asking: Asking, now_ms: int) -> tuple[str, int | None, int | None, int, int]:
    """Interval, first and last start, rows and now; a limit beside a time is refused."""
    since, until = asking.instant_ms("from"), asking.instant_ms("to")
    if since is None and until is None:
        return asking.interval("5m"), None, None, asking.limit(), now_ms
    if asking.number("limit") is not None:
        raise Refused("INVALID_PARAM_VALUE", "limit conflicts with from and to")
    interval = asking.interval("5m")
    most = _MOST["candlesticks"][0]
    last = now_ms if until is None else min(until, now_ms)
    if since is not None and (last - since) // (INTERVALS[interval] * MS_MIN) >= most:
        raise Refused("INVALID_PARAM_VALUE", f"Candlestick range too broad. Maximum {most} data points are allowed")
    return interval, since, until, most, now_ms


def periods_of(asking: Asking, now_ms: int) -> range:
    """Period ends (ms), ascending, from ``from`` on or the last."""
    interval = asking.interval("5m")
    return ends(INTERVALS[interval], asking.instant_ms("from"), None, asking.limit(), now_ms, reach_days=7)
