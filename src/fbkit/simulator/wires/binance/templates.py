"""Events as the exchange writes them, key by key: one template a coin and message, filled by one formatting each.

Prices and sizes are integers over a power of ten; the division is exact to the last digit that is printed.
Source: Binance USDⓈ-M Futures, "Websocket Market Streams"; key order from captured frames.
"""

from __future__ import annotations

from fbkit.simulator.coin import Coin
from fbkit.simulator.klines import Kline


class CoinWire:
    """The templates of one coin."""

    def __init__(self, coin: Coin) -> None:
        s = coin.symbol
        p, q, t = f'"%.{coin.price_decimals}f"', f'"%.{coin.step_decimals}f"', f'"%.{coin.quote_decimals}f"'
        self.lower = s.lower()
        self.coin = coin
        self.price_scale = 10**coin.tick_decimals
        self.size_scale = 10**coin.step_decimals
        self.turnover_scale = self.price_scale * self.size_scale
        self._level = f"[{p},{q}]"
        self._ladder = (
            f'{{"e":"depthUpdate","E":%d,"T":%d,"s":"{s}","ps":"{s}","U":%d,"u":%d,"pu":%d,"b":[%s],"a":[%s],"st":1}}'
        )
        self.agg_trade = (
            f'{{"e":"aggTrade","E":%d,"a":%d,"s":"{s}","p":{p},"q":{q},"nq":{q},"f":%d,"l":%d,"T":%d,"m":%b,"st":1}}'
        ).encode()
        self.book_ticker = (
            f'{{"e":"bookTicker","u":%d,"s":"{s}","ps":"{s}","b":{p},"B":{q},"a":{p},"A":{q},"T":%d,"E":%d,"st":1}}'
        ).encode()
        self.mark_price = (
            f'{{"e":"markPriceUpdate","E":%d,"s":"{s}","p":"%.8f","ap":"%.8f","P":"%.8f","i":"%.8f","r":"%.8f","T":%d,"st":1}}'
        ).encode()
        self.ticker = (
            f'{{"e":"24hrTicker","E":%d,"s":"{s}","ps":"{s}","p":{p},"P":"%.3f","w":{p},"c":{p},"Q":{q},"o":{p},"h":{p},'
            f'"l":{p},"v":{q},"q":"%.2f","O":%d,"C":%d,"F":%d,"L":%d,"n":%d,"st":1}}'
        ).encode()
        self.force_order = (
            f'{{"e":"forceOrder","E":%d,"o":{{"s":"{s}","S":"%b","o":"LIMIT","f":"IOC","q":{q},"p":{p},"ap":{p},'
            f'"X":"FILLED","l":{q},"z":{q},"T":%d,"ps":"{s}","st":1}}}}'
        ).encode()
        self._kline = (
            f'{{"e":"kline","E":%d,"s":"{s}","k":{{"t":%d,"T":%d,"s":"{s}","i":"%b","f":%d,"L":%d,"o":{p},"c":{p},"h":{p},'
            f'"l":{p},"v":{q},"n":%d,"x":%b,"q":{t},"V":{q},"Q":{t},"B":"0"}}}}'
        ).encode()

    def kline(self, push_ms: int, start_ms: int, length_ms: int, interval: str, bar: Kline, *, closed: bool) -> bytes:
        """One ``kline`` message."""
        p, q, t = self.price_scale, self.size_scale, self.turnover_scale
        return self._kline % (
            push_ms,
            start_ms,
            start_ms + length_ms - 1,
            interval.encode(),
            bar.first_fill,
            bar.last_fill,
            bar.open / p,
            bar.close / p,
            bar.high / p,
            bar.low / p,
            bar.steps / q,
            bar.fills,
            b"true" if closed else b"false",
            bar.turnover / t,
            bar.buy_steps / q,
            bar.buy_turnover / t,
        )

    def day(self, push_ms: int, open_ms: int, bar: Kline, last_steps: int) -> bytes:
        """One ``24hrTicker`` message."""
        p, q = self.price_scale, self.size_scale
        turnover = bar.turnover / self.turnover_scale
        return self.ticker % (
            push_ms,
            (bar.close - bar.open) / p,
            (bar.close - bar.open) / bar.open * 100.0,
            turnover / (bar.steps / q),
            bar.close / p,
            last_steps / q,
            bar.open / p,
            bar.high / p,
            bar.low / p,
            bar.steps / q,
            turnover,
            open_ms,
            push_ms,
            bar.first_fill,
            bar.last_fill,
            bar.fills,
        )

    def depth(
        self,
        push_ms: int,
        ts_ms: int,
        ids: tuple[int, int, int],
        bids: list[tuple[int, int]],
        asks: list[tuple[int, int]],
    ) -> bytes:
        """One ``depthUpdate`` message of a partial book; ``ids`` are U, u, pu."""
        return (self._ladder % (push_ms, ts_ms, *ids, self.levels(bids), self.levels(asks))).encode()

    def levels(self, side: list[tuple[int, int]]) -> str:
        """Levels as ``["price","size"]``, comma between."""
        level, p, q = self._level, self.price_scale, self.size_scale
        return ",".join([level % (ticks / p, steps / q) for ticks, steps in side])


def combined(stream: str, payload: bytes) -> bytes:
    """A payload as a combined connection carries it.

    >>> combined("btcusdt@aggTrade", b"{}")
    b'{"stream":"btcusdt@aggTrade","data":{}}'
    """
    return b'{"stream":"%b","data":%b}' % (stream.encode(), payload)


def acknowledged(request_id: int | str | None) -> bytes:
    """The answer to a request that was understood."""
    return b'{"result":null,"id":%b}' % _id(request_id)


def listed(request_id: int | str | None, names: list[str]) -> bytes:
    """The answer to ``LIST_SUBSCRIPTIONS``."""
    body = ",".join(f'"{name}"' for name in names)
    return b'{"result":[%b],"id":%b}' % (body.encode(), _id(request_id))


def refused(code: int, why: str, request_id: int | str | None = None) -> bytes:
    """An error; without an id where none could be read."""
    tail = b"" if request_id is None else b',"id":%b' % _id(request_id)
    return b'{"error":{"code":%d,"msg":"%b"}%b}' % (code, why.encode(), tail)


def _id(request_id: int | str | None) -> bytes:
    if isinstance(request_id, str):
        return f'"{request_id}"'.encode()
    return b"null" if request_id is None else b"%d" % request_id
