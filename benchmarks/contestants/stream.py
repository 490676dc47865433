"""A synthetic combined stream in Binance's words, and a process that serves it on loopback, over and over.

``python stream.py [--messages N] [--ms-per-message 0.2]`` prints ``{"port": N}`` and ends when its standard input does.
 ``/stream`` sends as fast as the client reads; ``/stream?rate=R`` sends R messages a second, one
``send`` each. Prices are a seeded walk; 60 % of the messages are ``bookTicker``, 30 % ``aggTrade``, 5 % each
``depth5`` and ``markPrice``, over 300 symbols of which a few carry most.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import re
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate

#: The first message's instant, UTC ms: a whole minute.
START_MS = 1_767_225_600_000

#: A venue of 5,000 messages a second.
MS_PER_MESSAGE = 0.2

#: Messages in one lap; ids begin again with the next.
LAP = 200_000

#: What a ``send`` hands over at once where the client sets the pace.
_BURST = 1 << 18

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def symbols(count: int = 300) -> list[str]:
    """The venue's symbols, largest first.

    >>> symbols(3)
    ['BTCUSDT', 'C001USDT', 'C002USDT']
    """
    return ["BTCUSDT", *(f"C{number:03d}USDT" for number in range(1, count))]


class _Contract:
    """One symbol's walk: price in ticks, trade ids and book ids without a hole."""

    def __init__(self, symbol: str, rng: random.Random) -> None:
        self.symbol, self.stream = symbol, symbol.lower()
        self.decimals = rng.choice((1, 2, 4, 7))
        self.tick = 10.0**-self.decimals
        self.ticks = rng.randint(20_000, 900_000)
        self.trade_id = rng.randint(1_000_000_000, 2_000_000_000)
        self.quote_id = rng.randint(5_000_000_000, 9_000_000_000)
        self.book_id = rng.randint(10_000_000, 90_000_000)

    def step(self, rng: random.Random) -> None:
        self.ticks = max(1_000, self.ticks + rng.randint(-3, 3))

    def price(self, ticks: int) -> str:
        return f"{ticks * self.tick:.{self.decimals}f}"


def _size(rng: random.Random) -> str:
    return f"{rng.randint(1, 90_000) / 1000:.3f}"


def _quote(c: _Contract, rng: random.Random, ts: int) -> dict[str, object]:
    c.quote_id += rng.randint(1, 40)
    return {
        "e": "bookTicker", "u": c.quote_id, "s": c.symbol, "b": c.price(c.ticks), "B": _size(rng),
        "a": c.price(c.ticks + 1), "A": _size(rng), "T": ts, "E": ts + 1,
    }  # fmt: skip


def _trade(c: _Contract, rng: random.Random, ts: int) -> dict[str, object]:
    c.trade_id += 1
    return {
        "e": "aggTrade", "E": ts + 1, "a": c.trade_id, "s": c.symbol, "p": c.price(c.ticks), "q": _size(rng),
        "f": c.trade_id * 2, "l": c.trade_id * 2 + 1, "T": ts, "m": rng.random() < 0.5,
    }  # fmt: skip


def _depth(c: _Contract, rng: random.Random, ts: int) -> dict[str, object]:
    before, c.book_id = c.book_id, c.book_id + rng.randint(5, 60)
    return {
        "e": "depthUpdate", "E": ts + 1, "T": ts, "s": c.symbol, "U": before + 1, "u": c.book_id, "pu": before,
        "b": [[c.price(c.ticks - level), _size(rng)] for level in range(5)],
        "a": [[c.price(c.ticks + 1 + level), _size(rng)] for level in range(5)],
    }  # fmt: skip


def _mark(c: _Contract, _rng: random.Random, ts: int) -> dict[str, object]:
    price = c.ticks * c.tick
    return {
        "e": "markPriceUpdate", "E": ts, "s": c.symbol, "p": f"{price:.8f}", "P": f"{price * 1.0001:.8f}",
        "i": f"{price * 0.9999:.8f}", "r": "0.00010000", "T": START_MS + 28_800_000,
    }  # fmt: skip


