"""Frames as Bybit writes them, key by key: one template a coin and message, filled by one formatting each.

Source: Bybit v5 docs, "WebSocket Stream / Public"; key order from captured frames (level 1 sends ``ts`` before
``type``, candles their ``data`` before both).
"""

from __future__ import annotations

from fbkit.simulator.coin import Coin
from fbkit.simulator.decimals import decimal
from fbkit.simulator.facts import BarRow, DayRow, ForcedRow, Levels, MarkRow, TradeRow

#: Odd, so that no two trades of a coin have the same number after it.
_SPREAD = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835
_128_BITS = (1 << 128) - 1


def trade_uuid(coin: int, trade_id: int) -> str:
    """A trade's id: without an order, and the same whenever it is asked for.

    >>> trade_uuid(0, 1), trade_uuid(0, 1) == trade_uuid(1, 1)
    ('9e3779b9-7f4a-5c15-839c-c0605cedc835', False)
    """
    text = f"{(trade_id * _SPREAD ^ coin << 90) & _128_BITS:032x}"
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-8{text[17:20]}-{text[20:]}"


class CoinWords:
    """The templates of one coin."""

    def __init__(self, coin: Coin) -> None:
        s, p, q = coin.symbol, f'"%.{coin.price_decimals}f"', f'"%.{coin.step_decimals}f"'
        self.coin = coin
        self.p, self.q = 10**coin.tick_decimals, 10**coin.step_decimals
        self._level = f"[{p},{q}]"
        self._trade = f'{{"T":%d,"s":"{s}","S":"%s","v":{q},"p":{p},"L":"%s","i":"%s","BT":false,"RPI":false,"seq":%d}}'
        self._trades = f'{{"topic":"publicTrade.{s}","type":"snapshot","ts":%d,"data":[%s]}}'
        self._best = (
            f'{{"topic":"orderbook.1.{s}","ts":%d,"type":"snapshot","data":{{"s":"{s}","b":[[{p},{q}]],'
            f'"a":[[{p},{q}]],"u":%d,"seq":%d}},"cts":%d}}'
        )
        self._book = (
            f'{{"topic":"orderbook.%d.{s}","type":"%s","ts":%d,"data":{{"s":"{s}","b":[%s],"a":[%s],"u":%d,"seq":%d}},'
            '"cts":%d}'
        )
        self._died = f'{{"T":%d,"s":"{s}","S":"%s","v":{q},"p":{p}}}'
        self._liquidations = f'{{"topic":"allLiquidation.{s}","type":"snapshot","ts":%d,"data":[%s]}}'
        self._kline = (
            f'{{"topic":"kline.%s.{s}","data":[{{"start":%d,"end":%d,"interval":"%s","open":{p},"close":{p},"high":{p},'
            f'"low":{p},"volume":{q},"turnover":"%s","confirm":%s,"timestamp":%d}}],"ts":%d,"type":"snapshot"}}'
        )
        self._ticker = f'{{"topic":"tickers.{s}","type":"%s","data":{{"symbol":"{s}",%s}},"cs":%d,"ts":%d}}'
        self._price, self._size = f"%.{coin.price_decimals}f", f"%.{coin.step_decimals}f"

    def price(self, ticks: int) -> str:
        """A price as the venue prints it."""
        return str(self._price % (ticks / self.p))

    def size(self, steps: int) -> str:
        """A size as the venue prints it."""
        return str(self._size % (steps / self.q))

    def turnover(self, turnover: int) -> str:
        """A turnover (ticks times steps) to the last digit."""
        return decimal(turnover, self.coin.tick_decimals + self.coin.step_decimals)

    def trades(self, push_ms: int, rows: list[TradeRow], seq: int) -> bytes:
        """One ``publicTrade`` frame."""
        texts = [
            self._trade
            % (
                row.ts_ms,
                "Buy" if row.buy else "Sell",
                row.steps / self.q,
                row.ticks / self.p,
                "PlusTick" if row.buy else "MinusTick",
                trade_uuid(row.coin, row.trade_id),
                seq,
            )
            for row in rows
        ]
        return (self._trades % (push_ms, ",".join(texts))).encode()

    def best(self, push_ms: int, bid: tuple[int, int], ask: tuple[int, int], seq: int, cts_ms: int) -> bytes:
        """One ``orderbook.1`` frame; ``bid`` and ``ask`` as (ticks, steps)."""
        p, q = self.p, self.q
        sides = (bid[0] / p, bid[1] / q, ask[0] / p, ask[1] / q)
        # Its own counter is not told apart from the engine's: nothing may be made of either but an order.
        return (self._best % (push_ms, *sides, seq, seq, cts_ms)).encode()

    def book(
        self, kind: str, depth: int, push_ms: int, sides: tuple[Levels, Levels], ids: tuple[int, int, int]
    ) -> bytes:
        """One ``orderbook`` frame of a deeper level; ``ids`` are u, seq and cts."""
        bids, asks = (self._levels(side) for side in sides)
        return (self._book % (depth, kind, push_ms, bids, asks, *ids)).encode()

    def _levels(self, side: Levels) -> str:
        level, p, q = self._level, self.p, self.q
        return ",".join(
            [level % (ticks / p, steps / q) if steps else f'["{self.price(ticks)}","0"]' for ticks, steps in side]
        )

    def liquidations(self, push_ms: int, rows: list[ForcedRow]) -> bytes:
        """One ``allLiquidation`` frame: ``S`` is the side of the position, ``p`` its bankruptcy price."""
        p, q = self.p, self.q
        texts = [self._died % (row.ts_ms, "Buy" if row.long else "Sell", row.steps / q, row.limit / p) for row in rows]
        return (self._liquidations % (push_ms, ",".join(texts))).encode()

    def kline(self, row: BarRow, interval: str) -> bytes:
        """One ``kline`` frame."""
        bar, p = row.bar, self.p
        prices = (bar.open / p, bar.close / p, bar.high / p, bar.low / p)
        end, closed = row.start_ms + row.length_ms - 1, "true" if row.closed else "false"
        sums = (bar.steps / self.q, self.turnover(bar.turnover))
        head = (interval, row.start_ms, end, interval)
        return (self._kline % (*head, *prices, *sums, closed, row.push_ms, row.push_ms)).encode()

    def ticker(self, kind: str, push_ms: int, fields: dict[str, str], cs: int) -> bytes:
        """One ``tickers`` frame."""
        texts = ",".join([f'"{key}":"{value}"' for key, value in fields.items()])
        return (self._ticker % (kind, texts, cs, push_ms)).encode()

    def mark_fields(self, row: MarkRow) -> dict[str, str]:
        """What a ticker says of mark and index."""
        decimals = self.coin.price_decimals + 1
        return {"markPrice": f"{row.mark:.{decimals}f}", "indexPrice": f"{row.index_price:.{decimals}f}"}

    def funding_fields(self, row: MarkRow) -> dict[str, str]:
        """What a ticker says of funding: nothing, of a dated contract."""
        if self.coin.expiry_ms is not None:
            return {"fundingIntervalHour": "", "nextFundingTime": "", "fundingRate": ""}
        return {
            "fundingIntervalHour": str(self.coin.funding_hours),
            "nextFundingTime": str(row.funding_ms),
            "fundingRate": f"{row.rate:.8f}",
        }

    def interest_fields(self, steps: int, mark: float) -> dict[str, str]:
        """What a ticker says of open interest, one side of ``steps``: both, and the single one."""
        single = steps / self.q
        return {
            "openInterest": self.size(2 * steps),
            "openInterestValue": f"{2 * single * mark:.2f}",
            "singleOpenInterest": self.size(steps),
            "singleOpenInterestValue": f"{single * mark:.2f}",
        }

    def day_fields(self, row: DayRow) -> dict[str, str]:
        """What a ticker says of the last 24 hours."""
        bar = row.bar
        return {
            "price24hPcnt": f"{(bar.close - bar.open) / bar.open:.6f}",
            "lastPrice": self.price(bar.close),
            "prevPrice24h": self.price(bar.open),
            "highPrice24h": self.price(bar.high),
            "lowPrice24h": self.price(bar.low),
            "turnover24h": f"{bar.turnover / (self.p * self.q):.4f}",
            "volume24h": f"{bar.steps / self.q:.4f}",
        }

    def best_fields(self, bid: tuple[int, int], ask: tuple[int, int]) -> dict[str, str]:
        """What a ticker says of the best bid and ask."""
        return {
            "bid1Price": self.price(bid[0]),
            "bid1Size": self.size(bid[1]),
            "ask1Price": self.price(ask[0]),
            "ask1Size": self.size(ask[1]),
        }
