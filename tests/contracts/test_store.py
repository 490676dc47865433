"""What every store must do, whatever lies beneath. A new backend joins by a line in ``BACKENDS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import MarketMismatch, StoreHeld, UnknownName
from fbkit.model import KINDS, NS_S, BarRow, Market, Side, Span, Trade
from fbkit.store import Batch, Checkpoint, Store, Writer, open_store, open_writer
from fbkit.store.sqlite import chunks
from tests.store.made import NAMES, START, events, rows


class Backend(NamedTuple):
    """How a test comes by the URL of a new database, and whether folding moves events there."""

    make_url: Callable[[pytest.FixtureRequest, Path], str]
    folds: bool


def sqlite_url(_request: pytest.FixtureRequest, folder: Path) -> str:
    return f"sqlite:///{(folder / 'a.db').as_posix()}"


def postgres_url(request: pytest.FixtureRequest, _folder: Path) -> str:
    return str(request.getfixturevalue("new_postgres")())


BACKENDS: dict[str, Backend] = {
    "sqlite": Backend(sqlite_url, folds=True),
    "postgres": Backend(postgres_url, folds=False),
}

FAR = 1 << 62


@pytest.fixture(params=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param]


@pytest.fixture
def store_url(request: pytest.FixtureRequest, backend: Backend, tmp_path: Path) -> str:
    return backend.make_url(request, tmp_path)


@pytest.fixture
def second_url(request: pytest.FixtureRequest, backend: Backend, tmp_path: Path) -> Callable[[str], str]:
    """Another database, by name."""

    def make(name: str) -> str:
        (folder := tmp_path / name).mkdir()
        return backend.make_url(request, folder)

    return make


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a log moves events, every one is worth moving."""
    monkeypatch.setattr(chunks, "WORTH_ROWS", 1)


@pytest.fixture
def writer(store_url: str) -> Iterator[Writer]:
    with open_writer(store_url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test") as opened:
        yield opened


@pytest.fixture
def reader(store_url: str, writer: Writer) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


def same(one: list[Any], other: list[Any]) -> bool:
    """Equal to the bit: NaN as NaN, −0.0 as −0.0, types included."""
    return [repr(x) for x in one] == [repr(x) for x in other]


def everything(store: Store) -> dict[str, Any]:
    names = sorted(set(store.table_counts()) - {"engine_runs", "checkpoints"})
    return {
        "frames": {kind: store.frame(kind) for kind in KINDS},
        "replay": [repr(event) for event in store.replay()],
        "digest": store.digest(names),
        "counts": store.table_counts(),
    }


def test_what_was_appended_is_read_back_to_the_bit(writer: Writer, reader: Store) -> None:
    made = events(3000)
    writer.append(Batch(made))
    assert same(list(reader.replay()), made)


def test_an_event_appended_twice_is_remembered_once(writer: Writer, reader: Store) -> None:
    made = events(500)
    first = writer.append(Batch(made, rows()))
    before = everything(reader)
    again = writer.append(Batch(made, rows()))
    assert (first.events, first.known) == (500, 0)
    assert (again.events, again.known) == (0, 500)
    assert again.commit == first.commit + 1
    after = everything(reader)
    assert after["digest"] == before["digest"]
    assert after["counts"] == before["counts"]


def test_an_event_appended_again_after_it_was_folded_is_remembered_once(writer: Writer, reader: Store) -> None:
    made = events(500)
    writer.append(Batch(made))
    writer.fold(FAR)
    assert writer.append(Batch(made[200:] + events(10, first=501))).events == 10
    assert reader.table_counts()["trades"] == sum(isinstance(e, Trade) for e in made + events(10, first=501))
    assert len(list(reader.replay())) == 510


def test_folding_changes_nothing_that_reads_return(backend: Backend, writer: Writer, reader: Store) -> None:
    made = events(3000)
    for start in range(0, 3000, 100):
        writer.append(Batch(made[start : start + 100]))
    writer.append(Batch(rows=rows()))
    before = everything(reader)
    moved = writer.fold(START + 20 * NS_S)
    assert 0 < moved < 3000 if backend.folds else moved == 0
    half = everything(reader)
    writer.fold(FAR)
    after = everything(reader)
    assert before["digest"] == half["digest"] == after["digest"]
    assert before["replay"] == half["replay"] == after["replay"]
    assert before["counts"] == half["counts"] == after["counts"]
    for kind in KINDS:
        pd.testing.assert_frame_equal(before["frames"][kind], half["frames"][kind], check_exact=True)
        pd.testing.assert_frame_equal(before["frames"][kind], after["frames"][kind], check_exact=True)


def test_the_digest_does_not_tell_how_content_came(second_url: Callable[[str], str]) -> None:
    made = events(400)
    digests = set()
    for step, stamp in ((400, 1), (60, 2), (7, 3)):
        url = second_url(str(step))
        with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START + step), holder="x") as store:
            for start in range(0, 400, step):
                store.append(Batch(made[start : start + step]))
            store.append(Batch(rows=[BarRow(NAMES[0], "1m", 0, 60 * NS_S, close=1.5, stamp=stamp)]))
            digests.add(store.digest(["trades", "quotes", "bars", "beats", "gaps", "listings"]))
    assert len(digests) == 1


