"""Rows and events as JSON objects for the world outside: RFC 3339 instants, ``null`` where a number is missing."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from fbkit.clock import iso
from fbkit.model import METRIC_COLUMNS, NS_S, MetricRow
from fbkit.model.timeframe import NS_US

#: Fields that hold an instant (UTC ns).
INSTANTS = frozenset({"ts", "ts_event", "ts_recv", "ts_start", "ts_stop", "t0", "t1", "started", "expiry", "next_ts"})


def plain(value: Any) -> Any:
    """A struct, or lists and mappings of them, as JSON values.

    >>> from fbkit.model import BarRow
    >>> bar = plain(BarRow("binance:BTC-USDT-PERP", "1m", 0, 60_000_000_000, close=97000.5))
    >>> bar["t1"], bar["close"], bar["open"]
    ('1970-01-01T00:01:00.000Z', 97000.5, None)
    """
    if isinstance(value, MetricRow):
        return _metric(value)
    if isinstance(value, msgspec.Struct):
        return {name: _field(name, getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): _field(str(key), one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return _single(value)


def _single(value: Any) -> Any:
    if hasattr(value, "item"):
        return _single(value.item())  # numpy's
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, enum.IntEnum):
        return value.name.lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def instant(ts: int | None) -> str | None:
    """UTC ns as RFC 3339 with milliseconds."""
    return None if ts is None else iso(ts, millis=True)


def exact(ts: int | None) -> str | None:
    """UTC ns as RFC 3339 with microseconds: read back, it is the same instant."""
    return None if ts is None else f"{iso(ts)[:-1]}.{ts % NS_S // NS_US:06d}Z"


def _field(name: str, value: Any) -> Any:
    if name in INSTANTS and not isinstance(value, str) and hasattr(value, "__index__"):
        return instant(int(value))
    return plain(value)


def _metric(row: MetricRow) -> dict[str, Any]:
    """Values and reasons by name of their column, instead of three lists to be held beside a fourth."""
    kept: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        ("instrument", str),
        ("tf", str),
        ("t1", instant),
        ("coverage", plain),
        ("unsettled", bool),
        ("stamp", int),
    )
    named = {name: read(getattr(row, name)) for name, read in kept}
    named["values"] = dict(zip(METRIC_COLUMNS, map(plain, row.values), strict=False))
    named["n"] = dict(zip(METRIC_COLUMNS, row.n, strict=False))
    named["reasons"] = {name: why for name, why in zip(METRIC_COLUMNS, row.reasons, strict=False) if why}
    return named
