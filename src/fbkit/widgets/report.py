"""A published report as a panel: its claims, where they come from, whether its files are as they were published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel

#: A piece of text and its tone: ``claim`` or ``""``.
Piece = tuple[str, str]


class ReportShown(msgspec.Struct, frozen=True):
    """What is shown of one run.

    ``paragraphs`` are pieces of text with a tone each, ``facts`` a name, a text and a tone (``ok warn bad code`` or
    ``""``). ``page`` is the name under which the whole page is asked for; empty: there is none.
    """

    when: str
    headline: str
    paragraphs: tuple[tuple[Piece, ...], ...] = ()
    facts: tuple[tuple[str, str, str], ...] = ()
    page: str = ""


class ReportView(Panel):
    """The newest report and the ones before it. The whole page opens over the tab, in a frame without any rights.

    Examples
    --------
    >>> view = ReportView(title="Latest status report", waiting="None yet: `fbkit report run status` makes one.")
    >>> view.show(ReportShown("14:00:06", "All is well.", facts=(("verified", "yes", "ok"),)))
    >>> view.shown["headline"]
    'All is well.'
    """

    _esm = module("report.js")

    title = traitlets.Unicode("", help="What is shown").tag(sync=True)
    waiting = traitlets.Unicode("", help="How one is made, said while there is none").tag(sync=True)
    shown = traitlets.Dict(help="One ReportShown; empty: there is none").tag(sync=True)
    earlier = traitlets.List(traitlets.Dict(), help="Runs, newest first: page, when, told, tone").tag(sync=True)
    chosen = traitlets.Unicode("", help="The run that was asked for; empty: the newest").tag(sync=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._page: Callable[[str], bytes] | None = None
        self.on_msg(self._hear)

    def show(self, report: ReportShown | None, earlier: Sequence[dict[str, str]] = ()) -> None:
        """Show a run, and which there were before."""
        with self.hold_sync():
            self.shown = {} if report is None else msgspec.to_builtins(report)
            self.earlier = list(earlier)

    def on_open(self, page: Callable[[str], bytes]) -> None:
        """How a whole page is got by its name: HTML, UTF-8; raises ``OSError`` where it is gone."""
        self._page = page

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") != "open" or self._page is None:
            return
        asked = str(content.get("page"))
        try:
            data = self._page(asked)
        except OSError as error:
            self.send({"kind": "gone", "page": asked, "why": error.strerror or "it is gone"})
        else:
            self.send({"kind": "page", "page": asked}, buffers=[data])
