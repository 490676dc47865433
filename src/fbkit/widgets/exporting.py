"""What a row of choices has beside it: Export, which hands over what its tab shows as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets

from fbkit.errors import FbkitError
from fbkit.widgets.panel import Panel


class Exporting(Panel):
    """A panel with Export. What goes wrong is told in ``note``, beside it.

    >>> panel = Exporting()
    >>> panel.on_export(["csv"], lambda kind: (f"market.{kind}", b"1,2"))
    >>> panel.formats
    ['csv']
    """

    formats = traitlets.List(traitlets.Unicode(), help="Formats Export offers; none: no Export").tag(sync=True)
    note = traitlets.Unicode("", help="What is being done, or went wrong, beside Export").tag(sync=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._export: Callable[[str], tuple[str, bytes]] | None = None
        self.on_msg(self._hear)

    def on_export(self, formats: Sequence[str], export: Callable[[str], tuple[str, bytes]]) -> None:
        """Offer Export in these formats; ``export(format)`` gives a file's name and bytes."""
        self.formats = list(formats)
        self._export = export

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") != "export" or self._export is None or content.get("format") not in self.formats:
            return
        try:
            name, data = self._export(str(content["format"]))
        except FbkitError as error:
            self.note = str(error)
        else:
            self.note = ""
            self.send({"kind": "file", "name": name}, buffers=[data])
