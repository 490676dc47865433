"""REST pages made of trades: klines and aggregate trades."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fbkit.simulator.answers import Query, Refusal
from fbkit.simulator.calendar import DAY_MINUTES, FIRST_DAY, HISTORY_DAYS, INTERVALS, MS_HOUR, MS_MIN
from fbkit.simulator.days import FIRST_ID, id_base
from fbkit.simulator.klines import COUNT, Kline, fold
from fbkit.simulator.market import Market
from fbkit.simulator.noise import Ints
from fbkit.simulator.trades import Minute, fills
from fbkit.simulator.universe import Coin
from fbkit.simulator.wire import decimal

_RECENT_HOURS = 48

#: Integers below this are floats without loss, and their quotients right to the last printed digit.
_EXACT = 10**15


def kline_minutes(query: Query, now_ms: int) -> tuple[int, int]:
    """The whole minutes since 1970 that a page of klines is made of, ``[since, until)``."""
    query.coin()
    length = INTERVALS[query.text("interval", tuple(INTERVALS))]
    limit = query.limit(500, 1500)
    now = now_ms // MS_MIN
    begin, end = query.instant("startTime"), query.instant("endTime")
    # A kline belongs to the page when it opens within [startTime, endTime].
    last = min(now, now if end is None else end // MS_MIN) // length
    oldest = -(-max(now - HISTORY_DAYS * DAY_MINUTES, FIRST_DAY * DAY_MINUTES) // length)
    if begin is None:
        first = last - limit + 1
    else:
        first = -(-begin // (length * MS_MIN))
        last = min(last, max(first, oldest) + limit - 1)
    return max(first, oldest) * length, min((last + 1) * length, now)


def klines(market: Market, query: Query, now_ms: int) -> str:
    """A page of klines, the one that is still open included."""
    coin = query.coin()
    interval = query.text("interval", tuple(INTERVALS))
    length = INTERVALS[interval]
    since, until = kline_minutes(query, now_ms)
    end = query.instant("endTime")
    rows: list[tuple[int, list[int]]] = []
    closed = until - until % length
    if closed > since:
        whole = market.span(since, closed, slice(coin, coin + 1))[:, 0]
        bars = fold(whole.reshape(len(whole), -1, length)).T.tolist()
        rows = [(since + k * length, bar) for k, bar in enumerate(bars)]
    begin, so_far = market.bar(interval, now_ms) if _open_wanted(now_ms, length, end, since, query) else (0, None)
    if so_far is not None and so_far[COUNT, coin] > 0 and len(rows) < query.limit(500, 1500):
        rows.append((begin // MS_MIN, so_far[:, coin].tolist()))
    return _kline_page(market.universe.coins[coin], length * MS_MIN, rows)


def _open_wanted(now_ms: int, length: int, end: int | None, since: int, query: Query) -> bool:
    """Whether the bar that is still open belongs to the page."""
    opened = now_ms // MS_MIN // length * length
    begin = query.instant("startTime")
    in_reach = begin is None or (begin <= opened * MS_MIN and opened < since + query.limit(500, 1500) * length)
    return in_reach and (end is None or end >= opened * MS_MIN)


def _kline_page(coin: Coin, length_ms: int, rows: list[tuple[int, list[int]]]) -> str:
    """The rows as text. One division and one formatting a number while a float holds it, digit by digit beyond."""
    p, q, t = coin.price_decimals, coin.step_decimals, coin.quote_decimals
    price, size = 10**coin.tick_decimals, 10**coin.step_decimals
    scale, turnover = 10 ** (p - coin.tick_decimals), price * size
    row = f'[%d,"%.{p}f","%.{p}f","%.{p}f","%.{p}f","%.{q}f",%d,"%s",%d,"%.{q}f","%s","0"]'
    money = f"%.{t}f"
    texts = []
    for minute, values in rows:
        bar, start = Kline(*values), minute * MS_MIN
        if bar.turnover * scale < _EXACT:
            sums = money % (bar.turnover / turnover), money % (bar.buy_turnover / turnover)
        else:
            sums = decimal(bar.turnover * scale, t), decimal(bar.buy_turnover * scale, t)
        ohlc = (bar.open / price, bar.high / price, bar.low / price, bar.close / price)
        end = start + length_ms - 1
        texts.append(row % (start, *ohlc, bar.steps / size, end, sums[0], bar.fills, bar.buy_steps / size, sums[1]))
    return f"[{','.join(texts)}]"


def agg_trades(market: Market, query: Query, now_ms: int) -> str:
    """A page of aggregate trades: from an id on, within a time, or the newest."""
    coin, limit = query.coin(), query.limit(500, 1000)
    one = market.universe.coins[coin]
    from_id, begin, end = query.instant("fromId"), query.instant("startTime"), query.instant("endTime")
    until = now_ms if end is None else min(end, now_ms)
    if from_id is not None:
        rows = _ahead(market, coin, _From(minute_with(market, coin, from_id), from_id, 0), limit, now_ms)
    elif begin is not None:
        if begin < now_ms - _RECENT_HOURS * MS_HOUR:
            raise Refusal(-4166, f"Search window is restricted to recent {_RECENT_HOURS} hours only.")
        rows = _ahead(market, coin, _From(begin // MS_MIN, 0, begin), limit, until)
    else:
        rows = _newest(market, coin, limit, until)
    return "[" + ",".join([_trade(one, row) for row in rows]) + "]"


def minute_with(market: Market, coin: int, trade_id: int) -> int:
    """The minute since 1970 in which an aggregate trade of a coin happened; its first minute for an id before all."""
    universe = market.universe
    a_day = int(universe.day_trades[coin])
    day = max(FIRST_DAY + 1, FIRST_DAY + (trade_id - FIRST_ID) // a_day)
    while day > FIRST_DAY + 1 and int(id_base(universe, market.seed, day)[coin]) > trade_id:
        day -= 1
    while int(id_base(universe, market.seed, day + 1)[coin]) <= trade_id:
        day += 1
    of_day = int(np.searchsorted(market.day(day).first_id[coin], trade_id, side="right")) - 1
    return day * DAY_MINUTES + max(of_day, 0)


class _From(NamedTuple):
    """Where a page of trades begins: not before any of these."""

    minute: int
    trade_id: int
    ts_ms: int


def _ahead(market: Market, coin: int, start: _From, limit: int, until_ms: int) -> list[tuple[int, ...]]:
    rows: list[tuple[int, ...]] = []
    minute = start.minute
    while len(rows) < limit and minute * MS_MIN <= until_ms:
        block = market.minute(minute)
        a, b = int(block.edges[coin]), int(block.edges[coin + 1])
        first = a + int(np.searchsorted(block.ts_ms[a:b], start.ts_ms))
        first = max(first, a + int(np.searchsorted(block.trade_id[a:b], start.trade_id)))
        last = a + int(np.searchsorted(block.ts_ms[a:b], until_ms, side="right"))
        rows += _rows(block, first, min(last, first + limit - len(rows)))
        minute += 1
    return rows


def _newest(market: Market, coin: int, limit: int, until_ms: int) -> list[tuple[int, ...]]:
    rows: list[tuple[int, ...]] = []
    minute = until_ms // MS_MIN
    while len(rows) < limit:
        block = market.minute(minute)
        a, b = int(block.edges[coin]), int(block.edges[coin + 1])
        last = a + int(np.searchsorted(block.ts_ms[a:b], until_ms, side="right"))
        rows = [*_rows(block, max(a, last - (limit - len(rows))), last), *rows]
        minute -= 1
    return rows


def _rows(block: Minute, first: int, last: int) -> list[tuple[int, ...]]:
    if last <= first:
        return []
    ids: Ints = block.trade_id[first:last]
    f, l = fills(ids)
    columns = (
        ids,
        block.ticks[first:last],
        block.steps[first:last],
        f,
        l,
        block.ts_ms[first:last],
        block.buy[first:last],
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _trade(coin: Coin, row: tuple[int, ...]) -> str:
    trade_id, ticks, steps, f, l, ts, buy = row
    price = decimal(ticks * 10 ** (coin.price_decimals - coin.tick_decimals), coin.price_decimals)
    size = decimal(steps, coin.step_decimals)
    maker = "false" if buy else "true"
    return f'{{"a":{trade_id},"p":"{price}","q":"{size}","nq":"{size}","f":{f},"l":{l},"T":{ts},"m":{maker}}}'
