"""Which HTTP status an error is. One table; handlers have no ``except``."""

from __future__ import annotations

from fbkit.errors import (
    CollectorError,
    FbkitError,
    RuntimeFileError,
    SettingError,
    StoreError,
    UnknownName,
)

#: The nearest class in an error's line of descent decides.
STATUSES: dict[type[BaseException], int] = {
    SettingError: 400,
    UnknownName: 404,
    CollectorError: 503,
    RuntimeFileError: 503,
    StoreError: 503,
    FbkitError: 500,
}


def status_of(error: BaseException) -> int | None:
    """The status of one of our errors; ``None`` for anybody else's.

    >>> status_of(UnknownName("timeframe", "2m")), status_of(KeyError())
    (404, None)
    """
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), None)
