"""Hyperliquid's side of the wire."""

from fbkit.simulator.wires.hyperliquid.wire import HyperliquidWire

__all__ = ["HyperliquidWire"]
