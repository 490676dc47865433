"""Where a server is and what lets one in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from fbkit.errors import SettingError
from fbkit.settings import default_home

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_LETS_IN = "the token of the server: FBKIT_TOKEN, a word of its own, or the whole link that `fbkit up` prints"


class Link(NamedTuple):
    """A server's address without what stands behind it, and its token."""

    url: str
    token: str

    @property
    def here(self) -> bool:
        """Whether it is this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK

    @property
    def api(self) -> str:
        """Where the questions are asked."""
        return f"{self.url}/fbkit/api/"

    @property
    def stream(self) -> str:
        """Where the websocket is."""
        return "ws" + self.api.removeprefix("http") + "stream"

    def __repr__(self) -> str:
        return f"Link({self.url!r}, token=…)"


def link_to(url: str | None, token: str | None) -> Link:
    """What a user gave, as a link. Without a URL it is the server that runs in ``FBKIT_HOME``.

    >>> link_to("http://127.0.0.1:8899/fbkit/?token=abc", None) == Link("http://127.0.0.1:8899", "abc")
    True

    Raises :class:`~fbkit.errors.SettingError` where the token is missing, or would cross a network in the clear.
    """
    given = url if url is not None else _of_this_home(default_home())
    parts = urlsplit(given.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError("url", given.partition("?")[0], "an address such as http://127.0.0.1:8899")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        allowed = "https://; plain http:// to this machine alone, for the token goes along (try `ssh -L`)"
        raise SettingError("url", f"http://{parts.netloc}", allowed)
    found = token or parse_qs(parts.query).get("token", [""])[0] or os.environ.get("FBKIT_TOKEN", "")
    if not found:
        raise SettingError("token", "", _LETS_IN)
    before = parts.path.partition("/fbkit")[0].rstrip("/")
    return Link(f"{parts.scheme}://{parts.netloc}{before}", found)


def _of_this_home(home: Path) -> str:
    newest = max((home / "runtime").glob("server-*.url"), key=_age, default=None)
    if newest is None:
        raise SettingError("url", "", f"an address; no server runs in {home} (start one with `fbkit up`)")
    return newest.read_text("utf-8")


def _age(path: Path) -> float:
    return path.stat().st_mtime


def in_words(words: Iterable[str] | str) -> str:
    """Several words as a query has them.

    >>> in_words(["rule", "tier"]), in_words("rule")
    ('rule,tier', 'rule')
    """
    return words if isinstance(words, str) else ",".join(words)
