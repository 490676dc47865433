"""Memory: what older code wrote is migrated, what newer code wrote is left alone."""

from __future__ import annotations

import shutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from fbkit.errors import SchemaMismatch
from fbkit.store import Batch, open_store
from fbkit.store.migrate import MIGRATIONS, migrate, revisions
from fbkit.store.schema import metadata
from fbkit.store.sqlite import tables
from fbkit.store.sqlite.damage import back_up
from fbkit.store.sqlite.driver import sqlite_path, writing_engine
from tests.store.made import events, rows

KNOWN = revisions()
NEXT = f"{len(KNOWN) + 1:04d}"

STEP = """
from alembic import op
import sqlalchemy as sa

revision = "{next}"
down_revision = "{known}"


def upgrade():
    op.add_column("beats", sa.Column("mood", sa.Text))
    if {fails}:
        op.execute("INSERT INTO nowhere VALUES (1)")
"""


def restamp(url, version):
    engine = writing_engine(sqlite_path(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    engine.dispose()


@pytest.fixture
def next_migrations(tmp_path):
    def make(*, fails=False):
        folder = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / f"{NEXT}_mood.py").write_text(
            STEP.format(fails=fails, next=NEXT, known=KNOWN[-1]), "utf-8"
        )
        return folder

    return make


@pytest.fixture
def old_database(open_again, url):
    writer = open_again()
    writer.append(Batch(events(200), rows()))
    counts = writer.table_counts()
    writer.close()
    return counts


def test_migrations_make_the_schema_of_the_code(writer):
    with writer._reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [metadata, tables.metadata]) == []


def test_migrations_are_numbered_without_a_hole():
    assert revisions() == [f"{number:04d}" for number in range(1, len(revisions()) + 1)]


@pytest.mark.faults("C21")
@pytest.mark.parametrize("version", ["9999", ""])
def test_c21_a_newer_or_unknown_schema_is_read_only(old_database, url, open_again, version):
    restamp(url, version)
    with pytest.raises(SchemaMismatch) as caught:
        open_again()
    assert caught.value.exit_code == 4
    if version:
        with open_store(url) as reader:
            assert reader.table_counts() == old_database
    else:
        with pytest.raises(SchemaMismatch):
            open_store(url)


@pytest.mark.faults("C21")
def test_c21_an_older_schema_is_copied_and_then_migrated(old_database, url, clock, next_migrations, tmp_path):
    engine = writing_engine(sqlite_path(url))
    path = sqlite_path(url)
    assert migrate(engine, url, lambda schema: back_up(engine, path, schema, clock), next_migrations()) == NEXT
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(mood) FROM beats")).scalar() == 0
    engine.dispose()
    (copy,) = tmp_path.glob("simulated.db.schema-*")
    with open_store(f"sqlite:///{copy.as_posix()}") as backup:
        assert backup.table_counts() == old_database


@pytest.mark.faults("C21")
def test_c21_a_migration_that_fails_changes_nothing(old_database, url, next_migrations):
    engine = writing_engine(sqlite_path(url))
    with pytest.raises(Exception, match="nowhere"):
        migrate(engine, url, lambda _schema: None, next_migrations(fails=True))
    engine.dispose()
    with open_store(url) as reader:
        assert reader.table_counts() == old_database
        assert "mood" not in reader.rows("beats")


def test_a_file_of_somebody_else_is_refused(url, open_again):
    engine = writing_engine(sqlite_path(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (x)"))
    engine.dispose()
    with pytest.raises(SchemaMismatch, match="no fbkit database"):
        open_again()


def test_an_older_database_is_not_read_half(old_database, url, monkeypatch):
    monkeypatch.setattr("fbkit.store.migrate.revisions", lambda: [*KNOWN, NEXT])
    with pytest.raises(SchemaMismatch, match=f"older than {NEXT}"):
        open_store(url)
