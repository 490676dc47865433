"""How a command answers: one JSON object or a table on standard output, everything else on standard error."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pandas as pd
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


_NO_END = 2000


def say(text: str) -> None:
    """A line for the person, on standard error."""
    err.print(text, markup=False)


def answer_json(value: Any) -> None:
    """The one object on standard output. A missing number is ``null``."""
    sys.stdout.write(msgspec.json.encode(plain(value), enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:  # noqa: PLR0911 - one line a kind
    """Frames, arrays and NaN as JSON has them.

    >>> plain({"a": float("nan"), "b": [1, pd.Timestamp("2026-01-01", tz="UTC")]})
    {'a': None, 'b': [1, '2026-01-01T00:00:00Z']}
    """
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def table(title: str, columns: Sequence[str], rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> None:
    """A table for a person: words left, numbers right."""
    body = [list(row) for row in rows]
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for at, column in enumerate(columns):
        numbers = any(isinstance(row[at], int | float) for row in body)
        shown.add_column(column, justify="right" if numbers else "left", no_wrap=True)
    for row in body:
        shown.add_row(*(words(cell) for cell in row))
    # A table as wide as it needs: a terminal wraps it or scrolls, a number cut short would be a wrong number.
    wide = Console(width=_NO_END, soft_wrap=True, highlight=False)
    wide.width = max(Measurement.get(wide, wide.options, shown).maximum, len(title))
    wide.print(shown, markup=False)


def words(cell: Any) -> str:
    """One cell as text.

    >>> words(1234567), words(0.00012345), words(float("nan")), words(None)
    ('1,234,567', '0.00012345', '–', '–')
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell is pd.NaT:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.6g}" if abs(cell) < 100_000 else f"{cell:,.0f}"
    if isinstance(cell, pd.Timestamp):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return str(cell)


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Any]:
    """A bar on a terminal, one line a step elsewhere; yields ``step(done, sentence)``."""
    if not err.is_terminal:
        said = -1

        def line(done: float, sentence: str = "") -> None:
            nonlocal said
            tenth = int(10 * done / total) if total else int(done) // 10_000
            if tenth > said:
                said = tenth
                amount = f"{done:,.0f} of {total:,.0f} " if total else ""
                say(f"{what}: {amount}{sentence}".rstrip())

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[sentence]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=total, sentence="")

        def step(done: float, sentence: str = "") -> None:
            bar.update(task, completed=done, sentence=sentence)

        yield step
