"""Why a judged column of a bar is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import NONE, Bars
from fbkit.engine.tape import ACCT_GLOBAL, DEPTH, FUNDING, MARK, OI, POS_TOP, Tape, Value
from fbkit.model import JUDGED
from fbkit.quant.reading import GAP, STALE, UNSUPPORTED

#: What a last-value column is read from; never heard of at all, nobody feeds it.
_FED_BY = {
    "oi_dlog": (OI,),
    "funding_8h": (MARK, FUNDING),
    "premium": (MARK,),
    "ln_ls_acct_global": (ACCT_GLOBAL,),
    "ln_ls_pos_top": (POS_TOP,),
    "obi_5": (DEPTH,),
}


def why_missing(tapes: list[Tape], bars: Bars) -> NDArray[np.int8]:
    """A reason code for each instrument and judged column, meant for where the bar has none.

    ``gap``: nothing heard, or no bar before to compare with. ``stale``: nothing new (a minute without trades has no
    imbalance; a value was too old). ``unsupported``: never heard of.
    """
    why = np.full((len(tapes), len(JUDGED)), GAP, np.int8)
    quiet = bars["source"] != NONE
    known = tuple(zip(*[tape.known for tape in tapes], strict=True))
    for k, column in enumerate(JUDGED):
        feeds = _FED_BY.get(column)
        if feeds is not None:
            missing = ~np.isfinite(bars[column])
            if missing.any():
                heard = np.any([_told(known[kind]) for kind in feeds], axis=0)
                why[missing, k] = np.where(heard[missing], STALE, UNSUPPORTED)
        elif column != "ret":
            why[quiet, k] = STALE
    return why


def _told(values: Sequence[Value | None]) -> list[bool]:
    """Who was ever told of a kind of value."""
    return [value is not None for value in values]