def test_the_digest_tells_content_apart(writer: Writer) -> None:
    before = writer.digest(["trades", "bars"])
    writer.append(Batch([Trade(NAMES[0], 1, 2, 3, 61_700.1, 0.0, Side.BUY, seq=1)]))
    with_trade = writer.digest(["trades", "bars"])
    writer.append(Batch(rows=[BarRow(NAMES[0], "1m", 0, 60 * NS_S, close=-0.0)]))
    with_bar = writer.digest(["trades", "bars"])
    assert len({before, with_trade, with_bar, writer.digest(["bars"])}) == 4


def test_reading_is_by_event_time_and_then_by_seq(writer: Writer, reader: Store) -> None:
    writer.append(Batch(events(2000)))
    writer.fold(START + 15 * NS_S)
    trades = reader.read("trade", NAMES[0])
    order = list(zip(trades["ts_event"].tolist(), trades["seq"].tolist(), strict=True))
    assert order == sorted(order)
    assert set(trades["instrument"].tolist()) == {NAMES[0]}
    assert trades["price"].dtype == np.float64
    assert trades.n == len(list(reader.events("trade", NAMES[0])))


@pytest.mark.parametrize("folded", [False, True])
def test_a_span_is_half_open(writer: Writer, reader: Store, folded: bool) -> None:
    made = events(1000)
    writer.append(Batch(made))
    if folded:
        writer.fold(FAR)
    times = sorted(event.ts_event for event in made if isinstance(event, Trade))
    low, high = times[50], times[150]
    found = reader.read("trade", span=Span(low, high))["ts_event"]
    assert found.tolist() == [ts for ts in times if low <= ts < high]
    assert reader.read("trade", span=Span(high, low)).n == 0


def test_replay_takes_a_stretch_of_seq_and_merges_all_kinds(writer: Writer, reader: Store) -> None:
    made = events(1500)
    writer.append(Batch(made[:1000]))
    writer.fold(FAR)
    writer.append(Batch(made[1000:]))
    assert same(list(reader.replay(made[100].seq, made[1200].seq)), made[100:1200])
    assert same(list(reader.replay(made[990].seq)), made[990:])


def test_replay_is_not_disturbed_by_appending_and_folding_meanwhile(writer: Writer, reader: Store) -> None:
    made = events(2000)
    writer.append(Batch(made))
    seen = []
    for event in reader.replay():
        seen.append(event)
        if len(seen) == 500:
            writer.fold(FAR)
            writer.append(Batch(events(50, first=2001)))
    assert same(seen, made)


def test_rows_come_back_as_they_went_in(writer: Writer, reader: Store) -> None:
    made = rows()
    writer.append(Batch(rows=made))
    for struct in {type(row) for row in made}:
        mine = [row for row in made if type(row) is struct]
        assert sorted(map(repr, reader.row_structs(struct))) == sorted(map(repr, mine))


