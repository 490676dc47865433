"""Run a report: apart from us, within limits, and published whole or not at all (FAULTS R1–R5).

A run has a hidden folder of its own in ``reports/``. When it came to its end, what it made is renamed to
``reports/<name>/<utc>/`` in one step; else what is left is kept as ``reports/<name>.failed-<utc>/``. ``latest.json``
names the newest good one: a small file, because not every system has links.
"""

from __future__ import annotations

import os
import secrets as random
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fbkit.clock import Clock, SystemClock, iso
from fbkit.continuity.hashing import digest_of, hash_file
from fbkit.continuity.machine import versions
from fbkit.continuity.names import inside
from fbkit.continuity.places import redacted_url
from fbkit.errors import ReportFailed, ReportRunning, StoreHeld
from fbkit.model.timeframe import NS_S
from fbkit.reports.child import JOB, OUTCOME, PUBLISH, RAN, SOURCE, Job, Outcome
from fbkit.reports.family import Family
from fbkit.reports.notebook import find_notebook, read_notebook
from fbkit.reports.parameters import Parameter, check_parameters, parameters_of
from fbkit.reports.runs import Runs
from fbkit.reports.secrecy import redact, redact_folder, secrets_of
from fbkit.runtime import FileLock, database_url, spawn, workspace, write_atomic
from fbkit.settings import Settings

FORMAT = "fbkit.report/1"
LATEST = "latest.json"
_KEPT_OF_FAILED = (RAN, SOURCE, OUTCOME, JOB, "run.log")


class Limits(msgspec.Struct, frozen=True):
    """How long a cell and the whole run may take, in seconds."""

    cell_s: float = 120.0
    total_s: float = 600.0


class Published(msgspec.Struct, frozen=True):
    """A report that came to its end: where it lies, the hashes of its files, how long it took."""

    report: str
    run: int
    folder: Path
    files: dict[str, str]
    seconds: float

    @property
    def markdown(self) -> Path:
        """The report to read."""
        return self.folder / f"{self.report}_report.md"

    @property
    def html(self) -> Path:
        """The same as one page."""
        return self.folder / f"{self.report}_report.html"


def run_report(
    name: str,
    parameters: Mapping[str, Any] | None,
    settings: Settings,
    *,
    url: str | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    progress: Callable[[str], None] | None = None,
) -> Published:
    """Run the report ``name`` on the database ``url`` (default: the settings') and publish it.

    Raises :class:`~fbkit.errors.UnknownName`, :class:`~fbkit.errors.ParameterRefused` (exit 2) before anything runs,
    :class:`~fbkit.errors.ReportRunning` (exit 5), :class:`~fbkit.errors.ReportFailed` (exit 1).
    """
    notebook = find_notebook(name, settings)
    known = parameters_of(read_notebook(notebook))
    given = check_parameters(name, known, parameters or {})
    root = inside(workspace(settings).resolve(), "reports")
    inside(root, name)
    clock = clock or SystemClock()
    lock = FileLock(settings.home / f"report-{name}.lock")
    try:
        lock.acquire(f"{iso(clock.now())} by process {os.getpid()}")
    except StoreHeld as error:
        raise ReportRunning(name, lock.holder().strip()) from error
    try:
        run = _Run(name, notebook, known, given, settings, url or database_url(settings), root, clock)
        return run.through(limits or Limits(), progress or (lambda _: None))
    finally:
        lock.release()


