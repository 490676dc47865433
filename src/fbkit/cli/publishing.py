"""Commands that publish: report, snapshot, phase."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fbkit.cli.options import AsJson, Db
from fbkit.cli.saying import answer_json, out, say, table
from fbkit.clock import iso
from fbkit.continuity import Phase, phase_log, set_phase, show_phase, take_snapshot
from fbkit.errors import SettingError
from fbkit.reports import list_reports, run_report
from fbkit.settings import load_settings

report = typer.Typer(help="Run and list reports.", no_args_is_help=True)
phase = typer.Typer(help="Set and show the phase that the work is in.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(snapshot)
    app.add_typer(report, name="report")
    app.add_typer(phase, name="phase")


@report.command("run")
def report_run(
    name: Annotated[str, typer.Argument(help="Which report: status.")],
    parameters: Annotated[
        list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="A parameter of the report's own.")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Run a report apart from everything else and publish what it leaves, whole or not at all."""
    settings = load_settings(db=db)
    done = run_report(name, dict(map(_pair, parameters or [])), settings, url=db, progress=say)
    if as_json:
        answer_json(
            {"report": name, "run": done.run, "folder": str(done.folder), "files": done.files, "seconds": done.seconds}
        )
        return
    out.print(f"report {name} in {done.seconds:.1f} s: {done.folder}", markup=False)
    for file, digest in sorted(done.files.items()):
        out.print(f"  {file:32} {digest}", markup=False)


@report.command("list")
def report_list(as_json: AsJson = False) -> None:
    """List the reports, what they take, and how their last runs went."""
    found = list_reports(load_settings())
    if as_json:
        answer_json({"reports": [_listing(one) for one in found]})
        return
    rows = [
        [
            one.name,
            ", ".join(f"{p.name}={p.default!r}" for p in one.parameters),
            one.runs[0].state if one.runs else "never run",
            str(one.latest or "–"),
        ]
        for one in found
    ]
    table("reports", ["name", "parameters", "last run", "newest good one"], rows)


def _listing(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "notebook": str(one.notebook),
        "parameters": {p.name: p.default for p in one.parameters},
        "latest": None if one.latest is None else str(one.latest),
        "runs": [{name: getattr(run, name) for name in run.__struct_fields__} for run in one.runs],
    }


def snapshot(db: Db = None, as_json: AsJson = False) -> None:
    """Write down the state of the whole: health, uptime, phase, versions, file hashes. Exit 1: no database."""
    taken = take_snapshot(load_settings(db=db), url=db)
    if as_json:
        answer_json({"state": taken.state, "context": taken.context})
    else:
        out.print(f"backend {taken.backend}", markup=False)
        for path in (taken.state_file, taken.context_file):
            out.print(f"  {path}", markup=False)
        for sentence in taken.degraded:
            say(f"degraded: {sentence}")
    raise typer.Exit(taken.exit_code)


@phase.command("set")
def phase_set(
    name: Annotated[str, typer.Argument(help="A short name: letters, digits, . _ -")],
    note: Annotated[str, typer.Option("--note", help="One line about it.")] = "",
) -> None:
    """Begin a phase."""
    out.print(_phase_line(set_phase(load_settings(), name, note)), markup=False)


@phase.command("show")
def phase_show(as_json: AsJson = False) -> None:
    """Show the phase that is on."""
    found = show_phase(load_settings())
    if as_json:
        answer_json({"phase": None if found is None else _phase(found)})
        return
    out.print(
        "no phase was set yet; begin one with `fbkit phase set NAME`" if found is None else _phase_line(found),
        markup=False,
    )


@phase.command("log")
def phase_history(as_json: AsJson = False) -> None:
    """List the phases, newest first."""
    found = phase_log(load_settings())
    if as_json:
        answer_json({"phases": [_phase(one) for one in found]})
        return
    for one in found:
        out.print(_phase_line(one), markup=False)


def _phase(one: Phase) -> dict[str, str]:
    return one.facts()


def _phase_line(one: Phase) -> str:
    return f"{one.name} since {iso(one.since)} UTC" + (f": {one.note}" if one.note else "")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingError("-p", text, "NAME=VALUE")
    return name, value
