"""The calendar the market lives by: UTC days and minutes, in integer milliseconds."""

from __future__ import annotations

from fbkit.errors import SettingError

MS_S = 1_000
MS_MIN = 60_000
MS_HOUR = 3_600_000
MS_DAY = 86_400_000
DAY_MINUTES = 1_440

#: The first day of the market, 2019-09-08: ids begin here.
FIRST_DAY = 18_147

#: How far back REST remembers trades and klines, in days.
HISTORY_DAYS = 8

#: How far back the statistics of open interest, ratios and funding go, in days.
STATISTICS_DAYS = 30

#: Kline intervals and their length in minutes. The week begins on a Monday; months are not spoken.
INTERVALS = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "6h": 360,
    "8h": 480,
    "12h": 720,
    "1d": 1440,
}


def split_minute(minute: int) -> tuple[int, int]:
    """Day since 1970 and minute of that day of a minute since 1970.

    >>> split_minute(20_454 * 1440 + 61)
    (20454, 61)
    """
    day, rest = divmod(minute, DAY_MINUTES)
    if day < FIRST_DAY:
        raise SettingError(
            "start", f"day {day}", f"an instant after 2019-09-08 (day {FIRST_DAY}), when the market began"
        )
    return day, rest
