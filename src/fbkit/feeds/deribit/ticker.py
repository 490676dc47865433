"""What a ticker carries besides best bid and ask, which ``quote.<instrument>`` tells without loss.

Source: Deribit API 2.1.1, "ticker.(instrument_name).(interval)". Open interest is "in the corresponding amount units":
USD for inverse contracts, coins for linear ones.
"""

from __future__ import annotations

from fbkit.feeds.deribit.wire import TickerData, is_price
from fbkit.feeds.instruments import Known
from fbkit.feeds.pace import Pace
from fbkit.model import NS_MS, Day, Event, Mark, OpenInterest

#: What ``funding_8h`` is a rate of, and ``current_funding`` is quoted as.
FUNDING_HOURS = 8.0


def events_of(
    m: TickerData, known: Known, mark: float, ts_recv: int, pace: Pace, *, current_funding: bool
) -> list[Event]:
    """Mark, open interest and day as far as they are due; what the row does not say is left out.

    Funding accrues continuously, so that there is no next settlement. ``funding_8h`` is what accrued over the last
    8 h; with ``current_funding`` it is the rate of this moment instead, which is 0 whenever the premium is small.
    """
    ts_event, name = m.timestamp * NS_MS, known.name
    events: list[Event] = []
    if not pace.is_early(name, Mark, ts_event):
        events.append(_mark(m, known, mark, ts_event, ts_recv, current_funding=current_funding))
    if m.open_interest is not None and not pace.is_early(name, OpenInterest, ts_event):
        events.append(_interest(m.open_interest, known, mark, ts_event, ts_recv))
    if is_price(m.last_price) and not pace.is_early(name, Day, ts_event):
        events.append(_day(m, known, m.last_price, ts_event, ts_recv))
    return [event for event in events if pace.due(event)]


def _mark(m: TickerData, known: Known, mark: float, ts_event: int, ts_recv: int, *, current_funding: bool) -> Event:
    rate = m.current_funding if current_funding else m.funding_8h
    if known.instrument.expiry is not None:
        rate = None
    index = m.index_price if is_price(m.index_price) else None
    return Mark(known.name, ts_event, ts_recv, mark, index, rate, None if rate is None else FUNDING_HOURS)


def _interest(amount: float, known: Known, mark: float, ts_event: int, ts_recv: int) -> Event:
    return OpenInterest(known.name, ts_event, ts_recv, known.coins(amount, mark), amount if known.inverse else None)


def _day(m: TickerData, known: Known, last: float, ts_event: int, ts_recv: int) -> Event:
    stats = m.stats
    if stats is None:
        return Day(known.name, ts_event, ts_recv, last)
    change = None if stats.price_change is None else stats.price_change / 100.0
    return Day(known.name, ts_event, ts_recv, last, change, stats.volume, stats.volume_usd)
