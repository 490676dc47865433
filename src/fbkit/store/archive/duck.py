"""DuckDB, where it is installed (extra ``parquet``): a connection that reaches no network and no extension."""

from __future__ import annotations

import threading
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fbkit.errors import StoreError

#: What one connection may hold in memory.
MEMORY = "512MB"

_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

_making = threading.Lock()
_shared: list[Any] = []


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("duckdb") is not None


def library(what: str) -> Any:
    """The library, or a plain message that names what wanted it and how it is installed."""
    if not installed():
        raise StoreError(what, "needs DuckDB, which is not installed", 'install it with: pip install "fbkit[parquet]"')
    return import_module("duckdb")


def connect(what: str, **options: str | int) -> Any:
    """A database in memory of its own, on one thread so that what it writes keeps its order."""
    return library(what).connect(":memory:", config={**_OFFLINE, "memory_limit": MEMORY, "threads": 1, **options})


def cursor(what: str) -> Any:
    """A connection for one question, to the database in memory that all readers of this process share."""
    with _making:
        if not _shared:
            _shared.append(connect(what))
        return _shared[0].cursor()
