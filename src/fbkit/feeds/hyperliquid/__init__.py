"""Hyperliquid perpetuals: the venue's own order book, margined in USDC."""

#: The venue's name in every instrument's name.
VENUE = "hyperliquid"
