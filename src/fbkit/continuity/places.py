"""Where a database lies, as it may be published."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


def redacted_url(url: str, home: Path) -> str:
    """A database URL fit for publishing: no password, no query, no folders of this machine.

    >>> redacted_url("postgresql://me:secret@db.example:5432/market", Path("/home/me"))
    'postgresql://me:***@db.example:5432/market'
    >>> redacted_url("sqlite:////home/me/fbkit/simulated.db", Path("/home/me/fbkit"))
    'sqlite:///FBKIT_HOME/simulated.db'
    """
    try:
        parsed = make_url(url).set(query={})
    except ArgumentError:
        return "a URL that cannot be read"
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        path = Path(parsed.database).expanduser().absolute()
        where = f"FBKIT_HOME/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else f"…/{path.name}"
        return f"sqlite:///{where}"
    return parsed.render_as_string(hide_password=True)
