"""REST pages made of trades: klines and aggregate trades."""

from __future__ import annotations

from fbkit.simulator.calendar import INTERVALS, MS_HOUR, MS_MIN
from fbkit.simulator.coin import Coin
from fbkit.simulator.decimals import decimal
from fbkit.simulator.facts import TradeRow
from fbkit.simulator.klines import Kline
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.binance.query import Query, Refusal

_RECENT_HOURS = 48

#: Integers below this are floats without loss, and their quotients right to the last printed digit.
_EXACT = 10**15


def kline_minutes(scene: Scene, query: Query, now_ms: int) -> tuple[int, int]:
    """The whole minutes since 1970 that a page of klines is made of, ``[since, until)``."""
    query.coin()
    return scene.kline_minutes(*_asked(query), now_ms)


def klines(scene: Scene, query: Query, now_ms: int) -> str:
    """A page of klines, the one that is still open included."""
    coin, asked = query.coin(), _asked(query)
    return _kline_page(scene.coins[coin], INTERVALS[asked[0]] * MS_MIN, scene.klines(coin, *asked, now_ms))


def _asked(query: Query) -> tuple[str, int | None, int | None, int]:
    interval, limit = query.text("interval", tuple(INTERVALS)), query.limit(500, 1500)
    return interval, query.instant("startTime"), query.instant("endTime"), limit


def _kline_page(coin: Coin, length_ms: int, rows: list[tuple[int, Kline]]) -> str:
    """The rows as text. One division and one formatting a number while a float holds it, digit by digit beyond."""
    p, q, t = coin.price_decimals, coin.step_decimals, coin.quote_decimals
    price, size = 10**coin.tick_decimals, 10**coin.step_decimals
    scale, turnover = 10 ** (p - coin.tick_decimals), price * size
    row = f'[%d,"%.{p}f","%.{p}f","%.{p}f","%.{p}f","%.{q}f",%d,"%s",%d,"%.{q}f","%s","0"]'
    money = f"%.{t}f"
    texts = []
    for start, bar in rows:
        if bar.turnover * scale < _EXACT:
            sums = money % (bar.turnover / turnover), money % (bar.buy_turnover / turnover)
        else:
            sums = decimal(bar.turnover * scale, t), decimal(bar.buy_turnover * scale, t)
        ohlc = (bar.open / price, bar.high / price, bar.low / price, bar.close / price)
        end = start + length_ms - 1
        texts.append(row % (start, *ohlc, bar.steps / size, end, sums[0], bar.fills, bar.buy_steps / size, sums[1]))
    return f"[{','.join(texts)}]"


def agg_trades(scene: Scene, query: Query, now_ms: int) -> str:
    """A page of aggregate trades: from an id on, within a time, or the newest."""
    coin, limit = query.coin(), query.limit(500, 1000)
    from_id, begin, end = query.instant("fromId"), query.instant("startTime"), query.instant("endTime")
    until = now_ms if end is None else min(end, now_ms)
    if from_id is not None:
        rows = scene.since_id(coin, from_id, limit, now_ms)
    elif begin is not None:
        if begin < now_ms - _RECENT_HOURS * MS_HOUR:
            raise Refusal(-4166, f"Search window is restricted to recent {_RECENT_HOURS} hours only.")
        rows = scene.between(coin, begin, until, limit)
    else:
        rows = scene.newest(coin, limit, until)
    one = scene.coins[coin]
    return "[" + ",".join([_trade(one, row) for row in rows]) + "]"


def _trade(coin: Coin, row: TradeRow) -> str:
    _, _, ts, trade_id, ticks, steps, buy, f, l = row
    price = decimal(ticks * 10 ** (coin.price_decimals - coin.tick_decimals), coin.price_decimals)
    size = decimal(steps, coin.step_decimals)
    maker = "false" if buy else "true"
    return f'{{"a":{trade_id},"p":"{price}","q":"{size}","nq":"{size}","f":{f},"l":{l},"T":{ts},"m":{maker}}}'
