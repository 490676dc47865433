"""Gate perpetuals, settled in USDT."""

#: The venue's name in every instrument's name.
VENUE = "gate"
