"""``fbkit rules``: the rules of alerts in words, and their file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fbkit.cli.options import AsJson
from fbkit.cli.saying import answer_json, out, table

if TYPE_CHECKING:
    from fbkit.alerts import AnyRule

rules = typer.Typer(
    help="The rules of alerts: which are in force, and what is wrong with a file of them.",
    invoke_without_command=True,
    no_args_is_help=False,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(rules, name="rules")


@rules.callback()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """List the rules that a collector started now would judge by, in words."""
    if context.invoked_subcommand is not None:
        return
    from fbkit.ingest.rulebook import Rulebook
    from fbkit.settings import load_settings

    book = Rulebook.of(load_settings())
    _tell(book.read(), book.source, as_json)


@rules.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file of rules.")], as_json: AsJson = False
) -> None:
    """Say whether a file of rules can be used; exit 2, and what is allowed, where it cannot."""
    from fbkit.alerts.load import read

    _tell(read(file), str(file), as_json)


@rules.command()
def write(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where; a file that is there is never overwritten.")],
    as_json: AsJson = False,
) -> None:
    """Write the default rules as a TOML file with explanations, to be changed."""
    from fbkit.alerts.commented import commented
    from fbkit.alerts.rule import DEFAULTS
    from fbkit.errors import SettingError

    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(commented(DEFAULTS))
    except FileExistsError as error:
        raise SettingError("FILE", str(file), "a file that is not there yet; this one is left as it is") from error
    if as_json:
        answer_json({"file": str(file), "rules": len(DEFAULTS)})
    else:
        out.print(f"{len(DEFAULTS)} rules written to {file}; change them, then: fbkit rules check {file}", markup=False)


def _tell(found: tuple[AnyRule, ...], source: str, as_json: bool) -> None:
    from fbkit.alerts.load import duration, plain
    from fbkit.alerts.words import words_of

    if as_json:
        answer_json({"source": source, "rules": [plain(rule) | {"words": words_of(rule)} for rule in found]})
        return
    rows = [
        [rule.tier, rule.name, " ".join(rule.timeframes), duration(rule.cooldown_ns), f"{100 * rule.min_coverage:g} %"]
        for rule in found
    ]
    table(f"rules of alerts · {source}", ["tier", "rule", "timeframes", "cooldown", "coverage"], rows)
    for rule in found:
        out.print(f"\n{rule.tier} {rule.name}: {words_of(rule)}", markup=False)
