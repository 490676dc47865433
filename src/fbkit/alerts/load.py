"""Rules as a TOML file: read with one message for what is wrong, and written so that they are read back exactly."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from itertools import starmap
from pathlib import Path
from typing import Any

from fbkit.alerts.check import check
from fbkit.alerts.fields import FIELDS, Field
from fbkit.alerts.rule import KINDS, WAYS, Also, AnyRule
from fbkit.errors import SettingError
from fbkit.model import NS_DAY, NS_HOUR, NS_MIN, NS_MS, NS_S
from fbkit.quant.confluence import Condition
from fbkit.settings import duration_ns


def read(path: Path) -> tuple[AnyRule, ...]:
    """The rules of a file; raises :class:`~fbkit.errors.SettingError` that says what is wrong and what is allowed."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("rules", str(path), f"a TOML file of rules that can be read ({_why(error)})") from error
    return load(text, str(path))


def load(text: str, source: str = "rules") -> tuple[AnyRule, ...]:
    """The rules written in a TOML text; ``source`` is named in what is raised.

    >>> load('''
    ... [[rule]]
    ... name = "wild"
    ... kind = "single"
    ... tier = 1
    ... columns = ["z_ret_60"]
    ... threshold = 5.0
    ... ''')[0].threshold
    5.0
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(source, str(error), "TOML: tables of [[rule]] with name, kind and tier") from error
    listed = tables.get("rule")
    if set(tables) != {"rule"} or not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise SettingError(source, ", ".join(tables) or "nothing", "tables of [[rule]], at least one, and nothing else")
    rules = tuple(_rule(one, f"{source}: rule {number}") for number, one in enumerate(listed, 1))
    check(rules, source)
    return rules


def dump(rules: Iterable[AnyRule]) -> str:
    """The TOML of rules, every field told: ``load(dump(rules)) == tuple(rules)``."""
    return "\n".join("\n".join([*lines_of(rule), ""]) for rule in rules)


def _rule(table: dict[str, Any], where: str) -> AnyRule:
    name = table.get("name")
    where = f"{where} ({name})" if isinstance(name, str) and name else where
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise SettingError(f"{where}, kind", kind, f"one of {', '.join(KINDS)}")
    fields = FIELDS[kind]
    for key, raw in table.items():
        if key not in fields and key != "kind":
            raise SettingError(f"{where}, {key}", raw, f"of a {kind} rule: kind, {', '.join(fields)}")
    given: dict[str, Any] = {}
    for key, field in fields.items():
        if key in table:
            given[field.name] = _value(field, table[key], f"{where}, {key}")
        elif field.is_required:
            raise SettingError(f"{where}, {key}", None, field.allowed)
    return KINDS[kind](**given)


def _value(field: Field, raw: Any, where: str) -> Any:
    if not field.is_written_so(raw):
        raise SettingError(where, raw, field.allowed)
    if field.type in {"conditions", "also"}:
        one_of = _condition if field.type == "conditions" else _also
        return tuple(one_of(one, f"{where} {number}") for number, one in enumerate(raw, 1))
    if field.type == "duration":
        return duration_ns(raw, where)
    if field.type == "needs" and raw == "all":
        return None
    return _AS[field.type](raw)


_AS: dict[str, Callable[[Any], Any]] = {"text": str, "count": int, "needs": int, "number": float, "words": tuple}


def _condition(table: dict[str, Any], where: str) -> Condition:
    _only(table, {"column": str, "at_least": (int, float)}, {"weight": int}, where)
    return Condition(table["column"], float(table["at_least"]), table.get("weight", 1))


def _also(table: dict[str, Any], where: str) -> Also:
    ways = [key for key in table if key in WAYS]
    if len(ways) != 1:
        raise SettingError(where, table, f"column and one of {', '.join(WAYS)}")
    _only(table, {"column": str, ways[0]: (int, float)}, {}, where)
    return Also(table["column"], ways[0], float(table[ways[0]]))


def _only(table: dict[str, Any], required: dict[str, Any], optional: dict[str, Any], where: str) -> None:
    """Whether a table holds what it must, and nothing else."""
    known = required | optional
    wrong = [key for key, value in table.items() if not (key in known and _is(value, known[key]))]
    if wrong or not required.keys() <= table.keys():
        raise SettingError(where, table, f"{', '.join(known)}: a column's name, and numbers")


def _is(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def lines_of(rule: AnyRule) -> list[str]:
    """A rule's table, line by line."""
    lines = ["[[rule]]", f"kind = {_text(kind_of(rule))}"]
    return lines + [f"{key} = {_written(one, getattr(rule, one.name))}" for key, one in FIELDS[kind_of(rule)].items()]


def kind_of(rule: AnyRule) -> str:
    """The word for a rule's kind.

    >>> from fbkit.alerts.rule import TIER_6
    >>> kind_of(TIER_6)
    'cluster'
    """
    return next(word for word, struct in KINDS.items() if type(rule) is struct)


def plain(rule: AnyRule) -> dict[str, Any]:
    """A rule's table as JSON has it."""
    found: dict[str, Any] = tomllib.loads("\n".join(lines_of(rule)))["rule"][0]
    return found


def _written(field: Field, value: Any) -> str:
    if field.type == "duration":
        return _text(duration(value))
    if field.type == "needs":
        return _text("all") if value is None else str(value)
    if field.type == "words":
        return _list(map(_text, value))
    if field.type == "conditions":
        return _list(starmap(_of_condition, value))
    if field.type == "also":
        return _list(f"{{ column = {_text(one.column)}, {one.way} = {one.bound!r} }}" for one in value)
    return _text(value) if isinstance(value, str) else repr(value)


def _of_condition(column: str, at_least: float, weight: int) -> str:
    return f"{{ column = {_text(column)}, at_least = {at_least!r}, weight = {weight} }}"


def _list(parts: Iterable[str]) -> str:
    return f"[{', '.join(parts)}]"


def _text(text: str) -> str:
    return json.dumps(text)


def duration(ns: int) -> str:
    """A duration as users write it.

    >>> duration(900_000_000_000), duration(0), duration(1_500_000_000)
    ('15m', '0s', '1500ms')
    """
    for unit, length in (("d", NS_DAY), ("h", NS_HOUR), ("m", NS_MIN), ("s", NS_S)):
        if ns and ns % length == 0:
            return f"{ns // length}{unit}"
    return f"{ns // NS_MS}ms" if ns else "0s"


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
