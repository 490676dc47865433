"""Events → bars → metrics; one code for live, replay and history."""

from fbkit.engine.closed import Closed, Provisional
from fbkit.engine.engine import Engine

__all__ = ["Closed", "Engine", "Provisional"]
