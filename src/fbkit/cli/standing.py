"""``fbkit status``: what runs and how fast, what is stored and how large it is, and whether the books balance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fbkit.cli.options import AsJson, Db
from fbkit.cli.saying import answer_json, out, table
from fbkit.cli.titles import head, title
from fbkit.desk import open as open_desk

_TERMS = ("received", "stored", "conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight", "late")


def status(db: Db = None, as_json: AsJson = False) -> None:
    """Say what runs and how fast, what is stored and how large it is, and whether the books balance."""
    desk = open_desk(db)
    facts = desk.status()
    if as_json:
        answer_json(head(desk) | facts)
        return
    table(title(desk, "stored"), ["table", "rows"], list(facts["rows"].items()))
    table(
        "streams", ["venue", "channel", "items/s", "lag ms", "coverage 1h"], [_stream(one) for one in facts["streams"]]
    )
    table("items since the run began: received = the sum of what follows", ["venue", "channel", *_TERMS], _books(facts))
    for line in lines(facts):
        out.print(line, markup=False)


def _stream(one: dict[str, Any]) -> list[Any]:
    rate, lag, share = one["items_s"], one["lag_ms"], one["coverage_1h"]
    return [
        one["venue"],
        one["channel"],
        None if rate is None else round(rate, 1),
        None if lag is None else round(lag),
        None if share is None else f"{share:.2%}",
    ]


def _books(facts: dict[str, Any]) -> list[list[Any]]:
    return [[one["venue"], one["channel"], *(one[term] for term in _TERMS)] for one in facts["accounting"]]


def lines(facts: dict[str, Any]) -> Iterator[str]:
    """The rest in sentences, one a line."""
    yield _collector(facts["collector"])
    if facts["queue"] is not None:
        yield f"queue: {facts['queue']['events']:,} events before the writer, {facts['queue']['share']:.1%} full"
        yield f"spill: {_mb(facts['spill']['bytes'])} in {facts['spill']['batches']:,} batches"
    if facts["backfill"] is not None:
        yield f"backfill: {facts['backfill']['sentence']}"
    sizes = [("", facts["bytes"]), ("write-ahead log ", facts["wal_bytes"]), ("archive ", facts["archive_bytes"])]
    yield "size: " + ", ".join(f"{name}{_mb(size)}" for name, size in sizes)
    lease = facts["lease"]
    state = "held" if lease["held"] else "free"
    yield (
        f"lease: {state}, epoch {lease['epoch']}, {lease['holder'] or 'nobody'} (pid {lease['pid']}), "
        f"renewed {lease['age_s']:,.0f} s ago"
    )
    point = facts["checkpoint"]
    yield "checkpoint: none yet" if point is None else f"checkpoint: {point['ts']} UTC, {point['age_s']:,.0f} s ago"
    known = {name: "unknown" if up is None else f"{up:.2f} %" for name, up in facts["uptime_percent"].items()}
    yield "uptime: " + ", ".join(f"{name} {up}" for name, up in known.items())
    yield from ["accounting: balances"] if facts["balanced"] else [f"accounting: {one}" for one in facts["unbalanced"]]


def _collector(facts: dict[str, Any] | None) -> str:
    if facts is None:
        return "collector: none runs"
    return (
        f"collector: runs as pid {facts['pid']} since {facts['since']} UTC, hub {facts['hub']}, "
        f"{facts['stored']:,} events stored"
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
