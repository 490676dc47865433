"""Bybit v5, category ``linear``: USDT and USDC perpetuals and dated futures."""

#: The venue's name in every instrument's name.
VENUE = "bybit"
