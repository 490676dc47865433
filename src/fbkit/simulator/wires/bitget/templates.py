"""Frames as Bitget writes them: every number is a text, and each frame repeats what was subscribed to.

Source: Bitget API v2, "Contract / Websocket / Public"; API v3, "Liquidation Channel"; key order from captured frames.
"""

from __future__ import annotations

from collections.abc import Sequence

from fbkit.simulator.coin import Coin
from fbkit.simulator.decimals import decimal
from fbkit.simulator.facts import BestRow, DayRow, ForcedRow, Levels, MarkRow, TradeRow
from fbkit.simulator.klines import Kline
from fbkit.simulator.wires.bitget.topics import MARKET

#: Ids are large, rise, and have holes; each coin's are its own.
_FIRST_ID, _STRIDE = 1_432_000_000_000_000_000, 64


def venue_id(coin: int, trade_id: int) -> int:
    """The id under which a trade is told.

    >>> trade_number(0, venue_id(0, 3_400_000_001))
    3400000001
    """
    return _FIRST_ID + trade_id * _STRIDE + coin * 7 % _STRIDE


def trade_number(coin: int, told: int) -> int:
    """Which trade an id tells: the number of the first trade with this id or a higher one."""
    return -(-(told - _FIRST_ID - coin * 7 % _STRIDE) // _STRIDE)


class CoinWords:
    """One coin, as it is written."""

    def __init__(self, place: int, coin: Coin) -> None:
        self.place, self.coin = place, coin
        self._p, self._q = 10**coin.tick_decimals, 10**coin.step_decimals
        self._price, self._size = f"%.{coin.price_decimals}f", f"%.{coin.step_decimals}f"
        self._level = f'["{self._price}","{self._size}"]'

    def price(self, ticks: int) -> str:
        """A price."""
        return str(self._price % (ticks / self._p))

    def size(self, steps: int) -> str:
        """A size, ``0`` for none."""
        return str(self._size % (steps / self._q)) if steps else "0"

    def worth(self, turnover: int) -> str:
        """A turnover (ticks times steps) to the last digit."""
        return decimal(turnover, self.coin.tick_decimals + self.coin.step_decimals)

    def push(self, channel: str, action: str, rows: str, push_ms: int) -> bytes:
        """A v2 frame around its rows."""
        arg = f'{{"instType":"{MARKET}","channel":"{channel}","instId":"{self.coin.symbol}"}}'
        return f'{{"action":"{action}","arg":{arg},"data":[{rows}],"ts":{push_ms}}}'.encode()

    def trades(self, rows: Sequence[TradeRow]) -> str:
        """Trades, the newest first."""
        return ",".join(
            f'{{"ts":"{row.ts_ms}","price":"{self.price(row.ticks)}","size":"{self.size(row.steps)}",'
            f'"side":"{"buy" if row.buy else "sell"}","tradeId":"{venue_id(self.place, row.trade_id)}"}}'
            for row in reversed(rows)
        )

    def book(self, bids: Levels, asks: Levels, ts_ms: int, seq: int, pseq: int) -> str:
        """A book, or what changed of it."""
        return (
            f'{{"asks":[{self._levels(asks)}],"bids":[{self._levels(bids)}],"checksum":0,"seq":{seq},"pseq":{pseq},'
            f'"ts":"{ts_ms}"}}'
        )

    def _levels(self, side: Levels) -> str:
        level, p, q = self._level, self._p, self._q
        return ",".join(
            [level % (ticks / p, steps / q) if steps else f'["{self.price(ticks)}","0"]' for ticks, steps in side]
        )

    def candle(self, start_ms: int, bar: Kline) -> list[str]:
        """A candle's row."""
        prices = [self.price(ticks) for ticks in (bar.open, bar.high, bar.low, bar.close)]
        return [str(start_ms), *prices, self.size(bar.steps), self.worth(bar.turnover)]

    def liquidation(self, row: ForcedRow) -> str:
        """A forced close: the position's side, and what it was worth."""
        side = "buy" if row.long else "sell"
        return (
            f'{{"symbol":"{self.coin.symbol}","side":"{side}","price":"{self.price(row.average)}",'
            f'"amount":"{self.worth(row.average * row.steps)}","ts":"{row.ts_ms}"}}'
        )

    def ticker(self, mark: MarkRow, best: BestRow, held: int, day: DayRow | None) -> dict[str, str]:
        """Everything of a contract at once, as both the channel and the page say it."""
        decimals = self.coin.price_decimals + 1
        return {
            **self._day(day),
            "bidPr": self.price(best.bid),
            "askPr": self.price(best.ask),
            "bidSz": self.size(best.bid_steps),
            "askSz": self.size(best.ask_steps),
            "fundingRate": f"{mark.rate:.8f}",
            "nextFundingTime": str(mark.funding_ms),
            "markPrice": f"{mark.mark:.{decimals}f}",
            "indexPrice": f"{mark.index_price:.{decimals}f}",
            "holdingAmount": self.size(held),
            "ts": str(mark.ts_ms),
        }

    def _day(self, day: DayRow | None) -> dict[str, str]:
        words = ("lastPr", "open24h", "high24h", "low24h", "change24h", "baseVolume", "quoteVolume")
        if day is None:
            return dict.fromkeys(words, "")
        bar = day.bar
        prices = [self.price(ticks) for ticks in (bar.close, bar.open, bar.high, bar.low)]
        sums = [f"{(bar.close - bar.open) / bar.open:.5f}", self.size(bar.steps), self.worth(bar.turnover)]
        return dict(zip(words, [*prices, *sums], strict=True))
