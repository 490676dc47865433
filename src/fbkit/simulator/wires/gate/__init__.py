"""Gate's side of the wire."""

from fbkit.simulator.wires.gate.wire import GateWire

__all__ = ["GateWire"]
