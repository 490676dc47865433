"""What is refused at the door, in which words, and that no password is ever among them."""

from __future__ import annotations

import importlib
import traceback

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from fbkit.errors import SchemaMismatch, SettingError, StoreBusy, StoreError, StoreMissing
from fbkit.model import Market
from fbkit.store import Batch, open_store, set_aside
from fbkit.store.migrate import revisions
from fbkit.store.postgres import opening
from fbkit.store.postgres.driver import parsed
from fbkit.store.postgres.refusals import store_error
from tests.store.made import events, rows

SECRET = "p@ss/wörd"


def spelled(url, **changes):
    return make_url(url).set(**changes).render_as_string(hide_password=False)


def everything_said(error):
    return "".join(traceback.format_exception(error))


def test_a_database_that_is_not_there_is_named_with_what_to_do(url):
    gone = spelled(url, database="fbkit_nowhere", password=SECRET)
    with pytest.raises(StoreMissing, match=r"no such database.*createdb") as caught:
        open_store(gone)
    assert SECRET not in everything_said(caught.value)


def test_a_server_that_is_not_there_is_busy_and_its_password_unsaid(tmp_path):
    url = f"postgresql://me:{SECRET.replace('@', '%40').replace('/', '%2F')}@/live?host={tmp_path}"
    with pytest.raises(StoreBusy) as caught:
        open_store(url)
    said = everything_said(caught.value)
    assert "wörd" not in said
    assert "w%C3%B6rd" not in said


def test_a_url_that_cannot_be_read_is_a_wrong_setting():
    for url in ("postgresql://me:secret@db", "postgresql+asyncpg://me:secret@db/live", "postgresql://me:secret@db:x/y"):
        with pytest.raises(SettingError) as caught:
            parsed(url)
        assert "secret" not in str(caught.value)


def test_without_the_extra_one_sentence_says_which(monkeypatch, url):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SettingError, match=r"pip install 'fbkit\[postgres\]'"):
        opening.open_to_read(url)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", "StoreFull"),
        ("40P01", "StoreBusy"),
        ("55P03", "StoreBusy"),
        ("57P01", "StoreBusy"),
        ("08006", "StoreBusy"),
        ("25006", "StoreError"),
        ("28P01", "StoreError"),
        ("XX001", "StoreCorrupt"),
        ("42P01", "StoreError"),
    ],
)
def test_each_refusal_of_the_server_is_one_of_our_errors_and_says_no_password(state, kind):
    url = make_url("postgresql://me:secret@db/live")
    error = psycopg.errors.lookup(state)("it said secret\nand more")
    told = store_error(error, url)
    assert type(told).__name__ == kind
    assert "secret" not in str(told)


def test_a_read_only_server_says_so(open_again, url):
    name = make_url(url).database
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with pytest.raises(StoreError, match="read-only"):
        open_again()


def test_a_database_in_another_encoding_is_refused(open_again, url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        try:
            with pytest.raises(StoreError, match="encoded in LATIN1"):
                open_again(url=spelled(url, database="latin"))
        finally:
            connection.execute("DROP DATABASE latin WITH (FORCE)")


def test_setting_aside_is_refused_in_a_sentence(url, clock):
    with pytest.raises(StoreError, match="not set aside by fbkit"):
        set_aside(url, clock)


def test_another_market_is_sent_to_a_database_beside(writer, open_again, url):
    writer.close()
    with pytest.raises(StoreError, match=r"use --db postgresql://\S+/live"):
        open_again(market=Market.LIVE, seed=None)


def restamp(url, version):
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [version])


@pytest.mark.faults("C21")
@pytest.mark.parametrize("version", ["9999", ""])
def test_c21_a_newer_or_unknown_schema_is_read_only(writer, open_again, url, version):
    writer.append(Batch(events(50)))
    writer.close()
    restamp(url, version)
    with pytest.raises(SchemaMismatch) as caught:
        open_again()
    assert caught.value.exit_code == 4
    if version:
        with open_store(url) as reader:
            assert len(list(reader.replay())) == 50


@pytest.mark.faults("C21")
def test_c21_an_older_schema_has_its_rows_copied_and_is_then_migrated(writer, open_again, url, monkeypatch, clock):
    writer.append(Batch(events(50), rows()))
    bars = writer.table_counts()["bars"]
    writer.close()
    from fbkit.store import migrate

    monkeypatch.setattr(migrate, "revisions", lambda _folder=None: [*revisions(), "9999"])
    monkeypatch.setattr(migrate, "_upgrade", lambda connection, _folder: connection.execute(text("SELECT 1")))
    open_again().close()
    with psycopg.connect(url) as connection:
        (name,) = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'fbkit_0%'").fetchone()
        tables = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace", [name])
        names = {table for (table,) in tables}
        connection.execute("SELECT set_config('search_path', %s, false)", [name])
        assert connection.execute("SELECT count(*) FROM bars").fetchone() == (bars,)
    assert {"bars", "beats", "writer", "alembic_version"} <= names
    assert not names & {"trades", "quotes"}
