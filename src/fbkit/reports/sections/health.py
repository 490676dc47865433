"""Is everything heard, and if not, why: streams, uptime, and when."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fbkit.continuity.backend import share_up
from fbkit.health import HEARTBEAT_NS, WINDOWS
from fbkit.reports import words
from fbkit.reports.facts import Facts, apart
from fbkit.reports.page import B, Block, Grid, Line, Picture, Piece, Section, T, Words, told
from fbkit.reports.pictures.timeline import timeline_picture

_PIECES = 96
_LANES = 6
_SPAN = {"1h": "hour", "24h": "24 h", "7d": "7 days"}
_SURELY = 0.999


def health(facts: Facts) -> Section:
    """State with its reasons, every stream, uptime by window, and a picture of up-time and gaps."""
    backend = facts.backend
    counts = {state: sum(row.state == state for row in backend.streams) for state in words.SHAPES}
    numbers = {
        "state": backend.state,
        "running": backend.running,
        "streams": counts,
        "uptime_percent": {
            name: None if share is None else round(share * 100, 4) for name, share in backend.uptime.items()
        },
    }
    blocks: list[Block] = [_claim(facts, counts), *_reasons(facts), *_streams(facts), _uptime(facts), *_picture(facts)]
    return Section("health", blocks, numbers)


def _claim(facts: Facts, counts: dict[str, int]) -> Block:
    state = facts.backend.state
    pieces: list[Piece] = [T(words.SHAPES[state], words.TONES[state]), " ", B(f"{state.capitalize()}.")]
    if not facts.backend.streams:
        return Words([*pieces, " No stream was judged yet."])
    split = words.joined([f"{n} {name}" for name, n in counts.items() if n])
    pieces.append(f" {words.many(len(facts.backend.streams), 'stream')}: {split}.")
    if not facts.backend.running:
        pieces.append(" Their states are those of the last heartbeat.")
    return Words(pieces)


def _reasons(facts: Facts) -> list[Block]:
    rows: list[list[Line]] = [
        [
            [T(words.SHAPES[reason.state], words.TONES[reason.state]), f" {reason.state}"],
            reason.where,
            reason.code,
            told(reason.sentence),
        ]
        for reason in facts.backend.reasons
    ]
    return [Grid(["state", "where", "reason", "in words"], rows)] if rows else []


def _streams(facts: Facts) -> list[Block]:
    rows: list[list[Line]] = [
        [
            row.venue or "fbkit",
            row.channel,
            [T(words.SHAPES[row.state], words.TONES[row.state]), f" {row.state}"],
            words.duration(row.age_s * 1e9) if row.age_s is not None else words.NONE,
        ]
        for row in facts.backend.streams
    ]
    return [Grid(["venue", "stream", "state", ">age of the newest"], rows, dense=True)] if rows else []


def _uptime(facts: Facts) -> Block:
    known = [share for share in facts.backend.uptime.values() if share is not None]
    if facts.first is None or facts.until is None or not known:
        return Words([B("Uptime is unknown:"), " no heartbeat was ever stored."])
    age = facts.until - facts.first
    parts = [
        f"{words.percent(share)} of the last {_SPAN[name]}"
        for name, share in facts.backend.uptime.items()
        if share is not None and WINDOWS[name] <= age
    ]
    if age < max(WINDOWS.values()):
        # The longest window reaches back before the first heartbeat, so it is all that is known.
        parts.append(f"{words.percent(known[-1])} of the {words.duration(age)} since the first heartbeat")
    shares = words.joined(parts)
    end = "now" if facts.backend.running else f"{words.utc(facts.until or 0)} UTC, the last beat"
    pieces: list[Piece] = [B(f"Up {shares}.")]
    pieces.append(f" Windows end {end}; a heartbeat every 10 s covers until the next, 20 s at most;")
    pieces.append(" the time before the first is left out.")
    return Words(pieces)


def _picture(facts: Facts) -> list[Block]:
    if facts.until is None or not len(facts.beats):
        return []
    window = (facts.since, facts.until)
    shares = shares_up(facts)
    lanes: dict[str, list[tuple[int, int, bool]]] = {}
    for hole in sorted(apart(facts.holes), key=lambda hole: -hole.length):
        name = f"{hole.venue or 'all'} {'' if hole.channel == '*' else hole.channel}".strip()
        lanes.setdefault(name, []).append((hole.t0, hole.t1, hole.filled))
    shown = list(lanes.items())[:_LANES]
    whole = sum(share is not None and share >= _SURELY for share in shares)
    known = sum(share is not None for share in shares)
    alt = f"Uptime of the collector in {words.many(known, 'piece')}, {whole} of them whole, "
    alt += f"and {words.many(len(facts.holes), 'gap')}"
    caption = (
        f"Uptime in {words.many(known, 'piece')} of {words.duration((facts.until - facts.since) / _PIECES)} "
        "(tall: up, low: partly, hatched: not), below it the gaps (filled: lost, outline: filled again). UTC."
    )
    if len(lanes) > _LANES:
        caption += f" {len(lanes) - _LANES} more lanes are in the table of gaps."
    return [Picture("uptime.png", timeline_picture(shares, shown, window), alt, caption)]


def shares_up(facts: Facts) -> list[float | None]:
    """Uptime of each piece of the window; ``None`` before the first run."""
    first = facts.first if facts.first is not None else int(facts.beats[0])
    edges = np.linspace(facts.since, facts.until or facts.since, _PIECES + 1).astype(np.int64).tolist()
    beats = facts.beats
    shares: list[float | None] = []
    for since, until in pairwise(edges):
        near = beats[(beats >= since - 2 * HEARTBEAT_NS) & (beats < until)]
        shares.append(share_up(near, since, until, first))
    return shares


__all__ = ["health", "shares_up"]
