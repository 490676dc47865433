"""Which venue a recording is of."""

from __future__ import annotations

from pathlib import Path

#: How recorders spell our venues, as prefixes in lower case.
_SPELLINGS = {
    "binance": "binance",
    "bybit": "bybit",
    "okx": "okx",
    "okex": "okx",
    "hyperliquid": "hyperliquid",
    "deribit": "deribit",
    "bitget": "bitget",
    "gate": "gate",
}

#: A key that only this venue's frames have.
_MARKS = ((b'"stream"', "binance"), (b'"topic"', "bybit"), (b'"arg"', "okx"), (b'"channel"', "hyperliquid"))


def venue_named(text: str) -> str:
    """The venue a recorder's word, a folder or a file name means; ``""`` if none.

    >>> venue_named("BINANCE_FUTURES"), venue_named("cryptofeed_OKX.jsonl"), venue_named("notes")
    ('binance', 'okx', '')
    """
    lower = text.lower()
    for spelling, venue in _SPELLINGS.items():
        if spelling in lower:
            return venue
    return ""


def venue_of(said: str, path: Path) -> str:
    """The venue of a file: what its rows say, else its folder's name, else its own; ``""`` if none says.

    A venue that is said and that we have no room for is named all the same.

    >>> venue_of("", Path("okx/cryptofeed_BYBIT.jsonl")), venue_of("KRAKEN", Path("okx/x.jsonl"))
    ('okx', 'kraken')
    """
    if said:
        return venue_named(said) or said.lower()
    return venue_named(path.parent.name) or venue_named(path.name)


def venue_of_frame(payload: bytes) -> str:
    """The venue whose wire a frame is written in; ``""`` if it does not tell."""
    for mark, venue in _MARKS:
        if mark in payload[:200]:
            return venue
    return ""
