"""The floor: picows, msgspec structs, inserts of a hundred rows a statement, one loop. Nothing is checked or derived.

No program that stores every message can do much less. A commit each 5,000 messages, paced each second.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import picows
from meter import WARM, Meter, answer, asked, url
from stream import symbols

_BLOCK = 100
_COMMIT = 5000


class AggTrade(msgspec.Struct, tag_field="e", tag="aggTrade", gc=False):
    """A trade, as little of it as is stored."""

    s: str
    a: int
    p: float
    q: float
    T: int
    m: bool


class BookTicker(msgspec.Struct, tag_field="e", tag="bookTicker", gc=False):
    """Best bid and ask."""

    s: str
    u: int
    b: float
    B: float
    a: float
    A: float
    T: int


class MarkUpdate(msgspec.Struct, tag_field="e", tag="markPriceUpdate", gc=False):
    """Mark, index and funding."""

    s: str
    E: int
    p: float
    i: float
    r: float
    T: int


class Depth(msgspec.Struct, tag_field="e", tag="depthUpdate", gc=False):
    """Five levels a side."""

    s: str
    T: int
    u: int
    b: list[tuple[float, float]]
    a: list[tuple[float, float]]


class Envelope(msgspec.Struct, gc=False):
    """A combined frame."""

    data: AggTrade | BookTicker | MarkUpdate | Depth


_LEVELS = [f"{side}{level}{x}" for side in "ba" for level in range(5) for x in "pq"]

#: Columns of each table: those of a depth message are five prices and sizes a side.
TABLES = {
    AggTrade: ("trade", "instrument ts price size side trade_id"),
    BookTicker: ("book", "instrument ts bid bid_size ask ask_size u"),
    MarkUpdate: ("mark", "instrument ts mark idx funding next_ts"),
    Depth: ("depth", "instrument ts u " + " ".join(_LEVELS)),
}


class Table:
    """Rows of one kind, waiting for the next commit."""

    def __init__(self, connection: sqlite3.Connection, name: str, columns: str) -> None:
        self.name, self.rows = name, list[tuple[Any, ...]]()
        names = columns.split()
        row = "(" + ",".join("?" * len(names)) + ")"
        self._one = f"INSERT INTO {name} VALUES {row}"  # noqa: S608 - our own names
        self._block = f"INSERT INTO {name} VALUES {','.join([row] * _BLOCK)}"  # noqa: S608 - our own names
        connection.execute(f"CREATE TABLE {name} ({', '.join(names)})")

    def write(self, connection: sqlite3.Connection) -> None:
        rows, self.rows = self.rows, []
        whole = len(rows) // _BLOCK * _BLOCK
        for at in range(0, whole, _BLOCK):
            connection.execute(self._block, tuple(chain.from_iterable(rows[at : at + _BLOCK])))
        connection.executemany(self._one, rows[whole:])


class Floor:
    """Socket to file."""

    def __init__(self, path: str, meter: Meter, *, paced: bool) -> None:
        self.meter, self._paced = meter, paced
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.tables = {kind: Table(self.connection, *what) for kind, what in TABLES.items()}
        self._due = time.monotonic() + 1

    def taker(self, done: Callable[[], None]) -> Callable[[memoryview], None]:
        """What is called with each message; ``done`` after the last."""
        decode, ids = msgspec.json.Decoder(Envelope, strict=False).decode, {s: i for i, s in enumerate(symbols())}
        tables, meter, paced = self.tables, self.meter, self._paced
        trades, books, marks, depths = (tables[kind] for kind in TABLES)

        def take(payload: memoryview) -> None:
            m: Any = decode(payload).data  # the kind is known by its type
            kind = type(m)
            if kind is BookTicker:
                books.rows.append((ids[m.s], m.T, m.b, m.B, m.a, m.A, m.u))
            elif kind is AggTrade:
                trades.rows.append((ids[m.s], m.T, m.p, m.q, -1 if m.m else 1, m.a))
            elif kind is MarkUpdate:
                marks.rows.append((ids[m.s], m.E, m.p, m.i, m.r, m.T))
            else:
                depths.rows.append((ids[m.s], m.T, m.u, *chain(*m.b), *chain(*m.a)))
            meter.count = count = meter.count + 1
            if count == WARM:
                meter.start()
            elif count == meter.last:
                done()
            elif not count & 63 if paced else not count % _COMMIT:
                self.commit(late=not paced or time.monotonic() > self._due)

        return take

    def commit(self, *, late: bool = True) -> None:
        if not late:
            return
        self._due = time.monotonic() + 1
        self.connection.execute("BEGIN IMMEDIATE")
        for table in self.tables.values():
            table.write(self.connection)
        self.connection.execute("COMMIT")

    def stored(self) -> int:
        counts = (self.connection.execute(f"SELECT count(*) FROM {t.name}").fetchone()[0] for t in self.tables.values())  # noqa: S608 - our own names
        return sum(counts)


async def run(address: str, floor: Floor) -> None:
    """Listen until the last message, then leave at once: the server would go on for ever."""

    def done() -> None:
        floor.commit()
        result = floor.meter.stop()
        if floor.stored() != floor.meter.last:
            os._exit(1)
        answer(result)
        os._exit(0)

    take = floor.taker(done)
    text = picows.WSMsgType.TEXT

    class Listener(picows.WSListener):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            if frame.msg_type == text:
                take(frame.get_payload_as_memoryview())

    transport, _ = await picows.ws_connect(Listener, address)
    await transport.wait_disconnected()


if __name__ == "__main__":
    chosen = asked(__doc__)
    Path(chosen.db).unlink(missing_ok=True)
    asyncio.run(run(url(chosen), Floor(chosen.db, Meter(chosen.n), paced=bool(chosen.rate))))
