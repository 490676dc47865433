"""Events as frames: what venues said, in every tier of the store."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fbkit.desk.base import Base
from fbkit.model import Span
from fbkit.store.archive.sql import Narrow, ask
from fbkit.store.coverage import coverage

#: Words of the desk that are not the kind and an "s".
_WORDS = {"bar": "venue_bars", "funding": "funding", "open_interest": "open_interest"}


class Events(Base):
    """The desk's words for events."""

    def trades(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Trades; ``side`` is the taker's, +1 buy, −1 sell."""
        return self._events("trade", instrument, since, until)

    def quotes(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Best bid and ask, and depth sums where ``levels`` is above 0; conflated as the settings say."""
        return self._events("quote", instrument, since, until)

    def marks(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Mark, index and predicted funding."""
        return self._events("mark", instrument, since, until)

    def funding(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Settled funding rates."""
        return self._events("funding", instrument, since, until)

    def open_interest(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Open interest, one side, in coins."""
        return self._events("open_interest", instrument, since, until)

    def liquidations(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Forced closes; ``liquidated`` is the position that died. Sampled by some venues: sums are lower bounds."""
        return self._events("liquidation", instrument, since, until)

    def ratios(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """The four long/short ratios."""
        return self._events("ratio", instrument, since, until)

    def days(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Rolling 24 h as the venue states them: volume, change, last price."""
        return self._events("day", instrument, since, until)

    def venue_bars(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """The venue's own closed klines, by their end."""
        return self._events("bar", instrument, since, until)

    def listings(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """What the venue said the instrument is, each time it was asked."""
        return self._events("listing", instrument, since, until)

    def sql(
        self,
        question: str,
        values: Any = None,
        *,
        instrument: str | None = None,
        since: Any = None,
        until: Any = None,
    ) -> pd.DataFrame:
        """The answer to one SELECT over ``trades quotes marks bars metrics alerts gaps …`` (extra ``parquet``).

        Only the tables it names are loaded, in all tiers, narrowed to ``instrument``, ``since`` and ``until``; a single
        table is narrowed by ``WHERE instrument = '…' AND ts_event >= …``, too. ``values`` stand for its ``?``. It can
        change nothing and reach no file. Columns are those of files and frames: units in their names, instants as UTC
        ns and as ``time``.
        """
        narrow = Narrow(None if instrument is None else self._one(instrument), self.span(since, until))
        return ask(self.store, question, values, narrow)

    def _events(self, kind: str, instrument: str, since: Any, until: Any) -> pd.DataFrame:
        name, span = self._one(instrument), self.span(since, until)
        frame = self.store.frame(kind, name, span)
        return self._named(
            frame, _WORDS.get(kind, f"{kind}s"), instrument=name, coverage=self._coverage(name, kind, span)
        )

    def coverage(self, instrument: str, channel: str = "trade", since: Any = None, until: Any = None) -> float:
        """Share of the time, 0 to 1, in which the collector ran and no unfilled gap of this channel lies.

        Every frame of :meth:`trades` and its like has it in ``frame.attrs["coverage"]``. Without ``since`` it begins
        with the first run, without ``until`` it ends now, as :meth:`now` has it.
        """
        return self._coverage(self._one(instrument), channel, self.span(since, until))

    def _coverage(self, name: str, channel: str, span: Span) -> float:
        return coverage(self.store, name, channel, Span(span.since, self._end() if span.until is None else span.until))
