"""Columns → rows."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fbkit.engine.confluence import confluence
from fbkit.engine.derive import NAMES, Bars, counts, source_names
from fbkit.engine.judge import FIRST_Z, Metrics
from fbkit.model import METRIC_COLUMNS, TIMEFRAMES, BarRow, MetricRow, SummaryRow
from fbkit.quant.reading import REASONS

_SUMMARY = (
    "close", "high", "low", "ret", "vol_usd", "delta", "taker_imb", "oi_usd", "oi_dlog", "funding_8h", "premium",
    "liq_long_usd", "liq_short_usd",
)  # fmt: skip


def bar_rows(instruments: list[str], tf: str, t1: list[int], bars: Bars, stamp: int) -> list[BarRow]:
    """One row an element."""
    length = TIMEFRAMES[tf]
    columns = [counts(bars[name]) if name == "n_trades" else bars[name].tolist() for name in NAMES]
    t0 = [end - length for end in t1]
    tail = (bars["coverage"].tolist(), source_names(bars["source"]), repeat(stamp))
    return list(map(BarRow, instruments, repeat(tf), t0, t1, *columns, *tail))


def metric_rows(instruments: list[str], tf: str, t1: int, bars: Bars, metrics: Metrics, stamp: int) -> list[MetricRow]:
    """One row an instrument; ``coverage`` is the bar's."""
    columns = (
        map(tuple, metrics.values.tolist()),
        map(_numbers, _bytes_of_rows(metrics.n)),
        map(_reasons, _bytes_of_rows(metrics.code)),
        bars["coverage"].tolist(),
        metrics.unsettled.tolist(),
    )
    return list(map(MetricRow, instruments, repeat(tf), repeat(t1), *columns, repeat(stamp)))


def _bytes_of_rows(table: NDArray[Any]) -> list[bytes]:
    """A table's rows as bytes, to be told apart by.

    >>> _bytes_of_rows(np.array([[65, 66], [67, 68]], np.int8))
    [b'AB', b'CD']
    """
    whole, length = table.tobytes(), table[0].nbytes
    return [whole[at : at + length] for at in range(0, len(whole), length)]


@lru_cache(maxsize=4096)
def _numbers(counts: bytes) -> tuple[int, ...]:
    """One row's counts: most rows stand on as many values as the others."""
    return tuple(np.frombuffer(counts, np.int64).tolist())


@lru_cache(maxsize=4096)
def _reasons(codes: bytes) -> tuple[str, ...]:
    """The words of one row's codes: most rows have one of a few sets of them."""
    return tuple([REASONS[code] for code in codes])


def summary_rows(
    instruments: list[str], tf: str, t1: int, bars: Bars, metrics: Metrics, stamp: int
) -> list[SummaryRow]:
    """One row an instrument: the bar in short, the loudest Z, the mean of all |Z| that exist, confluence."""
    z = metrics.values[:, FIRST_Z:]
    there = np.isfinite(z)
    size = np.where(there, np.abs(z), 0.0)
    n_z = there.sum(axis=1)
    with np.errstate(invalid="ignore"):
        mean = np.add.accumulate(size, axis=1)[:, -1] / n_z
    loudest = np.where(there, size, -1.0).argmax(axis=1)
    z_loudest = z[np.arange(len(z)), loudest].tolist()
    columns = [bars[name].tolist() for name in _SUMMARY]
    tail = (
        [METRIC_COLUMNS[FIRST_Z + k] if n else "" for k, n in zip(loudest.tolist(), n_z.tolist(), strict=True)],
        z_loudest,
        mean.tolist(),
        n_z.tolist(),
        bars["coverage"].tolist(),
        source_names(bars["source"]),
        _why_none(metrics.code[:, FIRST_Z:], n_z),
        repeat(stamp),
        *confluence(bars, metrics.values),
    )
    return list(map(SummaryRow, instruments, repeat(tf), repeat(t1), *columns, *tail))


def _why_none(code: NDArray[np.int8], n_z: NDArray[np.int64]) -> list[str]:
    """Why a row has no Z at all: the reason of the first column, the return's."""
    return ["" if n else REASONS[c] for c, n in zip(code[:, 0].tolist(), n_z.tolist(), strict=True)]
