"""The engine's saved states: the newest three, compressed."""

from __future__ import annotations

import zstandard
from sqlalchemy import Connection, delete, insert, select

from fbkit.store.batch import Checkpoint
from fbkit.store.log import Damaged
from fbkit.store.schema import CHECKPOINTS

#: States kept; an hourly one costs little, and the newest may be of other code.
KEPT = 3


def write_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Write a state and let the oldest go. One of the same ``seq`` is replaced."""
    table = CHECKPOINTS
    connection.execute(delete(table).where(table.c.seq == checkpoint.seq))
    connection.execute(
        insert(table).values(
            seq=checkpoint.seq,
            ts=checkpoint.ts,
            code=checkpoint.code,
            stamp=checkpoint.stamp,
            state=zstandard.ZstdCompressor().compress(checkpoint.state),
        )
    )
    kept = select(table.c.seq).order_by(table.c.seq.desc()).limit(KEPT)
    connection.execute(delete(table).where(table.c.seq.not_in(kept)))


def places(connection: Connection, code: str) -> list[tuple[int, int]]:
    """``seq`` and instant (UTC ns) of the states written by this code, oldest first."""
    table = CHECKPOINTS
    query = select(table.c.seq, table.c.ts).where(table.c.code == code).order_by(table.c.seq)
    return [(int(seq), int(ts)) for seq, ts in connection.execute(query)]


def newest_checkpoint(connection: Connection, code: str, seq: int | None = None) -> Checkpoint | None:
    """The newest state written by this code, or the one of a ``seq``."""
    table = CHECKPOINTS
    query = select(table).where(table.c.code == code).order_by(table.c.seq.desc()).limit(1)
    if seq is not None:
        query = query.where(table.c.seq == seq)
    row = connection.execute(query).first()
    if row is None:
        return None
    try:
        state = zstandard.ZstdDecompressor().decompress(row.state)
    except zstandard.ZstdError as error:
        raise Damaged(f"checkpoint {row.seq} cannot be read ({error})") from error
    return Checkpoint(row.seq, row.ts, row.code, state, row.stamp)