class _Run:
    """One run, under the report's lock."""

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place, of what run_report has found out
        self,
        name: str,
        notebook: Path,
        known: list[Parameter],
        given: dict[str, Any],
        settings: Settings,
        url: str,
        root: Path,
        clock: Clock,
    ) -> None:
        self.name, self.notebook, self.settings, self.url, self.root, self.clock = (
            name,
            notebook,
            settings,
            url,
            root,
            clock,
        )
        self.given = given
        self.effective = {parameter.name: parameter.default for parameter in known} | given
        self.secrets = secrets_of(settings, url)
        self.runs = Runs(settings, clock)
        self.start = clock.now()
        self.folder = root / f".{name}-{random.token_hex(6)}"

    def through(self, limits: Limits, progress: Callable[[str], None]) -> Published:
        """From an empty folder to a published one."""
        self._sweep()
        number = self.runs.begin(self.name, self.effective, redacted_url(self.url, self.settings.home))
        self.folder.mkdir(parents=True)
        try:
            shutil.copyfile(self.notebook, self.folder / SOURCE)
            write_atomic(self.folder / JOB, msgspec.json.encode(Job(self.name, self.given, limits.cell_s)))
            progress(f"running {self.notebook.name}")
            outcome = self._watched(limits)
            if outcome.ok:
                progress("publishing")
                return self._publish(number, outcome)
            kept = self._keep()
            self.runs.end(number, "failed", kept.name, outcome.cell, redact(outcome.error, self.secrets))
            raise ReportFailed(self.name, outcome.cell, redact(outcome.error, self.secrets), str(kept))
        except ReportFailed:
            raise
        except BaseException as error:
            kept = self._keep()
            self.runs.end(
                number, "interrupted", kept.name, "", redact(f"{type(error).__name__}: {error}", self.secrets)
            )
            raise

    def _watched(self, limits: Limits) -> Outcome:
        """The child's outcome; whatever it started is gone when this returns or raises."""
        places = {
            "FBKIT_HOME": str(self.settings.home),
            "FBKIT_WORKSPACE": str(workspace(self.settings)),
            "FBKIT_DB": self.url,
            "FBKIT_TOKEN": "",
            # What a user has in an IPython profile is no part of a report; connection files end with the run.
            "IPYTHONDIR": str(self.folder / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "MPLBACKEND": "agg",
            "PYTHONUTF8": "1",
        }
        child = _spawn_in(self.folder, places)
        family = Family(child)
        try:
            code = family.wait(limits.total_s)
        finally:
            family.end()
        if code is None:
            return Outcome(False, "the whole run", f"took longer than the {limits.total_s:g} s it may take")
        path = self.folder / OUTCOME
        if code == 0 and path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=Outcome)
        return Outcome(False, "the run", f"its process ended with {code}; see run.log")

    def _publish(self, number: int, outcome: Outcome) -> Published:
        made, seconds = self.folder / PUBLISH, (self.clock.now() - self.start) / NS_S
        redact_folder(made, self.secrets)
        files = {path.name: hash_file(path).hash for path in sorted(made.iterdir())}
        facts = {
            "format": FORMAT,
            "report": self.name,
            "run": number,
            "started": iso(self.start),
            "published": iso(self.clock.now()),
            "seconds": round(seconds, 3),
            "parameters": self.effective,
            "database": redacted_url(self.url, self.settings.home),
            "notebook": {"name": self.notebook.name, "hash": digest_of((self.folder / SOURCE).read_bytes())},
            "versions": versions(),
            "files": files,
            "numbers": outcome.numbers,
        }
        text = redact(_pretty(facts), self.secrets)
        write_atomic(made / "report.json", text.encode())
        place = _free(self.root / self.name / _utc(self.start))
        place.parent.mkdir(parents=True, exist_ok=True)
        made.rename(place)
        shutil.rmtree(self.folder, ignore_errors=True)
        files["report.json"] = hash_file(place / "report.json").hash
        latest = {"format": FORMAT, "report": self.name, "folder": place.name, "run": number, "files": files}
        write_atomic(self.root / self.name / LATEST, _pretty(latest).encode())
        self.runs.end(number, "published", f"{self.name}/{place.name}")
        return Published(self.name, number, place, files, seconds)

    def _keep(self) -> Path:
        """What is left of a run that failed, under a name that says so."""
        kept = _free(self.root / f"{self.name}.failed-{_utc(self.start)}")
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in _KEPT_OF_FAILED:
                path.unlink(missing_ok=True)
        redact_folder(self.folder, self.secrets)
        self.folder.rename(kept)
        return kept

    def _sweep(self) -> None:
        """Whoever ran this report before us is gone, or we had not got its lock: what it left half done goes too."""
        for path in self.root.glob(f".{self.name}-*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
        self.runs.close_orphans(self.name)


def _spawn_in(folder: Path, env: dict[str, str]) -> Any:
    """Start the child with ``folder`` as its current one."""
    return spawn(["fbkit.reports.child", str(folder)], env=env, log=folder / "run.log", keep_stdin=True)


def _free(path: Path) -> Path:
    """The path, or with ``-2``, ``-3`` … the first that is free: two runs may fall into one second."""
    found, n = path, 1
    while found.exists():
        n += 1
        found = path.with_name(f"{path.name}-{n}")
    return found


def _utc(ts: int) -> str:
    return datetime.fromtimestamp(ts // NS_S, UTC).strftime("%Y%m%dT%H%M%SZ")


def _pretty(facts: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n"
