"""Which tests hold which row of the fault catalogue, read from their marks, and the page that says so.

``python -m tests.faults.catalogue`` puts the files that hold each row into ``docs/reference/faults.md``.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "faults.md"

IDS = (
    *(f"C{n}" for n in range(1, 27)),
    *(f"R{n}" for n in range(1, 11)),
    *(f"G{n}" for n in range(1, 13)),
    *(f"S{n}" for n in range(1, 12)),
)

_ROW = re.compile(r"^\| ([CRGS]\d+) \| (.*?) \| (.*?) \|.*\|$", re.MULTILINE)


class Held(NamedTuple):
    """A test and a row it holds."""

    row: str
    path: str
    test: str


@cache
def held() -> list[Held]:
    """Every marked test under ``tests/``."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "mark.faults" in text:
            name = path.relative_to(ROOT).as_posix()
            found += [Held(row, name, test) for row, test in _marked(ast.parse(text))]
    return found


def files_by_row() -> dict[str, list[str]]:
    """The test files that hold each row."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in held():
        found[one.row].add(one.path.removeprefix("tests/"))
    return {row: sorted(found[row]) for row in IDS}


def rows_of_page(page: str) -> dict[str, str]:
    """Each row of the page and the cell of its tests."""
    return {match[1]: match[0].rsplit("|", 2)[1].strip() for match in _ROW.finditer(page)}


def cell(files: list[str]) -> str:
    """Test files as the page names them."""
    return " ".join(f"`{name}`" for name in files) or "–"


def with_tests(page: str) -> str:
    """The page with the tests as they are now."""
    now = files_by_row()
    return _ROW.sub(lambda match: f"| {match[1]} | {match[2]} | {match[3]} | {cell(now[match[1]])} |", page)


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    whole = [row for node in module.body if _sets_marks(node) for row in _ids(node)]
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            own = [row for decorator in node.decorator_list for row in _ids(decorator)]
            tests = [node.name] if node.name.startswith("test_") else []
            if isinstance(node, ast.ClassDef):
                tests = [one.name for one in node.body if getattr(one, "name", "").startswith("test_")]
            yield from ((row, test) for test in tests for row in {*own, *whole})


def _sets_marks(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "pytestmark" for target in node.targets)


def _ids(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "faults":
            yield from (str(one.value) for one in call.args if isinstance(one, ast.Constant))


if __name__ == "__main__":
    PAGE.write_text(with_tests(PAGE.read_text("utf-8")), "utf-8")
