"""ok, degraded, down, and always the reasons."""

from fbkit.health.health import Health, HealthState
from fbkit.health.prices import Strange, strange_prices
from fbkit.health.streams import EXPECTED_S
from fbkit.health.uptime import HEARTBEAT_NS, WINDOWS, Uptime, uptime, uptime_windows

__all__ = [
    "EXPECTED_S",
    "HEARTBEAT_NS",
    "WINDOWS",
    "Health",
    "HealthState",
    "Strange",
    "Uptime",
    "strange_prices",
    "uptime",
    "uptime_windows",
]
