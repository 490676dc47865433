"""The token of a venue's colour."""

from __future__ import annotations

from fbkit.settings import VENUES


def of_venue(venue: str) -> str:
    """The token; a venue without a room of ours is grey, and is told by its name.

    >>> of_venue("okx"), of_venue("ccxt.krakenfutures")
    ('--v-okx', '--ink3')
    """
    return f"--v-{venue}" if venue in VENUES else "--ink3"
