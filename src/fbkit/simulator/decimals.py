"""Whole numbers over powers of ten as text."""

from __future__ import annotations


def decimal(value: int, decimals: int) -> str:
    """An integer over a power of ten, to the last digit whatever its size.

    >>> decimal(8309170, 2), decimal(5, 3), decimal(-5, 2), decimal(7, 0)
    ('83091.70', '0.005', '-0.05', '7')
    """
    if decimals == 0:
        return str(value)
    whole, part = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{decimals}d}"
