"""Facts as the exchange writes them: numbers, not texts; amounts in USD where a contract is inverse, else in coins.

What nobody needs to tell a simulation from the real thing is left out (tick directions, estimated deliveries).
Source: Deribit API 2.1.1, "Market Data" and "Subscriptions".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from fbkit.simulator.calendar import MS_MIN
from fbkit.simulator.coin import Coin
from fbkit.simulator.facts import BestRow, Book, Change, DayRow, Levels, MarkRow, TradeRow
from fbkit.simulator.kept import Kept
from fbkit.simulator.klines import Kline
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.deribit.flags import Flags

#: Premiums below this cost nobody anything, a fraction.
_DAMPENED = 0.0005

Row = dict[str, Any]


class Rows:
    """Rows of one market."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self.coins = scene, scene.coins
        self._flags = Flags(scene)
        self._marks = Kept(lambda minute: scene.marks(minute * MS_MIN), 4)

    def trade(self, row: TradeRow) -> Row:
        """A trade, with a flag where somebody was liquidated in it; index and mark are the minute's first."""
        coin, mark = self.coins[row.coin], self._marks[row.ts_ms // MS_MIN][row.coin]
        told: Row = {
            "timestamp": row.ts_ms,
            "price": coin.price_of(row.ticks),
            "amount": amount(coin, row.steps),
            "direction": "buy" if row.buy else "sell",
            "index_price": _near(mark.index_price, coin),
            "instrument_name": coin.symbol,
            "trade_seq": row.trade_id,
            "mark_price": _near(mark.mark, coin),
            "contracts": float(row.steps),
            "trade_id": f"{row.first_fill}{row.coin:02d}",
        }
        flag = self._flags.of(row.coin, row.trade_id, row.ts_ms)
        return {**told, "liquidation": flag} if flag else told

    def quote(self, row: BestRow) -> Row:
        """Best bid and ask."""
        coin = self.coins[row.coin]
        return {"timestamp": row.ts_ms, "instrument_name": coin.symbol, **_best(coin, row)}

    def tickers(self, ts_ms: int, coins: Iterable[int]) -> list[Row]:
        """Tickers of some coins at an instant."""
        marks, held = self._scene.marks(ts_ms), self._scene.open_interest(ts_ms)
        best, days = self._scene.best_at(ts_ms), self._scene.days(ts_ms)
        return [self._ticker(marks[k], held[k], best[k], days[k] if days else None) for k in coins]

    def _ticker(self, mark: MarkRow, held: int, best: BestRow, day: DayRow | None) -> Row:
        coin = self.coins[mark.coin]
        return {
            "timestamp": mark.ts_ms,
            "state": "open",
            "stats": _stats(coin, day),
            "index_price": _near(mark.index_price, coin),
            "instrument_name": coin.symbol,
            "last_price": None if day is None else coin.price_of(day.bar.close),
            "open_interest": amount(coin, held),
            "mark_price": _near(mark.mark, coin),
            **_best(coin, best),
            **_funding(coin, mark),
        }

    def snapshot(self, book: Book) -> Row:
        """A whole book."""
        coin = self.coins[book.coin]
        sides = {"bids": _levels(coin, book.bids, {}), "asks": _levels(coin, book.asks, {})}
        head = {"type": "snapshot", "timestamp": book.ts_ms, "instrument_name": coin.symbol}
        return {**head, "change_id": book.update_id, **sides}

    def change(self, change: Change) -> Row:
        """What changed of a book."""
        book, before = change.book, change.before
        coin = self.coins[book.coin]
        return {
            "type": "change",
            "timestamp": book.ts_ms,
            "prev_change_id": before.update_id,
            "instrument_name": coin.symbol,
            "change_id": book.update_id,
            "bids": _levels(coin, change.bids, dict(before.bids)),
            "asks": _levels(coin, change.asks, dict(before.asks)),
        }

    def candle(self, coin: int, start_ms: int, bar: Kline) -> Row:
        """A candle as it stands."""
        one = self.coins[coin]
        return {"volume": volume(one, bar), "tick": start_ms, **_prices(one, bar), "cost": cost(one, bar)}

    def summary(self, ticker: Row) -> Row:
        """A line of ``get_book_summary_by_currency``."""
        stats = ticker["stats"]
        kept = ("instrument_name", "open_interest", "mark_price", "funding_8h", "current_funding")
        told = {key: ticker[key] for key in kept if key in ticker}
        return {
            **told,
            "volume": stats["volume"],
            "volume_usd": stats["volume_usd"],
            "price_change": stats["price_change"],
            "last": ticker["last_price"],
            "creation_timestamp": ticker["timestamp"],
        }


def amount(coin: Coin, steps: int) -> float:
    """USD of an inverse contract, coins of a linear one.

    >>> from fbkit.simulator.listings import deribit
    >>> inverse, linear = [coin for coin in deribit(4, 0) if coin.symbol in {"BTC-PERPETUAL", "BTC_USDC-PERPETUAL"}]
    >>> amount(inverse, 25), amount(linear, 25)
    (250.0, 0.0025)
    """
    return coin.size_of(steps) * coin.face_usd if coin.inverse else coin.size_of(steps)


def volume(coin: Coin, bar: Kline) -> float:
    """Coins."""
    return round(coin.base_volume(bar.steps, bar.turnover), 8)


def cost(coin: Coin, bar: Kline) -> float:
    """USD."""
    return round(coin.usd_volume(bar.steps, bar.turnover), 8)


def _near(price: float, coin: Coin) -> float:
    """A price that is no price of a trade has two more digits."""
    return round(price, coin.tick_decimals + 2)


def _best(coin: Coin, row: BestRow) -> Row:
    return {
        "best_bid_price": coin.price_of(row.bid),
        "best_bid_amount": amount(coin, row.bid_steps),
        "best_ask_price": coin.price_of(row.ask),
        "best_ask_amount": amount(coin, row.ask_steps),
    }


def _stats(coin: Coin, day: DayRow | None) -> Row:
    if day is None:
        return dict.fromkeys(("high", "low", "price_change", "volume", "volume_usd", "volume_notional"))
    bar = day.bar
    worth = round(coin.usd_volume(bar.steps, bar.turnover), 2)
    return {
        "high": coin.price_of(bar.high),
        "low": coin.price_of(bar.low),
        "price_change": round((bar.close - bar.open) / bar.open * 100.0, 4),
        "volume": volume(coin, bar),
        "volume_usd": worth,
        "volume_notional": worth,
    }


def _funding(coin: Coin, mark: MarkRow) -> Row:
    """What accrued in 8 h, and the rate of the moment: 0 while the premium is small. Dated contracts have none."""
    if coin.expiry_ms is not None:
        return {}
    current = math.copysign(max(abs(mark.premium) - _DAMPENED, 0.0), mark.premium)
    return {"current_funding": round(current, 8) + 0.0, "funding_8h": round(mark.rate, 8)}


def _prices(coin: Coin, bar: Kline) -> Row:
    return {
        "open": coin.price_of(bar.open),
        "low": coin.price_of(bar.low),
        "high": coin.price_of(bar.high),
        "close": coin.price_of(bar.close),
    }


def _levels(coin: Coin, levels: Levels, before: dict[int, int]) -> list[tuple[str, float, float]]:
    return [
        ("delete" if not steps else "change" if ticks in before else "new", coin.price_of(ticks), amount(coin, steps))
        for ticks, steps in levels
    ]
