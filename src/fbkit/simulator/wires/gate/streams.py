"""Subscriptions: a channel and its payload, which is a list of contracts or one contract's arguments.

Source: Gate "Futures WebSocket v4".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fbkit.simulator.wires.wire import Stream

#: The address's last word, and all there is here.
ROUTE = "usdt"

#: Every contract at once, where that is served.
ALL = "!all"

_LISTED = {"futures.trades": 0, "futures.book_ticker": 0, "futures.tickers": 1000, "futures.public_liquidates": 1000}
_LEVELS = ("100", "50", "20")

#: Levels a side that a book of this market has at most: every one of them changes in every slot.
BOOK_LEVELS = 8
_CADENCES = {"100ms": 100, "20ms": 100}  # the market moves in tenths of a second
_INTERVALS = ("1m", "5m", "15m", "30m", "1h", "4h", "1d")


class Unknown(ValueError):
    """What is asked for is not there; the words are the venue's."""


def streams_of(channel: str, payload: Sequence[str], index: Mapping[str, int]) -> list[Stream]:
    """The streams of one message. One unknown contract fails all of it: :class:`Unknown`.

    >>> index = {"BTC_USDT": 0, "ETH_USDT": 1}
    >>> [stream.name for stream in streams_of("futures.trades", ["BTC_USDT", "ETH_USDT"], index)]
    ['futures.trades BTC_USDT', 'futures.trades ETH_USDT']
    >>> streams_of("futures.order_book_update", ["BTC_USDT", "100ms", "20"], index)[0].levels
    20
    """
    if channel in _LISTED:
        return [_listed(channel, symbol, index) for symbol in payload]
    if channel == "futures.order_book_update":
        return [_book(payload, index)]
    if channel == "futures.candlesticks":
        return [_candles(payload, index)]
    raise Unknown(f"unknown channel {channel}")


def _listed(channel: str, symbol: str, index: Mapping[str, int]) -> Stream:
    coin = -1 if symbol == ALL and channel == "futures.public_liquidates" else _coin(symbol, index)
    return Stream(f"{channel} {symbol}", channel, coin, ROUTE, cadence_ms=_LISTED[channel])


def _book(payload: Sequence[str], index: Mapping[str, int]) -> Stream:
    symbol, cadence, levels = (*payload, *("", "", "")[len(payload) :])[:3]
    levels = levels or "100"
    if cadence not in _CADENCES or levels not in _LEVELS:
        raise Unknown("invalid argument")
    name = f"futures.order_book_update {symbol} {cadence} {levels}"
    coin = _coin(symbol, index)
    return Stream(name, "futures.order_book_update", coin, ROUTE, int(levels), _CADENCES[cadence])


def _candles(payload: Sequence[str], index: Mapping[str, int]) -> Stream:
    interval, symbol = (*payload, "", "")[:2]
    if interval not in _INTERVALS:
        raise Unknown("invalid argument")
    name = f"futures.candlesticks {interval} {symbol}"
    return Stream(name, "futures.candlesticks", _coin(symbol, index), ROUTE, interval=interval)


def _coin(symbol: str, index: Mapping[str, int]) -> int:
    if symbol not in index:
        raise Unknown(f"unknown currency pair {symbol}")
    return index[symbol]
