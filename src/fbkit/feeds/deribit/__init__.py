"""Deribit perpetuals and dated futures, inverse (settled in coins) and linear (settled in USDC)."""

#: The venue's name in every instrument's name.
VENUE = "deribit"
