"""Commands that keep the size: maintain and archive, by the collector that runs or by ourselves; and export."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from fbkit.cli.options import AsJson, Db, Since
from fbkit.cli.saying import answer_json, out, progress, say, table
from fbkit.clock import SystemClock, iso
from fbkit.desk import Desk
from fbkit.desk import open as open_desk
from fbkit.desk.base import INSTANTS
from fbkit.errors import SettingError, UnknownName
from fbkit.hub import call_sync
from fbkit.ingest import find_collector
from fbkit.ingest.archiving import archive as archive_days
from fbkit.ingest.maintain import limits_of
from fbkit.ingest.maintain import maintain as keep_size
from fbkit.runtime import database_url
from fbkit.store import Writer, open_writer
from fbkit.store.archive.export import export as write_file
from fbkit.store.archive.sql import TABLES, Narrow

#: A day of ticks may take minutes; a collector that is gone is noticed at once all the same.
_PATIENCE_S = 6 * 3600.0

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done, and why.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (maintain, archive, export):
        app.command()(command)


def maintain(
    max_mb: Annotated[
        float | None, typer.Option("--max-mb", metavar="MB", help="Keep the database below this; default: the setting.")
    ] = None,
    dry_run: DryRun = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Remove what is older than the settings keep, then the oldest until the size is kept; exit 1 where it is not.

    Events go first, then 1m bars whose folds the stored bars above them are. What is archived is never touched.
    """
    if max_mb is not None and max_mb <= 0:
        raise SettingError("--max-mb", max_mb, "a number above 0")
    desk = open_desk(db)
    runs = find_collector(desk.settings, desk.store.url)
    if runs is not None:
        done = call_sync(runs, "maintain", timeout_s=_PATIENCE_S, max_mb=max_mb, dry_run=dry_run)
    else:
        with closing(_taken(desk, "fbkit maintain")) as writer, progress("maintain", None) as step:
            found = keep_size(writer, limits=limits_of(desk.settings, desk.now(), max_mb), dry_run=dry_run, told=step)
            done = msgspec.to_builtins(found) | {"within": found.within}
    _say_maintained(desk.store.url, done, as_json, by="ourselves" if runs is None else "the collector")
    if not (dry_run or done["within"]):
        say(f"fbkit: the database takes {done['bytes_after'] / 1e6:,.1f} MB; {done['staying'][-1]}")
        raise typer.Exit(1)


def _say_maintained(url: str, done: dict[str, Any], as_json: bool, *, by: str) -> None:
    for one in done["going"]:
        one["before"] = iso(one["before"])
    if as_json:
        answer_json({"database": url, "by": by} | done)
        return
    rows = [[one["what"], one["before"], one["rows"], one["bytes"] / 1e6, one["why"]] for one in done["going"]]
    what = "would go" if done["dry_run"] else "went"
    table(f"what {what}, by {by} · {url}", ["what", "before (UTC)", "rows", "about MB", "why"], rows)
    for sentence in done["staying"]:
        out.print(f"  {sentence}", markup=False)
    sizes = f"{done['bytes_before'] / 1e6:,.1f} MB before, {done['bytes_after'] / 1e6:,.1f} MB now"
    out.print(sizes + (f", budget {done['max_bytes'] / 1e6:,.1f} MB" if done["max_bytes"] else ""), markup=False)


def archive(
    before: Annotated[
        str, typer.Option("--before", metavar="AGE", help="Days that ended so long ago: 7d 36h, or before a UTC date.")
    ] = "7d",
    dry_run: DryRun = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Move closed UTC days into Parquet files beside the database; every command goes on reading them.

    Each file is read again and compared before anything leaves the database. May be stopped and asked again.
    """
    desk = open_desk(db)
    instant = desk.instant(before, "--before")
    if instant is None:
        raise SettingError("--before", before, INSTANTS)
    runs = find_collector(desk.settings, desk.store.url)
    if runs is not None:
        done = call_sync(runs, "archive", timeout_s=_PATIENCE_S, before=instant, dry_run=dry_run)
    else:
        with closing(_taken(desk, "fbkit archive")) as writer, progress("archive", None) as step:
            done = msgspec.to_builtins(archive_days(writer, before=instant, dry_run=dry_run, told=step))
    if as_json:
        answer_json({"database": desk.store.url, "by": "ourselves" if runs is None else "the collector"} | done)
        return
    rows = [[one["day"], one["kind"], one["events"], one["files"], one["bytes"] / 1e6] for one in done["days"]]
    table(f"archive · {desk.store.url}", ["day", "kind", "events", "files", "MB"], rows)
    out.print(done["sentence"], markup=False)


def export(
    name: Annotated[
        str, typer.Argument(metavar="TABLE", help="trades quotes marks bars metrics gaps … (`fbkit status`)")
    ],
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A file that ends in .csv or .parquet.")],
    since: Since = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to here, without it: as --since.")] = None,
    instrument: Annotated[str | None, typer.Option("--instrument", help="Of one instrument: a name or symbol.")] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Write a table into a file for other programs, with units in the column names."""
    if name not in TABLES:
        raise UnknownName("table", name, TABLES)
    desk = open_desk(db)
    one = None if instrument is None else _one(desk, instrument)
    rows = write_file(desk.store, name, to, Narrow(one, desk.span(since, until)))
    if as_json:
        answer_json(
            {"database": desk.store.url, "table": name, "file": str(to), "rows": rows, "bytes": to.stat().st_size}
        )
    else:
        out.print(f"{rows:,} rows of {name} in {to} ({to.stat().st_size / 1e6:,.1f} MB)", markup=False)


def _one(desk: Desk, text: str) -> str:
    found = desk.find(text)
    if len(found) > 1:
        raise UnknownName("single instrument", text, found[:5])
    return found[0]


def _taken(desk: Desk, holder: str) -> Writer:
    """The database for ourselves: no collector runs."""
    store = desk.store
    return open_writer(
        database_url(desk.settings), market=store.market, seed=store.seed, clock=SystemClock(), holder=holder
    )
