"""ok, degraded, down, and always the reasons."""

from fbkit.health.codes import CODES, Code
from fbkit.health.health import Health, HealthState
from fbkit.health.prices import Compared, compare_prices, strange_prices
from fbkit.health.streams import EXPECTED_S
from fbkit.health.uptime import HEARTBEAT_NS, WINDOWS, Uptime, uptime, uptime_windows
from fbkit.health.whole import Reason, Whole, whole

__all__ = [
    "CODES",
    "EXPECTED_S",
    "HEARTBEAT_NS",
    "WINDOWS",
    "Code",
    "Compared",
    "Health",
    "HealthState",
    "Reason",
    "Uptime",
    "Whole",
    "compare_prices",
    "strange_prices",
    "uptime",
    "uptime_windows",
    "whole",
]
