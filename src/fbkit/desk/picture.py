"""A picture in a notebook: live where widgets live, a PNG where none does, words everywhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cached_property
from typing import Any

from fbkit.widgets import Panel


class Picture:
    """What :meth:`Desk.plot` gives.

    ``widget`` is the live one, ``png()`` the same on paper, ``text`` the same in words; a notebook shows whichever it
    can, the live one first.
    """

    def __init__(self, text: str, widget: Callable[[], Panel], png: Callable[[], bytes]) -> None:
        self.text, self._make, self._png = text, widget, png

    @cached_property
    def widget(self) -> Panel:
        """The live picture, one of ``fbkit.widgets``; made when it is first asked for."""
        return self._make()

    def png(self) -> bytes:
        """The picture as a PNG file's bytes."""
        return self._png()

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_wanted: Any) -> dict[str, Any]:
        live, _ = self.widget._repr_mimebundle_() or ({}, {})
        return live | {"image/png": b64encode(self._png()).decode("ascii"), "text/plain": self.text}
