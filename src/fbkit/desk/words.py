"""Sentences in a notebook, and whose market they are of."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from fbkit.desk.shown import badge


class Words:
    """What :meth:`Desk.in_words` gives: sentences, to be read, printed or looped over.

    >>> words = Words("LIVE", ["One thing.", "Another."])
    >>> print(words)
    LIVE
    One thing.
    Another.
    """

    def __init__(self, market: str, sentences: Sequence[str]) -> None:
        self.market, self.sentences = market, tuple(sentences)

    def __iter__(self) -> Iterator[str]:
        return iter(self.sentences)

    def __len__(self) -> int:
        return len(self.sentences)

    def __str__(self) -> str:
        return "\n".join([self.market, *self.sentences])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, *others = [html.escape(sentence) for sentence in self.sentences] or ["Nothing can be said yet."]
        body = "".join(f"<p style='margin:4px 0'>{sentence}</p>" for sentence in (f"<b>{first}</b>", *others))
        return f"<div style='max-width:84ch'>{badge(self.market)}{body}</div>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's own signature
        printer.text(str(self))
