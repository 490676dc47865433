"""Writes down a schema before it becomes the past: ``python -m tests.store.schemas.make`` makes ``<schema>.db``.

Run once by whoever is about to add a migration, with the code as it then is, and committed with what
:func:`remembered` says of the database. Later code upgrades it and must find the same. The same bytes come of the same
code: events are made from a seed, the clock stands still, and what belongs to this process is overwritten.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import text

from fbkit.clock import VirtualClock
from fbkit.model import NS_S, Market
from fbkit.store import Batch, Checkpoint, Store, Writer, open_writer
from fbkit.store.migrate import revisions
from fbkit.store.sqlite import chunks
from fbkit.store.sqlite.driver import library
from tests.store.made import START, bar_rows, events, metric_rows, rows

HERE = Path(__file__).parent


def fill(writer: Writer) -> None:
    """Chunks closed and open, of two levels, a tail, every kind of event and row, a checkpoint."""
    made = events(1500)
    with mock.patch.multiple(chunks, CLOSED_ROWS=60, FAN=3, WORTH_ROWS=1):
        for start in range(0, 1200, 100):
            writer.append(Batch(made[start : start + 100]))
            writer.fold(made[start + 60].ts_recv)
    writer.append(Batch(made[1200:], [*rows(), *bar_rows(20), *metric_rows(5)]))
    writer.append(Batch(checkpoint=Checkpoint(made[1100].seq, START, "code", b"state" * 20)))


def remembered(store: Store) -> dict[str, Any]:
    """What must be found again: how many of everything, and the digest of each table."""
    counts = {name: n for name, n in store.table_counts().items() if name != "checkpoints"}
    checkpoint = store.checkpoint("code")
    return {
        "counts": counts,
        "digests": {name: store.digest([name]) for name in counts},
        "checkpoint": [checkpoint.seq, len(checkpoint.state)] if checkpoint else None,
        "last_seq": max(event.seq for event in store.replay()),
    }


def make(path: Path) -> dict[str, Any]:
    """The database at ``path``, in pages of 1 KiB, and what to remember of it."""
    url = f"sqlite:///{path.as_posix()}"
    with (
        mock.patch.object(secrets, "token_hex", lambda n: "5" * 2 * n),
        open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START + NS_S), holder="memory") as writer,
    ):
        fill(writer)
        facts = remembered(writer)
        with writer._database.engine.begin() as connection:
            connection.execute(text("UPDATE writer SET pid = 1, host = 'memory'"))
    _shrunk(path)
    return facts


def _shrunk(path: Path) -> None:
    connection = library().connect(str(path), isolation_level=None)
    for step in ("PRAGMA journal_mode=DELETE", "PRAGMA page_size=1024", "VACUUM"):
        connection.execute(step).fetchall()
    connection.close()


def main() -> None:
    schema = revisions()[-1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulated-7.db"
        facts = make(path)
        (HERE / f"{schema}.db").write_bytes(path.read_bytes())
    (HERE / f"{schema}.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
