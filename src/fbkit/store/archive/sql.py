"""SQL over everything kept: DuckDB is handed the tables a question names, and nothing else.

Only the tables in the question are loaded, stretch by stretch, and only of the instrument and span it (or its caller)
narrows them to. It cannot change anything, nor reach a file, the network or a variable of this process.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

from fbkit.errors import StoreError, UnknownName
from fbkit.model.market import Span
from fbkit.store.archive import duck
from fbkit.store.archive.parquet import for_files, given_to_duck
from fbkit.store.kinds import KIND_TABLE, Kind
from fbkit.store.query import ROW_TABLES

if TYPE_CHECKING:
    from fbkit.store.reader import Store

#: Tables of events by their plural name; rows by theirs (Beats are both).
EVENTS = {kind.plural: kind for kind in KIND_TABLE.values()}
TABLES = (*EVENTS, *(name for name in ROW_TABLES if name not in EVENTS))

#: What the tables of one question may take in memory.
MEMORY = "1GB"

_CLOSED: dict[str, str | int] = {
    "enable_external_access": "false",
    "temp_directory": "",
    "memory_limit": MEMORY,
    "threads": 2,
}

_MIRRORED = {
    "COMPARE_EQUAL": ("since", "until"),
    "COMPARE_GREATERTHANOREQUALTO": ("since",),
    "COMPARE_LESSTHAN": ("until",),
}


class Narrow(NamedTuple):
    """Which part of a table is wanted: one instrument by name, a span of its time."""

    instrument: str | None = None
    span: Span = Span()


def ask(store: Store, question: str, values: Any = None, narrow: Narrow = Narrow()) -> pd.DataFrame:  # noqa: B008 - a tuple
    """The answer to one SELECT as a frame; ``values`` stand for its ``?`` or ``$name``.

    Raises :class:`~fbkit.errors.UnknownName` for a table that is none of :data:`TABLES`, and
    :class:`~fbkit.errors.StoreError` for what is no question, or more than may be held in memory.
    """
    library = duck.library("SQL")
    with duck.connect("SQL", **_CLOSED) as connection:
        connection.execute("SET python_enable_replacements = false")
        try:
            _only_a_question(library, question)
            tree = _parsed(connection, question)
            names = _named(tree)
            found = _narrowed(tree, names, narrow)
            for name in names:
                _load(connection, store, name, found)
            connection.execute("SET lock_configuration = true")
            answer: pd.DataFrame = connection.execute(question, values or []).df()
        except library.OutOfMemoryException as error:
            raise _refused(
                f"more than {MEMORY} would be held in memory", "narrow it by instrument, since or until"
            ) from error
        except library.Error as error:
            raise _refused(" ".join(str(error).split()), f"tables are {', '.join(TABLES)}") from error
    return answer


def _refused(why: str, then: str) -> StoreError:
    return StoreError("SQL", why, then)


def _only_a_question(library: Any, text: str) -> None:
    statements = library.extract_statements(text)
    if len(statements) != 1 or statements[0].type != library.StatementType.SELECT:
        raise _refused("only one SELECT is answered", "a database is changed by its collector alone")


def _load(connection: Any, store: Store, name: str, narrow: Narrow) -> None:
    """Make the table of one name and fill it."""
    if name in EVENTS:
        load_events(connection, store, EVENTS[name], narrow)
        return
    rows = store.rows(name, instrument=narrow.instrument, span=narrow.span)
    rows = rows.reset_index(drop=rows.index.name != "time")
    if "time" in rows:
        rows["time"] = rows["time"].dt.tz_localize(None)  # UTC all the same, and as in tables of events
    connection.register(f"given_{name}", rows)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given_{name}")  # noqa: S608 - one of our own names


def load_events(connection: Any, store: Store, kind: Kind, narrow: Narrow) -> None:
    """Make the table of a kind, as it lies in files, with ``time`` beside its instants."""
    columns = f"make_timestamp_ns(c1) AS time, {for_files(kind)}"
    made = f"CREATE TABLE {kind.plural} AS"
    for arrays, names in _stretches(store, kind, narrow):
        connection.register("given", given_to_duck(kind, arrays, names))
        connection.execute(f"{made} SELECT {columns} FROM given")  # noqa: S608 - names of ours, quoted
        connection.unregister("given")
        made = f"INSERT INTO {kind.plural}"


def _stretches(
    store: Store, kind: Kind, narrow: Narrow
) -> Iterator[tuple[dict[str, np.ndarray[Any, Any]], Mapping[int, str]]]:
    """Arrays of the kind one stretch after the other, the first of them empty: it says what the columns are."""
    yield kind.arrays(()), {}
    yield from store.tiers.stretches(kind, narrow.instrument, narrow.span)


def _parsed(connection: Any, question: str) -> dict[str, Any]:
    """The question as a tree."""
    ((text,),) = connection.execute("SELECT json_serialize_sql($1)", [question]).fetchall()
    found = msgspec.json.decode(text)
    if found["error"]:
        raise _refused(str(found.get("error_message")), "write it as DuckDB has it")
    tree: dict[str, Any] = found["statements"][0]["node"]
    return tree


def _named(tree: dict[str, Any]) -> list[str]:
    """The tables of ours that a question names, wherever; whatever else it names must be of its own making."""
    named: set[str] = set()
    own: set[str] = set()
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE":
            named.add(str(node["table_name"]))
        own.update(entry["key"].lower() for entry in (node.get("cte_map") or {}).get("map", ()))
    for name in sorted(named):
        if name.lower() not in TABLES and name.lower() not in own:
            raise UnknownName("table", name, difflib.get_close_matches(name.lower(), TABLES, 3, 0.5) or TABLES)
    return sorted({name.lower() for name in named} & set(TABLES))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for below in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(below)


def _narrowed(tree: dict[str, Any], names: list[str], narrow: Narrow) -> Narrow:
    """What the question itself narrows its one table to: by ``instrument = '…'`` and bounds of ``ts_event``.

    Whatever is not plainly that is left to DuckDB; loading too much changes no answer.
    """
    plain = (tree.get("from_table") or {}).get("type") == "BASE_TABLE" and not (tree.get("cte_map") or {}).get("map")
    once = sum(node.get("type") == "BASE_TABLE" for node in _nodes(tree)) == 1
    if not (plain and once) or len(names) != 1 or names[0] not in EVENTS:
        return narrow
    where = tree.get("where_clause") or {}
    conditions = where.get("children", []) if where.get("type") == "CONJUNCTION_AND" else [where]
    for condition in conditions:
        narrow = _narrower(narrow, condition)
    return narrow


def _narrower(narrow: Narrow, condition: dict[str, Any]) -> Narrow:
    column = (condition.get("left") or {}).get("column_names")
    literal = (condition.get("right") or {}).get("literal") or {}
    how, text = condition.get("type"), str(literal.get("text"))
    if column == ["instrument"] and how == "COMPARE_EQUAL" and literal.get("kind") == "STRING":
        return narrow._replace(instrument=text) if narrow.instrument is None else narrow
    if column != ["ts_event"] or literal.get("kind") != "INTEGER" or how not in _MIRRORED:
        return narrow
    since, until = narrow.span.since, narrow.span.until
    if "since" in _MIRRORED[how]:
        since = max(int(text), -(2**62) if since is None else since)
    if "until" in _MIRRORED[how]:
        bound = int(text) + (how == "COMPARE_EQUAL")
        until = min(bound, 2**62 if until is None else until)
    return narrow._replace(span=Span(since, until))
