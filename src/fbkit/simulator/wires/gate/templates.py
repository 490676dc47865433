"""What the exchange writes, key by key. Prices are texts; sizes count contracts, as texts (:mod:`.talk` cuts them).

Source: Gate "Futures WebSocket v4" and APIv4 "Futures"; key order from captured frames.
"""

from __future__ import annotations

from collections.abc import Sequence

from fbkit.simulator.coin import Coin
from fbkit.simulator.decimals import decimal
from fbkit.simulator.facts import BestRow, Change, DayRow, ForcedRow, FundingRow, HeldRow, Levels, MarkRow, TradeRow
from fbkit.simulator.klines import Kline


def frame(ts_ms: int, channel: str, result: str) -> bytes:
    """A message of a channel, sent at an instant.

    >>> frame(1500, "futures.tickers", "[]")
    b'{"time":1,"time_ms":1500,"channel":"futures.tickers","event":"update","result":[]}'
    """
    head = f'"time":{ts_ms // 1000},"time_ms":{ts_ms},"channel":"{channel}","event":"update"'
    return f'{{{head},"result":{result}}}'.encode()


class CoinWire:
    """The texts of one contract."""

    def __init__(self, coin: Coin) -> None:
        self.coin, self.symbol = coin, coin.symbol
        self._price = f"%.{coin.price_decimals}f"
        self._scale: int = 10**coin.tick_decimals
        self._fine = f"%.{coin.price_decimals + 1}f"
        self._lot: int = 10**coin.step_decimals
        size = f"%.{coin.step_decimals}f"
        self._level = {quote: f'{{"p":"{self._price}","s":{quote}{size}{quote}}}' for quote in ('"', "")}
        exponent = coin.contract_exponent
        self.multiplier = str(10**exponent) if exponent >= 0 else decimal(1, -exponent)

    def price(self, ticks: int) -> str:
        """A price that was traded or quoted."""
        return self._price % (ticks / self._scale)

    def size(self, steps: int) -> str:
        """Contracts."""
        return decimal(steps, self.coin.step_decimals)

    def trade(self, row: TradeRow) -> str:
        """A row of ``futures.trades``; ids rise, and not by one."""
        size = self.size(row.steps if row.buy else -row.steps)
        return (
            f'{{"size":"{size}","id":{row.last_fill},"create_time":{row.ts_ms // 1000},"create_time_ms":{row.ts_ms},'
            f'"price":"{self.price(row.ticks)}","contract":"{self.symbol}"}}'
        )

    def traded(self, row: TradeRow) -> str:
        """A row of REST ``trades``: instants are seconds here, sizes numbers."""
        size = self.size(row.steps if row.buy else -row.steps)
        return (
            f'{{"size":{size},"id":{row.last_fill},"create_time":{row.ts_ms // 1000},'
            f'"create_time_ms":{decimal(row.ts_ms, 3)},"price":"{self.price(row.ticks)}","contract":"{self.symbol}"}}'
        )

    def best(self, row: BestRow) -> str:
        """``futures.book_ticker``."""
        return (
            f'{{"t":{row.ts_ms},"u":{row.update_id},"s":"{self.symbol}","b":"{self.price(row.bid)}",'
            f'"B":"{self.size(row.bid_steps)}","a":"{self.price(row.ask)}","A":"{self.size(row.ask_steps)}"}}'
        )

    def change(self, change: Change) -> str:
        """``futures.order_book_update``."""
        book, first = change.book, change.before.update_id + 1
        return (
            f'{{"t":{book.ts_ms},"s":"{self.symbol}","U":{first},"u":{book.update_id},'
            f'"b":[{self.levels(change.bids)}],"a":[{self.levels(change.asks)}]}}'
        )

    def levels(self, levels: Levels, quote: str = '"') -> str:
        """Levels, comma between; REST has its sizes without quotes."""
        level, price, size = self._level[quote], self._scale, self._lot
        return ",".join([level % (ticks / price, steps / size) for ticks, steps in levels])

    def ticker(self, mark: MarkRow, steps: int, day: DayRow | None) -> str:
        """A row of ``futures.tickers`` and REST ``tickers``; the last day is left out where nobody has made it."""
        coin = self.coin
        return (
            f'{{"contract":"{self.symbol}",{self._day(day.bar) if day else ""}"mark_price":"{self._fine % mark.mark}",'
            f'"index_price":"{self._fine % mark.index_price}","funding_rate":"{mark.rate:.6f}",'
            f'"funding_rate_indicative":"{mark.rate:.6f}","funding_interval":{coin.funding_hours * 3600},'
            f'"funding_offset":0,"funding_next_apply":{mark.funding_ms // 1000},"total_size":"{self.size(steps)}",'
            f'"quanto_base_rate":"","t":{mark.ts_ms}}}'
        )

    def _day(self, bar: Kline) -> str:
        base, quote = self.coin.base_volume(bar.steps, bar.turnover), self.coin.usd_volume(bar.steps, bar.turnover)
        return (
            f'"last":"{self.price(bar.close)}","change_percentage":"{(bar.close - bar.open) / bar.open * 100:.4f}",'
            f'"low_24h":"{self.price(bar.low)}","high_24h":"{self.price(bar.high)}",'
            f'"volume_24h":"{self.size(bar.steps)}","volume_24h_base":"{int(base)}","volume_24h_quote":"{int(quote)}",'
            f'"volume_24h_settle":"{int(quote)}",'
        )

    def candle(self, start_ms: int, interval: str, bar: Kline, *, closed: bool) -> str:
        """A row of ``futures.candlesticks``; ``a`` is the turnover, as far as anybody knows."""
        return (
            f'{{"t":{start_ms // 1000},"v":"{self.size(bar.steps)}",{self._ohlc(bar)},"n":"{interval}_{self.symbol}",'
            f'"a":"{self._turnover(bar)}","w":{"true" if closed else "false"}}}'
        )

    def candled(self, start_ms: int, bar: Kline) -> str:
        """A row of REST ``candlesticks``."""
        return f'{{"t":{start_ms // 1000},"v":{self.size(bar.steps)},{self._ohlc(bar)},"sum":"{self._turnover(bar)}"}}'

    def _ohlc(self, bar: Kline) -> str:
        o, h, l, c = (self.price(ticks) for ticks in (bar.open, bar.high, bar.low, bar.close))
        return f'"c":"{c}","h":"{h}","l":"{l}","o":"{o}"'

    def _turnover(self, bar: Kline) -> str:
        return f"{self.coin.usd_volume(bar.steps, bar.turnover):.6f}"

    def forced(self, row: ForcedRow) -> str:
        """A row of ``futures.public_liquidates``: the sign is the order's, which sells where a long died."""
        size = self.size(-row.steps if row.long else row.steps)
        return f'{{"price":"{self.price(row.limit)}","size":"{size}","time":{row.ts_ms},"contract":"{self.symbol}"}}'

    def liquidated(self, row: ForcedRow) -> str:
        """A row of REST ``liq_orders``: the sign is the position's."""
        size, order = self.size(row.steps if row.long else -row.steps), self.size(-row.steps if row.long else row.steps)
        return (
            f'{{"time":{row.ts_ms // 1000},"contract":"{self.symbol}","size":{size},"order_size":{order},'
            f'"order_price":"{self.price(row.limit)}","fill_price":"{self.price(row.average)}","left":0}}'
        )

    def contract(self, mark: MarkRow, steps: int) -> str:
        """A row of ``contracts``."""
        coin = self.coin
        tick = decimal(10 ** (coin.price_decimals - coin.tick_decimals), coin.price_decimals)
        return (
            f'{{"name":"{self.symbol}","type":"direct","quanto_multiplier":"{self.multiplier}",'
            f'"order_price_round":"{tick}","mark_price_round":"{decimal(1, coin.price_decimals + 1)}",'
            f'"order_size_min":1,"enable_decimal":false,"funding_interval":{coin.funding_hours * 3600},'
            f'"funding_offset":0,"funding_next_apply":{mark.funding_ms // 1000},"funding_rate":"{mark.rate:.6f}",'
            f'"mark_price":"{self._fine % mark.mark}","index_price":"{self._fine % mark.index_price}",'
            f'"position_size":{self.size(steps)},"in_delisting":false,"status":"trading","is_pre_market":false,'
            f'"contract_type":"","create_time":{coin.onboard_ms // 1000}}}'
        )

    def stat(self, row: HeldRow, ratios: Sequence[float]) -> str:
        """A row of ``contract_stats``; ``ratios``: accounts, top accounts, top positions, takers."""
        accounts, top_accounts, top_positions, takers = (f"{ratio:.6f}" for ratio in ratios)
        usd = self.coin.size_of(row.steps) * self.coin.contract * row.mark
        return (
            f'{{"time":{row.ts_ms // 1000},"lsr_taker":{takers},"lsr_account":{accounts},"long_liq_size":0,'
            f'"short_liq_size":0,"open_interest":{self.size(row.steps)},"open_interest_usd":{usd:.4f},'
            f'"top_lsr_account":{top_accounts},"top_lsr_size":{top_positions},"mark_price":{self._fine % row.mark}}}'
        )


def funding(row: FundingRow) -> str:
    """A row of ``funding_rate``."""
    return f'{{"t":{row.ts_ms // 1000},"r":"{row.rate:.6f}"}}'
