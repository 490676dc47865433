"""What the exchange pushes: every maker gives the frames of a second.

Source: Deribit API 2.1.1, "Subscriptions".
"""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.simulator.calendar import MS_S
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.deribit.rows import Row, Rows
from fbkit.simulator.wires.deribit.rpc import notified
from fbkit.simulator.wires.deribit.streams import LEVELS, SLOT_MS
from fbkit.simulator.wires.wire import Frame, Stream

#: Tickers speak when something changed, ten times a second at most; here twice, when the second is this old, ms.
_TICKERS_AT_MS = (70, 570)

#: A candle is told again once a second while it grows.
_CANDLE_MS = 1_000


class Pushes:
    """Makers of frames."""

    def __init__(self, scene: Scene, rows: Rows) -> None:
        self._scene, self._rows = scene, rows

    def trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``trades.….100ms``: what traded in a tenth of a second, when it is over."""
        names = _names(wanted)
        slots: dict[tuple[int, int], list[Row]] = {}
        for row in self._scene.trades(start_ms):
            if row.coin in names:
                slot = row.push_ms // SLOT_MS * SLOT_MS
                slots.setdefault((slot, row.coin), []).append(self._rows.trade(row))
        for (slot, coin), told in slots.items():
            for name in names[coin]:
                yield Frame(slot + SLOT_MS - 1, name, notified(name, told))

    def quotes(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``quote.…``: every change of a best bid or ask."""
        names = _names(wanted)
        for row in self._scene.best(start_ms):
            for name in names.get(row.coin, ()):
                yield Frame(row.push_ms, name, notified(name, self._rows.quote(row)))

    def tickers(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``ticker.….100ms``."""
        coins = [stream.coin for stream in wanted]
        for at in _TICKERS_AT_MS:
            for stream, row in zip(wanted, self._rows.tickers(start_ms + at, coins), strict=True):
                yield Frame(start_ms + at, stream.name, notified(stream.name, row))

    def books(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``book.….100ms``: what turns the book of a slot into that of the next, ids in a chain."""
        for stream in wanted:
            for ts in range(start_ms, start_ms + MS_S, SLOT_MS):
                change = self._scene.change(stream.coin, ts, SLOT_MS, LEVELS)
                yield Frame(ts, stream.name, notified(stream.name, self._rows.change(change)))

    def candles(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``chart.trades.…``: nobody says when a candle is closed; its last word comes right after its end."""
        for interval in sorted({stream.interval for stream in wanted}):
            names = _names([stream for stream in wanted if stream.interval == interval])
            for row in self._scene.bars(start_ms, interval, names, cadence_ms=_CANDLE_MS, closes_ms=0):
                for name in names[row.coin]:
                    yield Frame(row.push_ms, name, notified(name, self._rows.candle(row.coin, row.start_ms, row.bar)))

    def states(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``instrument.state.…``: nothing is listed and nothing expires while we watch."""
        yield from ()

    def beginning(self, stream: Stream, now_ms: int) -> Frame | None:
        """What a subscription begins with: a book's snapshot, a ticker, a quote."""
        if stream.kind == "book":
            row = self._rows.snapshot(self._scene.book(stream.coin, now_ms, LEVELS))
        elif stream.kind == "ticker":
            [row] = self._rows.tickers(now_ms, [stream.coin])
        elif stream.kind == "quote":
            row = self._rows.quote(self._scene.best_at(now_ms)[stream.coin])
        else:
            return None
        return Frame(now_ms, stream.name, notified(stream.name, row))


def _names(wanted: list[Stream]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for stream in wanted:
        names.setdefault(stream.coin, []).append(stream.name)
    return names
