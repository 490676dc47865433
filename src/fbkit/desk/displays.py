"""Telling IPython how our things look; once, when a desk is opened or a collector started."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pandas as pd

from fbkit.desk.introduced import card_of_collector, card_of_import
from fbkit.desk.shown import Card, card_of, is_ours
from fbkit.ingest import CollectorHandle
from fbkit.ingest.importing import Imported


def _of_frame(frame: pd.DataFrame) -> Card | None:
    return card_of(frame) if is_ours(frame) else None


#: Each type that is not the desk's own and the card of one of it; ``None`` leaves it to whoever showed it before.
CARDS: dict[type, Callable[[Any], Card | None]] = {
    pd.DataFrame: _of_frame,
    CollectorHandle: card_of_collector,
    Imported: card_of_import,
}


def register(formatter: Any = None) -> None:
    """Have IPython show these as cards; nothing happens outside of it, or a second time.

    ``formatter`` is a display formatter; without one it is that of the shell that runs.
    """
    formatter = formatter or _running()
    for made, card in CARDS.items() if formatter is not None else ():
        _put(formatter.formatters["text/html"], made, card, _as_html)
        _put(formatter.formatters["text/plain"], made, card, _as_text)


def _running() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return None if shell is None else shell.display_formatter


def _put(formatter: Any, made: type, card: Callable[[Any], Card | None], make: Callable[..., Any]) -> None:
    """Ours before whoever shows this type there."""
    earlier = formatter.type_printers.get(made)
    if isinstance(earlier, _Ours):
        return
    formatter.for_type(made, _Ours(make(card, earlier)))


class _Ours:
    """A formatter of ours, to be known again."""

    def __init__(self, show: Callable[..., Any]) -> None:
        self._show = show

    def __call__(self, *given: Any) -> Any:
        return self._show(*given)


def _as_html(card: Callable[[Any], Card | None], earlier: Any) -> Callable[[Any], Any]:
    def show(thing: Any) -> Any:
        found = card(thing)
        if found is not None:
            return found.html()
        return earlier(thing) if earlier else thing._repr_html_()

    return show


def _as_text(card: Callable[[Any], Card | None], earlier: Any) -> Callable[[Any, Any, bool], None]:
    def show(thing: Any, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's own signature
        found = card(thing)
        if found is not None:
            printer.text(found.text())
        elif earlier:
            earlier(thing, printer, cycle)
        else:
            printer.text(repr(thing))

    return show
