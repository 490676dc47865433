"""Commands that publish: report, snapshot, phase."""

from __future__ import annotations

from typing import Annotated

import typer

from fbkit.cli.options import AsJson, Db


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(snapshot)
    app.add_typer(_report, name="report")
    app.add_typer(_phase, name="phase")


_report = typer.Typer(help="Run and list reports.", no_args_is_help=True)
_phase = typer.Typer(help="The phase the work is in.", no_args_is_help=True)
_ = (Annotated, AsJson, Db)


def snapshot() -> None:
    """Write down the state of the whole."""
