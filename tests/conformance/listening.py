"""A venue's own feed listening to the simulated venue in memory: what it heard, and what it made of it.

``python -m tests.conformance.listening`` writes the fixtures anew (``tests/conformance/fixtures``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zstandard

from fbkit.clock import parse_utc
from fbkit.feeds.venues import FEEDS
from fbkit.model import NS_MS, Item
from fbkit.simulator import Market
from fbkit.simulator.profile import PROFILES
from tests.feeds import in_memory

FIXTURES = Path(__file__).parent / "fixtures"

#: A minute ends here, a funding period too, and the seed has liquidations.
START = parse_utc("2026-01-01T23:59:52Z")
SEED, INSTRUMENTS, SECONDS = 7, 3, 14


class Heard:
    """A sink that keeps everything: raw frames in order, items with their instants, troubles."""

    def __init__(self) -> None:
        self.raws: list[tuple[str, int, bytes]] = []
        self.items: list[tuple[Item, int]] = []
        self.told: list[tuple[Any, ...]] = []

    def take(self, venue: str, items: Sequence[Item], ts_recv: int) -> None:
        self.items += [(item, ts_recv) for item in items]

    def silent(self, venue: str, channels: Sequence[str], cause: str, since: int) -> None:
        self.told.append(("silent", tuple(channels), cause))

    def speaking(self, venue: str, channels: Sequence[str], ts: int) -> None:
        self.told.append(("speaking", tuple(channels)))

    def trouble(self, venue: str, channel: str, reason: str, sentence: str) -> None:
        self.told.append(("trouble", channel, reason, sentence))

    def well(self, venue: str, channel: str) -> None:
        """Good."""

    def broke(self, venue: str, instrument: str, channel: str, since: int, sentence: str) -> None:
        self.told.append(("broke", instrument, channel, sentence))

    def mended(self, venue: str, instrument: str, channel: str, ts: int) -> None:
        self.told.append(("mended", instrument, channel))

    def raw(self, venue: str, connection: str, ts_recv: int, payloads: Sequence[bytes]) -> None:
        self.raws.extend((connection, ts_recv, payload) for payload in payloads)


def market_of(venue: str, instruments: int = INSTRUMENTS, seed: int = SEED, start: int = START) -> Market:
    """The simulated market as a venue shows it."""
    return Market(seed=seed, instruments=instruments, profile=PROFILES[venue], at_ms=start // NS_MS)


def listen(
    venue: str,
    *,
    seconds: float = SECONDS,
    instruments: int = INSTRUMENTS,
    seed: int = SEED,
    start: int = START,
    flipped: frozenset[str] = frozenset(),
) -> Heard:
    """Run the venue's feed for so many virtual seconds from an instant (UTC ns) on."""
    market = market_of(venue, instruments, seed, start)
    return in_memory.listen(Heard(), venue, start, seconds, market=market, flipped=flipped)


def lines_of(venue: str, heard: Heard) -> str:
    """What was heard as one of fbkit's captures."""
    head = {"fbkit": "capture", "format": 1, "venue": venue, "connection": "all"}
    rows = [{"ts": ts, "conn": connection, "data": payload.decode()} for connection, ts, payload in heard.raws]
    return "\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in [head, *rows]) + "\n"


def fixture(venue: str) -> Path:
    """The committed capture of a venue."""
    return FIXTURES / f"{venue}.fbkit.jsonl.zst"


def main(venues: Sequence[str]) -> None:
    """Write the fixtures of these venues, or of all."""
    FIXTURES.mkdir(exist_ok=True)
    for venue in venues or FEEDS:
        text = lines_of(venue, listen(venue)).encode()
        fixture(venue).write_bytes(zstandard.ZstdCompressor(level=19).compress(text))
        sys.stdout.write(f"{venue}: {len(text.splitlines()):,} lines, {fixture(venue).stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
