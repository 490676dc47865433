"""Changes to a stored database that no one who writes it would make: each leaves every checksum right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from fbkit.clock import SystemClock
from fbkit.store import open_store, open_writer
from fbkit.store.kinds import KIND_TABLE
from fbkit.store.log import Arrays, picked
from fbkit.store.sqlite import chunks, codec
from fbkit.store.sqlite.packing import pack_columns, unpack_columns

#: Changes arrays in place or gives others; ``None``: not this row.
Change = Callable[[Arrays], Arrays | None]


def write(url: str, work: Callable[[Connection], Any]) -> Any:
    """Do something to the tables behind the store's back."""
    with open_store(url) as store:
        market, seed = store.market, store.seed
    with (
        open_writer(url, market=market, seed=seed, clock=SystemClock(), holder="tamper") as writer,
        writer._database.writing() as connection,
    ):
        return work(connection)


def in_tail(url: str, kind: str, change: Change) -> None:
    """Change events of a kind where they lie in the tail: the first row that ``change`` takes."""
    found = KIND_TABLE[kind]

    def work(connection: Connection) -> None:
        rows = connection.execute(
            text("SELECT seq_min, n, data FROM tail WHERE kind = :k ORDER BY 1"), {"k": found.number}
        )
        for seq_min, n, data in rows.all():
            arrays = change(_own(unpack_columns(found, n, data)))
            if arrays is not None:
                new = {"n": len(arrays["seq"]), "data": pack_columns(found, arrays), "s": seq_min}
                connection.execute(text("UPDATE tail SET n = :n, data = :data WHERE seq_min = :s"), new)
                return
        raise AssertionError("no such event in the tail")

    write(url, work)


def in_chunk(url: str, kind: str, change: Change) -> None:
    """The same inside a chunk, written again by the store's own codec."""
    found = KIND_TABLE[kind]

    def work(connection: Connection) -> None:
        asked = text("SELECT id, n, codec, data FROM chunks WHERE kind = :k ORDER BY 1")
        for number, n, how, data in connection.execute(asked, {"k": found.number}).all():
            arrays = change(_own(chunks.unpack(found, how, n, data)))
            if arrays is not None:
                new = {"n": len(arrays["seq"]), "data": codec.encode(arrays), "c": chunks.COLUMNS, "i": number}
                connection.execute(text("UPDATE chunks SET n = :n, data = :data, codec = :c WHERE id = :i"), new)
                return
        raise AssertionError("no such event in a chunk")

    write(url, work)


def _own(arrays: Arrays) -> Arrays:
    return {name: np.array(column) for name, column in arrays.items()}


def set_value(column: str, seq: int, value: float) -> Change:
    """One value of one event."""

    def change(arrays: Arrays) -> Arrays | None:
        at = np.flatnonzero(arrays["seq"] == seq)
        if not len(at):
            return None
        arrays[column][at] = value
        return arrays

    return change


def remove(seq: int) -> Change:
    """One event goes."""

    def change(arrays: Arrays) -> Arrays | None:
        keep = arrays["seq"] != seq
        return None if keep.all() else picked(arrays, keep)

    return change


def swap(one: int, other: int) -> Change:
    """Two events change places."""

    def change(arrays: Arrays) -> Arrays | None:
        at = np.flatnonzero(np.isin(arrays["seq"], (one, other)))
        if len(at) < 2:
            return None
        for name, column in arrays.items():
            if name != "seq":
                column[at] = column[at[::-1]]
        return arrays

    return change


def set_cell(url: str, table: str, column: str, value: Any, where: str, **bound: Any) -> None:
    """One cell of a table of rows."""

    def work(connection: Connection) -> None:
        changed = connection.execute(text(f"UPDATE {table} SET {column} = :v WHERE {where}"), {"v": value, **bound})  # noqa: S608 - our own words
        assert changed.rowcount == 1

    write(url, work)
