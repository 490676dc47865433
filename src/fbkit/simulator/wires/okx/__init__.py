"""OKX's side of the wire."""

from fbkit.simulator.wires.okx.wire import OkxWire

__all__ = ["OkxWire"]
