"""The wires of the venues, a line each."""

from __future__ import annotations

from collections.abc import Mapping

from fbkit.errors import SettingError
from fbkit.simulator.market import Market
from fbkit.simulator.profile import PROFILES
from fbkit.simulator.wires.binance import BinanceWire
from fbkit.simulator.wires.bitget.wire import BitgetWire
from fbkit.simulator.wires.bybit.wire import BybitWire
from fbkit.simulator.wires.deribit.wire import DeribitWire
from fbkit.simulator.wires.gate.wire import GateWire
from fbkit.simulator.wires.hyperliquid.wire import HyperliquidWire
from fbkit.simulator.wires.okx.wire import OkxWire
from fbkit.simulator.wires.wire import Wire

WIRES: dict[str, type[Wire]] = {
    "binance": BinanceWire,
    "bybit": BybitWire,
    "okx": OkxWire,
    "hyperliquid": HyperliquidWire,
    "deribit": DeribitWire,
    "bitget": BitgetWire,
    "gate": GateWire,
}


def wire_of(venue: str) -> type[Wire]:
    """A venue's wire; :class:`~fbkit.errors.SettingError` where there is none."""
    if venue not in WIRES:
        raise SettingError("venues", venue, f"some of {', '.join(WIRES)}, or all")
    return WIRES[venue]


def resettable(wires: Mapping[str, Wire]) -> list[str]:
    """The venues whose wire knows a sequence that may begin anew."""
    return [venue for venue, wire in wires.items() if type(wire).reset_sequence is not Wire.reset_sequence]


def markets_of(venues: str, seed: int, instruments: int, at_ms: int) -> dict[str, Market]:
    """The markets of a list such as ``binance,bybit``, or of ``all`` that there are, as listed at an instant.

    >>> [market.profile.venue for market in markets_of("binance", 7, 2, 0).values()]
    ['binance']
    """
    names = list(WIRES) if venues.strip() == "all" else [name.strip() for name in venues.split(",")]
    for name in names:
        wire_of(name)
    return {name: Market(seed, instruments, PROFILES[name], at_ms) for name in dict.fromkeys(names)}
