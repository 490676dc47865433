"""OKX v5: perpetual swaps and dated futures."""

#: The venue's name in every instrument's name.
VENUE = "okx"
