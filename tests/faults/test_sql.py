"""Whatever a name says, it is a name: through the desk, the API, the command line and every column that holds text."""

from __future__ import annotations

import ast
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import fbkit
from fbkit.cli import run
from fbkit.clock import SystemClock
from fbkit.desk import Desk
from fbkit.errors import FbkitError, UnknownName
from fbkit.model import NS_MIN, BarRow, Market, Side, Trade
from fbkit.runtime import database_url
from fbkit.server.manager import Manager
from fbkit.server.page import Page
from fbkit.server.voice import Voice
from fbkit.settings import load_settings
from fbkit.store import Batch, open_store, open_writer
from tests.store.made import START, events, rows

SOURCE = Path(fbkit.__file__).parent

HOSTILE = [
    "'; DROP TABLE bars; --",
    '" OR 1=1 --',
    "%' OR name LIKE '%",
    "x' UNION SELECT * FROM writer --",
    "a\x00b",
    ":name ?1 {0} %s %(x)s",
]

#: What hands text to a database.
ASKING = {"execute", "executemany", "executescript", "exec_driver_sql", "text", "sql", "query"}

#: Rooms that ask a venue and no database.
NO_DATABASE = {"simulator", "feeds"}

#: DuckDB's COPY and CREATE TABLE bind no names; those of the archive come from our own tables, ruff's S608 beside each.
NAMES_OURS = Path("store/archive")


@pytest.fixture
def url(home: Path) -> str:
    """A database that holds every kind of event and row, and trades of an instrument for each hostile name."""
    url = database_url(load_settings(venues="sim"))
    batch = Batch([*events(300)], rows())
    first = batch.events[-1].seq + 1
    for number, name in enumerate(HOSTILE):
        batch.events.append(Trade(name, START, START, number, 1.0, 1.0, Side.BUY, seq=first + number))
        batch.rows.append(BarRow(name, "1m", START, START + NS_MIN))
    with open_writer(url, market=Market.SIMULATED, seed=7, clock=SystemClock(), holder="before") as writer:
        writer.append(batch)
    return url


@pytest.fixture
def unharmed(url: str):
    """After it all, every table has as many rows as before."""
    with open_store(url) as store:
        before = store.table_counts()
    yield
    with open_store(url) as store:
        assert store.table_counts() == before


@pytest.mark.faults("S5")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("unharmed")
def test_the_desk_takes_a_hostile_word_for_a_word(name: str, url: str) -> None:
    desk = Desk(open_store(url), load_settings(venues="sim"))
    by_instrument = (
        desk.trades, desk.quotes, desk.marks, desk.funding, desk.open_interest, desk.liquidations, desk.ratios,
        desk.bars, desk.metrics,
    )  # fmt: skip  # a table
    for ask in by_instrument:
        with contextlib.suppress(FbkitError):  # not found is an answer, too
            assert len(ask(name)) <= 1
    for ask in (desk.summary, desk.find):
        with contextlib.suppress(FbkitError):
            assert len(ask(name)) <= 1
    for when in ("since", "until"):
        with pytest.raises(FbkitError):
            desk.trades("BTC", **{when: name})
    desk.store.close()


@pytest.mark.faults("S5")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("unharmed")
def test_the_store_finds_the_instrument_of_that_very_name_and_no_other(name: str, url: str) -> None:
    with open_store(url) as store:
        (trade,) = store.events("trade", name)
        assert trade.instrument == name
        assert store.rows("bars", instrument=name)["instrument"].tolist() == [name]
        assert len(store.frame("trade", name)) == 1
        assert len(store.read("quote", name)["seq"]) == 0
        for ask in (store.rows, store.digest, store.read, store.frame, store.events):
            with pytest.raises(UnknownName):
                ask([name] if ask == store.digest else name)
        assert store.checkpoint(name) is None


