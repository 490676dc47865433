"""What a server's refusals mean: our error, why, and what comes next. No sentence ever holds a password."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

from sqlalchemy import URL

from fbkit.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreMissing
from fbkit.runtime import shown_url

_KEPT = "what was not stored is kept and tried again"
#: Why a statement waited in vain for another's lock.
LOCKED = "somebody else holds the database"

_LOGIN = "check user and password in --db, or in the .pgpass file"

#: SQLSTATE (or the class it begins with), our error, why, and what comes next. The first that fits is taken.
#: Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
_TOLD: tuple[tuple[str, type[StoreError], str, str], ...] = (
    ("53100", StoreFull, "the server's disk is full", f"make room there; {_KEPT}"),
    ("53300", StoreBusy, "the server takes no more connections", f"{_KEPT}; raise max_connections if it lasts"),
    ("53", StoreBusy, "the server is short of something ({})", _KEPT),
    ("55P03", StoreBusy, LOCKED, f"{_KEPT}; find who has it open if it lasts"),
    ("57014", StoreBusy, "the server took too long ({})", _KEPT),
    ("40", StoreBusy, "another transaction was in the way ({})", _KEPT),
    ("57P04", StoreMissing, "the database was dropped", "create it again, or name another with --db"),
    ("57P", StoreBusy, "the server is shutting down or starting ({})", _KEPT),
    ("25P03", StoreBusy, "the server ended our transaction ({})", _KEPT),
    ("25P04", StoreBusy, "the server ended our transaction ({})", _KEPT),
    ("08", StoreBusy, "the connection was lost ({})", _KEPT),
    ("25006", StoreError, "may not be written: the server or database is read-only", "name its primary with --db"),
    (
        "42501",
        StoreError,
        "may not be used by this user ({})",
        "grant it what it needs (docs/how-to/use-postgresql.md)",
    ),
    ("28", StoreError, "the server refuses the login ({})", _LOGIN),
    ("3D000", StoreMissing, "there is no such database on the server", "create it (`createdb NAME`), or name another"),
    (
        "XX001",
        StoreCorrupt,
        "the server finds damaged data ({})",
        "nothing was deleted: restore it with the server's tools",
    ),
    (
        "XX002",
        StoreCorrupt,
        "the server finds a damaged index ({})",
        "`REINDEX DATABASE` mends it; nothing was deleted",
    ),
    ("58", StoreFull, "the server's disk refused ({})", f"see the server's log; {_KEPT}"),
)

#: Said by libpq alone, without a SQLSTATE, while connecting.
_SAID: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("role", "28000"),
    ("does not exist", "3D000"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("starting up", "57P03"),
    ("shutting down", "57P03"),
)


def store_error(error: BaseException, url: URL) -> StoreError:
    """Our error for one of the driver's.

    >>> from sqlalchemy.engine import make_url
    >>> store_error(OSError("no route, said secret"), make_url("postgresql://me:secret@db/live")).why
    'the connection was lost (no route, said ***)'
    """
    where, said = shown(url), without_password(_first_line(error), url)
    state = getattr(error, "sqlstate", None) or _state_of(said)
    for begins, kind, why, then in _TOLD:
        if state.startswith(begins):
            return kind(where, why.format(said), then)
    return StoreError(where, f"{said} (SQLSTATE {state})", "this is a fault of fbkit: please report it")


def shown(url: URL) -> str:
    """The URL as it may be shown."""
    return shown_url(url.render_as_string(hide_password=True))


def without_password(text: str, url: URL) -> str:
    """A text of the driver's, the URL's password masked in every spelling."""
    given = [url.password, url.query.get("password")]
    for password in [word for word in given if isinstance(word, str) and word]:
        for spelled in (password, quote(password, safe=""), quote_plus(password)):
            text = text.replace(spelled, "***")
    return text


def _first_line(error: BaseException) -> str:
    # A failed connect lists every address it tried, a line each; the last says what came of it.
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _state_of(said: str) -> str:
    """The SQLSTATE of an error that carries none: libpq's own, mostly of a connection that is not there."""
    return next((state for words, state in _SAID if words in said), "08006")
