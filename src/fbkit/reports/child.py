"""``python -m fbkit.reports.child FOLDER``: one report run, in a process and a folder of its own.

Reads ``job.json`` in the folder it is given, runs the notebook beside it with papermill, converts what it left and
writes ``outcome.json`` last. Its standard input closes when whoever started it is gone; then it ends, kernel and all.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec

from fbkit.reports.family import end_descendants
from fbkit.runtime import write_atomic

JOB, SOURCE, RAN, OUTCOME, PUBLISH = "job.json", "source.ipynb", "run.ipynb", "outcome.json", "publish"


class Job(msgspec.Struct, frozen=True):
    """What to run: the report's name, checked parameters, seconds a cell may take."""

    report: str
    parameters: dict[str, Any]
    cell_s: float


class Outcome(msgspec.Struct, frozen=True):
    """How it went. ``numbers`` are the facts that the notebook's sections handed out, by section."""

    ok: bool
    cell: str = ""
    error: str = ""
    numbers: dict[str, Any] = {}


def main() -> None:
    """Run the job of the folder named by the one argument."""
    os.chdir(sys.argv[1])
    os.environ.pop("FBKIT_TOKEN", None)  # the kernel needs the database, not the server
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job = msgspec.json.decode(Path(JOB).read_bytes(), type=Job)
    outcome = run(job)
    write_atomic(Path(OUTCOME), msgspec.json.encode(outcome))


def run(job: Job) -> Outcome:
    """Run and convert; whatever goes wrong is an outcome."""
    # papermill and nbconvert take a second to import; only this process needs them.
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError, execute_notebook

    try:
        notebook = execute_notebook(
            SOURCE,
            RAN,
            parameters=job.parameters,
            kernel_name="python3",
            progress_bar=False,
            start_timeout=60,
            execution_timeout=job.cell_s,
            autosave_cell_every=0,
        )
    except PapermillExecutionError as error:
        return Outcome(False, _cell(error.exec_count, error.source), f"{error.ename}: {error.evalue}"[:2000])
    except CellTimeoutError:
        return Outcome(False, _last_cell(), f"took longer than the {job.cell_s:g} s a cell may take")
    except DeadKernelError as error:
        return Outcome(False, _last_cell(), f"its kernel died ({error})"[:2000])
    facts = notebook.metadata.get("papermill", {})
    if facts.get("exception") or not facts.get("end_time"):
        return Outcome(False, "the notebook", "papermill did not bring it to its end")

    from fbkit.reports.convert import convert, numbers_of

    convert(notebook, job.report, Path(PUBLISH))
    return Outcome(True, numbers=numbers_of(notebook))


def _cell(count: int | None, source: str) -> str:
    first = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return f"cell [{count if count is not None else '?'}] ({first[:80]})"


def _last_cell() -> str:
    """The cell that was running: papermill saves before each."""
    import nbformat

    notebook: Any = nbformat.read(RAN, as_version=4)  # type: ignore[no-untyped-call]  # it ships half its types
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    begun = [cell for cell in code if cell.metadata.get("papermill", {}).get("start_time")]
    return _cell(len(begun), begun[-1].source) if begun else "the kernel's start"


def _end_with_parent() -> None:
    while os.read(0, 4096):  # not sys.stdin: a thread that waits in it breaks the interpreter's end
        pass
    end_descendants()
    os._exit(3)


if __name__ == "__main__":
    main()
