"""Our JavaScript and CSS as the browser gets them: each widget is one module with what it imports joined in.

The sources are plain ES modules beside this file, importing one another by ``import { a } from "./b.js"`` on one
line. A notebook front end takes a single module for a widget and has no address for a second, so they are joined
here: no request, no content network, no build step.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import [^;]+ from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def style() -> str:
    """The style sheet, all of it within ``.fbkit``: tokens, what widgets share, then the sheet of each that has one."""
    shared = ("tokens.css", "look.css")
    own = sorted(path.name for path in _HERE.glob("*.css") if path.name not in shared)
    return "\n".join((_HERE / name).read_text("utf-8") for name in (*shared, *own))


@cache
def module(name: str) -> str:
    """A widget's module with everything it imports in front of it, each file once.

    >>> "export default" in module("clock.js")
    True
    """
    seen: list[str] = []
    _collect(name, seen)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _source(part))) for part in seen)


def _source(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _collect(name: str, seen: list[str]) -> None:
    for imported in _IMPORT.findall(_source(name)):
        _collect(imported, seen)
    if name not in seen:
        seen.append(name)
