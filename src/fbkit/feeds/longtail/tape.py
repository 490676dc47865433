"""What of a page of the newest trades is new: the next page holds most of them again."""

from __future__ import annotations

from fbkit.model import Ignored, Item, Trade


class Tape:
    """Remembers the page before, instrument by instrument.

    Trades of before ``begun`` (UTC ns) are the past: the first page reaches back as far as the venue likes.

    >>> def at(ts, venue_id):
    ...     return Trade("x:BTC-USD-PERP", ts, 9, venue_id, 1.0, 1.0, 1)
    >>> tape = Tape(begun=5)
    >>> [item.ts_event if isinstance(item, Trade) else item.reason for item in tape.fresh([at(4, 1), at(5, 2)])]
    ['replayed', 5]
    >>> [item.ts_event if isinstance(item, Trade) else item.reason for item in tape.fresh([at(5, 2), at(5, 3)])]
    ['unchanged', 5]
    """

    def __init__(self, begun: int) -> None:
        self._begun = begun
        self._before: dict[str, set[int]] = {}

    def fresh(self, page: list[Item]) -> list[Item]:
        """The items of one instrument's page, with trades that are no news set aside."""
        traded = [item for item in page if isinstance(item, Trade)]
        if not traded:
            return page
        before = self._before.get(traded[0].instrument, set())
        self._before[traded[0].instrument] = {trade.venue_id for trade in traded}
        return [self._news(item, before) if isinstance(item, Trade) else item for item in page]

    def _news(self, trade: Trade, before: set[int]) -> Item:
        if trade.ts_event < self._begun:
            return Ignored("trade", "replayed")
        return Ignored("trade", "unchanged") if trade.venue_id in before else trade
