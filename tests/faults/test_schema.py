"""Databases of another fbkit: a collector migrates older ones, and leaves newer and unknown ones alone with exit 4."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from fbkit.cli import run
from fbkit.clock import SystemClock
from fbkit.errors import SchemaMismatch
from fbkit.ingest.child import open_whole
from fbkit.model import Market
from fbkit.runtime import database_path, database_url
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer
from fbkit.store.sqlite.driver import library
from tests.store.made import events


@pytest.fixture
def stamped(home: Path):
    """A database that says it has another schema."""
    url = database_url(load_settings(venues="sim"))
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="before") as writer:
        writer.append(Batch(events(200)))

    def stamp(version: str) -> str:
        connection = library().connect(str(database_path(url)), isolation_level=None)
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.close()
        return url

    return stamp


@pytest.mark.faults("C21")
@pytest.mark.parametrize("version", ["9999", "", "strange"])
def test_a_collector_refuses_a_newer_or_unknown_schema_with_exit_4_and_changes_nothing(stamped, version, capsys):
    path = database_path(stamped(version))
    before = path.read_bytes()
    assert run(["collect", "--for", "1s"]) == 4
    assert "schema" in capsys.readouterr().err or version == ""
    with pytest.raises(SchemaMismatch):
        open_whole(load_settings(venues="sim"), SystemClock())
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.corrupt-*")), "another fbkit's database is not damaged"


@pytest.mark.faults("C21")
def test_a_newer_schema_may_be_read(stamped):
    with open_store(stamped("9999")) as reader:
        assert len(list(reader.replay())) == 200


@pytest.mark.faults("C21")
@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
@pytest.mark.parametrize("version", ["9999", ""])
def test_on_either_database_a_newer_or_unknown_schema_is_not_written(backend, version, url, request):
    url = url if backend == "sqlite" else request.getfixturevalue("postgres_url")
    chosen = {"market": Market.LIVE, "seed": None, "clock": SystemClock(), "holder": "another fbkit"}
    with open_writer(url, **chosen) as writer:
        writer.append(Batch(events(200)))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()
    with pytest.raises(SchemaMismatch) as caught:
        open_writer(url, **chosen)
    assert caught.value.exit_code == 4
    if version:
        with open_store(url) as reader:
            assert len(list(reader.replay())) == 200
