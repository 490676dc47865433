"""Memory: one small database of every past schema, upgraded and read (``tests/store/schemas/make.py`` made them)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from math import isnan

import pytest

from fbkit.errors import SchemaMismatch
from fbkit.model import METRIC_COLUMNS, MetricRow, SummaryRow
from fbkit.store import Batch, open_store
from fbkit.store.migrate import revisions
from tests.store.made import events
from tests.store.schemas.make import HERE, remembered

PAST = sorted(path.stem for path in HERE.glob("*.db"))


@pytest.fixture(params=PAST)
def remembered_database(request, tmp_path):
    """A copy of a past database, and what must be found in it."""
    shutil.copy(HERE / f"{request.param}.db", tmp_path / "simulated.db")
    return request.param, json.loads((HERE / f"{request.param}.json").read_text("utf-8"))


def test_every_schema_before_this_one_is_remembered():
    assert set(PAST) >= set(revisions()[:-1])


def test_a_past_database_says_the_same_after_its_migration(remembered_database, open_again, url, tmp_path):
    schema, facts = remembered_database
    writer = open_again()
    assert remembered(writer) == facts
    writer.fold(1 << 62)
    assert remembered(writer) == facts
    assert len(list(tmp_path.glob(f"simulated.db.schema-{schema}-*"))) == (schema != revisions()[-1])
    writer.append(Batch(events(50, first=3001)))
    assert len(list(writer.replay())) == 1550


def test_a_past_database_is_not_read_before_its_migration(remembered_database, url):
    schema, facts = remembered_database
    if schema == revisions()[-1]:
        with open_store(url) as reader:
            assert remembered(reader) == facts
        return
    with pytest.raises(SchemaMismatch, match=f"schema {schema} is older"):
        open_store(url)


def _told(path, table):
    """What an old file says, by the names of its columns."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    query = f"SELECT * FROM {table} ORDER BY t1, instrument"  # noqa: S608 - a name of this test
    rows = [dict(row) for row in connection.execute(query)]
    connection.close()
    return rows


def test_columns_that_came_later_say_that_nobody_computed_them(remembered_database, open_again, tmp_path):
    schema, _ = remembered_database
    old = {table: _told(tmp_path / "simulated.db", table) for table in ("metrics", "summary")}
    writer = open_again()
    new = {"metrics": writer.row_structs(MetricRow), "summary": writer.row_structs(SummaryRow)}
    assert len(old["metrics"]) == len(new["metrics"]) > 0
    for before, row in zip(old["metrics"], new["metrics"], strict=True):
        there = [name in before for name in METRIC_COLUMNS]
        assert there.count(False) == (0 if schema > "0003" else 9)
        told = before["reasons"].split(",") if before["reasons"] else [""] * there.count(True)
        for known, name, value, n, why in zip(there, METRIC_COLUMNS, row.values, row.n, row.reasons, strict=True):
            if known:
                assert (before[name], before[f"n_{name}"], told.pop(0)) == (None if isnan(value) else value, n, why)
            else:
                assert (isnan(value), n, why) == (True, 0, "unsupported")
        assert not told
    (summary,) = new["summary"]
    assert summary.last == old["summary"][0]["last"]
    if schema <= "0003":
        assert (isnan(summary.score_long), summary.bias, summary.conditions) == (True, "", "[]")
