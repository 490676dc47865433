"""One call that says in words what frames hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fbkit.desk.base import Base
from fbkit.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.desk.words import Words


class Answered(Base):
    """The desk's word for it."""

    def in_words(self, *frames: pd.DataFrame) -> Words:
        """What frames of this desk say, in sentences made from their numbers, with windows, coverage and counts.

        Several frames of one coin are told together where that says more: ``across``, ``board`` and ``curve``.
        Raises ``UnknownName`` for a frame that no sentence is known for.

        Examples
        --------
        >>> desk.in_words(desk.summary("5m"))                                # doctest: +SKIP
        >>> desk.in_words(desk.lead_lag("BTC", "ETH"))                       # doctest: +SKIP
        """
        from fbkit.desk.answers import ANSWERS, together
        from fbkit.desk.words import Words

        for frame in frames:
            if frame.attrs.get("what") not in ANSWERS:
                raise UnknownName("frame to put into words", str(frame.attrs.get("what", "a frame")), sorted(ANSWERS))
        return Words(str(self.market), together(frames))
