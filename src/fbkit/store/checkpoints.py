"""The engine's saved states, compressed: the newest three, and the first of each UTC day whose events are kept."""

from __future__ import annotations

import zstandard
from sqlalchemy import Connection, Select, delete, func, insert, select

from fbkit.model import NS_DAY
from fbkit.store.batch import Checkpoint
from fbkit.store.log import Damaged
from fbkit.store.schema import CHECKPOINTS

#: The newest states are kept, of whatever code: an hourly one costs little, and the newest may be of another.
KEPT = 3


def write_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Write a state and let go what is neither among the newest nor the first of its day. The same ``seq`` is replaced.

    Firsts of days are where a replay may begin; those of other code nobody can read, so they go.
    """
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
    firsts = select(func.min(table.c.seq)).where(table.c.code == checkpoint.code).group_by(table.c.ts // NS_DAY)
    gone = table.c.seq.not_in(_newest()) & table.c.seq.not_in(firsts)
    connection.execute(delete(table).where(gone))


def forget_checkpoints(connection: Connection, before: int) -> int:
    """Remove states older than ``before`` (UTC ns), but the newest: what came after them is no longer whole.

    Returns how many went.
    """
    table = CHECKPOINTS
    return connection.execute(delete(table).where(table.c.ts < before, table.c.seq.not_in(_newest()))).rowcount


def _newest() -> Select[tuple[int]]:
    return select(CHECKPOINTS.c.seq).order_by(CHECKPOINTS.c.seq.desc()).limit(KEPT)


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
