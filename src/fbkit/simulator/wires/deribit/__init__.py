"""Deribit's side of the wire."""

from fbkit.simulator.wires.deribit.wire import DeribitWire

__all__ = ["DeribitWire"]