_MIX = (("bookTicker", _quote), ("aggTrade", _trade), ("depth5@100ms", _depth), ("markPrice@1s", _mark))
_SHARES = (60, 90, 95, 100)


def messages(count: int, *, seed: int = 7, ms_per_message: float = MS_PER_MESSAGE) -> Iterator[bytes]:
    """One lap, the same for the same arguments.

    No two marks of a symbol bear the same instant, as on the venue, where they come once a second.

    >>> sorted(json.loads(next(messages(1))))
    ['data', 'stream']
    """
    rng = random.Random(seed)
    contracts = [_Contract(symbol, rng) for symbol in symbols()]
    weights = list(accumulate(1.0 / (place + 3) for place in range(len(contracts))))
    words = rng.choices(_MIX, cum_weights=_SHARES, k=count)
    chosen = rng.choices(contracts, cum_weights=weights, k=count)
    marked: dict[str, int] = {}
    for number, (contract, (word, make)) in enumerate(zip(chosen, words, strict=True)):
        ts = START_MS + int(number * ms_per_message)
        if make is _mark and marked.get(contract.symbol) == ts:
            word, make = _MIX[0]  # noqa: PLW2901 - one of the two becomes a quote
        if make is _mark:
            marked[contract.symbol] = ts
        contract.step(rng)
        data = make(contract, rng, ts)
        yield json.dumps({"stream": f"{contract.stream}@{word}", "data": data}, separators=(",", ":")).encode()


def framed(payload: bytes) -> bytes:
    """A server's text frame.

    >>> framed(b"ab").hex()
    '81026162'
    """
    size = len(payload)
    head = struct.pack("!BB", 0x81, size) if size < 126 else struct.pack("!BBH", 0x81, 126, size)
    return head + payload


class _Replay(socketserver.BaseRequestHandler):
    """One client: a handshake, then frames until it leaves."""

    server: Server

    def handle(self) -> None:
        try:
            rate = self._greet()
            if rate:
                self._paced(rate)
            else:
                self._firehose()
        except (ConnectionError, TimeoutError):
            pass  # the client has what it came for

    def _greet(self) -> int:
        asked = b""
        while b"\r\n\r\n" not in asked:
            part = self.request.recv(65_536)
            if not part:
                raise ConnectionError
            asked += part
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", asked)
        if key is None:
            raise ConnectionError
        proof = base64.b64encode(hashlib.sha1(key[1] + _GUID, usedforsecurity=False).digest())
        self.request.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
        )
        rate = re.search(rb"[?&]rate=(\d+)", asked.split(b"\r\n", 1)[0])
        return int(rate[1]) if rate else 0

    def _firehose(self) -> None:
        lap = self.server.lap
        while True:
            for at in range(0, len(lap), _BURST):
                self.request.sendall(lap[at : at + _BURST])

    def _paced(self, rate: int) -> None:
        frames, sent, began = self.server.frames, 0, time.perf_counter()
        while True:
            due = int((time.perf_counter() - began) * rate)
            for number in range(sent, due):
                self.request.sendall(frames[number % len(frames)])
            sent = due
            time.sleep(0.001)


class Server(socketserver.ThreadingTCPServer):
    """Serves one lap again and again to whoever connects on 127.0.0.1."""

    daemon_threads = True
    disable_nagle_algorithm = True

    def __init__(self, frames: Sequence[bytes], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Replay)
        self.frames, self.lap = frames, memoryview(b"".join(frames))


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=LAP)
    parser.add_argument("--ms-per-message", type=float, default=MS_PER_MESSAGE)
    asked = parser.parse_args()
    frames = [framed(m) for m in messages(asked.messages, ms_per_message=asked.ms_per_message)]
    with Server(frames) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"port": server.server_address[1]}), flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
