"""Why a judged column of a bar is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.derive import NONE, Bars
from fbkit.engine.tape import ACCT_GLOBAL, DEPTH, FUNDING, MARK, OI, POS_TOP, Tape
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
    for k, column in enumerate(JUDGED):
        feeds = _FED_BY.get(column)
        if feeds is not None:
            for i in np.flatnonzero(~np.isfinite(bars[column])).tolist():
                known = tapes[i].known
                why[i, k] = STALE if any(known[kind] is not None for kind in feeds) else UNSUPPORTED
        elif column != "ret":
            why[quiet, k] = STALE
    return why