@pytest.mark.faults("S5")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("unharmed")
async def test_the_api_takes_a_hostile_word_for_a_word(name: str, url: str) -> None:
    settings = load_settings(venues="sim")
    with contextlib.closing(Manager(settings, url, Voice(settings, url))) as manager:
        (bar,) = (await manager.history(Page(tf="1m"), name)).body["items"]
        assert bar["instrument"] == name
        for ask in (manager.summary, manager.metrics):
            with contextlib.suppress(FbkitError):
                assert (await ask(Page(tf=name))).body["items"] == []
        with pytest.raises(UnknownName):
            await manager.history(Page(tf="1m"), name + "x")


@pytest.mark.faults("S5")
@pytest.mark.parametrize("name", [name for name in HOSTILE if "\x00" not in name])
@pytest.mark.usefixtures("unharmed")
def test_the_command_line_takes_a_hostile_word_for_a_word(name: str, url: str, capsys) -> None:
    for words in (("metrics", name), ("summary", "--tf", name), ("gaps", "--since", name), ("alerts", "--since", name)):
        code = run([*words, "--db", url, "--json"])
        out = capsys.readouterr().out
        assert code in {0, 1, 2}
        assert code or all(len(value) <= 1 for value in json.loads(out).values() if isinstance(value, list))


# -- no SQL is put together from text ---------------------------------------------------------------------------


def pasted(module: ast.Module, *, names_ours: bool = False) -> list[int]:
    """Lines where text that was put together is handed to a database; where names are ours, only values count."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in ASKING
        and node.args
        and _is_pasted(node.args[0], names_ours=names_ours)
    ]


def _is_pasted(node: ast.expr, *, names_ours: bool) -> bool:
    if isinstance(node, ast.JoinedStr):
        quoted = ["'" in part.value for part in node.values if isinstance(part, ast.Constant)]
        return not names_ours or any(quoted)
    if isinstance(node, ast.BinOp):
        # A number may be part of a PRAGMA, which takes no bound values: `"…=" + str(int(n))`.
        return not isinstance(node.op, ast.Add) or not all(map(_is_fixed, (node.left, node.right)))
    # psycopg's own composition quotes names and values: `sql.SQL("…").format(sql.Identifier(name))`.
    made = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"format", "join", "replace"}
    return made and not ast.unparse(node).startswith("sql.SQL(")


def _is_fixed(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_fixed(node.left) and _is_fixed(node.right)
    return isinstance(node, ast.Constant) or ast.unparse(node).startswith("str(int(")


@pytest.mark.faults("S5")
def test_no_sql_is_put_together_from_text():
    found = [
        f"{path.relative_to(SOURCE).as_posix()}:{line}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in NO_DATABASE
        for line in pasted(
            ast.parse(path.read_text("utf-8")), names_ours=path.relative_to(SOURCE).is_relative_to(NAMES_OURS)
        )
    ]
    assert found == []


@pytest.mark.faults("S5")
@pytest.mark.parametrize(
    "line",
    [
        'c.execute(f"SELECT * FROM trades WHERE name = {name}")',
        'c.execute("SELECT * FROM trades WHERE name = " + name)',
        'c.execute("SELECT * FROM trades WHERE name = %s" % name)',
        'c.exec_driver_sql("SELECT * FROM {}".format(name))',
        'c.execute(text(f"SELECT {name} FROM trades"))',
    ],
)
def test_the_look_at_the_code_would_see_it(line: str):
    assert pasted(ast.parse(line))


@pytest.mark.faults("S5")
def test_the_linter_catches_sql_made_of_text():
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", "--stdin-filename=src/fbkit/planted.py"]
    code = 'def ask(c, name):\n    query = f"SELECT * FROM trades WHERE name = {name}"\n    return c.execute(query)\n'
    told = subprocess.run(
        [*command, "-"], input=code, capture_output=True, text=True, cwd=SOURCE.parents[1], check=False
    )
    assert "S608" in {fault["code"] for fault in json.loads(told.stdout)}
