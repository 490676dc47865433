"""Memory: one small database of every past schema, upgraded and read (``tests/store/schemas/make.py`` made them)."""

from __future__ import annotations

import json
import shutil

import pytest

from fbkit.errors import SchemaMismatch
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
