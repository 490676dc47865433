"""The command line: the same actions, as sentences in a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import typer

from fbkit import __version__
from fbkit.cli import (
    acrossing,
    backfilling,
    collecting,
    conforming,
    doctor,
    looking,
    publishing,
    replaying,
    ruling,
    scoring,
    upkeep,
)
from fbkit.cli.saying import out, say
from fbkit.errors import FbkitError, SettingError

app = typer.Typer(
    name="fbkit",
    help="Watch, study and report on crypto futures: one install, one command, and the market is in the notebook.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
collecting.add_to(app)
backfilling.add_to(app)
conforming.add_to(app)
doctor.add_to(app)
looking.add_to(app)
publishing.add_to(app)
upkeep.add_to(app)
acrossing.add_to(app)
ruling.add_to(app)
scoring.add_to(app)
replaying.add_to(app)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave.", is_eager=True),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say on standard error what happens inside."),
) -> None:
    if version:
        out.print(f"fbkit {__version__}")
        raise typer.Exit
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if not verbose:
        for chatty in ("websockets", "httpx", "asyncio", "alembic"):
            logging.getLogger(chatty).setLevel(logging.ERROR)


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 the world refused, 2 misused, others as the docs name them."""
    try:
        app(args=list(arguments), prog_name="fbkit")
    except looking.HealthSays as verdict:
        return verdict.code
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except FbkitError as error:
        say(f"fbkit: {error}")
        code = error.exit_code
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        say(f"fbkit: the system refused: {error.strerror or error}{where}; mend that and run the command again")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130
    else:
        return 0
    # The 2 of `fbkit health` means down, so there misuse has a code of its own.
    return looking.MISUSED_HEALTH if code == SettingError.exit_code and list(arguments)[:1] == ["health"] else code


def main() -> None:
    """The ``fbkit`` command."""
    sys.exit(run(sys.argv[1:]))
