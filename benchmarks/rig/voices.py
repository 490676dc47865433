"""What venues send, cheaply: frames of Binance, Bybit and OKX out of templates, a microsecond or two each.

Shapes are those of ``tests/fixtures/venues``. A :class:`Voice` has, for one venue, what a contract says now and then
(with weights), what it says at the end of a minute, and what the venue says of all contracts once a second.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rig.contract import Contract, bases

#: An instant (Unix ms) → a frame.
Say = Callable[[int], bytes]

#: Makes what one contract says.
Makes = Callable[[Contract, str], Say]

_MINUTE_MS = 60_000
_EIGHT_HOURS_MS = 28_800_000

#: Levels told of a book.
_LEVELS = 5


class Voice(NamedTuple):
    """How a venue speaks of a contract: symbol, what is said at which weight, a closed minute, the second's lists."""

    symbol: Callable[[str], str]
    says: Sequence[tuple[int, Makes]]
    minute: Makes
    second: Sequence[Callable[[Sequence[tuple[Contract, str]]], Say]]


class Chatter:
    """All that one venue says, in an order of its own that repeats after 9,973 frames.

    >>> chatter = Chatter("okx", 2, seed=7)
    >>> chatter.next(1_000) != chatter.next(1_001), chatter.symbols
    (True, ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'])
    """

    def __init__(self, venue: str, count: int, seed: int) -> None:
        voice = VOICES[venue]
        rng = random.Random(f"{seed} {venue}")
        named = [(Contract(base, rng), voice.symbol(base)) for base in bases(count)]
        self.venue, self.symbols = venue, [symbol for _, symbol in named]
        sizes = [1.0 / (place + 3) for place in range(count)]
        kinds = [make for _, make in voice.says]
        weights = [weight for weight, _ in voice.says]
        made: dict[tuple[int, int], Say] = {}
        self._order: list[Say] = []
        for _ in range(9_973):
            (who,) = rng.choices(range(count), sizes)
            (what,) = rng.choices(range(len(kinds)), weights)
            if (who, what) not in made:
                made[who, what] = kinds[what](*named[who])
            self._order.append(made[who, what])
        self._at = 0
        self.minute = [voice.minute(*one) for one in named]
        self.second = [make(named) for make in voice.second]

    def next(self, ts_ms: int) -> bytes:
        """The next frame of a contract."""
        self._at = at = (self._at + 1) % len(self._order)
        return self._order[at](ts_ms)


# --- Binance ----------------------------------------------------------------------------------------------------------


def _binance(stream: str, symbol: str) -> bytes:
    return b'{"stream":"%b@%b","data":{"e":"' % (symbol.lower().encode(), stream.encode())


def binance_quote(c: Contract, symbol: str) -> Say:
    """``bookTicker``."""
    text = _binance("bookTicker", symbol) + b'bookTicker","u":%%d,"s":"%b",' % symbol.encode()
    text += b'"b":"%b","B":"%b","a":"%b","A":"%b","T":%d,"E":%d}}'
    levels = c.levels

    def say(ts: int) -> bytes:
        at, size = c.step(), c.size()
        c.quote_id += 7
        return text % (c.quote_id, levels[at], size, levels[at + 1], size, ts, ts)

    return say


def binance_trade(c: Contract, symbol: str) -> Say:
    """``aggTrade``."""
    text = _binance("aggTrade", symbol) + b'aggTrade","E":%%d,"a":%%d,"s":"%b",' % symbol.encode()
    text += b'"p":"%b","q":"%b","f":1,"l":2,"T":%d,"m":%b}}'

    def say(ts: int) -> bytes:
        at = c.step()
        c.trade_id += 1
        side = b"true" if at & 1 else b"false"
        return text % (ts, c.trade_id, c.levels[at], c.size(), c.trade_ms(ts), side)

    return say


def binance_depth(c: Contract, symbol: str) -> Say:
    """``depth5``: whole."""
    text = _binance("depth5@500ms", symbol) + b'depthUpdate","E":%%d,"T":%%d,"s":"%b","U":%%d,"u":%%d,"pu":%%d,' % (
        symbol.encode()
    )
    text += b'"b":[%b],"a":[%b]}}'

    def say(ts: int) -> bytes:
        bids, asks = _book(c, b'["%b","%b"]')
        before, c.quote_id = c.quote_id, c.quote_id + 9
        return text % (ts, ts, before + 1, c.quote_id, before, bids, asks)

    return say


def binance_liquidation(c: Contract, symbol: str) -> Say:
    """``forceOrder``."""
    text = b'{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":%%d,"o":{"s":"%b",' % symbol.encode()
    text += b'"S":"SELL","o":"LIMIT","f":"IOC","q":"0.2","p":"%b","ap":"%b","X":"FILLED","l":"0.1","z":"%b","T":%d}}}'

    def say(ts: int) -> bytes:
        price = c.levels[c.at]
        return text % (ts, price, price, c.size(), ts)

    return say


