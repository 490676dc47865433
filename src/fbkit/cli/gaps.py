"""``fbkit gaps``: the ledger of what we know that we do not know."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import typer

from fbkit.cli.options import AsJson, Db, Since
from fbkit.cli.saying import answer_json, out, table
from fbkit.cli.titles import head, title
from fbkit.clock import iso
from fbkit.desk import open as open_desk
from fbkit.model import NS_S

#: Why there is nothing, in words.
CAUSES = {
    "disconnect": "the connection was lost",
    "stalled": "nothing came although the connection stood",
    "refused": "the venue refused it",
    "sequence": "ids show that events are missing",
    "overflow": "more came than the writer and its spill file could take",
    "stopped": "no collector ran",
    "start": "history before the collector listened",
    "asleep": "the machine slept, or the process stood still",
    "clock": "the machine's clock was set",
}


def gaps(
    db: Db = None,
    since: Since = None,
    instrument: Annotated[
        str | None, typer.Option("--instrument", metavar="NAME", help="What concerns this instrument alone.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only those that have not ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """List every period without data: from, to, how long, why, whether it was backfilled, and how many are missing."""
    desk = open_desk(db)
    name = None if instrument is None else only(desk.find(instrument), instrument)
    rows = [row for row in map(_row, desk.gaps(since).to_dict("records")) if concerns(row, name)]
    if open_:
        rows = [row for row in rows if row["open"]]
    if as_json:
        answer_json(head(desk) | {"gaps": rows, "open": sum(row["open"] for row in rows)})
        return
    columns = ["t0", "t1", "duration_s", "venue", "channel", "instrument", "cause", "backfilled", "missing", "sentence"]
    table(title(desk, "gaps"), columns, [[row[column] for column in columns] for row in rows])
    if not rows:
        out.print("no gaps there yet" if not open_ else "no gap is open", markup=False)


def only(found: list[str], text: str) -> str:
    """The one instrument meant."""
    if len(found) == 1:
        return found[0]
    raise typer.BadParameter(f"{text} is {len(found)} instruments: {', '.join(found[:5])}", param_hint="--instrument")


def concerns(row: dict[str, Any], name: str | None) -> bool:
    """Whether a gap is about an instrument: its own, its venue's, or everybody's."""
    if name is None:
        return True
    if row["instrument"]:
        return bool(row["instrument"] == name)
    return row["venue"] in {"", name.partition(":")[0]}


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    t0, t1 = int(row["t0"]), None if pd.isna(row["t1"]) else int(row["t1"])
    told: dict[str, Any] = {
        "gap_id": int(row["gap_id"]),
        "t0": iso(t0),
        "t1": None if t1 is None else iso(t1),
        "duration_s": None if t1 is None else (t1 - t0) / NS_S,
        "venue": row["venue"],
        "channel": row["channel"],
        "instrument": row["instrument"] if isinstance(row["instrument"], str) else "",
        "cause": row["cause"],
        "phase": row["phase"],
        "open": row["phase"] == "opened",
        "backfilled": row["phase"] == "backfilled",
        "missing": None if pd.isna(row["missing"]) else int(row["missing"]),
    }
    return told | {"sentence": sentence(told)}


def lasted(seconds: float) -> str:
    """A length of time as one says it.

    >>> lasted(0.25), lasted(12.0), lasted(150.0), lasted(7500.0), lasted(259_200.0)
    ('250 ms', '12 s', '2.5 min', '2.08 h', '3 d')
    """
    for unit, length in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if seconds >= (2 if unit != "s" else 1) * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms"


def sentence(gap: dict[str, Any]) -> str:
    """One gap in words.

    >>> sentence({"venue": "okx", "channel": "trade", "instrument": "", "cause": "disconnect", "phase": "closed",
    ...           "duration_s": 12.0, "missing": None})
    'okx trade: the connection was lost for 12 s; it stays a gap'
    """
    who = gap["instrument"] or gap["venue"] or "everything"
    what = "" if gap["channel"] == "*" else f" {gap['channel']}"
    why = CAUSES.get(gap["cause"], gap["cause"])
    long = "" if gap["duration_s"] is None else f" for {lasted(gap['duration_s'])}"
    missing = f", {gap['missing']:,} are missing" if gap["missing"] else ""
    end = {
        "opened": "it goes on, or is being filled",
        "backfilled": "what was missed is here now",
        "closed": "it stays a gap",
    }[gap["phase"]]
    return f"{who}{what}: {why}{long}{missing}; {end}"
