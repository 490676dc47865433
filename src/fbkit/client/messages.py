"""What the stream says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

if TYPE_CHECKING:
    import pandas as pd


class Hello(msgspec.Struct, frozen=True, tag_field="t", tag="hello"):
    """A collector is heard: which market, its seed, its epoch."""

    market: str
    seed: int | None
    epoch: int


class Gone(msgspec.Struct, frozen=True, tag_field="t", tag="gone"):
    """No collector is heard, or the server is not: ``why``. What follows comes when there is one again."""

    why: str


class Live(msgspec.Struct, frozen=True, tag_field="t", tag="live"):
    """Newest values of the instruments that changed; ``missed`` counts those never sent because we were slow."""

    ts: str
    rows: list[dict[str, Any]]
    missed: int = 0

    def frame(self) -> pd.DataFrame:
        """The values, a row an instrument. USD; ``funding_8h`` and ``day_change`` are fractions."""
        import pandas as pd

        return pd.DataFrame(self.rows).set_index("instrument")


class Rows(msgspec.Struct, frozen=True, tag_field="t", tag="rows"):
    """What one commit made, whole. Give ``cursor`` to the next stream, and it goes on behind it."""

    cursor: int = -1
    bars: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    alerts: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    more: bool = False

    def frame(self, what: str = "bars") -> pd.DataFrame:
        """``bars``, ``metrics``, ``alerts`` or ``gaps`` as a frame like the client's."""
        from fbkit.client.frames import frame_of, opened

        items = getattr(self, what)
        time = {"bars": "t1", "metrics": "t1", "alerts": "ts", "gaps": "t0"}[what]
        return frame_of([opened(one) for one in items] if what == "metrics" else items, {}, time if items else None)


class Reset(msgspec.Struct, frozen=True, tag_field="t", tag="reset"):
    """The cursor given was of another database; the stream went on from ``cursor``."""

    cursor: int
    why: str


Message: TypeAlias = Hello | Gone | Live | Rows | Reset

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def decode(text: str | bytes) -> Message:
    """One message; raises ``msgspec.DecodeError`` where it is none of ours.

    >>> decode('{"t": "rows", "cursor": 7}').cursor
    7
    """
    return _decoder.decode(text)


class Joining:
    """Puts the parts of a big commit together: what comes out is whole.

    >>> joining = Joining()
    >>> joining.take(Rows(bars=[{"close": 1.0}], more=True)) is None
    True
    >>> len(joining.take(Rows(7, bars=[{"close": 2.0}])).bars)
    2
    """

    def __init__(self) -> None:
        self._parts: list[Rows] = []

    def take(self, rows: Rows) -> Rows | None:
        """The next part; returns the commit with its last."""
        self._parts.append(rows)
        if rows.more:
            return None
        parts, self._parts = self._parts, []
        if len(parts) == 1:
            return rows
        bars, metrics, alerts, gaps = (
            [one for part in parts for one in getattr(part, name)] for name in ("bars", "metrics", "alerts", "gaps")
        )
        return Rows(rows.cursor, bars, metrics, alerts, gaps)