def binance_minute(c: Contract, symbol: str) -> Say:
    """``kline_1m``, closed."""
    text = _binance("kline_1m", symbol) + b'kline","E":%%d,"s":"%b","k":{"t":%%d,"T":%%d,' % symbol.encode()
    text += b'"i":"1m","o":"%b","c":"%b","h":"%b","l":"%b","v":"104.1","n":900,"x":true,"q":"86403.5","Q":"47144.9"}}}'

    def say(ts: int) -> bytes:
        price, begin = c.levels[c.at], ts - ts % _MINUTE_MS - _MINUTE_MS
        return text % (ts, begin, begin + _MINUTE_MS - 1, price, price, price, price)

    return say


def binance_marks(named: Sequence[tuple[Contract, str]]) -> Say:
    """``!markPrice@arr@1s``."""
    row = b'{"e":"markPriceUpdate","E":%d,"s":"%b","p":"%b","P":"%b","i":"%b","r":"0.00010000","T":%d,"st":1}'
    return _array(b'{"stream":"!markPrice@arr@1s","data":[%b]}', named, lambda c, symbol, ts: row % (
        ts, symbol, c.levels[c.at], c.levels[c.at], c.levels[c.at + 1], ts - ts % _EIGHT_HOURS_MS + _EIGHT_HOURS_MS
    ))  # fmt: skip


def binance_days(named: Sequence[tuple[Contract, str]]) -> Say:
    """``!ticker@arr``."""
    row = b'{"e":"24hrTicker","E":%d,"s":"%b","P":"-3.5","c":"%b","v":"170000.5","q":"14280000.0","n":3500001,"st":1}'
    return _array(
        b'{"stream":"!ticker@arr","data":[%b]}', named, lambda c, symbol, ts: row % (ts, symbol, c.levels[c.at])
    )


def _array(whole: bytes, named: Sequence[tuple[Contract, str]], row: Callable[[Contract, bytes, int], bytes]) -> Say:
    told = [(contract, symbol.encode()) for contract, symbol in named]
    return lambda ts: whole % b",".join([row(contract, symbol, ts) for contract, symbol in told])


def _book(c: Contract, rung: bytes) -> tuple[bytes, bytes]:
    at, size, levels = c.step(), c.size(), c.levels
    bids = b",".join([rung % (levels[at - n], size) for n in range(_LEVELS)])
    asks = b",".join([rung % (levels[at + 1 + n], size) for n in range(_LEVELS)])
    return bids, asks


# --- Bybit ------------------------------------------------------------------------------------------------------------


def bybit_quote(c: Contract, symbol: str) -> Say:
    """``orderbook.1``: whole."""
    text = b'{"topic":"orderbook.1.%b","ts":%%d,"type":"snapshot","data":{"s":"%b",' % ((symbol.encode(),) * 2)
    text += b'"b":[["%b","%b"]],"a":[["%b","%b"]],"u":%d,"seq":%d},"cts":%d}'

    def say(ts: int) -> bytes:
        at, size = c.step(), c.size()
        c.quote_id += 7
        return text % (ts, c.levels[at], size, c.levels[at + 1], size, c.quote_id, c.quote_id, ts)

    return say


def bybit_trade(c: Contract, symbol: str) -> Say:
    """``publicTrade``: ids are UUIDs."""
    text = b'{"topic":"publicTrade.%b","type":"snapshot","ts":%%d,"data":[{"T":%%d,"s":"%b",' % ((symbol.encode(),) * 2)
    text += b'"S":"%b","v":"%b","p":"%b","i":"6f0b2b54-61a7-5c93-9d53-%012x","BT":false}]}'

    def say(ts: int) -> bytes:
        at = c.step()
        c.trade_id += 1
        side = b"Buy" if at & 1 else b"Sell"
        return text % (ts, c.trade_ms(ts), side, c.size(), c.levels[at], c.trade_id)

    return say


def bybit_ticker(c: Contract, symbol: str) -> Say:
    """``tickers``: mark, open interest and day, as far as they are due."""
    text = b'{"topic":"tickers.%b","type":"snapshot","data":{"symbol":"%b",' % ((symbol.encode(),) * 2)
    text += (
        b'"price24hPcnt":"-0.035","lastPrice":"%b","markPrice":"%b","indexPrice":"%b","openInterest":"60%d.500",'
        b'"openInterestValue":"4980671505.25","turnover24h":"4000000000.5","volume24h":"48000.5",'
        b'"fundingIntervalHour":"8","nextFundingTime":"%d","fundingRate":"0.0001"},"cs":%d,"ts":%d}'
    )

    def say(ts: int) -> bytes:
        price = c.levels[c.step()]
        c.quote_id += 1
        due = ts - ts % _EIGHT_HOURS_MS + _EIGHT_HOURS_MS
        return text % (price, price, c.levels[c.at + 1], c.at, due, c.quote_id, ts)

    return say


def bybit_liquidation(c: Contract, symbol: str) -> Say:
    """``allLiquidation``."""
    text = b'{"topic":"allLiquidation.%b","type":"snapshot","ts":%%d,"data":[{"T":%%d,"s":"%b",' % (
        (symbol.encode(),) * 2
    )
    text += b'"S":"Buy","v":"%b","p":"%b"}]}'
    return lambda ts: text % (ts, ts, c.size(), c.levels[c.at])


