"""Brings a database to the schema of this code, or says why not. Alembic holds the steps; it is only loaded for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from fbkit.errors import SchemaMismatch, StoreMissing

MIGRATIONS = Path(__file__).parent / "migrations"

_REVISION = re.compile(r"^revision = \"(\w+)\"$", re.MULTILINE)


def revisions(folder: Path = MIGRATIONS) -> list[str]:
    """The schemas this code knows, oldest first: files are numbered, and a test holds their order.

    >>> revisions()[0]
    '0001'
    """
    files = sorted((folder / "versions").glob("[0-9]*.py"))
    return [match[1] for file in files if (match := _REVISION.search(file.read_text("utf-8")))]


def stamped(connection: Connection) -> str | None:
    """The schema a database says it has; ``None`` for an empty one, ``""`` for one that is not ours."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    return "" if tables else None


def check_readable(connection: Connection, where: str) -> None:
    """Refuse to read what is not ours or still wants a migration. A newer schema only ever adds, so it may be read."""
    found, known = stamped(connection), revisions()
    if found is None:
        raise StoreMissing(where, "the database is empty", "a collector fills it when it starts")
    if not found:
        raise SchemaMismatch(where, "no fbkit database", "name another file with --db")
    if found in known[:-1]:
        raise SchemaMismatch(
            where, f"schema {found} is older than {known[-1]}", "a collector that opens it migrates it"
        )


def migrate(engine: Engine, where: str, back_up: Callable[[str], object], folder: Path = MIGRATIONS) -> str:
    """Create or upgrade the tables in one transaction; ``back_up(schema)`` first copies what is there.

    Returns the schema now in force. A newer or unknown one is a :class:`~fbkit.errors.SchemaMismatch`.
    """
    known = revisions(folder)
    with engine.connect() as connection:
        found = stamped(connection)
    if found == known[-1]:
        return found
    if found is not None and found not in known:
        what = f"schema {found} is unknown to this fbkit (newest: {known[-1]})" if found else "no fbkit database"
        raise SchemaMismatch(where, what, "read it with fbkit.open, write it with the fbkit that made it")
    if found is not None:
        back_up(found)
    with engine.begin() as connection:
        _upgrade(connection, folder)
    return known[-1]


def _upgrade(connection: Connection, folder: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
