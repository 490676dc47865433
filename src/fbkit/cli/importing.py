"""``fbkit import``: bars out of a CSV into a database marked RECORDED."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fbkit.cli.options import AsJson, Db
from fbkit.cli.saying import answer_json, out, progress, table
from fbkit.errors import SettingError

_COLUMNS = (
    "instrument", "tf", "bars", "funding", "open_interest", "known", "missing", "duplicates", "unsorted", "since",
    "until",
)  # fmt: skip


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .csv.gz with a header and a bar a row.")],
    *,
    tz: Annotated[
        str, typer.Option("--tz", metavar="ZONE", help="Of times without an offset: Europe/London …")
    ] = "UTC",
    label: Annotated[
        str, typer.Option("--label", help="A bar's time is its open (beginning) or close (end).")
    ] = "open",
    tf: Annotated[
        str | None, typer.Option("--tf", help="How long a bar is: 1m 8h 1d; default: the usual step.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="ROLE=NAME", help="A column's role: time=Datum; repeatable.")
    ] = None,
    instrument: Annotated[
        str | None, typer.Option("--instrument", help="Whose bars, where no column says: binance:BTC-USDT-PERP.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out rows that cannot be bars, and say so.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be stored.")] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Import bars, funding and open interest from a CSV into a database marked RECORDED; --db names it.

    Without --db it lies beside others under the file's own name. The same rows again are not stored again.
    """
    from fbkit.desk.imports import preview
    from fbkit.ingest.importing import import_csv
    from fbkit.settings import load_settings

    settings = load_settings(db=db)
    own = settings.home / (file.name.partition(".")[0] + ".db")
    url = db or f"sqlite:///{own.as_posix()}"
    how: dict[str, Any] = {"tz": tz, "label": label, "tf": tf, "columns": _pairs(column or [])}
    how |= {"instrument": instrument, "skip_bad": skip_bad}
    if dry_run:
        done = preview(file, url, how)
    else:
        with progress("import", 100.0) as step:
            done = import_csv(file, url, settings, told=lambda at, total: step(100.0 * at / total, "percent"), **how)
    if as_json:
        answer_json(done.plain())
        return
    facts = done.plain()
    did = "would be stored" if dry_run else "stored"
    rows = [[one[name] for name in _COLUMNS] for one in facts["series"]]
    table(f"{did} · {done.market} · times UTC · {done.database}", _COLUMNS, rows)
    for sentence in done.said:
        out.print(f"  {sentence}", markup=False)
    out.print(f"{done.rows:,} rows: {done.bars:,} bars {did}, {done.skipped:,} left out", markup=False)


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for role, equals, name in pairs:
        if not (role and equals and name):
            raise SettingError("--column", f"{role}{equals}{name}", "ROLE=NAME, such as time=Datum")
    return {role: name for role, _, name in pairs}
