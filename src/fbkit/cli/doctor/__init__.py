"""``fbkit doctor``: what is installed, what is missing, what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from fbkit.cli.doctor.finding import Finding, worst
from fbkit.cli.doctor.gathering import findings
from fbkit.cli.options import AsJson, Db
from fbkit.cli.saying import answer_json, out
from fbkit.settings import load_settings

__all__ = ["Finding", "add_to", "doctor"]

_MARKS = {"ok": "ok", "warning": "WARNING", "problem": "PROBLEM"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(doctor)


def doctor(
    db: Db = None,
    online: Annotated[bool, typer.Option("--online", help="Also compare the clock with the venues'.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is installed, what is missing, and what to do. Exit 0 with warnings at most, 1 with a problem."""
    found = list(findings(load_settings(db=db), online=online))
    state = worst(found)
    if as_json:
        answer_json({"state": state, "findings": [one._asdict() for one in found]})
    else:
        _show(found)
        out.print(f"in all: {state}", markup=False)
    if state == "problem":
        raise typer.Exit(1)


def _show(found: list[Finding]) -> None:
    group = ""
    for one in found:
        if one.group != group:
            group = one.group
            out.print(group, markup=False, style="bold")
        out.print(f"  {_MARKS[one.state]:8} {one.sentence}", markup=False)
        if one.then:
            out.print(f"  {'':8} → {one.then}", markup=False)
