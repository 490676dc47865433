"""Memory that is free but still ours, given back: a collector runs for weeks, and its owner looks at its size."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None  # musl keeps nothing worth asking for


def give_back() -> bool:
    """Give free memory back to the system; false where the C library does so by itself, or cannot.

    glibc keeps what lies between pieces in use: folding takes tens of MB a minute for a moment, and within a day the
    process would seem to be twice as large as what it holds. A few milliseconds, without the interpreter's lock.

    >>> give_back() in (True, False)
    True
    """
    trim = _trim()
    if trim is None:
        return False
    trim(0)
    return True
