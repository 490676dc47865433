"""What a venue remembers for us."""

from __future__ import annotations

from collections.abc import Callable

from fbkit.model import Item

#: Tells the sink, with the instant.
Take = Callable[[list[Item]], None]

#: A backfill may use this share of a budget: what is live goes first.
SHARE = 0.6
