"""What stands behind ``?`` in a request: which part of a list, of which timeframe, of which time."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

import msgspec

from fbkit.clock import parse_utc
from fbkit.errors import SettingError, UnknownName
from fbkit.model import TIMEFRAMES, Span

#: How many items an answer has when nobody says, and at most.
DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000

#: How far back one may leaf; for more, read the store.
MAX_OFFSET = 1_000_000

#: What asks for a part of a list, and what for a stretch of time.
PART, TIMES = ("limit", "offset"), ("since", "until")

#: The first instant that int64 nanoseconds cannot tell is in 2262.
_LAST = 2**63

#: Words that are the server's own, or a browser's.
_IGNORED = frozenset({"token", "_", "_xsrf"})


class Page(msgspec.Struct, frozen=True):
    """Items ``[offset, offset + limit)`` of a list; offset 0 is the newest, where it has an order of time.

    ``tf`` is the timeframe, ``span`` what ``since`` and ``until`` leave of time; ``by`` and ``horizon`` are the
    scorecard's words, ``None`` where nothing was said.
    """

    tf: str = "1m"
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    span: Span = Span()
    by: tuple[str, ...] | None = None
    horizon: tuple[str, ...] | None = None

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


def page_of(arguments: Mapping[str, str], words: Collection[str]) -> Page:
    """Read the query of a route that knows these words. Another is refused rather than passed over.

    >>> page_of({"tf": "5m", "limit": "20"}, ["tf", "limit", "offset"])
    Page(tf='5m', limit=20, offset=0, span=Span(since=None, until=None), by=None, horizon=None)
    """
    for word in arguments:
        if word not in words and word not in _IGNORED:
            raise SettingError(word, arguments[word], f"one of {', '.join(words)}" if words else "no words here")
    tf = arguments.get("tf", "1m")
    if tf not in TIMEFRAMES:
        raise UnknownName("timeframe", tf, difflib.get_close_matches(tf, TIMEFRAMES, n=3))
    return Page(
        tf,
        _whole(arguments, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
        _whole(arguments, "offset", 0, 0, MAX_OFFSET),
        _span(arguments),
        _several(arguments, "by"),
        _several(arguments, "horizon"),
    )


def _whole(arguments: Mapping[str, str], word: str, default: int, least: int, most: int) -> int:
    text = arguments.get(word)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise SettingError(word, text, f"a whole number from {least} to {most}")
    return int(text)


def _span(arguments: Mapping[str, str]) -> Span:
    span = Span(_instant(arguments, "since"), _instant(arguments, "until"))
    if span.since is not None and span.until is not None and span.since > span.until:
        raise SettingError("until", arguments["until"], f"an instant after since ({arguments['since']})")
    return span


def _instant(arguments: Mapping[str, str], word: str) -> int | None:
    text = arguments.get(word)
    if text is None:
        return None
    allowed = "an instant since 1970 such as 2026-11-22T14:00:00Z (RFC 3339, UTC)"
    try:
        # A plus stands for a space in a query; who wrote an offset meant a plus.
        ts = parse_utc(text.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise SettingError(word, text, allowed) from error
    if not 0 <= ts < _LAST:
        raise SettingError(word, text, allowed)
    return ts


def _several(arguments: Mapping[str, str], word: str) -> tuple[str, ...] | None:
    text = arguments.get(word)
    return None if text is None else tuple(text.split(","))
