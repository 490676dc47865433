"""What the numbers say, in sentences: one bold claim a paragraph, then its numbers; or facts, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import traitlets

from fbkit.widgets.assets import module
from fbkit.widgets.panel import Panel

#: A piece of text and its tone: ``claim number up down`` or ``""``.
Piece = tuple[str, str]


class Words(Panel):
    """Paragraphs and facts under a heading.

    A paragraph is pieces of text, each with a tone; one of which every piece is ``quiet`` is set smaller: what is not
    known. Facts are pairs of a name and what it is.

    Examples
    --------
    >>> words = Words(title="In words", sub="15m bar to 14:45")
    >>> words.show([[("Prices fell.", "claim"), (" Price lost ", ""), ("0.21 %", "down"), (".", "")]])
    >>> words.paragraphs[0][0]
    ['Prices fell.', 'claim']
    """

    _esm = module("words.js")

    title = traitlets.Unicode("", help="What is told").tag(sync=True)
    sub = traitlets.Unicode("", help="Of which bar, over which window").tag(sync=True)
    waiting = traitlets.Unicode("", help="What is awaited while there is nothing to say").tag(sync=True)
    paragraphs = traitlets.List(traitlets.List(), help="Pieces of text, each with its tone").tag(sync=True)
    facts = traitlets.List(traitlets.List(), help="Pairs of a name and what it is").tag(sync=True)

    def show(self, paragraphs: Iterable[Sequence[Piece]] = (), facts: Iterable[tuple[str, str]] = ()) -> None:
        """Show these."""
        with self.hold_sync():
            self.paragraphs = [[list(piece) for piece in paragraph] for paragraph in paragraphs]
            self.facts = [list(fact) for fact in facts]
