"""Bitget's side of the wire: v2's channels, v3's forced closes, REST."""

from fbkit.simulator.wires.bitget.wire import BitgetWire

__all__ = ["BitgetWire"]
