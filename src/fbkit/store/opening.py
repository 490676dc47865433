"""Opening a database: its URL's scheme says of which kind it is, and only that kind is imported."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, cast

from fbkit.clock import Clock
from fbkit.model.market import Market
from fbkit.store.lease import Claim
from fbkit.store.log import Backend
from fbkit.store.reader import Store
from fbkit.store.writer import Writer

#: Where a :class:`~fbkit.store.log.Backend` lies, by scheme.
_BACKENDS = {"postgresql": "fbkit.store.postgres", "postgres": "fbkit.store.postgres"}


def _backend(url: str) -> Backend:
    scheme = url.partition(":")[0].partition("+")[0]
    # Whatever is no URL at all, SQLite's own refusal says best.
    return cast(Backend, import_module(_BACKENDS.get(scheme, "fbkit.store.sqlite")))


def open_writer(url: str, *, market: Market, seed: int | None, clock: Clock, holder: str, **options: Any) -> Writer:
    """Open a database to write it, creating or migrating it first.

    Raises :class:`~fbkit.errors.StoreHeld` when somebody writes it, :class:`~fbkit.errors.MarketMismatch` when it
    holds another market (or seed), :class:`~fbkit.errors.SchemaMismatch`, :class:`~fbkit.errors.StoreCorrupt`,
    :class:`~fbkit.errors.StoreFull`. Options are those of :class:`~fbkit.store.lease.Claim`: ``synchronous="NORMAL"``,
    ``busy_ms``, ``locked=True``, ``ttl_ns``. ``locked=False`` leaves out the lock, for a file system that has none, and
    trusts the lease alone, which is free ``ttl_ns`` after its last renewal.
    """
    claim = Claim(market, seed, clock, holder, **options)
    database, lease = _backend(url).open_to_write(url, claim)
    try:
        return Writer(database, clock, lease)
    except BaseException:
        database.close()
        database.release()
        raise


def open_store(url: str) -> Store:
    """Open a database to read it: this can neither change nor checkpoint it.

    Raises :class:`~fbkit.errors.StoreMissing`, :class:`~fbkit.errors.SchemaMismatch`,
    :class:`~fbkit.errors.StoreCorrupt`.
    """
    database = _backend(url).open_to_read(url)
    try:
        return Store(database)
    except BaseException:
        database.close()
        raise


def set_aside(url: str, clock: Clock) -> Path:
    """Move a damaged database to ``<db>.corrupt-<utc>``; returns the new place. Nothing is deleted.

    Raises :class:`~fbkit.errors.StoreHeld` while somebody writes it.
    """
    return _backend(url).set_aside(url, clock)
