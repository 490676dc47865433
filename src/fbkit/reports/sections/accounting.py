"""What became of every item received: the equation, by venue and stream."""

from __future__ import annotations

from fbkit.model.rows import AccountRow
from fbkit.reports import words
from fbkit.reports.facts import Facts
from fbkit.reports.page import B, Block, Grid, Line, Section, T, Words

_PARTS = ("stored", "conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight")


def accounting(facts: Facts) -> Section:
    """Received = stored + conflated + duplicate + ignored + quarantined + dropped + in flight, for each stream."""
    rows = [row for row in facts.accounts if row.received]
    control = sum(row.control for row in facts.accounts)
    if not rows:
        text = " The counters are written at each heartbeat of a collector."
        return Section("accounting", [Words([B("Nothing was received yet."), text])], {"received": 0, "balances": True})
    total = AccountRow(
        0, "", "", **{part: sum(getattr(row, part) for row in rows) for part in ("received", *_PARTS, "late")}
    )
    wrong = [row for row in rows if not row.balances]
    told = " + ".join(f"{part.replace('_', ' ')} {words.count(getattr(total, part))}" for part in _PARTS)
    verdict = (
        f"It balances in all {words.many(len(rows), 'stream')}." if not wrong
        else f"It does not balance in {words.joined([f'{row.venue} {row.channel}' for row in wrong])}."
    )  # fmt: skip
    blocks: list[Block] = [
        Words([B(f"received {words.count(total.received)}"), f" = {told}. ", B(verdict)]),
        _table(rows, total),
    ]
    run = next((run for run in facts.runs if run.run == rows[0].run), None)
    if run is not None:
        began = f"counted since the run that began {words.utc(run.ts_start)} UTC"
        text = f"Items are rows of frames and REST pages, {began}; late ones are stored, and counted here again. "
        text += f"Control frames are no items: {words.count(control)}."
        blocks.append(Words(text, "dim"))
    numbers = {
        "received": total.received,
        "balances": not wrong,
        "streams": {
            f"{row.venue} {row.channel}": {part: getattr(row, part) for part in ("received", *_PARTS)} for row in rows
        },
    }
    return Section("accounting", blocks, numbers)


def _table(rows: list[AccountRow], total: AccountRow) -> Block:
    heads = ["stream", ">received", *(f">{part.replace('_', ' ')}" for part in _PARTS), ">late", ""]
    lines: list[list[Line]] = []
    for row in (*rows, total) if len(rows) > 1 else rows:
        name: Line = B("together") if row is total else f"{row.venue} {row.channel}"
        counts = [words.count(getattr(row, part)) for part in ("received", *_PARTS, "late")]
        lines.append([name, *counts, T("● =", "ok") if row.balances else T("■ ≠", "bad")])
    return Grid(heads, lines, dense=True)
