"""Stored events again, in a terminal: what was told once is computed anew and compared."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from fbkit.cli.options import AsJson, Db, Since
from fbkit.cli.saying import answer_json, out, progress, say, table
from fbkit.cli.titles import head, title
from fbkit.clock import iso
from fbkit.desk import open as open_desk
from fbkit.errors import SettingError
from fbkit.replay import Difference, Verification, verify
from fbkit.store.kinds import KIND_TABLE

#: Differences told to a person; all are counted, and in the JSON.
_TOLD = 20

#: What each line of the answer compares, in order.
_LINES = {
    "bars": "events → bars",
    "metrics": "stored bars → metrics",
    "summary": "stored bars → summary",
    "alerts": "metrics → alerts",
    "history": "history: whole columns of bars → metrics",
    "gaps": "events of gaps → gaps",
    "events": "events: none missing, none twice",
}

_PLURALS = [kind.plural for kind in KIND_TABLE.values()]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(replay)


def replay(
    verifying: Annotated[
        bool, typer.Option("--verify", help="Compare what the stored events give with what was stored, bit by bit.")
    ] = False,
    db: Db = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to here: as --since.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play stored events again through the same engine and compare what they give: exit 0 all alike, 1 not.

    Bars from events, metrics, summaries and alerts from stored bars, and metrics from whole columns of bars. What
    cannot be verified is told with its reason, and never called equal. Nothing compared is exit 1.
    """
    if not verifying:
        raise SettingError("replay", "without --verify", "fbkit replay --verify")
    desk = open_desk(db)
    span = desk.span(since, until)
    if span.since is not None and span.until is not None and span.since >= span.until:
        raise SettingError("--until", until, f"an instant after --since ({iso(span.since)})")
    counts = desk.store.table_counts()
    total = sum(counts.get(name, 0) for name in _PLURALS)
    with progress("verify", total) as step:
        found = verify(desk.store, span, told=step)
    if as_json:
        answer_json(head(desk) | _plain(found))
    else:
        _show(title(desk, "replay --verify"), found)
    if not found.is_same:
        say(f"fbkit: {_why(found)}")
        raise typer.Exit(1)


def _plain(found: Verification) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(found)
    for name in ("since", "until"):
        answer[name] = None if answer[name] is None else iso(answer[name])
    for one in answer["differences"]:
        one["t1"] = iso(one["t1"])
    for one in answer["unverified"]:
        one["since"], one["until"] = iso(one["since"]), iso(one["until"])
    rate = found.events / found.seconds if found.seconds else 0.0
    counts = {"values": found.values, "differing": found.differing, "is_same": found.is_same, "events_per_s": rate}
    return answer | counts


def _show(heading: str, found: Verification) -> None:
    rows = [
        [words, one.rows, one.values, one.close, one.differing]
        for name, words in _LINES.items()
        if (one := found.compared.get(name)) is not None
    ]
    table(heading, ["compared", "rows", "values", "of them to 1e-12", "differ"], rows)
    for note in found.notes:
        out.print(f"  {note}", markup=False)
    for left in found.unverified:
        when = f"{iso(left.since)} to {iso(left.until)} UTC"
        out.print(f"  not verifiable: {left.rows:,} rows of {left.table}, {when}: {left.why}", markup=False)
    for difference in found.differences[:_TOLD]:
        out.print(f"  differs: {sentence(difference)}", markup=False)
    if found.differing > _TOLD:
        out.print(f"  … and {found.differing - _TOLD:,} more (--json has them)", markup=False)
    rate = found.events / found.seconds if found.seconds else 0.0
    out.print(
        f"{found.values:,} values compared, {found.differing:,} differ; "
        f"{found.events:,} events in {found.seconds:.1f} s, {rate:,.0f} events/s",
        markup=False,
    )


def sentence(one: Difference) -> str:
    """A difference in one line.

    >>> sentence(Difference("bars", "binance:BTC-USDT-PERP", "1m", 60 * 10**9, "close", "1.5", "2.5"))
    'bars of binance:BTC-USDT-PERP 1m to 1970-01-01T00:01:00Z (UTC): close stored 1.5, computed 2.5'
    """
    where = " ".join(part for part in (one.instrument, one.tf) if part)
    of = f" of {where}" if where else ""
    note = f" ({one.note})" if one.note else ""
    return f"{one.table}{of} to {iso(one.t1)} (UTC): {one.column} stored {one.stored}, computed {one.computed}{note}"


def _why(found: Verification) -> str:
    if found.differing:
        return (
            f"{found.differing:,} values differ from what was stored: events, rows or code were changed; "
            "keep a copy of the database before you mend anything"
        )
    # What follows from bars that were not compared is no reason.
    whys = dict.fromkeys(one.why for one in found.unverified if one.table in {"bars", "metrics"})
    why = "; ".join(whys) or "no bar closed in this stretch"
    return f"no bars and metrics could be compared, so nothing is verified: {why}"
