"""The exchange's REST: ``POST /info``, whose body says what is asked.

Source: Hyperliquid docs, "Info endpoint", "Perpetuals", "Rate limits and user limits".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import INTERVALS, MS_DAY, MS_HOUR, MS_MIN
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.hyperliquid.pushes import Pushes
from fbkit.simulator.wires.hyperliquid.templates import CoinWire

WEIGHT_A_MINUTE = 1_200

#: How far each page reaches.
CANDLES, FUNDINGS, RECENT = 5_000, 500, 10

#: A settlement is booked so much after the hour, ms.
_BOOKED_MS = 48

#: A market that was delisted keeps its place, so that the others keep theirs.
_DELISTED = '{"szDecimals":1,"name":"MATIC","maxLeverage":20,"isDelisted":true}'
_DELISTED_CONTEXT = (
    '{"funding":"0.0","openInterest":"0.0","prevDayPx":"0.37621","dayNtlVlm":"0.0","premium":null,"oraclePx":"0.3754",'
    '"markPx":"0.37621","midPx":null,"impactPxs":null,"dayBaseVlm":"0.0"}'
)
_DELISTED_AT = 1

_UNREADABLE = Answer(
    422, (("Content-Type", "text/plain; charset=utf-8"),), b"Failed to deserialize the JSON body into the target type"
)
_NO_SUCH_COIN = answer("null", 500)

TOO_MANY = answer("null", 429)


class _Span(msgspec.Struct):
    coin: str
    interval: str
    startTime: int
    endTime: int


class Question(msgspec.Struct):
    """The body of a request."""

    type: str
    coin: str = ""
    startTime: int = 0
    endTime: int | None = None
    req: _Span | None = None


def question(body: bytes) -> Question | None:
    """What is asked, ``None`` where nobody can read it."""
    try:
        return msgspec.json.decode(body, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Info:
    """Answers questions about a market."""

    def __init__(self, scene: Scene, templates: list[CoinWire], pushes: Pushes) -> None:
        self._scene, self._templates, self._pushes = scene, templates, pushes
        self._index = scene.market.universe.index
        self._whole: dict[str, Callable[[int], str]] = {
            "meta": lambda _now: self._meta(),
            "metaAndAssetCtxs": self._meta_and_contexts,
            "allMids": self._mids,
        }
        self._of_coin: dict[str, Callable[[int, Question, int], str]] = {
            "l2Book": self._book,
            "recentTrades": self._recent,
            "candleSnapshot": self._candles,
            "fundingHistory": self._fundings,
        }

    def answer(self, body: bytes, now_ms: int) -> Answer:
        """The reply to a question at an instant (UTC ms)."""
        asked = question(body)
        if asked is None:
            return _UNREADABLE
        if asked.type in self._whole:
            return answer(self._whole[asked.type](now_ms))
        page = self._of_coin.get(asked.type)
        if page is None or (
            asked.type == "candleSnapshot" and (asked.req is None or asked.req.interval not in INTERVALS)
        ):
            return _UNREADABLE
        coin = self._index.get(asked.req.coin if asked.req else asked.coin)
        return _NO_SUCH_COIN if coin is None else answer(page(coin, asked, now_ms))

    def prepare(self, body: bytes, now_ms: int) -> Iterator[None]:
        """Make what :meth:`answer` will need."""
        asked = question(body)
        if asked is None:
            return
        if asked.type == "metaAndAssetCtxs":
            yield from self._scene.prepare_minutes((now_ms - MS_DAY) // MS_MIN, now_ms // MS_MIN)
        elif asked.type == "candleSnapshot" and asked.req is not None and asked.req.interval in INTERVALS:
            yield from self._scene.prepare_minutes(*self._scene.kline_minutes(*_candles_of(asked.req, now_ms), now_ms))
        elif asked.type == "fundingHistory":
            since, until = _fundings_of(asked, now_ms)
            yield from self._scene.prepare_days(since, until)

    def _meta(self) -> str:
        rows = [one.market() for one in self._templates]
        return f'{{"universe":[{",".join(_with_delisted(rows, _DELISTED))}],"marginTables":[],"collateralToken":0}}'

    def _meta_and_contexts(self, now_ms: int) -> str:
        contexts = _with_delisted(self._pushes.told(now_ms), _DELISTED_CONTEXT)
        return f"[{self._meta()},[{','.join(contexts)}]]"

    def _mids(self, now_ms: int) -> str:
        rows = zip(self._templates, self._scene.best_at(now_ms), strict=True)
        mids = [f'"{one.coin.symbol}":"{(one.coin.price_of(row.bid + row.ask)) / 2!r}"' for one, row in rows]
        return f"{{{','.join(mids)}}}"

    def _book(self, coin: int, asked: Question, now_ms: int) -> str:
        book = self._scene.book(coin, now_ms, 20)
        return self._templates[coin].book(book.ts_ms, book.bids, book.asks)

    def _recent(self, coin: int, asked: Question, now_ms: int) -> str:
        """Newest first."""
        rows = self._scene.newest(coin, RECENT, now_ms)
        return f"[{','.join(map(self._templates[coin].trade, reversed(rows)))}]"

    def _candles(self, coin: int, asked: Question, now_ms: int) -> str:
        assert asked.req is not None  # noqa: S101 - answer() has seen to it
        interval, since, until, limit = _candles_of(asked.req, now_ms)
        one, length = self._templates[coin], INTERVALS[interval] * MS_MIN
        rows = self._scene.klines(coin, interval, since, until, limit, now_ms)
        return f"[{','.join(one.candle(start, length, interval, bar) for start, bar in rows)}]"

    def _fundings(self, coin: int, asked: Question, now_ms: int) -> str:
        since, until = _fundings_of(asked, now_ms)
        symbol = self._scene.coins[coin].symbol
        rows = [
            f'{{"coin":"{symbol}","fundingRate":"{row.rate:.10f}","premium":"{row.rate * 8:.10f}",'
            f'"time":{row.ts_ms + _BOOKED_MS}}}'
            for row in self._scene.fundings(coin, since, until)
        ]
        return f"[{','.join(rows[:FUNDINGS])}]"


def _with_delisted(rows: list[str], delisted: str) -> list[str]:
    return [*rows[:_DELISTED_AT], delisted, *rows[_DELISTED_AT:]]


def _candles_of(span: _Span, now_ms: int) -> tuple[str, int, int, int]:
    """Interval, first and last start, and rows: only the newest candles are there."""
    oldest = now_ms - CANDLES * INTERVALS[span.interval] * MS_MIN
    return span.interval, max(span.startTime, oldest), span.endTime, CANDLES


def _fundings_of(asked: Question, now_ms: int) -> tuple[int, int]:
    """The hours whose settlement was booked within the time asked about."""
    until = now_ms if asked.endTime is None else min(asked.endTime, now_ms)
    return asked.startTime - _BOOKED_MS, until - _BOOKED_MS


class Limits:
    """Weight in any minute; ``generosity`` times what the exchange allows."""

    def __init__(self, generosity: int = 1) -> None:
        self.weight = WEIGHT_A_MINUTE * generosity
        self._spent: deque[tuple[int, int]] = deque()
        self._sum = 0

    def spend(self, body: bytes, now_ms: int) -> bool:
        """Count a question; whether it may be asked."""
        while self._spent and self._spent[0][0] <= now_ms - MS_MIN:
            self._sum -= self._spent.popleft()[1]
        weight = weight_of(body, now_ms)
        if self._sum + weight > self.weight:
            return False
        self._spent.append((now_ms, weight))
        self._sum += weight
        return True


def weight_of(body: bytes, now_ms: int) -> int:
    """What a question costs: 2 for books and mids, else 20, and more for long answers.

    >>> weight_of(b'{"type":"allMids"}', 0), weight_of(b'{"type":"fundingHistory","coin":"BTC"}', 100 * 3_600_000)
    (2, 25)
    """
    asked = question(body)
    if asked is not None and asked.type in {"l2Book", "allMids"}:
        return 2
    return 20 + (0 if asked is None else _more(asked, now_ms))


def _more(asked: Question, now_ms: int) -> int:
    if asked.type == "fundingHistory":
        since, until = _fundings_of(asked, now_ms)
        return max(0, min((until - since) // MS_HOUR, FUNDINGS)) // 20
    if asked.type == "candleSnapshot" and asked.req is not None and asked.req.interval in INTERVALS:
        interval, since, until, limit = _candles_of(asked.req, now_ms)
        return max(0, min((min(until, now_ms) - since) // (INTERVALS[interval] * MS_MIN), limit)) // 60
    return 0