def bybit_minute(c: Contract, symbol: str) -> Say:
    """``kline.1``, closed."""
    text = b'{"topic":"kline.1.%b","data":[{"start":%%d,"end":%%d,"interval":"1",' % symbol.encode()
    text += b'"open":"%b","close":"%b","high":"%b","low":"%b","volume":"12.5","turnover":"10376.2","confirm":true}],'
    text += b'"ts":%d,"type":"snapshot"}'

    def say(ts: int) -> bytes:
        price, begin = c.levels[c.at], ts - ts % _MINUTE_MS - _MINUTE_MS
        return text % (begin, begin + _MINUTE_MS - 1, price, price, price, price, ts)

    return say


# --- OKX --------------------------------------------------------------------------------------------------------------


def _okx(channel: str, symbol: str) -> bytes:
    return b'{"arg":{"channel":"%b","instId":"%b"},"data":[' % (channel.encode(), symbol.encode())


def okx_quote(c: Contract, symbol: str) -> Say:
    """``bbo-tbt``."""
    text = (
        _okx("bbo-tbt", symbol) + b'{"asks":[["%b","%b","0","7"]],"bids":[["%b","%b","0","4"]],"ts":"%d","seqId":%d}]}'
    )

    def say(ts: int) -> bytes:
        at, size = c.step(), c.size()
        c.quote_id += 7
        return text % (c.levels[at + 1], size, c.levels[at], size, ts, c.quote_id)

    return say


def okx_trade(c: Contract, symbol: str) -> Say:
    """``trades-all``: ids count one by one."""
    text = _okx("trades-all", symbol) + b'{"instId":"%b","tradeId":"%%d","px":"%%b","sz":"%%b",' % symbol.encode()
    text += b'"side":"%b","ts":"%d","source":"0"}]}'

    def say(ts: int) -> bytes:
        at = c.step()
        c.trade_id += 1
        side = b"buy" if at & 1 else b"sell"
        return text % (c.trade_id, c.levels[at], c.size(), side, c.trade_ms(ts))

    return say


def okx_depth(c: Contract, symbol: str) -> Say:
    """``books5``: whole."""
    text = _okx("books5", symbol) + b'{"asks":[%%b],"bids":[%%b],"instId":"%b","ts":"%%d","seqId":%%d}]}' % (
        symbol.encode()
    )

    def say(ts: int) -> bytes:
        bids, asks = _book(c, b'["%b","%b","0","3"]')
        c.quote_id += 9
        return text % (asks, bids, ts, c.quote_id)

    return say


def okx_mark(c: Contract, symbol: str) -> Say:
    """``mark-price``."""
    text = (
        _okx("mark-price", symbol) + b'{"instId":"%b","instType":"SWAP","markPx":"%%b","ts":"%%d"}]}' % symbol.encode()
    )
    return lambda ts: text % (c.levels[c.step()], ts)


def okx_interest(c: Contract, symbol: str) -> Say:
    """``open-interest``."""
    text = _okx("open-interest", symbol) + b'{"instId":"%b","instType":"SWAP","oi":"31%%d.5",' % symbol.encode()
    text += b'"oiCcy":"31858.7","oiUsd":"2644311262.5","ts":"%d"}]}'
    return lambda ts: text % (c.step(), ts)


def okx_day(c: Contract, symbol: str) -> Say:
    """``tickers``."""
    text = _okx("tickers", symbol) + b'{"instType":"SWAP","instId":"%b","last":"%%b","open24h":"700",' % symbol.encode()
    text += b'"volCcy24h":"77650.5","vol24h":"7765050","ts":"%d"}]}'
    return lambda ts: text % (c.levels[c.step()], ts)


def okx_minute(c: Contract, symbol: str) -> Say:
    """``candle1m``, closed."""
    text = _okx("candle1m", symbol) + b'["%d","%b","%b","%b","%b","500","5","4150.5","1"]]}'

    def say(ts: int) -> bytes:
        price = c.levels[c.at]
        return text % (ts - ts % _MINUTE_MS - _MINUTE_MS, price, price, price, price)

    return say


VOICES: dict[str, Voice] = {
    "binance": Voice(
        lambda base: f"{base}USDT",
        ((620, binance_quote), (310, binance_trade), (69, binance_depth), (1, binance_liquidation)),
        binance_minute,
        (binance_marks, binance_days),
    ),
    "bybit": Voice(
        lambda base: f"{base}USDT",
        ((580, bybit_quote), (310, bybit_trade), (109, bybit_ticker), (1, bybit_liquidation)),
        bybit_minute,
        (),
    ),
    "okx": Voice(
        lambda base: f"{base}-USDT-SWAP",
        ((570, okx_quote), (310, okx_trade), (60, okx_depth), (40, okx_mark), (10, okx_interest), (10, okx_day)),
        okx_minute,
        (),
    ),
}
