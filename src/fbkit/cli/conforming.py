"""``fbkit conformance DIR``: every recording under a folder through the parsers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from fbkit.cli.options import AsJson
from fbkit.cli.saying import answer_json, out, progress, say, table
from fbkit.errors import SettingError
from fbkit.feeds.recorded.conformance import Examined, examine, examine_folder


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(conformance)


def conformance(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of recordings, or one recording.")],
    as_json: AsJson = False,
) -> None:
    """Read every recording under DIR through the parsers; exit 1 if anything raised.

    A file that is no recording of frames, or of a venue we have no room for, is counted as unsupported.
    """
    if not folder.exists():
        raise SettingError("DIR", str(folder), "a folder or a recording that is there")
    found: list[Examined] = []
    with progress("reading", None) as step:
        for one in examine_folder(folder) if folder.is_dir() else [examine(folder)]:
            found.append(one)
            step(len(found), one.file)
    failed = [one for one in found if one.failed]
    if as_json:
        answer_json({"files": [_row(one) for one in found], "failed": len(failed), "totals": _totals(found)})
    else:
        _show(folder, found)
    for one in failed:
        say(f"fbkit: {one.file} raised:\n{one.failed}")
    if failed:
        raise typer.Exit(1)


def _row(one: Examined) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(one)
    return row


def _totals(found: list[Examined]) -> dict[str, Any]:
    events: Counter[str] = sum((one.events for one in found), Counter())
    unsupported = sum(bool(one.unsupported) for one in found)
    return {"files": len(found), "unsupported": unsupported, "items": sum(one.items for one in found)} | {
        "events": dict(sorted(events.items()))
    }


def _show(folder: Path, found: list[Examined]) -> None:
    columns = ["file", "venue", "frames", "items", "events by kind", "ignored", "quarantined", "books broken"]
    table(f"recordings under {folder.name}, through the parsers", columns, [_line(one) for one in found])
    totals = _totals(found)
    out.print(
        f"{totals['files']} files, {totals['unsupported']} unsupported, {totals['items']:,} items, "
        f"{sum(totals['events'].values()):,} events; {sum(bool(one.failed) for one in found)} raised",
        markup=False,
    )


def _line(one: Examined) -> list[Any]:
    head = [one.file, ", ".join(one.venues), one.frames, one.items]
    if one.failed:
        return [*head, f"RAISED {one.failed.strip().rpartition(chr(10))[2]}", "", "", ""]
    if one.unsupported:
        return [*head, f"unsupported: {one.unsupported}", "", "", ""]
    cut = f"; cut short: {one.damaged}" if one.damaged else ""
    return [*head, _words(one.events), _words(one.ignored), _words(one.quarantined) + cut, one.breaks or ""]


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
