"""The newest value of everything, for who watches: unconflated, in memory, never stored."""

from __future__ import annotations

from fbkit.hub import LiveRow
from fbkit.model import Day, Event, Mark, OpenInterest, Origin, Quote, Trade

# Places in a row, as hub.LiveRow has them after the instrument's name.
_LAST, _TS, _BID, _ASK, _MARK, _FUNDING, _OI_USD, _CHANGE, _VOLUME = range(9)

LiveValues = list[float | int | None]


class LiveBoard:
    """One row per instrument; :meth:`take_changed` gives those touched since the last call.

    >>> board = LiveBoard()
    >>> board.hear(Mark("binance:BTC-USDT-PERP", 1, 2, 97000.0, funding_rate=0.0001, funding_hours=4.0))
    >>> [(row.instrument, row.mark, row.funding_8h) for row in board.take_changed()]
    [('binance:BTC-USDT-PERP', 97000.0, 0.0002)]
    """

    def __init__(self) -> None:
        self._rows: dict[str, LiveValues] = {}
        self._oi_base: dict[str, float] = {}
        self._changed: set[str] = set()
        #: The newest of each by instrument, as they come; they become rows when somebody looks.
        self.trades: dict[str, Trade] = {}
        self.quotes: dict[str, Quote] = {}
        self.marks: dict[str, Mark] = {}

    def hear(self, event: Event) -> None:
        """Take in an event as it came from the feed."""
        if not isinstance(event, _SHOWN):
            return
        name = event.instrument
        if isinstance(event, Quote):
            self.quotes[name] = event
        elif isinstance(event, Trade):
            if event.origin is Origin.LIVE or name not in self.trades:  # what is fetched afterwards is no news
                self.trades[name] = event
        elif isinstance(event, Mark):
            self.marks[name] = event
        elif isinstance(event, Day):
            row = self._row(name)
            row[_CHANGE], row[_VOLUME] = event.change, event.vol_usd
            if row[_LAST] is None and name not in self.trades:
                row[_LAST], row[_TS] = event.last, event.ts_event
            self._changed.add(name)
        else:
            self._oi_base[name] = event.oi_base
            self._value_oi(name, self._row(name))
            self._changed.add(name)

    def _row(self, name: str) -> LiveValues:
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = [None] * 9
        return row

    def _settle(self) -> None:
        """Write the newest trades, quotes and marks into their rows."""
        for name, quote in self.quotes.items():
            row = self._row(name)
            row[_BID], row[_ASK] = quote.bid, quote.ask
        for name, trade in self.trades.items():
            row = self._row(name)
            ts = row[_TS]
            if ts is None or ts <= trade.ts_event:
                row[_LAST], row[_TS] = trade.price, trade.ts_event
        for name, mark in self.marks.items():
            row = self._row(name)
            row[_MARK] = mark.mark
            if mark.funding_rate is not None and mark.funding_hours:
                row[_FUNDING] = mark.funding_rate * 8.0 / mark.funding_hours
            self._value_oi(name, row)
        for newest in (self.quotes, self.trades, self.marks):
            self._changed.update(newest)
            newest.clear()

    def _value_oi(self, name: str, row: LiveValues) -> None:
        """Open interest in USD, at the newest mark that was looked at."""
        mark, oi_base = row[_MARK], self._oi_base.get(name)
        if mark is not None and oi_base is not None:
            row[_OI_USD] = oi_base * mark

    def prices(self) -> dict[str, float]:
        """What each instrument costs, USD a coin: its mark, else its last trade."""
        self._settle()
        found = {name: row[_MARK] if row[_MARK] is not None else row[_LAST] for name, row in self._rows.items()}
        return {name: float(price) for name, price in found.items() if price is not None}

    def take_changed(self) -> list[LiveRow]:
        """Rows touched since the last call."""
        self._settle()
        changed, self._changed = self._changed, set()
        return [LiveRow(name, *self._rows[name]) for name in sorted(changed)]  # type: ignore[arg-type]  # by place


_SHOWN = (Quote, Trade, Mark, Day, OpenInterest)
