"""What became of each run of a report: the table ``report_runs`` of ``state.db``."""

from __future__ import annotations

import os
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from fbkit.clock import Clock
from fbkit.continuity.state import open_state, report_runs
from fbkit.settings import Settings


class ReportRun(msgspec.Struct, frozen=True):
    """One run. Instants are UTC ns; ``state`` is ``running published failed interrupted``.

    ``folder`` is where it was published or what is left of it, from ``reports/``; ``cell`` and ``error`` say where
    and why it failed.
    """

    run: int
    report: str
    parameters: dict[str, Any]
    database: str
    pid: int
    ts_start: int
    ts_stop: int | None
    state: str
    folder: str
    cell: str
    error: str


class Runs:
    """Reads and writes report runs."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._state = open_state(settings, clock)

    def begin(self, report: str, parameters: dict[str, Any], database: str) -> int:
        """Write that a run began; its number."""
        row = {
            "report": report,
            "parameters": msgspec.json.encode(parameters).decode(),
            "database": database,
            "pid": os.getpid(),
            "ts_start": self._state.clock.now(),
            "state": "running",
            "folder": "",
            "cell": "",
            "error": "",
        }
        with self._state.writing() as connection:
            (number,) = connection.execute(insert(report_runs).values(row)).inserted_primary_key or (0,)
        return int(number)

    def end(self, run: int, state: str, folder: str, cell: str = "", error: str = "") -> None:
        """Write how it ended."""
        values = {"ts_stop": self._state.clock.now(), "state": state, "folder": folder, "cell": cell, "error": error}
        with self._state.writing() as connection:
            connection.execute(update(report_runs).where(report_runs.c.run == run).values(values))

    def close_orphans(self, report: str) -> None:
        """Runs still called running, of a report whose lock we hold: their process is gone."""
        gone = (report_runs.c.report == report) & (report_runs.c.state == "running")
        values = {
            "state": "interrupted",
            "error": "its process was gone when the next run began",
            "ts_stop": self._state.clock.now(),
        }
        with self._state.writing() as connection:
            connection.execute(update(report_runs).where(gone).values(values))

    def newest(self, report: str | None = None, last: int = 20) -> list[ReportRun]:
        """The newest runs, newest first."""
        with self._state.reading() as connection:
            if connection is None:
                return []
            query = select(report_runs).order_by(report_runs.c.run.desc()).limit(last)
            if report is not None:
                query = query.where(report_runs.c.report == report)
            rows = connection.execute(query).mappings().all()
        return [ReportRun(**{**row, "parameters": msgspec.json.decode(row["parameters"])}) for row in rows]
