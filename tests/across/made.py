"""Bars made by hand: a contract is a name, and each column a list of values, one a slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fbkit.across import Coin, gathered
from fbkit.across.coin import COLUMNS
from fbkit.model import NS_DAY, TIMEFRAMES, BarRow, Event, Instrument, Listing, SummaryRow

NAN = float("nan")
START = 1_767_225_600_000_000_000  # 2026-01-01T00:00Z
WRITER = 1 << 48


def contract(name: str, *, days: float | None = None, **facts: Any) -> Instrument:
    """An instrument by its name; dated ones expire so many days after START."""
    venue, _, symbol = name.partition(":")
    base, quote, *_ = symbol.split("-")
    expiry = None if days is None else START + round(days * NS_DAY)
    return Instrument(name, venue, symbol.replace("-", ""), base, quote, quote, expiry=expiry, **facts)


def ends(count: int, tf: str = "1h", first: int = 1) -> list[int]:
    """The ends of so many slots after START."""
    return [START + (first + at) * TIMEFRAMES[tf] for at in range(count)]


def coin(given: Mapping[Instrument, Mapping[str, Sequence[float]]], tf: str = "1h", min_coverage: float = 0.8) -> Coin:
    """A coin of bars; a contract's ``t1`` are the first slots unless given, its coverage 1."""
    bars = {}
    for one, columns in given.items():
        length = max((len(values) for values in columns.values()), default=0)
        whole: dict[str, Any] = {name: np.full(length, np.nan) for name in COLUMNS}
        whole |= {"t1": ends(length, tf), "coverage": np.ones(length)}
        bars[one.name] = whole | {name: np.asarray(values) for name, values in columns.items()}
    return gathered(bars, given, tf, min_coverage)


def listing(one: Instrument, seq: int) -> Event:
    """What its venue said it is."""
    return Listing(
        instrument=one.name, ts_event=START, ts_recv=START, seq=WRITER | seq, venue_symbol=one.venue_symbol,
        base=one.base, quote=one.quote, settle=one.settle, expiry=one.expiry, inverse=one.inverse, status=one.status,
        assumed=one.assumed,
    )  # fmt: skip  # an event


def bar(name: str, end: int, tf: str = "1h", **columns: float) -> BarRow:
    """A covered bar."""
    return BarRow(name, tf, end - TIMEFRAMES[tf], end, **({"coverage": 1.0, "source": "own"} | columns))


def summary(name: str, end: int, tf: str = "1h") -> SummaryRow:
    """The newest state, of which only the end matters here."""
    numbers = dict.fromkeys(
        ("last", "high", "low", "ret", "vol_usd", "delta", "taker_imb", "oi_usd", "oi_dlog", "funding_8h", "premium",
         "liq_long_usd", "liq_short_usd", "loudest_z", "mean_abs_z"), 1.0)  # fmt: skip  # names
    return SummaryRow(instrument=name, tf=tf, t1=end, loudest="", n_z=0, coverage=1.0, source="own", **numbers)
