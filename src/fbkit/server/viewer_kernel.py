"""The kernel of one viewer's page. Nobody types into it, so what serves a keyboard is left out, and memory goes back.

A page has many kernels, one a viewer. Questions to the store leave holes in their memory that the C library keeps for
later; here they are handed back to the system.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

# The debugger is several megabytes and a thread; who refuses its import gets a kernel without one.
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # None is how an import is refused

from ipykernel.ipkernel import IPythonKernel  # noqa: E402 - behind the line above
from tornado.ioloop import PeriodicCallback  # noqa: E402 - likewise

_HAND_BACK_MS = 20_000


class ViewerKernel(IPythonKernel):
    """An IPython kernel that hands unused memory back every 20 s, where the C library can (glibc)."""

    def start(self) -> None:
        """Begin to listen, and to hand memory back."""
        super().start()  # type: ignore[no-untyped-call]  # ipykernel declares none
        self._handing_back = PeriodicCallback(hand_back(), _HAND_BACK_MS)
        self._handing_back.start()


def hand_back() -> Callable[[], Any]:
    """What hands unused memory back to the system; nothing where the C library has no word for it.

    >>> _ = hand_back()()
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    return (lambda: trim(0)) if trim is not None else lambda: None
