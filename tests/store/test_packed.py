"""Events packed while they are hot: the same events, whoever reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import force_setattr
from sqlalchemy import update

from fbkit.clock import VirtualClock
from fbkit.errors import StoreCorrupt
from fbkit.model import BarRow, Beat, Event, Gap, Mark, Market, Origin, Quote, Side, Span, Trade
from fbkit.store import Batch, open_store, open_writer
from fbkit.store.packed import Packed, Packer, one_after_the_other
from fbkit.store.sqlite.tables import TAIL

NAMES = ["binance:BTC-USDT-PERP", "okx:ETH-USDT-PERP", "gate:币安人生-USDT-PERP"]

_name = st.sampled_from(NAMES)
_ts = st.integers(0, 2**62)
_id = st.integers(-(2**63) + 1, 2**63 - 1)
_float = st.floats(allow_nan=False, allow_infinity=False)
_maybe = st.none() | _float
_origin = st.sampled_from(Origin)


@st.composite
def streams(draw):
    """Events of all sorts, numbered."""
    one = st.one_of(
        st.builds(Trade, _name, _ts, _ts, _id, _float, _float, st.sampled_from(Side), origin=_origin),
        st.builds(Quote, _name, _ts, _ts, _id, _maybe, _maybe, _maybe, _maybe, st.integers(0, 9), _maybe, _maybe),
        st.builds(Mark, _name, _ts, _ts, _float, _maybe, _maybe, _maybe, st.none() | _ts),
        st.builds(Beat, st.just(""), _ts, _ts, st.integers(0, 99)),
        st.builds(Gap, st.just(""), _ts, _ts, st.just(7), st.just("okx"), st.just("trade"), st.just("opened"),
                  st.just("stalled"), _ts),
    )  # fmt: skip
    events = draw(st.lists(one, min_size=1, max_size=40))
    for n, event in enumerate(events, 5):
        force_setattr(event, "seq", n)
    return events


def packed(events: list[Event], size: int) -> Packed:
    packer = Packer()
    sheets = [packer.pack(events[at : at + size]) for at in range(0, len(events), size)]
    return Packed(tuple(packer.names), sheets)


@settings(max_examples=80, deadline=None)
@given(streams(), st.integers(1, 50))
def test_what_is_packed_reads_as_what_it_was(events, size):
    again = packed(events, size)
    assert list(again) == events
    assert (again[0], again[-1], len(again)) == (events[0], events[-1], len(events))
    assert again[1:3] == events[1:3]
    assert (again.seq_min, again.seq_max) == (events[0].seq, events[-1].seq)
    assert all(type(event) not in (Trade, Quote, Mark) for event in again.rest)


@settings(max_examples=40, deadline=None)
@given(streams(), st.integers(0, 40), st.integers(1, 20))
def test_packed_and_unpacked_batches_are_one_in_their_order(events, cut, size):
    packer = Packer()
    first, second = events[:cut], events[cut:]
    sheets = [packer.pack(second)] if second else []
    parts = [first, Packed(tuple(packer.names), sheets)] if second else [first]
    whole = one_after_the_other(parts)
    assert list(whole) == events
    assert list(one_after_the_other([[], whole, []])) == events


def trades(first: int, n: int) -> list[Event]:
    return [
        Trade(NAMES[k % 3], k * 10, k * 10 + 1, k, 100.0 + k, 0.5, Side.BUY, seq=k) for k in range(first, first + n)
    ]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{(tmp_path / 'x.db').as_posix()}"


def writer(url):
    return open_writer(url, market=Market.LIVE, seed=None, clock=VirtualClock(10**18), holder="a test")


def test_a_packed_batch_is_stored_once_however_often_it_comes(url):
    events = [*trades(1, 300), Beat("", 4000, 4000, 1, seq=301)]
    with writer(url) as store:
        assert store.append(Batch(packed(events, 100)))[:2] == (301, 0)
        assert store.append(Batch(packed(events, 100)))[:2] == (0, 301)
        more = [*events[200:], *trades(302, 50)]
        assert store.append(Batch(packed(more, 64)))[:2] == (50, 101)
        assert store.fold(1 << 62) == 350
        assert store.append(Batch(packed(more, 64)))[:2] == (0, 151)
        assert list(store.events("trade")) == [*events[:300], *more[101:]]


def test_the_tail_is_read_by_time_and_instrument_and_in_order_while_it_lies_as_it_was_packed(url):
    events = trades(1, 500)
    with writer(url) as store:
        store.append(Batch(packed(events, 128)))
        store.append(Batch(trades(501, 20)))
        with open_store(url) as reader:
            mine = [event for event in events if event.instrument == NAMES[1]]
            assert list(reader.events("trade", NAMES[1], Span(0, 5010))) == mine
            assert list(reader.events("trade", None, Span(1000, 2000))) == events[99:199]
            assert list(reader.replay(120, 130)) == events[119:129]
            assert reader.read("trade", NAMES[2])["price"].tolist() == [
                event.price for event in [*events, *trades(501, 20)] if event.instrument == NAMES[2]
            ]


def test_a_damaged_row_of_the_tail_is_told_and_not_believed(url):
    with writer(url) as store:
        store.append(Batch(packed(trades(1, 300), 300)))
        with store._writing(store._lease) as connection:
            data = bytearray(connection.exec_driver_sql("SELECT data FROM tail").scalar_one())
            data[len(data) // 2] ^= 1
            connection.execute(update(TAIL).values(data=bytes(data)))
        with pytest.raises(StoreCorrupt, match="checksum"):
            store.read("trade")


def test_numbers_given_in_a_transaction_that_failed_are_given_again(tmp_path):
    url = f"sqlite:///{(tmp_path / 'again.db').as_posix()}"
    packer = Packer()
    sheet = packer.pack([Trade(NAMES[0], n, n, n, 1.0, 1.0, Side.BUY, seq=n) for n in (5, 6)])
    packed = Packed(tuple(packer.names), [sheet])
    with open_writer(url, market=Market.LIVE, seed=None, clock=VirtualClock(0), holder="here") as writer:
        with pytest.raises(OverflowError):
            writer.append(Batch(packed, [BarRow(NAMES[0], "1m", 0, 1 << 70)]))
        writer.append(Batch([Trade(NAMES[1], 1, 1, 1, 2.0, 1.0, Side.SELL, seq=1)]))
        writer.append(Batch(packed))
        assert [trade.price for trade in writer.events("trade", NAMES[0])] == [1.0, 1.0]
        assert [trade.price for trade in writer.events("trade", NAMES[1])] == [2.0]


def test_small_rows_of_the_tail_read_as_they_were_written_whoever_packed_them(tmp_path):
    url = f"sqlite:///{(tmp_path / 'small.db').as_posix()}"
    wanted = []
    with open_writer(url, market=Market.LIVE, seed=None, clock=VirtualClock(0), holder="here") as writer:
        for first in range(1, 40, 3):
            packer = Packer()
            name = NAMES[first % len(NAMES)]
            trades = [Trade(name, n, n, 1 << n, float(n), 1.0, Side.BUY, seq=n) for n in range(first, first + 3)]
            sheet = packer.pack(trades)
            writer.append(Batch(Packed(tuple(packer.names), [sheet]) if first % 2 else trades))
            wanted += trades
        assert list(writer.replay()) == wanted
        assert writer.fold(1 << 62) == len(wanted)
        assert list(writer.replay()) == wanted
