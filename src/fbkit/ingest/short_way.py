"""The short way of nearly all that comes: live trades and quotes of a venue whose clock is known.

The same steps as :meth:`~fbkit.ingest.pipeline.Pipeline.take_item` takes, in one loop without a call or look-up to
spare; a test holds that both end alike. What is not worth a way of its own goes the long one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fbkit.ingest.sequence import FUTURE_NS, Verdict
from fbkit.model import Item, Origin, Quote, Trade

if TYPE_CHECKING:
    from fbkit.ingest.pipeline import Pipeline
    from fbkit.ingest.skew import Skew

_LIVE, _NEWS = Origin.LIVE, Verdict.NEWS


class ShortWay:
    """One venue's. To be taken while ``skew`` is steady."""

    def __init__(self, pipeline: Pipeline, venue: str, skew: Skew) -> None:
        self._pipeline, self._venue, self.skew = pipeline, venue, skew
        self._trade, self._quote, self._depth = (pipeline.accounts[venue, name] for name in ("trade", "quote", "depth"))

    def take(self, items: Iterable[Item], ts_recv: int) -> None:  # noqa: C901, PLR0912, PLR0915 - one loop, see above
        """Take the items of a batch of frames."""
        pipeline, skew, order = self._pipeline, self.skew, self._pipeline.order
        conflates, offer, beats = pipeline.conflation.cadence > 0, pipeline.conflation.offer, pipeline.beats
        seen_of, heads, is_news, is_new_trade = order.trades.get, order.quotes, order.judge_quote, order.judge_trade
        shown_trades, shown_quotes = pipeline.board.trades, pipeline.board.quotes
        accounts = (self._trade, self._quote, self._depth)
        trade_account, quote_account, depth_account = accounts
        before = [account.received for account in accounts]
        believed = (skew.ns or 0) - FUTURE_NS
        lowest = skew.lowest
        watched = max(lowest, believed)
        news: list[Trade | Quote] = []
        for item in items:
            kind = type(item)
            if kind is Quote and item.origin is _LIVE:  # type: ignore[union-attr]  # the kind is known
                quote: Quote = item  # type: ignore[assignment]  # as above
                name = quote.instrument
                account = depth_account if quote.levels else quote_account
                account.received += 1
                behind = ts_recv - quote.ts_event
                if behind < watched:
                    lowest = min(lowest, behind)
                    watched = max(lowest, believed)
                    if behind < believed:
                        pipeline.disbelieve(quote, account, ts_recv)
                        continue
                shown_quotes[name] = quote
                if conflates:
                    released = offer(quote, account)
                    if released is None:
                        continue
                    quote = released
                if quote.levels:
                    verdict = is_news(quote, beats)
                else:
                    head = heads.get(name)
                    if head is None or quote.venue_id > head.venue_id:
                        heads[name] = quote
                        verdict = _NEWS
                    else:
                        verdict = is_news(quote, beats)
                if verdict is _NEWS:
                    account.fresh += 1
                    news.append(quote)
                else:
                    account.duplicate += 1
            elif kind is Trade and item.origin is _LIVE:  # type: ignore[union-attr]  # the kind is known
                trade: Trade = item  # type: ignore[assignment]  # as above
                name = trade.instrument
                trade_account.received += 1
                behind = ts_recv - trade.ts_event
                if behind < watched:
                    lowest = min(lowest, behind)
                    watched = max(lowest, believed)
                    if behind < believed:
                        pipeline.disbelieve(trade, trade_account, ts_recv)
                        continue
                shown_trades[name] = trade
                seen, number = seen_of(name), trade.venue_id
                if seen is not None and number - 1 == seen.last:
                    seen.last, seen.ts = number, trade.ts_event
                elif is_new_trade(trade, beats) is not _NEWS:
                    trade_account.duplicate += 1
                    continue
                trade_account.fresh += 1
                news.append(trade)
            else:
                if news:  # who goes the long way comes after those before it
                    pipeline.place_all(news)
                    news = []
                skew.lowest = lowest
                pipeline.take_item(self._venue, item, ts_recv)
                lowest = skew.lowest
                watched = max(lowest, believed)
        if news:
            pipeline.place_all(news)
        skew.lowest = lowest
        for account, count in zip(accounts, before, strict=True):
            if account.received != count:
                account.heard = ts_recv
