"""Which part of a list a request asks for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import msgspec

from fbkit.errors import SettingError, UnknownName
from fbkit.model import TIMEFRAMES

#: How many items an answer has when nobody says, and at most.
DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000

#: How far back one may leaf; for more, read the store.
MAX_OFFSET = 1_000_000

#: What may stand behind ``?``. ``token`` is the server's own.
WORDS = ("tf", "limit", "offset")
_IGNORED = frozenset({"token", "_", "_xsrf"})


class Page(msgspec.Struct, frozen=True):
    """``?tf=&limit=&offset=``: a timeframe, and items ``[offset, offset + limit)``; offset 0 is the newest."""

    tf: str = "1m"
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    @property
    def end(self) -> int:
        """How many of the newest items it takes to answer."""
        return self.offset + self.limit

    def content_range(self, items: int, total: int | None) -> str:
        """The ``Content-Range`` of an answer with so many items.

        >>> Page(limit=10, offset=20).content_range(10, 45), Page().content_range(0, 0)
        ('items 20-29/45', 'items */0')
        """
        size = "*" if total is None else str(total)
        return f"items {self.offset}-{self.offset + items - 1}/{size}" if items else f"items */{size}"


def page_of(arguments: Mapping[str, str]) -> Page:
    """Read the query. A word we do not know is refused rather than passed over.

    >>> page_of({"tf": "5m", "limit": "20"})
    Page(tf='5m', limit=20, offset=0)
    """
    for word in arguments:
        if word not in WORDS and word not in _IGNORED:
            raise SettingError(word, arguments[word], f"one of {', '.join(WORDS)}")
    tf = arguments.get("tf", "1m")
    if tf not in TIMEFRAMES:
        raise UnknownName("timeframe", tf, difflib.get_close_matches(tf, TIMEFRAMES, n=3))
    return Page(
        tf,
        _whole(arguments, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        _whole(arguments, "offset", 0, 0, MAX_OFFSET),
    )


def _whole(arguments: Mapping[str, str], word: str, default: int, least: int, most: int) -> int:
    text = arguments.get(word)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise SettingError(word, text, f"a whole number from {least} to {most}")
    return int(text)
