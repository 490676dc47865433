"""What there is to tell of the past: trades by id and time, klines, open interest, ratios, fundings.

Trades and klines reach back eight days, what the crowd held thirty. Nothing later than the instant asked at is told.
Every answer needs minutes or days made first; ``prepare_minutes`` and ``prepare_days`` make them in small steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fbkit.simulator.calendar import (
    DAY_MINUTES,
    FIRST_DAY,
    HISTORY_DAYS,
    INTERVALS,
    MS_DAY,
    MS_MIN,
    STATISTICS_DAYS,
)
from fbkit.simulator.coin import Coin
from fbkit.simulator.crowd import PERIOD
from fbkit.simulator.days import FIRST_ID, id_base
from fbkit.simulator.facts import FundingRow, HeldRow, TradeRow
from fbkit.simulator.klines import BUY_STEPS, BUY_TURNOVER, COUNT, STEPS, TURNOVER, Kline, fold
from fbkit.simulator.market import Market
from fbkit.simulator.trades import Minute, fills


class _From(NamedTuple):
    """Where a page of trades begins: not before any of these."""

    minute: int
    trade_id: int
    ts_ms: int


class Past:
    """A market's past at one venue.

    >>> past = Past(Market(seed=7, instruments=2))
    >>> now = 1_772_700_000_000
    >>> newest = past.newest(0, 3, now)
    >>> newest == past.since_id(0, newest[0].trade_id, 3, now), [row.ts_ms <= now for row in newest]
    (True, [True, True, True])
    """

    def __init__(self, market: Market) -> None:
        self.market = market

    @property
    def coins(self) -> list[Coin]:
        """The contracts, as the venue lists them."""
        return self.market.universe.coins

    def since_id(self, coin: int, trade_id: int, limit: int, until_ms: int) -> list[TradeRow]:
        """Trades from an id on, ascending, none after ``until_ms``. Their ``push_ms`` is their ``ts_ms``."""
        start = _From(self.minute_with(coin, trade_id), trade_id, 0)
        return self._ahead(coin, start, limit, until_ms)

    def between(self, coin: int, since_ms: int, until_ms: int, limit: int) -> list[TradeRow]:
        """The first ``limit`` trades within ``[since_ms, until_ms]``, ascending."""
        oldest = max(since_ms, FIRST_DAY * MS_DAY + MS_DAY)
        return self._ahead(coin, _From(oldest // MS_MIN, 0, oldest), limit, until_ms)

    def newest(self, coin: int, limit: int, until_ms: int) -> list[TradeRow]:
        """The last ``limit`` trades up to an instant, ascending; reverse them for a venue that tells newest first."""
        rows: list[TradeRow] = []
        minute = until_ms // MS_MIN
        while len(rows) < limit:
            block = self.market.minute(minute)
            a, b = int(block.edges[coin]), int(block.edges[coin + 1])
            last = a + int(np.searchsorted(block.ts_ms[a:b], until_ms, side="right"))
            rows = [*_rows(coin, block, max(a, last - (limit - len(rows))), last), *rows]
            minute -= 1
        return rows

    def before_id(self, coin: int, trade_id: int, limit: int, until_ms: int) -> list[TradeRow]:
        """The ``limit`` trades before an id, ascending, for venues that page backwards."""
        return [
            row for row in self.since_id(coin, max(trade_id - limit, 0), limit, until_ms) if row.trade_id < trade_id
        ]

    def minute_with(self, coin: int, trade_id: int) -> int:
        """The minute since 1970 in which a trade happened; its coin's first minute for an id before all."""
        market = self.market
        universe, seed = market.universe, market.own_seed
        day = max(FIRST_DAY + 1, FIRST_DAY + (trade_id - FIRST_ID) // int(universe.day_trades[coin]))
        while day > FIRST_DAY + 1 and int(id_base(universe, seed, day)[coin]) > trade_id:
            day -= 1
        while int(id_base(universe, seed, day + 1)[coin]) <= trade_id:
            day += 1
        of_day = int(np.searchsorted(market.day(day).first_id[coin], trade_id, side="right")) - 1
        return day * DAY_MINUTES + max(of_day, 0)

    def _ahead(self, coin: int, start: _From, limit: int, until_ms: int) -> list[TradeRow]:
        rows: list[TradeRow] = []
        minute = start.minute
        while len(rows) < limit and minute * MS_MIN <= until_ms:
            block = self.market.minute(minute)
            a, b = int(block.edges[coin]), int(block.edges[coin + 1])
            first = a + int(np.searchsorted(block.ts_ms[a:b], start.ts_ms))
            first = max(first, a + int(np.searchsorted(block.trade_id[a:b], start.trade_id)))
            last = a + int(np.searchsorted(block.ts_ms[a:b], until_ms, side="right"))
            rows += _rows(coin, block, first, min(last, first + limit - len(rows)))
            minute += 1
        return rows

    def kline_minutes(
        self, interval: str, since_ms: int | None, until_ms: int | None, limit: int, now_ms: int
    ) -> tuple[int, int]:
        """The minutes since 1970 that a page of klines is made of, ``[since, until)``, for :meth:`prepare_minutes`."""
        length = INTERVALS[interval]
        now = now_ms // MS_MIN
        # A kline belongs to the page when it opens within [since_ms, until_ms].
        last = min(now, now if until_ms is None else until_ms // MS_MIN) // length
        oldest = -(-max(now - HISTORY_DAYS * DAY_MINUTES, FIRST_DAY * DAY_MINUTES) // length)
        if since_ms is None:
            first = last - limit + 1
        else:
            first = -(-since_ms // (length * MS_MIN))
            last = min(last, max(first, oldest) + limit - 1)
        return max(first, oldest) * length, min((last + 1) * length, now)

    def klines(
        self, coin: int, interval: str, since_ms: int | None, until_ms: int | None, limit: int, now_ms: int
    ) -> list[tuple[int, Kline]]:
        """A page of klines with their starts (ms), ascending, the open one included.

        Those that open within ``[since_ms, until_ms]``: the first ``limit`` where ``since_ms`` is told, else the last.
        """
        length = INTERVALS[interval]
        since, until = self.kline_minutes(interval, since_ms, until_ms, limit, now_ms)
        rows: list[tuple[int, Kline]] = []
        closed = until - until % length
        if closed > since:
            whole = self.market.span(since, closed, slice(coin, coin + 1))[:, 0]
            bars = fold(whole.reshape(len(whole), -1, length)).T.tolist()
            rows = [((since + k * length) * MS_MIN, Kline(*bar)) for k, bar in enumerate(bars)]
        opened = now_ms // MS_MIN // length * length
        early = since_ms is None or (since_ms <= opened * MS_MIN and opened < since + limit * length)
        if early and (until_ms is None or until_ms >= opened * MS_MIN) and len(rows) < limit:
            begin, so_far = self.market.bar(interval, now_ms)
            if so_far[COUNT, coin] > 0:
                rows.append((begin, Kline(*so_far[:, coin].tolist())))
        return rows

    def taken(self, coin: int, since_ms: int, until_ms: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """What takers bought and sold in whole minutes: (steps, turnover) each."""
        whole = (
            self.market.span(since_ms // MS_MIN, until_ms // MS_MIN, slice(coin, coin + 1))[:, 0].sum(axis=1).tolist()
        )
        bought = whole[BUY_STEPS], whole[BUY_TURNOVER]
        return bought, (whole[STEPS] - bought[0], whole[TURNOVER] - bought[1])

    def held(self, coin: int, ends_ms: range | list[int]) -> list[HeldRow]:
        """Open interest at instants of the past, full minutes; see :func:`ends`."""
        rows = []
        for ts in ends_ms:
            crowd = self.market.crowd(ts // MS_DAY)
            minute = ts % MS_DAY // MS_MIN
            rows.append(HeldRow(ts, int(crowd.oi_steps[coin, minute]), float(crowd.mark_5m[coin, minute // PERIOD])))
        return rows

    def ratios(self, coin: int, name: str, ends_ms: range | list[int]) -> list[tuple[int, float]]:
        """Longs over shorts (``acct_global``, ``acct_top`` or ``pos_top``) at period ends, multiples of 5 minutes."""
        rows = []
        for ts in ends_ms:
            log = self.market.crowd(ts // MS_DAY).log_ratio[name][coin, ts % MS_DAY // MS_MIN // PERIOD]
            rows.append((ts, math.exp(float(log))))
        return rows

    def fundings(self, coin: int, since_ms: int, until_ms: int) -> list[FundingRow]:
        """Settled fundings within ``[since_ms, until_ms]``, ascending; ``until_ms`` is at most now."""
        first = max(since_ms // MS_DAY - 1, until_ms // MS_DAY - STATISTICS_DAYS, FIRST_DAY + 2)
        rows: list[FundingRow] = []
        for day in range(first, until_ms // MS_DAY + 1):
            rows += [row for row in self.market.settled(day)[coin] if since_ms <= row.ts_ms <= until_ms]
        return rows

    def prepare_minutes(self, since: int, until: int) -> Iterator[None]:
        """Make the klines of minutes since 1970 ``[since, until)``, one a step."""
        for minute in self.market.missing(since, until):
            # Another request may have made it meanwhile.
            if self.market.missing(minute, minute + 1):
                self.market.closed(minute)
                yield

    def prepare_days(self, since_ms: int, until_ms: int) -> Iterator[None]:
        """Make what the crowd did on the days of ``[since_ms, until_ms]``, one a step."""
        first = max(since_ms // MS_DAY - 1, until_ms // MS_DAY - STATISTICS_DAYS, FIRST_DAY + 2)
        last = until_ms // MS_DAY
        for day in range(first, last + 1):
            self.market.settled(day)
            # More days of all that the crowd did are not kept.
            if day > last - HISTORY_DAYS:
                self.market.crowd(day)
            yield


def ends(
    period_min: int,
    since_ms: int | None,
    until_ms: int | None,
    limit: int,
    now_ms: int,
    reach_days: int = STATISTICS_DAYS,
) -> range:
    """The period ends (ms) of a page, ascending: the first ``limit`` from ``since_ms`` on, else the last up to now.

    >>> [end // 300_000 for end in ends(5, None, None, 3, 1_772_700_000_000)]
    [5908998, 5908999, 5909000]
    """
    length = period_min * MS_MIN
    oldest = -(-max(now_ms - reach_days * MS_DAY, (FIRST_DAY + 2) * MS_DAY) // length)
    last = min(now_ms, now_ms if until_ms is None else until_ms) // length
    first = max(last - limit + 1, oldest)
    if since_ms is not None:
        first = max(-(-since_ms // length), oldest)
        last = min(last, first + limit - 1)
    return range(first * length, last * length + 1, length)


def _rows(coin: int, block: Minute, first: int, last: int) -> list[TradeRow]:
    if last <= first:
        return []
    here = slice(first, last)
    ids, ts = block.trade_id[here], block.ts_ms[here]
    columns = (ts, ts, ids, block.ticks[here], block.steps[here], block.buy[here], *fills(ids))
    return [TradeRow(coin, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
