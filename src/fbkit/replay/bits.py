"""Whether two columns are the same: bit by bit where the stamps agree, else to 1e-12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.replay.found import Difference, Ledger

#: Relative; where code, Python, numpy or processor are not alike.
CLOSE = 1e-12


class Rows(NamedTuple):
    """Rows of one table and timeframe, whose columns stand beside."""

    table: str
    tf: str
    instruments: Sequence[str]
    t1: NDArray[np.int64]


def same_bits(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two arrays hold the same; a NaN is like any other, 0.0 and -0.0 are not.

    >>> same_bits(np.array([1.0, np.nan, 0.0]), np.array([1.0, np.nan, -0.0])).tolist()
    [True, True, False]
    """
    if a.dtype != np.float64:
        return np.asarray(a == b, np.bool_)
    alike = a.view(np.int64) == b.view(np.int64)
    return np.asarray(alike | (np.isnan(a) & np.isnan(b)), np.bool_)


def nearly_same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """The same to :data:`CLOSE`.

    >>> nearly_same(np.array([1.0, 1.0]), np.array([1.0 + 1e-15, 1.1])).tolist()
    [True, False]
    """
    if a.dtype != np.float64:
        return same_bits(a, b)
    return np.asarray(np.isclose(a, b, rtol=CLOSE, atol=0.0, equal_nan=True), np.bool_)


def compare(
    ledger: Ledger, rows: Rows, stored: Mapping[str, NDArray[Any]], computed: Mapping[str, NDArray[Any]], note: str
) -> None:
    """Compare every column of ``computed`` with the stored one; ``note`` says why not bit by bit (``""``: it is)."""
    account = ledger.of(rows.table)
    account.values += len(rows.t1) * len(computed)
    account.close += len(rows.t1) * len(computed) if note else 0
    judge = nearly_same if note else same_bits
    for name, column in computed.items():
        for at in np.flatnonzero(~judge(stored[name], column)).tolist():
            old, new = _told(stored[name][at]), _told(column[at])
            ledger.differ(Difference(rows.table, rows.instruments[at], rows.tf, int(rows.t1[at]), name, old, new, note))


def _told(value: Any) -> str:
    """As Python writes it: a float with all its digits."""
    return repr(value.item() if isinstance(value, np.generic) else value)
