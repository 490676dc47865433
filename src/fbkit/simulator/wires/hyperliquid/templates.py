"""What the exchange writes, key by key: every number of the market is a text, with one decimal at least.

Source: Hyperliquid docs, "Websocket: Subscriptions", "Info endpoint", "Perpetuals"; key order from captured frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap

from fbkit.simulator.coin import Coin
from fbkit.simulator.facts import BestRow, DayRow, Levels, MarkRow, TradeRow
from fbkit.simulator.klines import Kline

#: A trade's id is a 50-bit hash of its two orders: odd, so that no two of a coin are alike.
_ID_BITS = (1 << 50) - 1
_ID_FACTOR = 0x9E3779B97F4A7C15
_HASH_FACTOR = 0x2545F4914F6CDD1D6C62272E07BB014262B821756295C58D


def tid_of(coin: int, trade_id: int) -> int:
    """The exchange's id of a trade, without any order.

    >>> [tid_of(0, number) < 2**50 for number in (7, 8)], tid_of(0, 7) == tid_of(1, 7)
    ([True, True], False)
    """
    return (trade_id * _ID_FACTOR ^ (coin + 1) * _HASH_FACTOR) & _ID_BITS


class CoinWire:
    """The texts of one coin."""

    def __init__(self, coin: Coin, number: int) -> None:
        self.coin, self.number = coin, number
        self._name = coin.symbol
        self._price, self._size = f"%.{max(coin.tick_decimals, 1)}f", f"%.{max(coin.step_decimals, 1)}f"
        self._price_scale: int = 10**coin.tick_decimals
        self._size_scale: int = 10**coin.step_decimals
        self._fine = f"%.{coin.tick_decimals + 2}f"
        self._level = f'{{"px":"{self._price}","sz":"{self._size}","n":%d}}'

    def price(self, ticks: int) -> str:
        """A price that was traded or quoted."""
        return self._price % (ticks / self._price_scale)

    def size(self, steps: int) -> str:
        """A size in the coin as the exchange counts it."""
        return self._size % (steps / self._size_scale)

    def trade(self, row: TradeRow) -> str:
        """One row of ``trades`` and ``recentTrades``; the exchange tells who traded, and we tell nobody."""
        tid = tid_of(row.coin, row.trade_id)
        who = tid * _HASH_FACTOR
        return (
            f'{{"coin":"{self._name}","side":"{"B" if row.buy else "A"}","px":"{self.price(row.ticks)}",'
            f'"sz":"{self.size(row.steps)}","time":{row.ts_ms},"hash":"0x{who % (1 << 256):064x}","tid":{tid},'
            f'"users":["0x{who % (1 << 160):040x}","0x{who * 3 % (1 << 160):040x}"]}}'
        )

    def trades(self, rows: Sequence[TradeRow]) -> bytes:
        """A ``trades`` message."""
        return f'{{"channel":"trades","data":[{",".join(map(self.trade, rows))}]}}'.encode()

    def bbo(self, row: BestRow) -> bytes:
        """A ``bbo`` message."""
        bid, ask = self._rung(row.bid, row.bid_steps), self._rung(row.ask, row.ask_steps)
        return f'{{"channel":"bbo","data":{{"coin":"{self._name}","time":{row.ts_ms},"bbo":[{bid},{ask}]}}}}'.encode()

    def book(self, ts_ms: int, bids: Levels, asks: Levels, *, fast: bool = False) -> str:
        """A whole top of the book, as ``l2Book`` tells it over REST and as ``data`` of its messages."""
        sides = f"[{self._rungs(bids)}],[{self._rungs(asks)}]"
        mark = ',"fast":true' if fast else ""
        return f'{{"coin":"{self._name}","time":{ts_ms},"levels":[{sides}]{mark}}}'

    def context(self, mark: MarkRow, steps: int, day: DayRow | None) -> str:
        """A ``ctx``; the day is left out while nobody has made it."""
        mark_price, oracle = self._fine % mark.mark, self._fine % mark.index_price
        volumes = "" if day is None else self._day(day)
        return (
            f'{{"funding":"{mark.rate:.10f}","openInterest":"{self.size(steps)}",{volumes}"premium":"{mark.premium:.10f}",'
            f'"oraclePx":"{oracle}","markPx":"{mark_price}","midPx":"{mark_price}",'
            f'"impactPxs":["{mark_price}","{mark_price}"]}}'
        )

    def _day(self, day: DayRow) -> str:
        bar = day.bar
        usd, coins = (volume(bar.steps, bar.turnover) for volume in (self.coin.usd_volume, self.coin.base_volume))
        return f'"prevDayPx":"{self.price(bar.open)}","dayNtlVlm":"{usd:.2f}","dayBaseVlm":"{coins:.4f}",'

    def candle(self, start_ms: int, length_ms: int, interval: str, bar: Kline) -> str:
        """A candle, of ``candleSnapshot`` and of ``candle``."""
        o, c, h, l = map(self.price, (bar.open, bar.close, bar.high, bar.low))
        return (
            f'{{"t":{start_ms},"T":{start_ms + length_ms - 1},"s":"{self._name}","i":"{interval}","o":"{o}","c":"{c}",'
            f'"h":"{h}","l":"{l}","v":"{self.size(bar.steps)}","n":{bar.n}}}'
        )

    def market(self) -> str:
        """A row of ``meta``."""
        decimals = self.coin.step_decimals
        return f'{{"szDecimals":{decimals},"name":"{self._name}","maxLeverage":{50 // (1 + self.number % 5)}}}'

    def _rungs(self, side: Levels) -> str:
        return ",".join(starmap(self._rung, side))

    def _rung(self, ticks: int, steps: int) -> str:
        return self._level % (ticks / self._price_scale, steps / self._size_scale, 1 + steps % 17)


def message(channel: str, data: str) -> bytes:
    """What comes on a websocket.

    >>> message("pong", "null")
    b'{"channel":"pong","data":null}'
    """
    return f'{{"channel":"{channel}","data":{data}}}'.encode()
