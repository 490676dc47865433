"""Group commit: batches that wait are stored in one transaction.

A transaction hands the interpreter back and forth a dozen times, whatever its size, and has to win it back from a busy
socket loop each time. A writer that fell behind so catches up by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fbkit.engine import Closed
from fbkit.ingest.accounting import Account
from fbkit.ingest.pipeline import Cut
from fbkit.ingest.spilling import Work
from fbkit.store.packed import one_after_the_other

#: Events and rows that are gathered into one transaction.
GROUP = 50_000

#: Where batches come faster than they are stored, the next transaction waits so long for more of them, seconds.
MOMENT_S = 0.01


def joined(works: Sequence[Work]) -> Work:
    """Batches in order as one, with the newest Beat and checkpoint of them."""
    if len(works) == 1:
        return works[0]
    cuts = [work.cut for work in works]
    items: Counter[Account] = Counter()
    for cut in cuts:
        items.update(cut.items)
    cut = Cut(
        one_after_the_other(cut.events for cut in cuts),
        [row for cut in cuts for row in cut.rows],
        _closed([cut.closed for cut in cuts]),
        dict(items),
        cuts[-1].beat,
        [gap for cut in cuts for gap in cut.gaps],
    )
    checkpoints = [work.checkpoint for work in works if work.checkpoint is not None]
    return Work(cut, checkpoints[-1] if checkpoints else None, sum(work.size for work in works))


def _closed(parts: Sequence[Closed]) -> Closed:
    return Closed(
        [bar for part in parts for bar in part.bars],
        [metric for part in parts for metric in part.metrics],
        [summary for part in parts for summary in part.summary],
        sum(part.filled for part in parts),
        [usual for part in parts for usual in part.usual],
    )
