"""Where data is missing, and how much of each number stands on data."""

from __future__ import annotations

import msgspec

from fbkit.reports import words
from fbkit.reports.facts import Facts, Hole, apart, joined_length
from fbkit.reports.page import B, Block, Grid, Line, Piece, Section, T, Words

_SHOWN = 20
_LEAST = 5


def gaps(facts: Facts) -> Section:
    """Every gap of the window, longest first, and the coverage of its bars."""
    lost = [hole for hole in facts.holes if not hole.filled]
    numbers = {
        "gaps": len(facts.holes),
        "not_filled": len(lost),
        "open": sum(hole.open for hole in facts.holes),
        "seconds": joined_length(facts.holes) / 1e9,
        "seconds_not_filled": joined_length(lost) / 1e9,
        "coverage": float(facts.bars["coverage"].mean()) if len(facts.bars) else None,
    }
    return Section("gaps", [_claim(facts, lost), *_table(facts), *_coverage(facts)], numbers)


def _claim(facts: Facts, lost: list[Hole]) -> Block:
    if facts.until is None:
        return Words([B("No gap, and no data either:"), " nothing was heard yet."])
    if not facts.holes:
        return Words([B(f"No gap in {facts.asked.hours} h.")])
    total = words.duration(joined_length(facts.holes))
    pieces: list[Piece] = [B(f"{words.many(len(facts.holes), 'gap')} in {facts.asked.hours} h, {total} together")]
    if lost:
        length = joined_length(lost)
        share = words.percent(length / facts.window_ns)
        pieces.append(f"; {len(lost)} not filled: {words.duration(length)}, {share} of the window.")
    else:
        pieces.append("; all of them filled by backfill.")
    pieces.append(" Overlaps are counted once.")
    return Words(pieces)


def _table(facts: Facts) -> list[Block]:
    together = apart(facts.holes)
    alone = {msgspec.structs.replace(hole, instrument=""): hole.instrument for hole in facts.holes}
    longest = sorted(together, key=lambda hole: -hole.length)[:_SHOWN]
    rows: list[list[Line]] = [
        [
            words.utc(hole.t0),
            "still open" if hole.open else words.utc(hole.t1),
            words.duration(hole.length),
            hole.venue or "all venues",
            "all streams" if hole.channel in ("*", "") else hole.channel,
            _whose(facts, alone[hole], together[hole]),
            hole.cause or words.NONE,
            T("● filled", "ok") if hole.filled else T("▲ open", "warn") if hole.open else T("▲ lost", "warn"),
        ]
        for hole in longest
    ]
    if not rows:
        return []
    blocks: list[Block] = [
        Grid(["from, UTC", "to, UTC", ">length", "venue", "stream", "instrument", "cause", ""], rows, dense=True)
    ]
    if len(together) > _SHOWN:
        blocks.append(Words(f"The {_SHOWN} longest of {len(together)} are shown.", "dim"))
    return blocks


def _whose(facts: Facts, instrument: str, count: int) -> str:
    """The instrument of a gap, how many it is, or all of them."""
    if not count:
        return "all"
    return words.instrument(instrument, alone=facts.alone) if count == 1 else f"{words.count(count)} instruments"


def _coverage(facts: Facts) -> list[Block]:
    if not len(facts.bars):
        return [Words([B("Coverage is not known:"), f" no bar of {facts.asked.tf} has closed in the window."])]
    bars = facts.bars
    mean = float(bars["coverage"].mean())
    sources = bars["source"].value_counts()
    told = words.joined([f"{words.count(int(n))} {_SOURCE.get(str(name), str(name))}" for name, n in sources.items()])
    blocks: list[Block] = [
        Words(
            [
                B(f"Coverage {words.percent(mean)}"),
                f", mean of {words.count(len(bars))} bars of {facts.asked.tf}: {told}.",
            ]
        )
    ]
    by = bars.groupby("instrument")["coverage"].mean().sort_values()
    short = by[by < 1]
    if len(short) > _LEAST and float(short.iloc[-1]) - float(short.iloc[0]) < 1e-9:
        same = words.percent(float(short.iloc[0]))
        blocks.append(Words(f"All {len(short)} instruments that miss something miss the same: {same} each."))
    elif len(short):
        names = [(words.instrument(str(name), alone=facts.alone), float(share)) for name, share in short.items()]
        rows: list[list[Line]] = [[name, words.percent(share)] for name, share in names[:_LEAST]]
        blocks.append(Grid(["least covered", ">coverage"], rows, dense=True))
    return blocks


_SOURCE = {"own": "built from trades we heard", "venue": "taken from the venue", "none": "missing"}
