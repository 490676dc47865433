"""The style sheet of a page around its widgets: where each tab puts what."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent / "look"


@cache
def layout() -> str:
    """Every sheet of ``look/``, the page's own first."""
    sheets = sorted(_HERE.glob("*.css"), key=lambda path: (path.name != "page.css", path.name))
    return "\n".join(path.read_text("utf-8") for path in sheets)
