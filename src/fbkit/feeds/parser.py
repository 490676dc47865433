"""What every venue's parser is: frames in, items out, never an exception."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fbkit.model import Item


class Parser(Protocol):
    """A venue's parser; ``books`` and ``forget(symbols)`` where it has them."""

    def frame(self, payload: bytes, ts_recv: int) -> list[Item]:
        """The items of one frame, heard at ``ts_recv`` (UTC ns); at least one."""
        ...

    def frames(self, payloads: Sequence[bytes], ts_recv: int) -> list[Item]:
        """The items of frames that came together."""
        ...


class FrameByFrame:
    """:meth:`Parser.frames` for a parser that has :meth:`Parser.frame`."""

    def frames(self: Parser, payloads: Sequence[bytes], ts_recv: int) -> list[Item]:
        """The items of frames that came together."""
        items: list[Item] = []
        for payload in payloads:
            items += self.frame(payload, ts_recv)
        return items
