"""Funding that accrues all the time, told by the hour.

Source: Deribit API 2.1.1, "public/get_funding_rate_history".
"""

from __future__ import annotations

from typing import Any

from fbkit.simulator.calendar import FIRST_DAY, MS_DAY, MS_HOUR, MS_MIN
from fbkit.simulator.crowd import PERIOD
from fbkit.simulator.market import Market

#: Hours of a page, at most.
MOST = 744


def hours(market: Market, coin: int, since_ms: int, until_ms: int) -> list[dict[str, Any]]:
    """The hours that ended within ``[since_ms, until_ms]``, oldest first, the last :data:`MOST` of them.

    ``interest_1h`` is what accrued in the hour, ``interest_8h`` in the eight up to its end.
    """
    last = until_ms // MS_HOUR
    first = max(-(-since_ms // MS_HOUR), last - MOST + 1, (FIRST_DAY + 3) * MS_DAY // MS_HOUR)
    accrued = {hour: _accrued(market, coin, hour) for hour in range(first - 7, last + 1)}
    return [
        {
            "timestamp": hour * MS_HOUR,
            "prev_index_price": _index(market, coin, hour - 1),
            "interest_8h": round(sum(accrued[hour - k] for k in range(8)), 12),
            "interest_1h": accrued[hour],
            "index_price": _index(market, coin, hour),
        }
        for hour in range(first, last + 1)
    ]


def _accrued(market: Market, coin: int, hour: int) -> float:
    """An eighth of the 8 h rate that ran in an hour since 1970 (the one that ended then)."""
    ts = hour * MS_HOUR - MS_MIN
    rate, _ = market.crowd(ts // MS_DAY).funding_at(ts)
    return round(float(rate[coin]) / 8.0, 12)


def _index(market: Market, coin: int, hour: int) -> float:
    day, ts = divmod(hour * MS_HOUR, MS_DAY)
    crowd = market.crowd(day)
    minute = ts // MS_MIN
    mark = float(crowd.mark_5m[coin, minute // PERIOD])
    return round(mark / (1.0 + float(crowd.premium[coin, minute])), 4)