def test_columns_of_one_instrument_are_those_of_its_rows(writer: Writer, reader: Store) -> None:
    bars = [
        BarRow(name, "1m", m * 60 * NS_S, (m + 1) * 60 * NS_S, close=float("nan") if m == 3 else m / 3, coverage=m / 7)
        for m in range(9)
        for name in NAMES[:2]
    ]
    writer.append(Batch(rows=bars))
    names = ("t1", "close", "coverage", "source")
    whole = reader.rows("bars", instrument=NAMES[0], tf="1m")
    found = reader.columns("bars", names, instrument=NAMES[0], tf="1m")
    assert len(whole) == 9
    assert tuple(found) == names
    for name in names:
        assert pd.Series(found[name]).equals(whole[name].reset_index(drop=True)), name
    empty = reader.columns("bars", names, instrument=NAMES[0], tf="1m", span=Span(0, 1))
    assert [len(column) for column in empty.values()] == [0] * len(names)
    with pytest.raises(UnknownName, match="column of bars named 'price'"):
        reader.columns("bars", ("price",), instrument=NAMES[0])


def test_a_slot_is_filled_once(writer: Writer, reader: Store) -> None:
    first = BarRow(NAMES[0], "1m", 0, 60 * NS_S, close=1.0, source="own")
    writer.append(Batch(rows=[first]))
    assert writer.append(Batch(rows=[BarRow(NAMES[0], "1m", 0, 60 * NS_S, close=2.0, source="venue")])).rows == 0
    assert same(reader.row_structs(BarRow), [first])


def test_the_last_sequence_number_and_the_commit_number_outlive_the_writer(store_url: str) -> None:
    options: dict[str, Any] = {"market": Market.SIMULATED, "seed": 7, "clock": VirtualClock(START), "holder": "x"}
    made = events(20)
    with open_writer(store_url, **options) as store:
        assert store.last_seq == 0
        store.append(Batch(made))
        epoch = store.epoch
    with open_writer(store_url, **options) as store:
        assert store.last_seq == made[-1].seq
        assert store.append(Batch()).commit == 2
        assert store.epoch == epoch + 1


def test_a_second_writer_is_told_who_holds_it(store_url: str, writer: Writer) -> None:
    with pytest.raises(StoreHeld, match=r"a test \(pid \d+, since ") as caught:
        open_writer(store_url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="second")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(("market", "seed"), [(Market.LIVE, None), (Market.SIMULATED, 8), (Market.RECORDED, None)])
def test_another_market_is_refused_with_the_file_to_use(
    store_url: str, writer: Writer, market: Market, seed: int | None
) -> None:
    writer.close()
    with pytest.raises(MarketMismatch, match=r"holds market SIMULATED \(seed 7\).*use --db \w+://"):
        open_writer(store_url, market=market, seed=seed, clock=VirtualClock(START), holder="x")


def test_readers_know_the_market(reader: Store) -> None:
    assert (reader.market, reader.seed) == (Market.SIMULATED, 7)


def test_an_unknown_name_is_an_error_with_the_nearest(writer: Writer, reader: Store) -> None:
    writer.append(Batch(events(50)))
    with pytest.raises(UnknownName, match="did you mean binance:BTC-USDT-PERP"):
        reader.read("trade", "binance:BTC-USD-PERP")
    with pytest.raises(UnknownName):
        reader.read("trades_of_nobody")
    with pytest.raises(UnknownName):
        reader.rows("nothing")


def test_a_checkpoint_comes_with_its_batch_and_the_newest_of_our_code_is_found(writer: Writer, reader: Store) -> None:
    for seq in range(1, 6):
        writer.append(Batch(checkpoint=Checkpoint(seq, START + seq, "new" if seq < 5 else "newer", b"state" * seq)))
    assert reader.checkpoint("new") == Checkpoint(4, START + 4, "new", b"state" * 4)
    assert reader.checkpoint("other") is None
    assert reader.table_counts()["checkpoints"] == 3


def test_an_empty_store_answers(reader: Store) -> None:
    assert reader.instruments() == {}
    assert list(reader.replay()) == []
    assert reader.frame("trade").empty
    assert reader.rows("bars", tf="1m", last=3).empty
    assert reader.last_beat() is None
    assert (reader.runs(), reader.accounts(), reader.latest_health()) == ([], [], [])
    assert reader.commits_after(0) == []
