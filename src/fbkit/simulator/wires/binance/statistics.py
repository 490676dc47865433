"""REST pages about the crowd: open interest over time, the four long/short ratios, settled funding.

A row's timestamp is the end of its period. Taker volumes are sums of the market's own trades.
"""

from __future__ import annotations

from collections.abc import Callable

from fbkit.simulator.calendar import HISTORY_DAYS, INTERVALS, MS_DAY, MS_HOUR, MS_MIN, STATISTICS_DAYS
from fbkit.simulator.decimals import decimal
from fbkit.simulator.past import ends
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.binance.query import Query, Refusal

PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")

_FUNDING_ROWS = (100, 1000)


def _ends(query: Query, now_ms: int, reach_days: int = STATISTICS_DAYS) -> range:
    """The period ends (ms) of a page, oldest first."""
    query.coin()
    period, limit = INTERVALS[query.text("period", PERIODS)], query.limit(30, 500)
    begin, end = query.instant("startTime"), query.instant("endTime")
    if begin is not None and begin < now_ms - STATISTICS_DAYS * MS_DAY - MS_DAY:
        raise Refusal(-1130, "parameter 'startTime' is invalid.")
    return ends(period, begin, end, limit, now_ms, reach_days)


def span(path: str, query: Query, now_ms: int) -> tuple[int, int]:
    """First and last instant (ms) of what a page is made of."""
    if path == "/fapi/v1/fundingRate":
        return _funding_span(query, now_ms)
    page = _ends(query, now_ms)
    return (page[0], page[-1]) if page else (now_ms, now_ms)


def taker_minutes(query: Query, now_ms: int) -> tuple[int, int]:
    """The minutes since 1970 whose trades a page of taker volumes sums, ``[since, until)``."""
    page = _ends(query, now_ms, HISTORY_DAYS - 1)
    return (page[0] // MS_MIN - page.step // MS_MIN, page[-1] // MS_MIN) if page else (0, 0)


def open_interest_hist(scene: Scene, query: Query, now_ms: int) -> str:
    """``openInterestHist``."""
    coin = query.coin()
    one = scene.coins[coin]
    supply = f"{round(3.1e11 / one.price**0.84)}.00000000"
    rows = []
    for ts, steps, mark in scene.held(coin, _ends(query, now_ms)):
        value = one.size_of(steps) * mark
        rows.append(
            f'{{"symbol":"{one.symbol}","sumOpenInterest":"{decimal(steps * 10 ** (8 - one.step_decimals), 8)}",'
            f'"sumOpenInterestValue":"{value:.8f}","CMCCirculatingSupply":"{supply}","timestamp":{ts}}}'
        )
    return f"[{','.join(rows)}]"


def _ratio(name: str) -> Callable[[Scene, Query, int], str]:
    def page(scene: Scene, query: Query, now_ms: int) -> str:
        coin = query.coin()
        rows = []
        for ts, ratio in scene.ratios(coin, name, _ends(query, now_ms)):
            long = round(ratio / (1.0 + ratio), 4)
            rows.append(
                f'{{"symbol":"{scene.coins[coin].symbol}","longShortRatio":"{ratio:.4f}","longAccount":"{long:.4f}",'
                f'"shortAccount":"{1.0 - long:.4f}","timestamp":{ts}}}'
            )
        return f"[{','.join(rows)}]"

    return page


def taker_ratio(scene: Scene, query: Query, now_ms: int) -> str:
    """``takerlongshortRatio``: no symbol in its rows."""
    coin = query.coin()
    one = scene.coins[coin]
    rows = []
    page = _ends(query, now_ms, HISTORY_DAYS - 1)
    for ts in page:
        (buys, _), (sells, _) = scene.taken(coin, ts - page.step, ts)
        scale = 10 ** (4 - one.step_decimals)
        rows.append(
            f'{{"buySellRatio":"{buys / max(sells, 1):.4f}","buyVol":"{decimal(buys * scale, 4)}",'
            f'"sellVol":"{decimal(sells * scale, 4)}","timestamp":{ts}}}'
        )
    return f"[{','.join(rows)}]"


PAGES: dict[str, Callable[[Scene, Query, int], str]] = {
    "openInterestHist": open_interest_hist,
    "globalLongShortAccountRatio": _ratio("acct_global"),
    "topLongShortAccountRatio": _ratio("acct_top"),
    "topLongShortPositionRatio": _ratio("pos_top"),
    "takerlongshortRatio": taker_ratio,
}


def _funding_span(query: Query, now_ms: int) -> tuple[int, int]:
    limit = query.limit(*_FUNDING_ROWS)
    begin, end = query.instant("startTime"), query.instant("endTime")
    until = now_ms if end is None else min(end, now_ms)
    # At most a row an hour, at least one every eight: days enough for the rows.
    since = until - (limit // 3 + 1) * MS_DAY if begin is None else begin
    return max(since, now_ms - STATISTICS_DAYS * MS_DAY), until


def funding_rate(scene: Scene, query: Query, now_ms: int) -> str:
    """``fundingRate``: settled fundings, ascending. The instant may be off the hour by a few ms."""
    coin, limit = query.coin(), query.limit(*_FUNDING_ROWS)
    begin = query.instant("startTime")
    since, until = _funding_span(query, now_ms)
    rows: list[str] = []
    for settled, rate, mark in scene.fundings(coin, since - 5, until):
        late = (settled // MS_HOUR * 7 + coin) % 6 % 5
        ts = settled + late
        if ts > until or ts < since:
            continue
        rows.append(
            f'{{"symbol":"{scene.coins[coin].symbol}","fundingTime":{ts},"fundingRate":"{rate:.8f}",'
            f'"markPrice":"{mark:.8f}","rateType":"Regular"}}'
        )
    chosen = rows[:limit] if begin is not None else rows[-limit:]
    return f"[{','.join(chosen)}]"
