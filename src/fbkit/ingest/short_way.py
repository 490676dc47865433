"""The short way of nearly all that comes: live trades, quotes and marks of a venue whose clock is known.

The same steps as :meth:`~fbkit.ingest.pipeline.Pipeline.take_item` takes, in one loop without a call or look-up to
spare; a test holds that both end alike. What is not worth a way of its own goes the long one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fbkit.ingest.sequence import FUTURE_NS, Verdict
from fbkit.model import Event, Item, Mark, Origin, Quote, Trade

if TYPE_CHECKING:
    from fbkit.ingest.accounting import Account
    from fbkit.ingest.pipeline import Pipeline
    from fbkit.ingest.skew import Skew

_LIVE, _NEWS = Origin.LIVE, Verdict.NEWS
_NOTHING = 1 << 62


class ShortWay:
    """One venue's. To be taken once ``skew`` knows anything; of a batch it hears the least delay."""

    def __init__(self, pipeline: Pipeline, venue: str, skew: Skew) -> None:
        self._pipeline, self._venue, self.skew = pipeline, venue, skew
        order, board, conflation = pipeline.order, pipeline.board, pipeline.conflation
        # What the loop needs, ready to be unpacked: piece by piece it would cost a small batch as much as its items.
        mine = (pipeline.accounts[venue, channel] for channel in ("trade", "quote", "depth", "mark"))
        self._accounts: tuple[Account, Account, Account, Account] = (next(mine), next(mine), next(mine), next(mine))
        self._shown = (board.trades, board.quotes, board.marks)
        self._seen_of, self._heads = order.trades.get, order.quotes
        self._judges = (order.judge_trade, order.judge_quote, order.judge_mark)
        self._offer = conflation.offer if conflation.cadence else None

    def take(self, items: Iterable[Item], ts_recv: int) -> None:  # noqa: C901, PLR0912, PLR0915 - one loop, see above
        """Take the items of a batch of frames."""
        pipeline = self._pipeline
        beats = pipeline.beats
        trades, quotes, depths, marks = self._accounts
        shown_trades, shown_quotes, shown_marks = self._shown
        judge_trade, judge_quote, judge_mark = self._judges
        seen_of, heads, offer = self._seen_of, self._heads, self._offer
        believed = (self.skew.ns or 0) - FUTURE_NS
        watched = least = _NOTHING
        # Counted here and told the accounts at the end: an attribute is counted up at the price of a look-up.
        n_trades = n_quotes = n_depths = n_marks = new_trades = new_quotes = new_depths = new_marks = 0
        news: list[Event] = []
        keep = news.append
        try:
            for item in items:
                kind = type(item)
                if kind is Quote and item.origin is _LIVE:  # type: ignore[union-attr]  # the kind is known
                    quote: Quote = item  # type: ignore[assignment]  # as above
                    levels = quote.levels
                    if levels:
                        n_depths += 1
                    else:
                        n_quotes += 1
                    behind = ts_recv - quote.ts_event
                    if behind < watched:
                        least = min(least, behind)
                        watched = max(least, believed)
                        if behind < believed:
                            pipeline.disbelieve(quote, depths if levels else quotes, ts_recv)
                            continue
                    name = quote.instrument
                    shown_quotes[name] = quote
                    if offer is not None:
                        released = offer(quote, depths if levels else quotes)
                        if released is None:
                            continue
                        quote = released
                    if levels:
                        if judge_quote(quote, beats) is not _NEWS:
                            depths.duplicate += 1
                            continue
                        new_depths += 1
                    else:
                        head = heads.get(name)
                        if head is None or quote.venue_id > head.venue_id:
                            heads[name] = quote
                        elif judge_quote(quote, beats) is not _NEWS:
                            quotes.duplicate += 1
                            continue
                        new_quotes += 1
                    keep(quote)
                elif kind is Trade and item.origin is _LIVE:  # type: ignore[union-attr]  # the kind is known
                    trade: Trade = item  # type: ignore[assignment]  # as above
                    n_trades += 1
                    ts = trade.ts_event
                    behind = ts_recv - ts
                    if behind < watched:
                        least = min(least, behind)
                        watched = max(least, believed)
                        if behind < believed:
                            pipeline.disbelieve(trade, trades, ts_recv)
                            continue
                    name = trade.instrument
                    shown_trades[name] = trade
                    seen, number = seen_of(name), trade.venue_id
                    if seen is not None and number - 1 == seen.last:
                        seen.last, seen.ts = number, ts
                    elif judge_trade(trade, beats) is not _NEWS:
                        trades.duplicate += 1
                        continue
                    new_trades += 1
                    keep(trade)
                elif kind is Mark and item.origin is _LIVE:  # type: ignore[union-attr]  # the kind is known
                    mark: Mark = item  # type: ignore[assignment]  # as above
                    n_marks += 1
                    behind = ts_recv - mark.ts_event
                    if behind < watched:
                        least = min(least, behind)
                        watched = max(least, believed)
                        if behind < believed:
                            pipeline.disbelieve(mark, marks, ts_recv)
                            continue
                    shown_marks[mark.instrument] = mark
                    if judge_mark(mark, beats) is not _NEWS:
                        marks.duplicate += 1
                        continue
                    new_marks += 1
                    keep(mark)
                else:
                    if news:  # who goes the long way comes after those before it
                        pipeline.place_all(news)
                        news = []
                        keep = news.append
                    pipeline.take_item(self._venue, item, ts_recv)
            if news:
                pipeline.place_all(news)
        finally:
            counted = ((n_trades, new_trades), (n_quotes, new_quotes), (n_depths, new_depths), (n_marks, new_marks))
            for account, (received, fresh) in zip(self._accounts, counted, strict=True):
                if received:
                    account.received += received
                    account.fresh += fresh
                    account.heard = ts_recv
        if least != _NOTHING:
            self.skew.hear(ts_recv, ts_recv - least)
