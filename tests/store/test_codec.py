"""Columns survive their encoding to the bit, whatever is in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fbkit.store import MISSING
from fbkit.store.sqlite import codec
from fbkit.store.sqlite.decimals import find_decimals

AWKWARD = [
    0.0,
    -0.0,
    1e-8,
    1e12,
    0.1,
    1 / 3,
    5e-324,
    1.7976931348623157e308,
    61_700.1,
    123_456_789.123456,
    float("nan"),
]

decimals = st.builds(
    lambda digits, places: float(f"{digits}e-{places}"), st.integers(-(10**15), 10**15), st.integers(0, 12)
)
floats = st.one_of(st.sampled_from(AWKWARD), decimals, st.floats(allow_infinity=False))
ints = st.one_of(st.integers(MISSING, 2**63 - 1), st.integers(-5, 5), st.just(MISSING))


def bits(column: np.ndarray) -> list[int]:
    return column.view(np.int64).tolist()


@settings(max_examples=150, deadline=None)
@given(st.lists(floats, max_size=70))
def test_floats_come_back_to_the_bit(values):
    column = np.array(values, dtype=np.float64)
    column[np.isnan(column)] = np.nan
    assert bits(codec.decode(codec.encode({"x": column}))["x"]) == bits(column)


@settings(max_examples=150, deadline=None)
@given(st.lists(decimals, min_size=1, max_size=70), st.sampled_from([1.0, 1e3, 1e6, 0.01, 0.001]), st.booleans())
def test_wire_decimals_with_one_conversion_come_back_to_the_bit(values, by, multiply):
    wire = np.array(values)
    column = wire * by if multiply else wire / by
    assert bits(codec.decode(codec.encode({"x": column}))["x"]) == bits(column)


@settings(max_examples=150, deadline=None)
@given(st.lists(ints, max_size=70))
def test_whole_numbers_come_back(values):
    column = np.array(values, dtype=np.int64)
    assert codec.decode(codec.encode({"x": column}))["x"].tolist() == values


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=8), max_size=30))
def test_words_come_back(values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    assert codec.decode(codec.encode({"x": column}))["x"].tolist() == values


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(st.none(), st.floats(allow_nan=False), st.text(max_size=5), st.integers(-(2**63), 2**63 - 1)),
            min_size=2,
            max_size=2,
        ),
        max_size=20,
    )
)
def test_rows_come_back(rows):
    assert [list(map(repr, row)) for row in codec.decode_rows(codec.encode_rows(rows), len(rows))] == [
        list(map(repr, row)) for row in rows
    ]


def test_a_thousand_prefix_is_found_and_costs_no_raw_column():
    wire = np.round(np.random.default_rng(1).uniform(1, 20, 4096), 4)
    found = find_decimals(wire / 1000.0)
    assert found is not None
    assert (found.by, found.multiply) == (1000.0, False)
    assert len(codec.encode({"x": wire / 1000.0})) < 4096 * 4


def test_a_column_of_no_decimals_is_kept_raw():
    column = np.random.default_rng(1).standard_normal(500)
    assert find_decimals(column) is None
    assert bits(codec.decode(codec.encode({"x": column}))["x"]) == bits(column)


def test_trades_take_few_bytes():
    rng = np.random.default_rng(1)
    n = 4096
    ts = 1_767_225_585_000_000_000 + np.cumsum(rng.integers(0, 60, n)) * 1_000_000
    columns = {
        "instrument": np.full(n, 3),
        "ts_event": ts,
        "ts_recv": np.sort(ts + rng.integers(200, 60_000, n) * 1000),
        "venue_id": np.arange(n) + 2_000_000_000,
        "price": np.round(61_700 + np.cumsum(rng.integers(-3, 4, n)) * 0.1, 1),
        "size": np.round(rng.lognormal(-3, 1.5, n), 3),
        "side": rng.choice([1, -1], n),
        "seq": np.cumsum(rng.integers(1, 200, n)) + (1 << 48),
        "origin": np.zeros(n, np.int64),
    }
    assert len(codec.encode(columns)) / n < 8.5


@pytest.mark.parametrize("at", [0, 5, -3])
def test_damage_is_noticed(at):
    blob = bytearray(codec.encode({"x": np.arange(500) ** 2}))
    blob[at] ^= 0xFF
    with pytest.raises(codec.Damaged):
        codec.decode(bytes(blob))


def test_a_column_that_follows_another_is_what_is_left_of_it():
    rng = np.random.default_rng(5)
    ts = np.sort(rng.integers(0, 10**15, 4000)) + MISSING + 7
    columns = {"ts_event": ts, "ts_recv": ts + rng.integers(0, 1000, 4000), "seq": np.arange(4000)}
    apart = sum(len(codec.encode({name: column})) for name, column in columns.items())
    blob = codec.encode(columns)
    assert len(blob) < apart - 4000
    assert {name: column.tolist() for name, column in codec.decode(blob).items()} == {
        name: column.tolist() for name, column in columns.items()
    }


def test_a_column_that_only_sometimes_follows_comes_back_too():
    columns = {"ts_event": np.array([MISSING, 5, 2**63 - 1]), "ts_recv": np.array([2**63 - 1, 7, MISSING])}
    found = codec.decode(codec.encode(columns))
    assert {name: column.tolist() for name, column in found.items()} == {
        name: column.tolist() for name, column in columns.items()
    }
