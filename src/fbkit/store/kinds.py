"""What each kind of event is made of, column by column. Tails, chunks, frames and digests are made from this one table.

In memory a column is a numpy array: ``f`` float64 with NaN where missing, ``i`` int64 with :data:`MISSING` where
missing, ``s`` an object array of ``str``. ``instrument`` is a word in events and a small number in tables.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.errors import UnknownName
from fbkit.model.events import KINDS, Event, Origin, Side

#: A missing value in an int64 column; the same bits as pandas' ``NaT``.
MISSING = -(2**63)


class Field(NamedTuple):
    """A column: name, type (``f i s``), whether it may be missing, unit in frames, and what its values become."""

    name: str
    type: str
    optional: bool = False
    unit: str = ""
    revive: Callable[[Any], Any] | None = None


class Kind(NamedTuple):
    """A kind of event: its number in tables (never reused), its plural, its struct and its columns.

    ``fields`` are in the struct's own order: ``instrument ts_event ts_recv …own… seq origin``.
    """

    name: str
    number: int
    plural: str
    struct: type[Event]
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(field.name for field in self.fields)

    @property
    def place_of_seq(self) -> int:
        """Where ``seq`` stands among the columns."""
        return len(self.fields) - 2

    def flat(self, events: Sequence[Event]) -> list[Any]:
        """All values of all events in one list, instruments still names; one pass, and the rest is slices."""
        width = len(self.fields)
        flat: list[Any] = list(chain.from_iterable(map(msgspec.structs.astuple, events)))
        for place, field in enumerate(self.fields):
            if field.revive is not None:
                flat[place::width] = ints(flat[place::width])
        return flat

    def columns(self, events: Sequence[Event], ids: Mapping[str, int]) -> dict[str, NDArray[Any]]:
        """Events as arrays, instruments by their numbers; a number that needs more than 64 bits: ``OverflowError``."""
        width = len(self.fields)
        flat: list[Any] = list(chain.from_iterable(map(msgspec.structs.astuple, events)))
        flat[::width] = list(map(ids.__getitem__, flat[::width]))
        return {field.name: to_array(field, flat[place::width]) for place, field in enumerate(self.fields)}

    def structs(self, arrays: dict[str, NDArray[Any]], names: dict[int, str]) -> Iterator[Event]:
        """Arrays back into events, one by one."""
        if not len(arrays["seq"]):
            return
        columns = [_listed(field, arrays[field.name], names) for field in self.fields]
        make: Callable[..., Event] = self.struct
        for *own, seq, origin in zip(*columns, strict=True):
            yield make(*own, seq=seq, origin=origin)

    def arrays(self, rows: Sequence[Sequence[Any]]) -> dict[str, NDArray[Any]]:
        """Rows of a table as arrays."""
        columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ((),) * len(self.fields)
        return {field.name: to_array(field, column) for field, column in zip(self.fields, columns, strict=True)}


def ints(values: list[Any]) -> list[int]:
    """Flags and members of enums as the ints they are: an IntEnum is bound five times slower than an int."""
    if values and values.count(values[0]) == len(values):
        return [int(values[0])] * len(values)  # as every origin of a live batch
    return array("b", values).tolist()  # takes them as the ints they are, where int() asks each


def to_array(field: Field, column: Sequence[Any]) -> NDArray[Any]:
    """A column of values (``None`` where missing) as an array."""
    if field.type == "f":
        if field.optional and len(column) and column.count(None) == len(column):
            return np.full(len(column), np.nan)
        return np.array(column, dtype=np.float64)
    if field.type == "s":
        words = np.empty(len(column), dtype=object)
        words[:] = column
        return words
    if field.revive is not None:
        # Members of enums: an array takes them as the ints they are, numpy asks each what it is.
        return np.array(array("b", column), dtype=np.int64)
    if field.optional and None in column:
        column = [MISSING if value is None else value for value in column]
    return np.array(column, dtype=np.int64)


def _listed(field: Field, array: NDArray[Any], names: dict[int, str]) -> list[Any]:
    values: list[Any] = array.tolist()
    if field.name == "instrument":
        return [names[value] for value in values]
    if field.revive is not None:
        known = {value: field.revive(value) for value in set(values)}
        return [known[value] for value in values]
    if field.optional and field.type == "f" and np.isnan(array).any():
        return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN alone differs from itself
    if field.optional and field.type == "i":
        return [None if value == MISSING else value for value in values]
    return values


_HEAD = (Field("instrument", "i"), Field("ts_event", "i"), Field("ts_recv", "i"))
_TAIL = (Field("seq", "i"), Field("origin", "i", revive=Origin))


def _kind(number: int, name: str, plural: str, *own: Field) -> Kind:
    return Kind(name, number, plural, KINDS[name], (*_HEAD, *own, *_TAIL))


def _f(name: str, unit: str = "", *, optional: bool = False) -> Field:
    return Field(name, "f", optional, unit)


def _i(name: str, unit: str = "", *, optional: bool = False) -> Field:
    return Field(name, "i", optional, unit)


def _s(name: str) -> Field:
    return Field(name, "s")


#: Kind by name. The numbers are written into every chunk.
KIND_TABLE: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(
            1, "trade", "trades",
            _i("venue_id"), _f("price", "usd"), _f("size", "base"), Field("side", "i", revive=Side),
        ),
        _kind(
            2, "quote", "quotes",
            _i("venue_id"), _f("bid", "usd", optional=True), _f("bid_size", "base", optional=True),
            _f("ask", "usd", optional=True), _f("ask_size", "base", optional=True), _i("levels"),
            _f("depth_bid", "base", optional=True), _f("depth_ask", "base", optional=True),
        ),
        _kind(
            3, "mark", "marks",
            _f("mark", "usd"), _f("index", "usd", optional=True), _f("funding_rate", optional=True),
            _f("funding_hours", optional=True), _i("ts_funding", optional=True),
        ),
        _kind(
            4, "funding", "funding",
            _f("rate"), _f("funding_hours", optional=True), _f("mark", "usd", optional=True),
        ),
        _kind(5, "open_interest", "open_interest", _f("oi_base"), _f("oi_usd", optional=True)),
        _kind(6, "liquidation", "liquidations", _s("liquidated"), _f("price", "usd"), _f("size", "base")),
        _kind(7, "ratio", "ratios", _s("ratio_kind"), _f("value"), _i("period_s")),
        _kind(
            8, "day", "days",
            _f("last", "usd"), _f("change", optional=True), _f("vol_base", optional=True),
            _f("vol_usd", optional=True), _i("n_trades", optional=True),
        ),
        _kind(
            9, "bar", "venue_bars",
            _s("tf"), _f("open", "usd"), _f("high", "usd"), _f("low", "usd"), _f("close", "usd"), _f("vol_base"),
            _f("vol_usd"), _f("buy_usd", optional=True), _i("n_trades", optional=True),
        ),
        _kind(
            10, "listing", "listings",
            _s("venue_symbol"), _s("base"), _s("quote"), _s("settle"), _f("contract_size", "base"), _f("unit_mult"),
            _f("tick", "usd", optional=True), _f("step", "base", optional=True), _i("expiry", optional=True),
            Field("inverse", "i", revive=bool), _s("status"), Field("assumed", "i", revive=bool),
        ),
        _kind(
            11, "gap", "gap_events",
            _i("gap_id"), _s("venue"), _s("channel"), _s("phase"), _s("cause"), _i("t0"), _i("t1", optional=True),
            _i("missing", optional=True),
        ),
        _kind(12, "setting", "settings", _s("key"), _s("value")),
        _kind(13, "beat", "beats", _i("n"), Field("last", "i", revive=bool)),
    )
}  # fmt: skip  # one line of columns a kind reads as the table it is


def get_kind(name: str) -> Kind:
    """A kind by its name or its plural, or :class:`UnknownName`.

    >>> get_kind("trade") is get_kind("trades")
    True
    """
    for kind in KIND_TABLE.values():
        if name in (kind.name, kind.plural):
            return kind
    raise UnknownName("kind of event", name, tuple(KIND_TABLE))
