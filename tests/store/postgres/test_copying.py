"""What goes into the server comes out to the bit, and alike on both databases."""

from __future__ import annotations

import math

import pytest

from fbkit.clock import VirtualClock
from fbkit.model import BarRow, Market, QuarantineRow, Setting, Side, Trade
from fbkit.store import Batch, open_writer
from tests.store.made import NAMES, START, bar_rows, events, metric_rows, rows

AWKWARD = (-0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -1e-320)


def test_a_burst_and_a_few_rows_are_alike_on_both_databases(new_postgres, tmp_path):
    digests = set()
    for url in (new_postgres(), f"sqlite:///{(tmp_path / 'a.db').as_posix()}"):
        with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="x") as writer:
            writer.append(Batch(events(1500), [*rows(), *bar_rows(200), *metric_rows(60)]))
            names = set(writer.table_counts()) - {"engine_runs", "checkpoints", "stamps"}
            digests.add(tuple((name, writer.digest([name])) for name in sorted(names)))
    assert len(digests) == 1


def test_awkward_floats_keep_every_bit(writer):
    trades = [Trade(NAMES[0], 1, 2, n, x, 1.0, Side.SELL, seq=n + 1) for n, x in enumerate(AWKWARD)]
    bars = [BarRow(NAMES[0], "1m", n, n + 1, close=x) for n, x in enumerate(AWKWARD * 20)]
    writer.append(Batch(trades, bars))
    assert [x.hex() for x in writer.read("trade")["price"].tolist()] == [x.hex() for x in AWKWARD]
    assert [row.close.hex() for row in writer.row_structs(BarRow)] == [x.hex() for x in AWKWARD * 20]


def test_nan_is_an_absence(writer):
    writer.append(Batch(rows=[BarRow(NAMES[0], "1m", n, n + 1, close=math.nan) for n in range(60)]))
    with writer._reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*), count(close) FROM bars").one() == (60, 0)


def test_a_nul_byte_in_a_venues_words_is_shown_as_one(writer):
    row = QuarantineRow(1, "binance", "trade", "BTC\0USDT", "mal\0formed", b"\0raw\0")
    writer.append(Batch([Setting(NAMES[0], 1, 1, key="k", value="a\0b", seq=1)], [row]))
    (found,) = writer.row_structs(QuarantineRow)
    assert (found.instrument, found.reason, found.sample) == ("BTC␀USDT", "mal␀formed", b"\0raw\0")
    assert next(writer.events("setting")).value == "a␀b"


@pytest.mark.parametrize("seq", [1, 99])
def test_a_number_too_large_gives_the_batch_up_and_nothing_else(writer, seq):
    writer.append(Batch([Trade(NAMES[0], 1, 2, 1, 1.0, 1.0, Side.BUY, seq=50)]))
    with pytest.raises(OverflowError):
        writer.append(Batch([Trade(NAMES[0], 1, 2, 1 << 70, 1.0, 1.0, Side.BUY, seq=seq)]))
    assert writer.append(Batch([Trade(NAMES[0], 1, 2, 1, 1.0, 1.0, Side.BUY, seq=51)])).events == 1


def test_an_event_is_known_by_its_seq_alone(writer):
    writer.append(Batch([Trade(NAMES[0], 1, 2, 1, 1.0, 1.0, Side.BUY, seq=5)]))
    other_day = Trade(NAMES[0], 1, 1 << 60, 1, 1.0, 1.0, Side.BUY, seq=5)
    new = Trade(NAMES[0], 1, 2, 2, 1.0, 1.0, Side.BUY, seq=6)
    assert writer.append(Batch([other_day, new, new])).events == 1
    assert writer.read("trade")["seq"].tolist() == [5, 6]
