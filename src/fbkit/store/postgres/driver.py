"""psycopg, the extra ``postgres``, and SQLAlchemy engines over it. Nothing else imports psycopg."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from fbkit.errors import SettingError
from fbkit.store.lease import BUSY_MS
from fbkit.store.postgres.refusals import store_error

#: How long a transaction may stand idle before the server ends it: a writer that froze in one lets go.
IDLE_MS = 60_000

#: How long one statement may take: reads of whole years are long, a server that hangs is longer.
STATEMENT_MS = 600_000

_dialect: Callable[..., Dialect] = PGDialect_psycopg

#: For statements made once and run by the driver: parameters by name, and by place.
DIALECT, DIALECT_BY_PLACE = _dialect(), _dialect(paramstyle="format")

_ALLOWED = "postgresql://USER@HOST:PORT/DATABASE"
_NAMES = {"postgresql", "postgres"}


def library(module: str = "psycopg") -> ModuleType:
    """The driver (or a module of it), or one sentence on how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SettingError(
            "db", "postgresql://…", "sqlite:///PATH, as PostgreSQL needs an extra: `pip install 'fbkit[postgres]'`"
        ) from error


def parsed(url: str) -> URL:
    """The URL of a PostgreSQL database, with our driver; any other is a :class:`SettingError`.

    >>> parsed("postgresql://me@db/live").drivername
    'postgresql+psycopg'
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        # Neither it nor what the parser says of it: a password may stand anywhere in it.
        raise SettingError("db", "a URL that cannot be read", _ALLOWED) from None
    if found.drivername not in (*_NAMES, "postgresql+psycopg") or not found.database:
        raise SettingError("db", found.render_as_string(hide_password=True), _ALLOWED)
    return found.set(drivername="postgresql+psycopg")


def is_postgres(url: str) -> bool:
    """Whether a URL names a PostgreSQL database.

    >>> is_postgres("postgresql://db/live"), is_postgres("sqlite:///a.db")
    (True, False)
    """
    return url.partition(":")[0].partition("+")[0] in _NAMES


def writing_engine(
    url: URL, *, busy_ms: int, name: str = "fbkit", on_connect: Callable[[Any], None] | None = None
) -> Engine:
    """An engine for the one writer: a single connection, kept; ``on_connect`` is called with each new one.

    ``name`` is what the server calls its session.
    """
    engine = _engine(url, busy_ms, {}, name=name, pool_size=1, max_overflow=0)
    if on_connect is not None:

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            on_connect(connection)

    return engine


def reading_engine(url: URL) -> Engine:
    """An engine whose transactions can only read, and see one instant of the database throughout."""
    only = {"default_transaction_read_only": "on", "default_transaction_isolation": r"repeatable\ read"}
    return _engine(url, BUSY_MS, only, pool_size=4, max_overflow=12, pool_pre_ping=True)


def making_engine(url: URL) -> Engine:
    """An engine that keeps no connection: for what is done now and then beside the writer."""
    return _engine(url, BUSY_MS, {}, poolclass=NullPool)


def _engine(url: URL, busy_ms: int, settings: dict[str, str], *, name: str = "fbkit", **pool: Any) -> Engine:
    settings = {
        **settings,
        "lock_timeout": str(busy_ms),
        "statement_timeout": str(STATEMENT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_MS),
        "jit": "off",  # our statements are short: compiling one takes longer than running it
        # A machine that vanishes is noticed within a minute, and its lock falls.
        "tcp_keepalives_idle": "20",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "4",
    }
    given = url.query.get("options", "")
    options = [given if isinstance(given, str) else " ".join(given)]
    options += [f"-c {setting}={value}" for setting, value in settings.items()]
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    return create_engine(
        url.difference_update_query(["options"]),
        module=library(),
        connect_args={"options": " ".join(options).strip(), "application_name": name, **timeout},
        **pool,
    )


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        if error.orig is None:
            raise
        raise store_error(error.orig, url) from None  # the driver's own words may hold what the URL held
    except library().Error as error:
        raise store_error(error, url) from None  # as above
