"""What Bitget remembers of an instrument, and how it is asked for it.

Source: Bitget API v2, "Contract / Market".
"""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.feeds.bitget.symbols import product_of
from fbkit.feeds.instruments import Known
from fbkit.feeds.past import windows
from fbkit.model import NS_DAY, NS_MIN, NS_MS

MARKET = "/api/v2/mix/market/"

#: Rows a page: of the last month's candles, of older ones, of fills, of settled funding.
RECENT_CANDLES, OLD_CANDLES, FILLS, FUNDINGS = 1000, 200, 1000, 100

#: How far back the short question for candles reaches, and the venue's memory of fills (ns).
RECENT, FILLS_KEPT = 29 * NS_DAY, 90 * NS_DAY

#: The longest span that a question for fills may have (ns).
FILLS_SPAN = 7 * NS_DAY


def of(known: Known) -> dict[str, str | int]:
    """The question's subject."""
    return {"symbol": known.instrument.venue_symbol, "productType": product_of(known.instrument)}


def span(since: int, until: int) -> dict[str, str | int]:
    """``[since, until)`` (UTC ns) in the venue's milliseconds, both ends inclusive."""
    return {"startTime": -(-since // NS_MS), "endTime": -(-until // NS_MS) - 1}


def candle_questions(known: Known, since: int, until: int, now: int) -> Iterator[tuple[str, dict[str, str | int]]]:
    """Page and question for each stretch of ``[since, until)`` (UTC ns), oldest first.

    Whole minutes are asked for, and an end beyond the last of them: whether the venue counts it in is not said.
    """
    first = since - since % NS_MIN
    path, rows = ("candles", RECENT_CANDLES) if first > now - RECENT else ("history-candles", OLD_CANDLES)
    for start, stop in windows(first, until, (rows - 1) * NS_MIN):
        ends = {"startTime": start // NS_MS, "endTime": -(-stop // NS_MS)}
        yield MARKET + path, {**of(known), "granularity": "1m", **ends, "limit": rows}


def has_ratios(known: Known) -> bool:
    """Whether the venue's statistics name an instrument: they know symbols against USDT, and no market beside them."""
    return known.instrument.expiry is None and known.instrument.quote == "USDT"
