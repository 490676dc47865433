"""Robust and EWMA Z-scores of stored bars, computed when asked for."""

from __future__ import annotations

import pandas as pd

from fbkit.model import TIMEFRAMES, Z_WINDOWS, Span
from fbkit.quant.frames.metrics import metrics
from fbkit.store import Store


def scored_bars(store: Store, instrument: str, tf: str, span: Span, kind: str, min_coverage: float) -> pd.DataFrame:
    """Z-scores of one instrument's bars in a span, with the coverage of each bar.

    A robust Z looks at its window alone; one with exponential weights at every bar there is, so that the same bar has
    the same value whatever is asked for.
    """
    lead = TIMEFRAMES[tf] * (max(Z_WINDOWS) + 1)
    since = None if kind == "ewma" or span.since is None else span.since - lead
    bars = store.rows("bars", instrument=instrument, tf=tf, span=Span(since, span.until))
    columns = {str(name): column.to_numpy() for name, column in bars.items()}
    found = metrics(instrument, tf, columns["t1"], columns, min_coverage=min_coverage, kind=kind)
    whole = pd.concat([bars[["instrument", "tf", "t1"]], pd.DataFrame(found, bars.index), bars["coverage"]], axis=1)
    return whole if span.since is None else whole[whole["t1"] > span.since]
