"""What the exchange pushes in a second."""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.simulator.calendar import MS_S
from fbkit.simulator.facts import ForcedRow, TradeRow
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.gate.streams import BOOK_LEVELS
from fbkit.simulator.wires.gate.templates import CoinWire, frame
from fbkit.simulator.wires.wire import Frame, Stream

#: A changed book is pushed so much after its slot, ms; a best price so much after its change.
_BOOK_MS, _BEST_MS = 5, 4

#: A candle that grows is told so often, ms; a closed one so much after its end.
_CANDLE_MS, _CLOSES_MS = 1_000, 1_000


class Pushes:
    """Makers of frames."""

    def __init__(self, scene: Scene, texts: list[CoinWire]) -> None:
        self._scene, self._texts = scene, texts

    def trades(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """A frame a coin and millisecond."""
        names = _names(wanted)
        together: dict[tuple[int, int], list[TradeRow]] = {}
        for row in self._scene.trades(start_ms):
            if row.coin in names:
                together.setdefault((row.push_ms, row.coin), []).append(row)
        for (push, coin), rows in together.items():
            result = ",".join(map(self._texts[coin].trade, rows))
            yield Frame(push, names[coin], frame(push, "futures.trades", f"[{result}]"))

    def best(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """Each change of a best bid or ask."""
        names = _names(wanted)
        for row in self._scene.best(start_ms, _BEST_MS):
            if row.coin in names:
                payload = frame(row.push_ms, "futures.book_ticker", self._texts[row.coin].best(row))
                yield Frame(row.push_ms, names[row.coin], payload)

    def books(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """What changed of each book in each of its slots: ids count on without a hole."""
        for stream in wanted:
            for slot in range(start_ms, start_ms + MS_S, stream.cadence_ms):
                change = self._scene.change(stream.coin, slot, stream.cadence_ms, BOOK_LEVELS)
                payload = frame(slot + _BOOK_MS, "futures.order_book_update", self._texts[stream.coin].change(change))
                yield Frame(slot + _BOOK_MS, stream.name, payload)

    def tickers(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """Each coin once a second, at its own moment."""
        rows = self.told(start_ms)
        for stream in wanted:
            push = start_ms + stream.coin * 37 % MS_S
            yield Frame(push, stream.name, frame(push, "futures.tickers", f"[{rows[stream.coin]}]"))

    def told(self, ts_ms: int) -> list[str]:
        """Every coin's ticker at an instant."""
        held, days = self._scene.open_interest(ts_ms), self._scene.days(ts_ms)
        marks = self._scene.marks(ts_ms)
        return [
            text.ticker(marks[coin], held[coin], days[coin] if days else None) for coin, text in enumerate(self._texts)
        ]

    def candles(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """Candles as they grow, and their last word."""
        by_interval: dict[str, dict[int, str]] = {}
        for stream in wanted:
            by_interval.setdefault(stream.interval, {})[stream.coin] = stream.name
        for interval, names in by_interval.items():
            for row in self._scene.bars(start_ms, interval, names, _CANDLE_MS, _CLOSES_MS):
                result = self._texts[row.coin].candle(row.start_ms, interval, row.bar, closed=row.closed)
                payload = frame(row.push_ms, "futures.candlesticks", f"[{result}]")
                yield Frame(row.push_ms, names[row.coin], payload)

    def forced(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """All of a coin's liquidations of a second in one frame, when the last of them is known."""
        together: dict[int, list[ForcedRow]] = {}
        for row in self._scene.forced(start_ms):
            together.setdefault(row.coin, []).append(row)
        for coin, rows in together.items():
            push = rows[-1].push_ms
            result = ",".join(map(self._texts[coin].forced, rows))
            payload = frame(push, "futures.public_liquidates", f"[{result}]")
            for stream in wanted:
                if stream.coin in {coin, -1}:
                    yield Frame(push, stream.name, payload)


def _names(wanted: list[Stream]) -> dict[int, str]:
    return {stream.coin: stream.name for stream in wanted}
