"""Who does the sums of whole columns: numpy, or kernels compiled by numba (the extra ``numba``), with the same bits."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from typing import Any

DRIVERS = ("auto", "numpy", "numba")

#: From so many values on it pays to import numba (and perhaps to compile, once, for seconds).
_WORTHWHILE = 1 << 22

_KERNELS = "fbkit.quant.frames.compiled"


def kernels(driver: str, size: int) -> Any | None:
    """The compiled kernels (:mod:`fbkit.quant.frames.compiled`), ``None`` where numpy does it.

    ``auto`` takes them where they are loaded already, and loads them for many values (``size``) where numba is there.
    :class:`ValueError` for a driver there is not, or that is not installed.
    """
    if driver not in DRIVERS:
        raise ValueError(f"a driver is one of {', '.join(DRIVERS)}, not {driver!r}")
    if driver == "numpy":
        return None
    if driver == "numba":
        if find_spec("numba") is None:
            raise ValueError("numba is not installed: pip install 'fbkit[numba]', or driver=\"auto\"")
        return _load()
    return _load() if _KERNELS in sys.modules or (size >= _WORTHWHILE and find_spec("numba") is not None) else None


def panel_kernels(driver: str) -> Any | None:
    """The compiled bar close (:mod:`fbkit.quant.panel.compiled`), ``None`` where numpy does it.

    ``auto`` takes it where kernels are loaded already: a bar close alone is not worth loading them.
    """
    if kernels(driver, 0) is None:
        return None
    from fbkit.quant.panel import compiled

    return compiled


@cache
def _load() -> Any | None:
    """The kernels, once they have shown that their bits are numpy's here; ``None`` where they have not."""
    try:
        from fbkit.quant.frames import compiled
    except (ImportError, RuntimeError):  # numba does not go with this numpy, or finds no place for its cache
        return None
    from fbkit.quant.frames.zscore import agrees

    return compiled if agrees(compiled) else None
