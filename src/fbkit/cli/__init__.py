"""The command line: the same actions, as sentences in a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click
import typer

from fbkit import __version__
from fbkit.cli import collecting, looking, publishing
from fbkit.cli.saying import err, out, say
from fbkit.errors import FbkitError

app = typer.Typer(
    name="fbkit",
    help="Watch, study and report on crypto futures: one install, one command, and the market is in the notebook.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
collecting.add_to(app)
looking.add_to(app)
publishing.add_to(app)


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
        result = app(args=list(arguments), prog_name="fbkit", standalone_mode=False)
    except click.exceptions.Abort:
        say("stopped")
        return 130
    except click.ClickException as error:
        error.show(file=err.file)
        return looking.MISUSED_HEALTH if list(arguments)[:1] == ["health"] else error.exit_code
    except FbkitError as error:
        say(f"fbkit: {error}")
        return looking.MISUSED_HEALTH if list(arguments)[:1] == ["health"] and error.exit_code == 2 else error.exit_code
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        say(f"fbkit: the system refused: {error.strerror or error}{where}; mend that and run the command again")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130
    return result if isinstance(result, int) else 0


def main() -> None:
    """The ``fbkit`` command."""
    sys.exit(run(sys.argv[1:]))
