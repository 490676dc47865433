"""A report's parameters: read from its own ``parameters`` cell, checked by a typed model before anything runs.

papermill escapes values but not names, and only warns of a name it does not know (FAULTS R5, S3). So a name must be
one the notebook itself assigns, and a value must be of the type it has there.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from fbkit.errors import ParameterRefused
from fbkit.model.timeframe import TIMEFRAMES
from fbkit.reports.notebook import Notebook

_TYPES: dict[str, Any] = {
    "str": Annotated[str, Field(max_length=4096)],
    "int": Annotated[int, Field(ge=-(2**63), lt=2**63)],
    "float": Annotated[float, Field(allow_inf_nan=False)],
    "bool": bool,
}

#: Parameters that mean the same in every report, with what they may be.
_VOCABULARY: dict[str, Any] = {
    "tf": Literal[tuple(TIMEFRAMES)],
    "hours": Annotated[int, Field(ge=1, le=31 * 24)],
    "top": Annotated[int, Field(ge=1, le=50)],
    "coin": Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w:./-]+$")],
}


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a report: its type's name, its default, and the comment beside it."""

    name: str
    type: str
    default: str | int | float | bool
    help: str = ""


def parameters_of(notebook: Notebook) -> list[Parameter]:
    """What the cell tagged ``parameters`` assigns; nothing is executed.

    >>> from fbkit.reports.notebook import Cell
    >>> cell = Cell("code", "hours = 24  # how far back", {"tags": ["parameters"]})
    >>> parameters_of(Notebook([cell]))
    [Parameter(name='hours', type='int', default=24, help='how far back')]
    """
    text = next((cell.text for cell in notebook.cells if cell.cell_type == "code" and "parameters" in cell.tags), "")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    lines = text.splitlines()
    found = [_parameter(node, lines) for node in tree.body]
    return [parameter for parameter in found if parameter is not None]


def _parameter(node: ast.stmt, lines: list[str]) -> Parameter | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return None
    if not isinstance(target, ast.Name):
        return None
    try:
        default = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return None
    kind = type(default).__name__
    if kind not in _TYPES:
        return None
    if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name) and node.annotation.id == "float":
        kind, default = "float", float(default)
    rest = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset or 0 :].decode()
    return Parameter(target.id, kind, default, rest.partition("#")[2].strip())


def check_parameters(report: str, known: list[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in their types, or :class:`~fbkit.errors.ParameterRefused` (exit 2); defaults are not added.

    >>> check_parameters("status", [Parameter("hours", "int", 24)], {"hours": "12"})
    {'hours': 12}
    >>> check_parameters("status", [Parameter("hours", "int", 24)], {"hour": "12"})
    Traceback (most recent call last):
    ...
    fbkit.errors.ParameterRefused: report 'status': parameter 'hour' refused (unknown; it has hours); nothing was run
    """
    names = {parameter.name for parameter in known}
    for name in given:
        if name not in names:
            raise ParameterRefused(report, name[:80], f"unknown; it has {', '.join(sorted(names)) or 'none'}")
    try:
        checked = _model(known).model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        why = f"{first['msg'][:1].lower()}{first['msg'][1:]}; got {str(first['input'])[:60]!r}"
        raise ParameterRefused(report, name, why) from error
    return checked.model_dump(exclude_unset=True)


def _model(known: list[Parameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for parameter in known:
        if not parameter.name.isidentifier():
            raise AssertionError(parameter.name)  # ast.Name gives nothing else
        kind = _VOCABULARY.get(parameter.name, _TYPES[parameter.type])
        # An alias, because a model's own attributes may not begin with an underscore or shadow its methods.
        fields[f"p_{parameter.name}"] = (kind, Field(parameter.default, alias=parameter.name))
    config = ConfigDict(extra="forbid", serialize_by_alias=True)
    return cast(type[BaseModel], create_model("Parameters", __config__=config, **fields))
