"""A websocket of a venue, and what rides on it."""

from __future__ import annotations

from typing import NamedTuple


class Socket(NamedTuple):
    """What a link is made from.

    ``name`` (``"public-1"``) names tasks and captures; ``url`` is whole; ``topics`` are subscribed to after
    connecting. ``limits_s`` has each channel and how long it may be silent (``None``: for ever); ``riders`` the
    channels that come inside another's frames: ``{"mark": ("open_interest", "day")}``. ``symbols`` are the venue's
    symbols that ride here: the open minute is fetched for them where ``trade`` does, and after a cut the parser
    forgets them.
    """

    name: str
    url: str
    topics: tuple[str, ...]
    limits_s: dict[str, float | None]
    riders: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - a NamedTuple's default; nobody changes it
    symbols: tuple[str, ...] = ()
    headers: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default; nobody changes it
