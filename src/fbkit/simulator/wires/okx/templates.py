"""What OKX writes of each contract, key by key: nearly every value a text, sizes in contracts.

Source: OKX v5 docs, "Market Data", "Public Data"; key order from captured frames.
"""

from __future__ import annotations

from collections.abc import Sequence

from fbkit.simulator.calendar import MS_HOUR
from fbkit.simulator.coin import Coin
from fbkit.simulator.decimals import decimal
from fbkit.simulator.facts import DayRow, ForcedRow, Levels, MarkRow, TradeRow
from fbkit.simulator.klines import Kline
from fbkit.simulator.scene import Scene

#: Decimals that marks and indexes have beyond a tick's.
_FINER = 2


class ContractWire:
    """The texts of one contract."""

    def __init__(self, coin: Coin) -> None:
        self.coin = coin
        self.symbol = coin.symbol
        self.kind = "FUTURES" if coin.expiry_ms else "SWAP"
        self.family = f"{coin.base}-{coin.quote}"
        self._p, self._q = 10**coin.tick_decimals, 10**coin.step_decimals
        price, size = f"%.{coin.tick_decimals}f", f"%.{coin.step_decimals}f"
        self._fine = coin.tick_decimals + _FINER
        self._trade = (
            f'{{"instId":"{coin.symbol}","tradeId":"%d","px":"{price}","sz":"{size}","side":"%s","ts":"%d",%s"source":"0",'
            f'"seqId":%d}}'
        )
        self._level = f'["{price}","{size}","0","%d"]'

    def price(self, ticks: int) -> str:
        """A price."""
        return decimal(ticks, self.coin.tick_decimals)

    def size(self, steps: int) -> str:
        """Contracts."""
        return decimal(steps, self.coin.step_decimals)

    def coins(self, steps: int, turnover: int) -> str:
        """Coins of what was traded; exact where the contract is linear."""
        if self.coin.inverse:
            return f"{self.coin.base_volume(steps, turnover):.10f}"
        return _shifted(steps, self.coin.step_decimals - self.coin.contract_exponent)

    def usd(self, steps: int, turnover: int) -> str:
        """Dollars of what was traded; exact."""
        if self.coin.inverse:
            return decimal(steps * self.coin.face_usd, self.coin.step_decimals)
        return _shifted(turnover, self.coin.tick_decimals + self.coin.step_decimals - self.coin.contract_exponent)

    def trade(self, row: TradeRow, steps: int, count: int | None = None) -> str:
        """A fill, or ``count`` of them merged under the last one's id."""
        merged = "" if count is None else f'"count":"{count}",'
        side = "buy" if row.buy else "sell"
        return self._trade % (
            *(row.trade_id, row.ticks / self._p, steps / self._q, side, row.ts_ms),
            *(merged, row.trade_id),
        )

    def levels(self, side: Levels) -> str:
        """Levels; a deleted one has no orders."""
        p, q, level = self._p, self._q, self._level
        return ",".join([level % (ticks / p, steps / q, 1 + steps % 7 if steps else 0) for ticks, steps in side])

    def mark(self, row: MarkRow) -> str:
        """``mark-price``."""
        price = f"{row.mark:.{self._fine}f}"
        return f'{{"instId":"{self.symbol}","instType":"{self.kind}","markPx":"{price}","ts":"{row.ts_ms}"}}'

    def index(self, row: MarkRow) -> str:
        """``index-tickers``."""
        price = f"{row.index_price:.{self._fine}f}"
        rest = "".join(f',"{key}":"{price}"' for key in ("high24h", "low24h", "open24h", "sodUtc0", "sodUtc8"))
        return f'{{"instId":"{self.family}","idxPx":"{price}"{rest},"ts":"{row.ts_ms}"}}'

    def funding(self, row: MarkRow) -> str:
        """``funding-rate``, pushed and asked for."""
        length = self.coin.funding_hours * MS_HOUR
        return (
            f'{{"formulaType":"withRate","fundingRate":"{row.rate:.16f}","fundingTime":"{row.funding_ms}",'
            f'"impactValue":"20000.0000000000000000","instId":"{self.symbol}","instType":"{self.kind}",'
            f'"interestRate":"0.0001000000000000","maxFundingRate":"0.00375","method":"current_period",'
            f'"minFundingRate":"-0.00375","nextFundingRate":"","nextFundingTime":"{row.funding_ms + length}",'
            f'"premium":"{row.premium:.16f}","prevFundingTime":"{row.funding_ms - length}",'
            f'"settFundingRate":"{row.settled:.16f}","settState":"settled","ts":"{row.ts_ms}"}}'
        )

    def interest(self, ts_ms: int, steps: int, mark: float) -> str:
        """``open-interest``, pushed and asked for: contracts, coins, USD."""
        contracts, coins, usd = self.held(steps, mark)
        return (
            f'{{"instId":"{self.symbol}","instType":"{self.kind}","oi":"{contracts}","oiCcy":"{coins}","oiUsd":"{usd}",'
            f'"ts":"{ts_ms}"}}'
        )

    def held(self, steps: int, mark: float) -> tuple[str, str, str]:
        """Open interest as contracts, coins and USD."""
        size = self.coin.size_of(steps)
        if self.coin.inverse:
            usd = size * self.coin.face_usd
            return self.size(steps), f"{usd / mark:.8f}", f"{usd:.2f}"
        coins = size * 10.0**self.coin.contract_exponent
        return self.size(steps), self.coins(steps, 0), f"{coins * mark:.4f}"

    def day(self, row: DayRow, bid: tuple[int, int], ask: tuple[int, int]) -> str:
        """``tickers``, pushed and asked for."""
        bar, price, size = row.bar, self.price, self.size
        return (
            f'{{"instType":"{self.kind}","instId":"{self.symbol}","last":"{price(bar.close)}",'
            f'"lastSz":"{size(row.last_steps)}","askPx":"{price(ask[0])}","askSz":"{size(ask[1])}",'
            f'"bidPx":"{price(bid[0])}","bidSz":"{size(bid[1])}","open24h":"{price(bar.open)}",'
            f'"high24h":"{price(bar.high)}","low24h":"{price(bar.low)}","sodUtc0":"{price(bar.open)}",'
            f'"sodUtc8":"{price(bar.open)}","volCcy24h":"{self.coins(bar.steps, bar.turnover)}",'
            f'"vol24h":"{size(bar.steps)}","ts":"{row.ts_ms}"}}'
        )

    def liquidation(self, row: ForcedRow) -> str:
        """``liquidation-orders``; an account that nets its positions names no side of them."""
        position = "net" if row.ts_ms % 3 == 0 else ("long" if row.long else "short")
        detail = (
            f'{{"bkLoss":"0","bkPx":"{self.price(row.limit)}","ccy":"","posSide":"{position}",'
            f'"side":"{"sell" if row.long else "buy"}","sz":"{self.size(row.steps)}","ts":"{row.ts_ms}"}}'
        )
        return (
            f'{{"details":[{detail}],"instFamily":"{self.family}","instId":"{self.symbol}","instType":"{self.kind}",'
            f'"uly":"{self.family}"}}'
        )

    def candle(self, start_ms: int, bar: Kline, *, closed: bool) -> str:
        """A candle, pushed and asked for: contracts, coins, USD, whether it is closed."""
        prices = ",".join(f'"{self.price(ticks)}"' for ticks in (bar.open, bar.high, bar.low, bar.close))
        volumes = (
            f'"{self.size(bar.steps)}","{self.coins(bar.steps, bar.turnover)}","{self.usd(bar.steps, bar.turnover)}"'
        )
        return f'["{start_ms}",{prices},{volumes},"{int(closed)}"]'

    def listing(self) -> str:
        """``instruments``."""
        coin = self.coin
        value = str(coin.face_usd) if coin.inverse else _shifted(1, -coin.contract_exponent)
        lot, counted = decimal(1, coin.step_decimals), "inverse" if coin.inverse else "linear"
        return (
            f'{{"alias":"","baseCcy":"","category":"1","ctMult":"1","ctType":"{counted}",'
            f'"ctVal":"{value}","ctValCcy":"{"USD" if coin.inverse else coin.base}","expTime":"{coin.expiry_ms or ""}",'
            f'"instCategory":"1","instFamily":"{self.family}","instId":"{self.symbol}","instType":"{self.kind}",'
            f'"lever":"100","listTime":"{coin.onboard_ms}","lotSz":"{lot}","minSz":"{lot}","optType":"","quoteCcy":"",'
            f'"ruleType":"normal","settleCcy":"{coin.settle}","state":"live","stk":"",'
            f'"tickSz":"{decimal(1, coin.tick_decimals)}","uly":"{self.family}","upcChg":[]}}'
        )


def with_settled(scene: Scene, row: MarkRow, hours: int) -> MarkRow:
    """The row with what was settled at the end of the last period, as the history tells it."""
    paid_ms = row.funding_ms - hours * MS_HOUR
    return row._replace(settled=scene.fundings(row.coin, paid_ms, paid_ms)[0].rate)


def frame(channel: str, key: str, what: str, rows: Sequence[str], action: str = "") -> bytes:
    """A data frame.

    >>> frame("mark-price", "instId", "BTC-USDT-SWAP", ["{}"])
    b'{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{}]}'
    """
    told = f'"action":"{action}",' if action else ""
    return f'{{"arg":{{"channel":"{channel}","{key}":"{what}"}},{told}"data":[{",".join(rows)}]}}'.encode()


def page(rows: Sequence[str]) -> str:
    """A REST answer."""
    return f'{{"code":"0","msg":"","data":[{",".join(rows)}]}}'


def _shifted(value: int, decimals: int) -> str:
    """A whole number times ten to the power of minus ``decimals``, which may be below zero.

    >>> _shifted(15, 3), _shifted(1, -7)
    ('0.015', '10000000')
    """
    return decimal(value, decimals) if decimals >= 0 else str(value * 10**-decimals)
