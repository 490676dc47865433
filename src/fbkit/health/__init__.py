"""ok, degraded, down, and always the reasons."""

from fbkit.health.health import Health, HealthState
from fbkit.health.prices import Compared, compare_prices, strange_prices
from fbkit.health.streams import EXPECTED_S
from fbkit.health.uptime import HEARTBEAT_NS, WINDOWS, Uptime, uptime, uptime_windows

__all__ = [
    "EXPECTED_S",
    "HEARTBEAT_NS",
    "WINDOWS",
    "Compared",
    "Health",
    "HealthState",
    "Uptime",
    "compare_prices",
    "strange_prices",
    "uptime",
    "uptime_windows",
]
