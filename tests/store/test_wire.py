"""A column as msgpack writes it: read back to the same bits, whatever the widths of its numbers."""

from __future__ import annotations

import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from fbkit.model import Side, Trade
from fbkit.store import wire
from fbkit.store.kinds import KIND_TABLE, Field, to_array
from fbkit.store.sqlite.packing import unpack_columns

_COLUMNS = {
    Field("f", "f"): st.floats(),
    Field("f", "f", optional=True): st.none() | st.floats(allow_nan=False),
    Field("i", "i"): st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(0, 300),
    Field("i", "i", optional=True): st.none() | st.integers(0, 2**62),
    Field("side", "i", revive=Side): st.sampled_from(Side),
    Field("s", "s"): st.text(max_size=5),
}


@given(st.data(), st.sampled_from(list(_COLUMNS)))
def test_parts_of_a_column_read_as_one(data, field):
    parts = data.draw(st.lists(st.lists(_COLUMNS[field], min_size=1, max_size=20), min_size=1, max_size=3))
    values = [value for part in parts for value in part]
    found = wire.read(field, len(values), b"".join(wire.write(field, part) for part in parts))
    wanted = to_array(field, values)
    assert found.dtype == wanted.dtype
    assert found.tolist() == wanted.tolist() if field.type == "s" else found.tobytes() == wanted.tobytes()


def test_a_part_of_missing_values_joins_one_of_numbers():
    field = Field("depth", "f", optional=True)
    found = wire.read(field, 3, wire.write(field, [None, None]) + wire.write(field, [1.5]))
    assert np.array_equal(found, [np.nan, np.nan, 1.5], equal_nan=True)


def test_a_number_beyond_64_bits_is_refused():
    field = Field("venue_id", "i")
    with pytest.raises(OverflowError):
        wire.read(field, 1, wire.write(field, [2**63]))


def test_rows_of_the_tail_that_were_packed_event_by_event_are_still_read():
    trades = [Trade("okx:BTC-USDT-PERP", n, n + 1, n, 100.5, 0.5, Side.SELL, seq=n) for n in range(5, 9)]
    flat = [int(value) if isinstance(value, Side) else value for trade in trades for value in (0, *astuple(trade)[1:])]
    body = b"\0\0" + (1).to_bytes(4, "little") + (7).to_bytes(4, "little") + msgspec.msgpack.encode(flat)[3:]
    kind = KIND_TABLE["trade"]
    found = unpack_columns(kind, len(trades), body + zlib.crc32(body).to_bytes(4, "little"))
    assert list(kind.structs(found, {7: "okx:BTC-USDT-PERP"})) == trades
