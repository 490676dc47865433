"""How much of the market moves at once (metrics reference 14)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fbkit.across.contracts import perpetuals
from fbkit.across.returns import Returns, returns_of
from fbkit.across.tables import columnwise, joined
from fbkit.model import TIMEFRAMES, Span
from fbkit.quant.formulas.numbers import Floats
from fbkit.quant.frames import zscore
from fbkit.quant.frames.metrics import stagger
from fbkit.store import Store

#: Bars in the baseline of a return's Z.
WINDOW = 60

#: A return counts from here on, in standard deviations.
LOUD = 2.0

EVERYTHING = Span()

Ints = NDArray[np.int64]


def breadth(store: Store, tf: str, span: Span = EVERYTHING, min_coverage: float = 0.8) -> pd.DataFrame:
    """One row a slot: the share of perpetuals whose return lies at least 2 standard deviations up, or down.

    ``n`` are the fresh ones: their bar's coverage is enough and its ``z_ret_60`` exists. ``up_share`` and
    ``down_share`` are NaN where there is none. ``venues`` name theirs, ``coverage`` is the mean over all perpetuals.
    """
    lead = WINDOW * TIMEFRAMES[tf]
    wide = Span(None if span.since is None else span.since - lead, span.until)
    read = returns_of(store, perpetuals(store), tf, wide, min_coverage)
    frame = of_returns(read)
    return frame if span.since is None else frame[frame.index > pd.Timestamp(span.since, tz="UTC")]


def of_returns(read: Returns) -> pd.DataFrame:
    """The same of returns that were read already."""
    z = np.where(np.isnan(read.fresh), np.nan, zscores(read))
    fresh = ~np.isnan(z)
    n = fresh.sum(axis=1)
    up, down = (z >= LOUD).sum(axis=1), (z <= -LOUD).sum(axis=1)
    venues = sorted({one.venue for one in read.contracts})
    whose = np.array([one.venue for one in read.contracts], object)
    heard = columnwise([np.any(fresh[:, whose == venue], axis=1) for venue in venues], len(z), np.bool_)
    body = {
        "up_share": _share(up, n), "down_share": _share(down, n),
        "n_up": up, "n_down": down, "n": n,
        "venues": joined(venues, heard),
        "coverage": read.coverage.mean(axis=1) if len(read.contracts) else np.full(len(z), np.nan),
    }  # fmt: skip
    return pd.DataFrame(body, index=read.times)


def zscores(read: Returns) -> Floats:
    """``z_ret_60`` of every contract, to the bit what stood on the screen."""
    first = int(read.t1[0]) // TIMEFRAMES[read.tf] if len(read.t1) else 0
    columns = [
        zscore(ret, WINDOW, min_coverage=read.min_coverage, offset=first + stagger(one.name, WINDOW))
        for one, ret in zip(read.contracts, read.change.T, strict=True)
    ]
    return columnwise(columns, len(read.t1))


def _share(count: Ints, n: Ints) -> Floats:
    share: Floats = np.divide(count, n, out=np.full(len(n), np.nan), where=n > 0)
    return share
