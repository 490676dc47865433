"""The floors of the house: imports go down, and neighbours meet upstairs (docs/explanation/architecture.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "fbkit"

FLOORS = (  # top to bottom
    {"__init__", "__main__", "cli"},
    {"desk", "client"},
    {"server"},
    {"dashboard"},
    {"widgets", "reports"},
    {"ingest", "replay", "backtest", "continuity", "scorecard"},
    {"engine", "alerts", "health", "hub", "across"},
    {"feeds", "simulator", "store", "quant"},
    {"model", "errors", "clock", "runtime", "settings"},
)
GROUND = FLOORS[-1]  # one room
HEIGHT = {room: -depth for depth, floor in enumerate(FLOORS) for room in floor}

SQLITE = {"sqlite3", "pysqlite3"}
SQLITE_ROOM = "store/sqlite/driver.py"


def room_of(path: Path, source: Path) -> str:
    return path.relative_to(source).parts[0].removesuffix(".py")


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Every module an import could reach, late imports included, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            names = [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            yield from ((node.lineno, name) for name in names)


def may_import(room: str, other: str) -> bool:
    if room == other or (room in GROUND and other in GROUND):
        return True
    return HEIGHT[other] < HEIGHT[room]


def fault_of(room: str, name: str) -> str | None:
    """What is wrong with this room importing this name; None when nothing is."""
    top, _, rest = name.partition(".")
    if top != "fbkit" or rest.startswith("__"):  # from fbkit import __version__
        return None
    other = rest.partition(".")[0]
    if other not in HEIGHT:  # `import fbkit`, `from fbkit import open`
        return None if HEIGHT[room] == 0 else "goes through the front door"
    return None if may_import(room, other) else f"{room} may not know {other}"


def violations(source: Path) -> list[str]:
    """One line for each import that does not go down, and for each file on no floor."""
    found = []
    for path in sorted(source.rglob("*.py")):
        where, room = path.relative_to(source).as_posix(), room_of(path, source)
        if room not in HEIGHT:
            found.append(f"{where}: {room} stands on no floor; give it one here and in the architecture page")
            continue
        package = ".".join(["fbkit", *path.relative_to(source).parts[:-1]])
        for line, name in imported(ast.parse(path.read_text("utf-8")), package):
            fault = fault_of(room, name)
            if name.partition(".")[0] in SQLITE and where != SQLITE_ROOM:
                fault = f"only {SQLITE_ROOM} chooses the SQLite of the process"
            if fault:
                found.append(f"{where}:{line}: imports {name}: {fault}")
    return found


def test_imports_go_down_only():
    assert violations(SOURCE) == []


def test_every_room_stands_on_one_floor():
    assert sum(len(floor) for floor in FLOORS) == len(HEIGHT)


@pytest.mark.parametrize(
    ("where", "line", "said"),
    [
        ("store/read.py", "from fbkit.engine import Engine", "store may not know engine"),
        ("store/read.py", "from fbkit import engine", "store may not know engine"),
        ("store/read.py", "from ..engine.bars import fold", "store may not know engine"),
        ("store/read.py", "def late():\n    import fbkit.desk", "store may not know desk"),
        ("store/read.py", "importlib.import_module('fbkit.hub')", "store may not know hub"),
        ("simulator/wire.py", "from fbkit.feeds.binance import parse", "simulator may not know feeds"),
        ("alerts/rules.py", "from fbkit.engine import Engine", "alerts may not know engine"),
        ("dashboard/page.py", "from fbkit.desk import Desk", "dashboard may not know desk"),
        ("dashboard/page.py", "import fbkit", "front door"),
        ("dashboard/page.py", "from fbkit import open", "front door"),
        ("clock.py", "from fbkit.store import read", "clock may not know store"),
        ("store/tables.py", "import sqlite3", "store/sqlite/driver.py"),
        ("hub/serve.py", "from pysqlite3 import dbapi2", "store/sqlite/driver.py"),
        ("helpers.py", "", "no floor"),
    ],
)
def test_a_planted_violation_is_found(tmp_path, where, line, said):
    (path := tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")
    (found,) = violations(tmp_path)
    assert found.startswith(where)
    assert said in found


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("__init__.py", "def late():\n    from fbkit.desk import Desk"),
        ("cli/up.py", "import fbkit"),
        ("desk.py", "from fbkit.server.launch import up"),
        ("engine/bars.py", "from fbkit.store.tables import bars"),
        ("engine/bars.py", "from .slots import Slot"),
        ("store/sqlite/driver.py", "import pysqlite3"),
        ("runtime.py", "from fbkit.errors import FbkitError"),
        ("reports/run.py", "from fbkit import __version__"),
    ],
)
def test_the_ways_down_are_open(tmp_path, where, line):
    (path := tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")
    assert violations(tmp_path) == []
