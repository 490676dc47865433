"""The questions that we put to ccxt, each with its answer read."""

from __future__ import annotations

from typing import Any

from fbkit.feeds.decoding import positive
from fbkit.feeds.feed import World
from fbkit.feeds.instruments import Instruments, Known
from fbkit.feeds.longtail import readings
from fbkit.feeds.longtail.amounts import turnover
from fbkit.feeds.longtail.channels import TICKERS, Page, page_of
from fbkit.feeds.longtail.exchange import Asking
from fbkit.feeds.longtail.markets import TICK_SIZE, contracts
from fbkit.feeds.roster import Ranked
from fbkit.model import NS_HOUR, NS_MS, Item, Origin

#: Settled rates are asked for so far back: the longest interval, and a little.
_SETTLED_NS = 9 * NS_HOUR


class Pages:
    """One exchange's answers as items. Everything raises :class:`~fbkit.errors.FeedError`, and nothing else.

    The newest tickers are kept, because they lend a price to answers that come without one.
    """

    def __init__(self, venue: str, exchange: Any, world: World, instruments: Instruments) -> None:
        self._venue, self._exchange, self._clock = venue, exchange, world.clock
        self._asking = Asking(venue, exchange, world)
        self._instruments = instruments
        self._stated: dict[str, Any] = {}

    def page_of(self, channel: str) -> Page | None:
        """What is asked for a channel here, ``None`` if the exchange has nothing of it."""
        return page_of(channel, self._exchange.has)

    @property
    def pause_s(self) -> float:
        """How long ccxt waits between two questions, seconds."""
        limited = getattr(self._exchange, "enableRateLimit", False)
        return (positive(getattr(self._exchange, "rateLimit", None)) or 0.0) / 1000 if limited else 0.0

    async def ranked(self) -> list[Ranked]:
        """The contracts that can be counted, and what they turn over in 24 h."""
        steps = getattr(self._exchange, "precisionMode", None) == TICK_SIZE
        found = contracts(self._venue, await self._asking.markets(), steps=steps)
        if self.page_of("day") == TICKERS:
            await self.tickers()
        return [Ranked(one, turnover(self._stated.get(one.venue_symbol), Known(one))) for one in found]

    async def tickers(self) -> list[Item]:
        """Quotes and days of everybody at once."""
        answer = await self._asking.ask("fetch_tickers")
        rows = (row for row in readings.rows_of(answer) if isinstance(row, dict))
        self._stated = {row["symbol"]: row for row in rows if isinstance(row.get("symbol"), str)}
        return readings.tickers(answer, self._instruments, self._clock.now())

    async def trades(self, known: Known, origin: Origin) -> list[Item]:
        """The newest trades that the venue tells, oldest first."""
        answer = await self._asking.ask("fetch_trades", known.instrument.venue_symbol)
        return readings.trades(answer, known, self._clock.now(), origin)

    async def marks(self) -> list[Item]:
        """Marks and predicted funding of everybody at once."""
        answer = await self._asking.ask("fetch_funding_rates")
        return readings.marks(answer, self._instruments, self._stated, self._clock.now())

    async def mark(self, known: Known) -> list[Item]:
        """Mark and predicted funding of one."""
        answer = await self._asking.ask("fetch_funding_rate", known.instrument.venue_symbol)
        return readings.marks(answer, self._instruments, self._stated, self._clock.now())

    async def newly_settled(self, known: Known) -> list[Item]:
        """The newest settled rates."""
        return await self.settled(known, self._clock.now() - _SETTLED_NS, Origin.LIVE)

    async def settled(self, known: Known, since: int, origin: Origin) -> list[Item]:
        """Settled rates since an instant (UTC ns)."""
        answer = await self._asking.ask("fetch_funding_rate_history", known.instrument.venue_symbol, since // NS_MS)
        return readings.settled(answer, known, self._clock.now(), origin)

    async def open_interest(self, known: Known) -> list[Item]:
        """Open interest of one."""
        answer = await self._asking.ask("fetch_open_interest", known.instrument.venue_symbol)
        return readings.open_interest(answer, known, self._stated, self._clock.now())

    async def candles(self, known: Known, since: int) -> list[Item]:
        """Minute candles since an instant (UTC ns), as many as the venue tells at once."""
        answer = await self._asking.ask("fetch_ohlcv", known.instrument.venue_symbol, "1m", since // NS_MS)
        return readings.candles(answer, known, self._clock.now())
