"""The plain way: websockets, json, SQLAlchemy Core with dictionaries. What one writes first, in an afternoon.

A commit each 5,000 messages, paced each second.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from meter import WARM, Meter, answer, asked, url
from sqlalchemy import BigInteger, Column, Engine, Float, MetaData, Table, create_engine, event, func, select
from stream import symbols
from websockets.asyncio.client import connect

_COMMIT = 5000

_IDS = {symbol: number for number, symbol in enumerate(symbols())}
_LEVELS = [f"{side}{level}{x}" for side in "ba" for level in range(5) for x in ("p", "q")]


def _table(metadata: MetaData, name: str, integers: str, floats: str) -> Table:
    return Table(
        name,
        metadata,
        *(Column(column, BigInteger) for column in integers.split()),
        *(Column(column, Float) for column in floats.split()),
    )


def trade_of(d: dict[str, Any]) -> dict[str, Any]:
    """A row of ``trade``."""
    return {
        "instrument": _IDS[d["s"]], "ts": d["T"], "trade_id": d["a"], "side": -1 if d["m"] else 1,
        "price": float(d["p"]), "size": float(d["q"]),
    }  # fmt: skip


def book_of(d: dict[str, Any]) -> dict[str, Any]:
    """A row of ``book``."""
    return {
        "instrument": _IDS[d["s"]], "ts": d["T"], "u": d["u"], "bid": float(d["b"]), "bid_size": float(d["B"]),
        "ask": float(d["a"]), "ask_size": float(d["A"]),
    }  # fmt: skip


def mark_of(d: dict[str, Any]) -> dict[str, Any]:
    """A row of ``mark``."""
    return {
        "instrument": _IDS[d["s"]], "ts": d["E"], "next_ts": d["T"], "mark": float(d["p"]), "idx": float(d["i"]),
        "funding": float(d["r"]),
    }  # fmt: skip


def depth_of(d: dict[str, Any]) -> dict[str, Any]:
    """A row of ``depth``: five prices and sizes a side."""
    numbers = [float(x) for side in (d["b"], d["a"]) for level in side for x in level]
    return {
        "instrument": _IDS[d["s"]],
        "ts": d["T"],
        "u": d["u"],
        **dict(zip(_LEVELS, numbers, strict=True)),
    }


class Plain:
    """Rows as dictionaries, a list for each table."""

    def __init__(self, path: str) -> None:
        self.engine: Engine = create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _pragmas)
        metadata = MetaData()
        self._of: dict[str, tuple[Table, Callable[[dict[str, Any]], dict[str, Any]], list[dict[str, Any]]]] = {
            "aggTrade": (_table(metadata, "trade", "instrument ts trade_id side", "price size"), trade_of, []),
            "bookTicker": (_table(metadata, "book", "instrument ts u", "bid bid_size ask ask_size"), book_of, []),
            "markPriceUpdate": (_table(metadata, "mark", "instrument ts next_ts", "mark idx funding"), mark_of, []),
            "depthUpdate": (_table(metadata, "depth", "instrument ts u", " ".join(_LEVELS)), depth_of, []),
        }
        metadata.create_all(self.engine)

    def take(self, text: str | bytes) -> None:
        data = json.loads(text)["data"]
        _, row_of, rows = self._of[data["e"]]
        rows.append(row_of(data))

    def commit(self) -> None:
        with self.engine.begin() as connection:
            for table, _, rows in self._of.values():
                if rows:
                    connection.execute(table.insert(), rows)
                    rows.clear()

    def stored(self) -> int:
        with self.engine.connect() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table, *_ in self._of.values()
            )


def _pragmas(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000"):
        connection.execute(f"PRAGMA {pragma}")


async def run(address: str, plain: Plain, meter: Meter, *, paced: bool) -> dict[str, float]:
    """Listen until the last message is committed."""
    due = time.monotonic() + 1
    socket = await connect(address, compression=None)
    while meter.count < meter.last:
        plain.take(await socket.recv())
        meter.count += 1
        if meter.count == WARM:
            meter.start()
        elif time.monotonic() > due if paced else not meter.count % _COMMIT:
            due = time.monotonic() + 1
            plain.commit()
    plain.commit()
    result = meter.stop()
    socket.transport.abort()  # a goodbye would have to be read out of a stream that never ends
    return result


def main() -> None:
    """Run, count what lies in the file, answer."""
    chosen = asked(__doc__)
    Path(chosen.db).unlink(missing_ok=True)
    plain, meter = Plain(chosen.db), Meter(chosen.n)
    result = asyncio.run(run(url(chosen), plain, meter, paced=bool(chosen.rate)))
    if plain.stored() != meter.last:
        raise SystemExit(f"{plain.stored()} of {meter.last} messages are in the file")
    answer(result)


if __name__ == "__main__":
    main()
