"""The last net under secrets: what a report leaves is searched for them before anybody reads it (FAULTS S7)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from fbkit.settings import Settings

_MASK = "****"
_TEXT = {".md", ".html", ".json", ".ipynb", ".log", ".txt"}
#: Shorter ones are words: masking them would tell more than it hides.
_SHORTEST = 6


def secrets_of(settings: Settings, url: str) -> tuple[str, ...]:
    """The secrets these settings hold: the server's token and the database's password, as written and as quoted.

    >>> secrets_of(Settings(token="sentinel-1"), "postgresql://me:pa%2Fss-word@127.0.0.1/m")
    ('sentinel-1', 'pa/ss-word', 'pa%2Fss-word')
    """
    found = [settings.token.get_secret_value() if settings.token else "", _password(url)]
    spellings = [spelling for secret in found for spelling in (secret, quote(secret, safe=""))]
    return tuple(dict.fromkeys(spelling for spelling in spellings if len(spelling) >= _SHORTEST))


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """The text without the secrets.

    >>> redact("token=sentinel-1", ("sentinel-1",))
    'token=****'
    """
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return text


def redact_folder(folder: Path, secrets: tuple[str, ...]) -> None:
    """Mask the secrets in every text file below ``folder``."""
    if not secrets:
        return
    for path in folder.rglob("*"):
        if path.suffix in _TEXT and path.is_file() and not path.is_symlink():
            text = path.read_text("utf-8", "surrogateescape")
            if (clean := redact(text, secrets)) != text:
                path.write_text(clean, "utf-8", "surrogateescape")


def _password(url: str) -> str:
    try:
        return str(make_url(url).password or "")
    except ArgumentError:
        return ""
