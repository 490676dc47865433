"""A simulated market that is a function of (seed, UTC instant), and venues that speak it on Binance's wire.

Imports no feed: the wire is written a second time here, from the exchange's documentation.
"""

from fbkit.simulator.market import Market

__all__ = ["Market"]
