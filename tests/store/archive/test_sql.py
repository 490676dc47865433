"""SQL over all tiers: what the store says, and nothing else is to be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fbkit.clock import VirtualClock
from fbkit.errors import SettingError, StoreError, UnknownName
from fbkit.ingest.archiving import archive
from fbkit.model import NS_DAY, Market, Side, Span, Trade
from fbkit.store import Batch, Checkpoint, Store, open_writer
from fbkit.store.archive import duck
from fbkit.store.archive.export import export
from fbkit.store.archive.sql import TABLES, Narrow, ask
from fbkit.store.frames import to_frame
from fbkit.store.kinds import KIND_TABLE
from tests.store.made import NAMES, START, events, rows

DAY = START // NS_DAY * NS_DAY
HOSTILE = "binance:\"); DROP TABLE trades; --'🙂\n"

pytestmark = pytest.mark.skipif(not duck.installed(), reason="wants the extra parquet")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two days of events, the first of them archived, and a name that means harm."""
    url = f"sqlite:///{(tmp_path_factory.mktemp('sql') / 'a.db').as_posix()}"
    made = events(600, start=DAY) + events(600, seed=8, start=DAY + NS_DAY, first=601)
    made.append(Trade(HOSTILE, DAY + 5, DAY + 6, 1, 1.5, -0.0, Side.BUY, seq=made[-1].seq + 1))
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=VirtualClock(START), holder="a test") as writer:
        writer.append(Batch(made, rows()))
        writer.append(Batch(checkpoint=Checkpoint(made[-1].seq, made[-1].ts_recv, "code", b"")))
        writer.fold(1 << 62)
        assert archive(writer, before=DAY + NS_DAY).events > 0
        yield writer


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_the_rows_the_store_counts(store: Store, name: str) -> None:
    answer = ask(store, f"SELECT count(*) AS n FROM {name}")  # noqa: S608 - what is tested
    assert answer["n"].tolist() == [store.table_counts()[name]]


def test_values_are_the_bits_of_the_store_out_of_all_tiers(store: Store) -> None:
    found = ask(store, "SELECT * FROM trades ORDER BY ts_event, seq")
    trades = store.read("trade")
    for column, name in (("price_usd", "price"), ("size_base", "size"), ("ts_event", "ts_event"), ("seq", "seq")):
        assert found[column].to_numpy().tobytes() == trades[name].tobytes(), name
    assert found["instrument"].tolist() == trades["instrument"].tolist()
    assert found["time"].astype("int64").tolist() == trades["ts_event"].tolist()


def test_what_is_missing_is_null(store: Store) -> None:
    quotes = store.read("quote")
    found = ask(store, "SELECT count(*) AS n FROM quotes WHERE bid_usd IS NULL")
    assert found["n"].tolist() == [int(np.isnan(quotes["bid"]).sum())]


def test_a_name_that_means_harm_is_only_a_name(store: Store) -> None:
    by_value = ask(store, "SELECT price_usd FROM trades WHERE instrument = ?", [HOSTILE])
    by_word = ask(store, "SELECT price_usd FROM trades WHERE instrument = '" + HOSTILE.replace("'", "''") + "'")  # noqa: S608 - what is tested
    by_narrowing = ask(store, "SELECT price_usd FROM trades", narrow=Narrow(HOSTILE))
    assert (
        by_value["price_usd"].tolist() == by_word["price_usd"].tolist() == by_narrowing["price_usd"].tolist() == [1.5]
    )


@pytest.mark.parametrize(
    "where",
    [
        f"instrument = '{NAMES[0]}'",
        f"ts_event >= {DAY + NS_DAY}",
        f"ts_event < {DAY + 3_000_000_000} AND instrument = '{NAMES[1]}' AND price_usd > 0",
        f"instrument = '{NAMES[0]}' OR ts_event < {DAY + NS_DAY}",
        f"NOT instrument = '{NAMES[0]}'",
        "instrument = 'binance:NOBODY'",
    ],
)
def test_narrowing_what_is_loaded_changes_no_answer(store: Store, where: str) -> None:
    narrowed = ask(store, f"SELECT seq FROM trades WHERE {where} ORDER BY seq")  # noqa: S608 - what is tested
    plainly = ask(store, f"WITH t AS (SELECT * FROM trades) SELECT seq FROM t WHERE {where} ORDER BY seq")  # noqa: S608 - what is tested
    pd.testing.assert_frame_equal(narrowed, plainly)


def test_only_what_a_question_names_is_loaded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    real = type(store.tiers).stretches
    monkeypatch.setattr(
        type(store.tiers),
        "stretches",
        lambda self, *what: (asked.append((what[0].name, *what[1:])), real(self, *what))[1],
    )
    ask(store, f"SELECT count(*) FROM trades WHERE instrument = '{NAMES[0]}' AND ts_event >= {DAY}")  # noqa: S608 - what is tested
    assert asked == [("trade", NAMES[0], Span(DAY, None))]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/never'",
        "ATTACH '/tmp/never.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "CREATE TABLE x AS SELECT 1",
        "DELETE FROM trades",
        "SELECT 1; SELECT 2",
        "SELEC 1",
        "",
    ],
)
def test_a_question_reaches_nothing_else(store: Store, question: str) -> None:
    with pytest.raises(StoreError, match=r"^SQL: "):
        ask(store, question)


def test_a_variable_of_ours_or_a_file_is_no_table(store: Store) -> None:
    secret = pd.DataFrame({"a": [1]})
    for name in ("secret", "'/etc/passwd'", "tradess"):
        with pytest.raises(UnknownName):
            ask(store, f"SELECT * FROM {name}")  # noqa: S608 - what is tested
    assert len(secret) == 1


def test_an_export_reads_back_as_the_frame_it_was(store: Store, tmp_path: Path) -> None:
    frame = store.frame("trade", NAMES[0])
    for name in ("trades.csv", "trades.parquet"):
        assert export(store, "trades", tmp_path / name, Narrow(NAMES[0])) == len(frame)
    text = pd.read_csv(tmp_path / "trades.csv")
    with duck.connect("a test") as connection:
        (file,) = [connection.execute("SELECT * FROM read_parquet(?)", [(tmp_path / "trades.parquet").as_posix()]).df()]
    for name in ("price_usd", "size_base", "seq", "ts_event"):
        assert text[name].to_numpy().tobytes() == frame[name].to_numpy().tobytes(), name
        assert file[name].to_numpy().tobytes() == frame[name].to_numpy().tobytes(), name
    assert {path.name for path in tmp_path.iterdir() if "trades" in path.name} == {"trades.csv", "trades.parquet"}


def test_rows_are_exported_too_and_another_ending_is_refused(store: Store, tmp_path: Path) -> None:
    for name in ("bars.csv", "bars.parquet"):
        assert export(store, "bars", tmp_path / name, Narrow()) == store.table_counts()["bars"]
    with pytest.raises(SettingError, match="ends in"):
        export(store, "bars", tmp_path / "bars.xlsx", Narrow())


def test_an_empty_table_still_has_its_columns(store: Store) -> None:
    answer = ask(store, "SELECT * FROM trades", narrow=Narrow(span=Span(0, 1)))
    assert answer.empty
    assert {"instrument", "price_usd", "size_base", "time"} <= set(answer.columns)
    assert list(to_frame(KIND_TABLE["trade"], KIND_TABLE["trade"].arrays(()), {}).columns)[:1] == ["instrument"]
