"""REST pages about the crowd: open interest over time, the four long/short ratios, settled funding.

A row's timestamp is the end of its period. Taker volumes are sums of the market's own trades.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from fbkit.simulator.answers import Query, Refusal
from fbkit.simulator.calendar import (
    DAY_MINUTES,
    FIRST_DAY,
    HISTORY_DAYS,
    INTERVALS,
    MS_DAY,
    MS_HOUR,
    MS_MIN,
    STATISTICS_DAYS,
)
from fbkit.simulator.crowd import PERIOD
from fbkit.simulator.klines import BUY_STEPS, STEPS
from fbkit.simulator.market import Market
from fbkit.simulator.wire import decimal

PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")

_FUNDING_ROWS = (100, 1000)


def _ends(query: Query, now_ms: int, reach_days: int = STATISTICS_DAYS) -> range:
    """The period ends (ms) of a page, oldest first."""
    query.coin()
    length = INTERVALS[query.text("period", PERIODS)] * MS_MIN
    limit = query.limit(30, 500)
    begin, end = query.instant("startTime"), query.instant("endTime")
    if begin is not None and begin < now_ms - STATISTICS_DAYS * MS_DAY - MS_DAY:
        raise Refusal(-1130, "parameter 'startTime' is invalid.")
    oldest = -(-max(now_ms - reach_days * MS_DAY, (FIRST_DAY + 2) * MS_DAY) // length)
    last = min(now_ms, now_ms if end is None else end) // length
    first = max(last - limit + 1, oldest)
    if begin is not None:
        first = max(-(-begin // length), oldest)
        last = min(last, first + limit - 1)
    return range(first * length, last * length + 1, length)


def days(path: str, query: Query, now_ms: int) -> tuple[int, int]:
    """First and last UTC day that a page is made of."""
    if path == "/fapi/v1/fundingRate":
        return _funding_days(query, now_ms)
    ends = _ends(query, now_ms)
    return (ends[0] // MS_DAY, ends[-1] // MS_DAY) if ends else (0, -1)


def taker_minutes(query: Query, now_ms: int) -> tuple[int, int]:
    """The minutes since 1970 whose trades a page of taker volumes sums, ``[since, until)``."""
    ends = _ends(query, now_ms, HISTORY_DAYS - 1)
    return (ends[0] // MS_MIN - ends.step // MS_MIN, ends[-1] // MS_MIN) if ends else (0, 0)


def open_interest_hist(market: Market, query: Query, now_ms: int) -> str:
    """``openInterestHist``."""
    coin = query.coin()
    one = market.universe.coins[coin]
    supply = f"{round(3.1e11 / one.price**0.84)}.00000000"
    rows = []
    for ts in _ends(query, now_ms):
        crowd = market.crowd(ts // MS_DAY)
        minute = ts % MS_DAY // MS_MIN
        steps = int(crowd.oi_steps[coin, minute])
        value = steps / 10**one.step_decimals * float(crowd.mark_5m[coin, minute // PERIOD])
        rows.append(
            f'{{"symbol":"{one.symbol}","sumOpenInterest":"{decimal(steps * 10 ** (8 - one.step_decimals), 8)}",'
            f'"sumOpenInterestValue":"{value:.8f}","CMCCirculatingSupply":"{supply}","timestamp":{ts}}}'
        )
    return f"[{','.join(rows)}]"


def _ratio(name: str) -> Callable[[Market, Query, int], str]:
    def page(market: Market, query: Query, now_ms: int) -> str:
        coin = query.coin()
        rows = []
        for ts in _ends(query, now_ms):
            log = market.crowd(ts // MS_DAY).log_ratio[name][coin, ts % MS_DAY // MS_MIN // PERIOD]
            ratio = math.exp(float(log))
            long = round(ratio / (1.0 + ratio), 4)
            rows.append(
                f'{{"symbol":"{market.symbols[coin]}","longShortRatio":"{ratio:.4f}","longAccount":"{long:.4f}",'
                f'"shortAccount":"{1.0 - long:.4f}","timestamp":{ts}}}'
            )
        return f"[{','.join(rows)}]"

    return page


def taker_ratio(market: Market, query: Query, now_ms: int) -> str:
    """``takerlongshortRatio``: no symbol in its rows."""
    coin = query.coin()
    one = market.universe.coins[coin]
    rows = []
    ends = _ends(query, now_ms, HISTORY_DAYS - 1)
    for ts in ends:
        whole = market.span((ts - ends.step) // MS_MIN, ts // MS_MIN, slice(coin, coin + 1))[:, 0]
        buys = int(whole[BUY_STEPS].sum())
        sells = int(whole[STEPS].sum()) - buys
        scale = 10 ** (4 - one.step_decimals)
        rows.append(
            f'{{"buySellRatio":"{buys / max(sells, 1):.4f}","buyVol":"{decimal(buys * scale, 4)}",'
            f'"sellVol":"{decimal(sells * scale, 4)}","timestamp":{ts}}}'
        )
    return f"[{','.join(rows)}]"


PAGES: dict[str, Callable[[Market, Query, int], str]] = {
    "openInterestHist": open_interest_hist,
    "globalLongShortAccountRatio": _ratio("acct_global"),
    "topLongShortAccountRatio": _ratio("acct_top"),
    "topLongShortPositionRatio": _ratio("pos_top"),
    "takerlongshortRatio": taker_ratio,
}


def _funding_days(query: Query, now_ms: int) -> tuple[int, int]:
    limit = query.limit(*_FUNDING_ROWS)
    begin, end = query.instant("startTime"), query.instant("endTime")
    last = min(now_ms, now_ms if end is None else end) // MS_DAY
    oldest = max(now_ms // MS_DAY - STATISTICS_DAYS, FIRST_DAY + 2)
    # At most a row an hour, at least one every eight: enough days for the rows, and one for the midnight before.
    first = last - limit // 3 - 1 if begin is None else begin // MS_DAY - 1
    return max(first, oldest), last


def funding_rate(market: Market, query: Query, now_ms: int) -> str:
    """``fundingRate``: settled fundings, ascending. The instant may be off the hour by a few ms."""
    coin, limit = query.coin(), query.limit(*_FUNDING_ROWS)
    begin, end = query.instant("startTime"), query.instant("endTime")
    first, last = _funding_days(query, now_ms)
    until = now_ms if end is None else min(end, now_ms)
    rows: list[str] = []
    for day in range(first, last + 1):
        crowd = market.crowd(day)
        for settled, rate in crowd.settled(coin):
            late = (settled // MS_HOUR * 7 + coin) % 6 % 5
            ts = settled + late
            if ts > until or (begin is not None and ts < begin):
                continue
            mark = float(crowd.mark_5m[coin, (settled // MS_MIN - day * DAY_MINUTES) // PERIOD])
            rows.append(
                f'{{"symbol":"{market.symbols[coin]}","fundingTime":{ts},"fundingRate":"{rate:.8f}",'
                f'"markPrice":"{mark:.8f}","rateType":"Regular"}}'
            )
    chosen = rows[:limit] if begin is not None else rows[-limit:]
    return f"[{','.join(chosen)}]"
