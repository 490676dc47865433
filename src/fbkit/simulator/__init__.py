"""A simulated market that is a function of (seed, UTC instant), and venues that speak it, each on its own wire.

Imports no feed: the wires are written a second time here, from the exchanges' documentation.
"""

from fbkit.simulator.market import Market
from fbkit.simulator.memory import MemoryVenues

__all__ = ["Market", "MemoryVenues"]
