"""What it costs to read a message: from bytes to events, beside ``json.loads`` alone on the same bytes.

``python dev.py bench parse [--venue NAME] [--rounds 15] [--json]``

The messages are those of ``tests/conformance/fixtures``: what each venue's feed heard of the simulated market in some
seconds. Every round reads all of them with a new parser, in their order; rounds of both sides alternate. CPU time.

A benchmark, not a test: it says whether the goal was met (events cost less than ``json.loads``) and always ends with 0.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import process_time_ns
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from fbkit.feeds.instruments import Instruments
from fbkit.feeds.link import channel_of_item
from fbkit.feeds.recorded import Frame, open_recording
from fbkit.feeds.recorded.replay import READERS

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "conformance" / "fixtures"


class Line(NamedTuple):
    """Messages of a venue (and channel), their mean size, and CPU µs a message on each side, minima of the rounds."""

    venue: str
    channel: str
    messages: int
    size: float
    ours_us: float
    json_us: float

    @property
    def ratio(self) -> float:
        """Ours over ``json.loads``."""
        return self.ours_us / self.json_us


def messages_of(venue: str) -> tuple[list[Frame], Callable[[], Callable[[bytes, int], object]]]:
    """The frames of a venue's fixture, and a maker of parsers that follow its instruments and have begun its books."""
    frames = list(open_recording(FIXTURES / f"{venue}.fbkit.jsonl.zst").frames())
    reader = READERS[venue]()
    for frame in frames:
        reader.read(frame)
    followed = [known.instrument for known in reader.instruments]
    books = [frame for frame in frames if "/order_book?" in frame.url]

    def parser() -> Callable[[bytes, int], object]:
        fresh = READERS[venue]()
        fresh.instruments = Instruments(followed)
        made: Any = fresh.make_parser()
        for book in books:  # asked for over REST: without them, updates would only wait
            made.snapshot(book.payload, dict(parse_qsl(urlsplit(book.url).query))["contract"], book.ts_recv)
        frame: Callable[[bytes, int], object] = made.frame
        return frame

    return [frame for frame in frames if not frame.is_http], parser


def measure(venue: str, rounds: int) -> list[Line]:
    """All of a venue's messages, and each channel alone."""
    frames, parser = messages_of(venue)
    groups: dict[str, list[Frame]] = {"all": frames}
    by_channel: dict[str, list[Frame]] = defaultdict(list)
    read = parser()
    for frame in frames:
        items = read(frame.payload, frame.ts_recv)
        by_channel[channel_of_item(items[0]) or "control"].append(frame)  # type: ignore[index]  # a list of items
    groups |= {channel: group for channel, group in sorted(by_channel.items()) if len(group) >= 20}
    return [_line(venue, channel, group, parser, rounds) for channel, group in groups.items()]


def _line(
    venue: str,
    channel: str,
    frames: list[Frame],
    parser: Callable[[], Callable[[bytes, int], object]],
    rounds: int,
) -> Line:
    payloads = [(frame.payload, frame.ts_recv) for frame in frames]
    texts = [payload for payload, _ in payloads if payload[:1] in b"{["]
    laps = max(1, 2000 // len(payloads))
    ours, theirs = [], []
    gc.disable()
    try:
        for _ in range(rounds):
            spent = 0
            for _ in range(laps):
                read = parser()
                began = process_time_ns()
                for payload, ts in payloads:
                    read(payload, ts)
                spent += process_time_ns() - began
            ours.append(spent / laps / len(payloads))
            began = process_time_ns()
            for _ in range(laps):
                for payload in texts:
                    json.loads(payload)
            theirs.append((process_time_ns() - began) / laps / max(1, len(texts)))
            gc.collect()
    finally:
        gc.enable()
    size = sum(len(payload) for payload, _ in payloads) / len(payloads)
    return Line(venue, channel, len(payloads), size, min(ours) / 1000, min(theirs) / 1000)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench parse", description="what it costs to read a message")
    parser.add_argument("--venue", choices=sorted(READERS), help="one venue; default: all")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of both sides; the minima are told")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    asked = parser.parse_args(arguments)
    lines = [line for venue in ([asked.venue] if asked.venue else READERS) for line in measure(venue, asked.rounds)]
    if asked.json:
        print(json.dumps([line._asdict() | {"ratio": line.ratio} for line in lines], indent=1))
        return 0
    print("| venue | channel | messages | bytes | to events, CPU µs | json.loads, CPU µs | ratio |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for line in lines:
        print(
            f"| {line.venue} | {line.channel} | {line.messages:,} | {line.size:,.0f} | {line.ours_us:.2f} | "
            f"{line.json_us:.2f} | {line.ratio:.2f} |"
        )
    over = [line.venue for line in lines if line.channel == "all" and line.ratio >= 1.0]
    print(f"\nevents cost less than json.loads alone at {'every venue' if not over else f'all but {over}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
