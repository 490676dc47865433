"""Bybit's side of the wire, written from its documentation."""

from fbkit.simulator.wires.bybit.wire import BybitWire

__all__ = ["BybitWire"]
