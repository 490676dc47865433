"""Binance USD-M's side of the wire."""

from fbkit.simulator.wires.binance.wire import BinanceWire

__all__ = ["BinanceWire"]
