"""The exchange's REST: ``/api/v4/futures/usdt/…``.

Source: Gate APIv4, "Futures", "Error Handling", "Frequency limit rule".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import INTERVALS, MS_DAY, MS_MIN, MS_S
from fbkit.simulator.past import ends
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.gate.pushes import Pushes
from fbkit.simulator.wires.gate.templates import CoinWire, funding

BASE = "/api/v4/futures/usdt/"

#: Requests an endpoint within a window.
REQUESTS, WINDOW_MS = 200, 10_000

#: How far pages reach: rows at most, and rows without a word about it.
_MOST = {"candlesticks": (2_000, 100), "trades": (1_000, 100), "funding_rate": (1_000, 100)}
_MOST |= {"contract_stats": (100, 30), "order_book": (300, 10), "liq_orders": (1_000, 100)}

#: How far back the public list of liquidations is made, ms.
_LIQUIDATIONS_MS = 10 * MS_MIN

#: Contracts that nobody should follow: of metal, and about to go.
_METAL = (
    '{"name":"XAU_USDT","type":"direct","quanto_multiplier":"0.001","order_price_round":"0.01","order_size_min":1,'
    '"funding_interval":28800,"in_delisting":false,"status":"trading","contract_type":"metals"}'
)
_LEAVING = (
    '{"name":"OMG_USDT","type":"direct","quanto_multiplier":"1","order_price_round":"0.0001","order_size_min":1,'
    '"funding_interval":28800,"in_delisting":true,"status":"delisting","contract_type":""}'
)


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


class Pages:
    """Answers requests about a market."""

    def __init__(self, scene: Scene, texts: list[CoinWire], pushes: Pushes) -> None:
        self._scene, self._texts, self._pushes = scene, texts, pushes
        self._index = scene.market.universe.index
        self._pages: dict[str, Callable[[Asking, int], str]] = {
            "contracts": self._contracts,
            "tickers": self._tickers,
            "candlesticks": self._candles,
            "trades": self._trades,
            "funding_rate": self._fundings,
            "contract_stats": self._stats,
            "order_book": self._book,
            "liq_orders": self._liquidations,
        }

    def answer(self, path: str, given: Mapping[str, str], now_ms: int) -> Answer:
        """The reply to a GET at an instant (UTC ms)."""
        name = endpoint(path)
        page = self._pages.get(name)
        if page is None:
            return Refused("INVALID_REQUEST_PATH", "not found", 404).answer()
        try:
            return answer(page(Asking(name, given, self._index), now_ms))
        except Refused as refused:
            return refused.answer()

    def prepare(self, path: str, given: Mapping[str, str], now_ms: int) -> Iterator[None]:
        """Make what :meth:`answer` will need."""
        name = endpoint(path)
        asking = Asking(name, given, self._index)
        try:
            if name == "tickers":
                yield from self._scene.prepare_minutes((now_ms - MS_DAY) // MS_MIN, now_ms // MS_MIN)
            elif name == "candlesticks":
                yield from self._scene.prepare_minutes(*self._scene.kline_minutes(*_span(asking, now_ms)))
            elif name == "funding_rate":
                yield from self._scene.prepare_days(asking.instant_ms("from") or 0, now_ms)
            elif name == "contract_stats":
                periods = _periods(asking, now_ms)
                yield from self._scene.prepare_days(periods.start, periods.stop)
                yield from self._scene.prepare_minutes((periods.start - periods.step) // MS_MIN, periods.stop // MS_MIN)
        except Refused:
            return

    def _contracts(self, asking: Asking, now_ms: int) -> str:
        marks, held = self._scene.marks(now_ms), self._scene.open_interest(now_ms)
        rows = [text.contract(marks[coin], held[coin]) for coin, text in enumerate(self._texts)]
        return f"[{','.join([*rows, _METAL, _LEAVING])}]"

    def _tickers(self, asking: Asking, now_ms: int) -> str:
        rows = self._pushes.told(now_ms)
        return f"[{','.join(rows)}]"

    def _candles(self, asking: Asking, now_ms: int) -> str:
        text = self._texts[asking.coin()]
        rows = self._scene.klines(asking.coin(), *_span(asking, now_ms))
        return f"[{','.join(text.candled(start, bar) for start, bar in rows)}]"

    def _trades(self, asking: Asking, now_ms: int) -> str:
        """Newest first, within a time or the newest of all."""
        coin, limit, skip = asking.coin(), asking.limit(), asking.number("offset") or 0
        since, until = asking.instant_ms("from"), asking.until_ms(now_ms)
        if since is None:
            rows = self._scene.newest(coin, skip + limit, until)
        else:
            rows = self._scene.between(coin, since, until, 1_000_000)
        rows = rows[::-1][skip : skip + limit]
        return f"[{','.join(map(self._texts[coin].traded, rows))}]"

    def _fundings(self, asking: Asking, now_ms: int) -> str:
        """Newest first."""
        since, until = asking.instant_ms("from") or 0, asking.until_ms(now_ms)
        rows = self._scene.fundings(asking.coin(), since, until)[::-1]
        return f"[{','.join(map(funding, rows[: asking.limit()]))}]"

    def _stats(self, asking: Asking, now_ms: int) -> str:
        coin, periods = asking.coin(), _periods(asking, now_ms)
        told = [dict(self._scene.ratios(coin, name, periods)) for name in ("acct_global", "acct_top", "pos_top")]
        rows = []
        for row in self._scene.held(coin, periods):
            bought, sold = self._scene.taken(coin, row.ts_ms - periods.step, row.ts_ms)
            ratios = [*(ratio[row.ts_ms] for ratio in told), bought[0] / max(sold[0], 1)]
            rows.append(self._texts[coin].stat(row, ratios))
        return f"[{','.join(rows)}]"

    def _book(self, asking: Asking, now_ms: int) -> str:
        coin = asking.coin()
        book, text = self._scene.book(coin, now_ms, asking.limit()), self._texts[coin]
        number = f'"id":{book.update_id},' if asking.with_id() else ""
        return (
            f'{{{number}"current":{now_ms / 1000:.3f},"update":{book.ts_ms / 1000:.3f},'
            f'"asks":[{text.levels(book.asks, "")}],"bids":[{text.levels(book.bids, "")}]}}'
        )

    def _liquidations(self, asking: Asking, now_ms: int) -> str:
        """Newest first, of the last minutes."""
        coin, until = asking.coin(), asking.until_ms(now_ms)
        since = max(asking.instant_ms("from") or 0, until - _LIQUIDATIONS_MS)
        seconds = range(since // MS_S * MS_S, until, MS_S)
        rows = [row for start in seconds for row in self._scene.forced(start) if row.coin == coin]
        told = [row for row in rows if since <= row.ts_ms <= until and row.push_ms <= now_ms][::-1]
        return f"[{','.join(map(self._texts[coin].liquidated, told[: asking.limit()]))}]"


def endpoint(path: str) -> str:
    """The last word of a path of ours; ``""`` for any other path.

    >>> endpoint("/api/v4/futures/usdt/trades"), endpoint("/api/v4/spot/trades")
    ('trades', '')
    """
    name = path.removeprefix(BASE)
    return "" if name == path or "/" in name else name


def _span(asking: Asking, now_ms: int) -> tuple[str, int | None, int | None, int, int]:
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


def _periods(asking: Asking, now_ms: int) -> range:
    interval = asking.interval("5m")
    return ends(INTERVALS[interval], asking.instant_ms("from"), None, asking.limit(), now_ms, reach_days=7)


class Limits:
    """Requests of each endpoint in a sliding window; ``generosity`` times what the exchange allows."""

    def __init__(self, generosity: int = 1) -> None:
        self.requests = REQUESTS * generosity
        self._asked: dict[str, deque[int]] = {}
        self.headers: tuple[tuple[str, str], ...] = ()

    def spend(self, path: str, now_ms: int) -> bool:
        """Count a question; whether it may be asked. ``headers`` say then what is left."""
        asked = self._asked.setdefault(endpoint(path), deque())
        while asked and asked[0] <= now_ms - WINDOW_MS:
            asked.popleft()
        if len(asked) < self.requests:
            asked.append(now_ms)
            allowed = True
        else:
            allowed = False
        reset = -(-(asked[0] + WINDOW_MS) // MS_S)
        self.headers = (
            ("X-Gate-RateLimit-Requests-Remain", str(self.requests - len(asked))),
            ("X-Gate-RateLimit-Limit", str(self.requests)),
            ("X-Gate-RateLimit-Reset-Timestamp", str(reset)),
        )
        return allowed
