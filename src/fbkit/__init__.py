"""fbkit: a Jupyter-centred analytics workspace for crypto futures.

>>> import fbkit
>>> fbkit.zscore([1.0, 2.0, 3.0, 4.0, 100.0], window=4)[-1].round(6)
np.float64(75.523175)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fbkit import dashboard, widgets
    from fbkit.desk import Desk, collect, demo, open, zscore  # noqa: A004 - the word users type

__version__ = "0.1.0"

__all__ = ["Desk", "__version__", "collect", "dashboard", "demo", "open", "widgets", "zscore"]

# The front door opens when somebody comes in: a collector that imports fbkit.ingest needs no pandas.
_ROOMS = {"dashboard": "fbkit.dashboard", "widgets": "fbkit.widgets"}
_WORDS = frozenset({"Desk", "collect", "demo", "open", "zscore"})


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    if name in _WORDS:
        return getattr(importlib.import_module("fbkit.desk"), name)
    raise AttributeError(f"module 'fbkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
