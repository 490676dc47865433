"""What the venues of a page leave open, what they have no feed for, and which of the page's numbers that touches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any

import msgspec

#: The page's numbers that are as sure as what a channel means.
_OPEN = {"open_interest": ("oi_usd",), "liquidation": ("liq_net",), "mark": ("funding_8h",)}

#: The page's numbers that come from a channel alone; without it there are none.
_ONLY = {
    "open_interest": ("oi_usd", "oi_dlog"),
    "liquidation": ("liq_net",),
    "mark": ("mark", "premium", "funding_8h"),
    "day": ("day_change", "day_vol_usd"),
}


class Readings(msgspec.Struct, frozen=True):
    """By venue and channel: the note of what its documents leave open, and the channels it does not have at all.

    ``flipped`` names the readings that were turned round (setting of that name), ``fixed`` the venues whose readings
    nobody can turn round because they came in without a room of ours.
    """

    notes: Mapping[str, Mapping[str, str]] = {}
    missing: Mapping[str, tuple[str, ...]] = {}
    flipped: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()

    def doubts(self) -> dict[str, dict[str, str]]:
        """By venue and field of the table, the note that belongs to its numbers."""
        return {
            venue: {field: note for channel, note in notes.items() for field in _OPEN.get(channel, ())}
            for venue, notes in self.notes.items()
        }

    def lacks(self) -> dict[str, list[str]]:
        """By venue, the fields of the table it has no feed for."""
        return {
            venue: [field for channel in channels for field in _ONLY.get(channel, ())]
            for venue, channels in self.missing.items()
        }

    def lines(self) -> list[dict[str, Any]]:
        """Every note once, with its venue and channels, and the word that turns the reading round."""
        return [
            {
                "venue": venue,
                "channels": (channels := [channel for channel, _ in alike]),
                "note": note,
                "flip": "" if venue in self.fixed else ",".join(f"{venue}.{channel}" for channel in channels),
                "flipped": any(f"{venue}.{channel}" in self.flipped for channel in channels),
            }
            for venue, notes in self.notes.items()
            for note, alike in groupby(sorted(notes.items(), key=lambda one: one[1]), key=lambda one: one[1])
        ]

    def unsupported(self) -> list[dict[str, Any]]:
        """What each venue does not offer."""
        return [{"venue": venue, "channels": list(channels)} for venue, channels in self.missing.items() if channels]

    def open_at(self, venues: Collection[str], channel: str) -> list[str]:
        """Of these venues, those that leave a channel's meaning open.

        >>> Readings(notes={"okx": {"open_interest": "one side or both"}}).open_at(["binance", "okx"], "open_interest")
        ['okx']
        """
        return [venue for venue in sorted(venues) if channel in self.notes.get(venue, {})]

    def without(self, venues: Collection[str], channel: str) -> list[str]:
        """Of these venues, those that do not offer a channel."""
        return [venue for venue in sorted(venues) if channel in self.missing.get(venue, ())]


def readings(venues: Collection[str], flipped: Mapping[str, Collection[str]]) -> Readings:
    """What is known of these venues; ``flipped`` is the setting, channels by venue. Imports every feed: use a thread.

    >>> told = readings(["hyperliquid", "okx"], {"okx": {"open_interest"}})
    >>> told.lacks()["hyperliquid"], told.lines()[0]["flip"], told.lines()[0]["flipped"]
    (['liq_net'], 'okx.open_interest', True)
    """
    from fbkit.feeds.venues import FEEDS, offers

    offered = {venue: offers(venue).values() for venue in sorted(venues)}
    return Readings(
        {at: {one.channel: one.note for one in told if not one.certain} for at, told in offered.items()},
        {at: tuple(one.channel for one in told if one.how == "unsupported") for at, told in offered.items()},
        frozenset(f"{at}.{channel}" for at, channels in flipped.items() for channel in channels),
        frozenset(at for at in venues if at not in FEEDS),
    )
