"""Memory that is free but still ours, given back: a collector runs for weeks, and its owner looks at its size."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator
from functools import cache

#: Names of glibc's ``malloc.h``.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

#: Buffers from here on lie apart and go when they are freed. glibc's own number, which it would raise to 32 MB when it
#: sees larger ones go.
_APART = 128 * 1024

#: New containers between two searches for garbage; Python's own number is 700. A batch makes thousands that die young.
_SELDOM = 20_000


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Leave what is there now out of every search for garbage meanwhile, and search less often.

    For a process that is a collector and nothing else: modules and settings stay as long as it does, and looking
    through them again and again is work that finds nothing, and a stall of the loop.

    >>> import gc
    >>> with settled():
    ...     gc.get_freeze_count() > 0
    True
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is one that keeps what is free."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(None)
        library.malloc_trim, library.mallopt  # noqa: B018 - asked whether they are there
    except (OSError, AttributeError):
        return None  # musl keeps nothing worth asking for
    return library


@cache
def keep_little() -> bool:
    """Have the C library keep little for later, in this process and from now on; false where it cannot be asked.

    One heap for all threads, or each keeps the peak of what it once held: reading at upkeep, folding each minute. And
    what is large lies apart, or a page that a small piece holds keeps it from going. Before threads begin.

    >>> keep_little() in (True, False)
    True
    """
    library = _glibc()
    if library is None:
        return False
    wanted = {_ARENA_MAX: 1, _MMAP_THRESHOLD: _APART, _TRIM_THRESHOLD: _APART}
    return all(library.mallopt(name, value) for name, value in wanted.items())


def give_back() -> bool:
    """Give free memory back to the system; false where the C library does so by itself, or cannot.

    glibc keeps what lies between pieces in use: folding takes tens of MB a minute for a moment, and within a day the
    process would seem to be twice as large as what it holds. A few milliseconds, without the interpreter's lock.

    >>> give_back() in (True, False)
    True
    """
    library = _glibc()
    if library is None:
        return False
    library.malloc_trim(0)
    return True
