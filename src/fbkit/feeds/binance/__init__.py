"""Binance USDⓈ-M futures."""

#: The venue's name in every instrument's name.
VENUE = "binance"
