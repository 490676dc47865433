"""What the exchange pushes of marks, index prices and funding, and of liquidations."""

from __future__ import annotations

from collections.abc import Iterator

from fbkit.simulator.facts import MarkRow
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.binance.templates import CoinWire
from fbkit.simulator.wires.wire import Frame, Stream

#: Rows that are not of this market but come with it, as the exchange's all-market stream carries them: a contract long
#: settled, and one of the coin-margined market.
_SETTLED = (
    b'{"e":"markPriceUpdate","E":%d,"s":"OMGUSDT","p":"0.28500000","ap":"0.28500000","P":"0.28512871","i":"0.00000000",'
    b'"r":"0.00000000","T":0,"st":1}'
)
_COIN_MARGINED = (
    b'{"e":"markPriceUpdate","E":%d,"s":"BTCUSD_PERP","p":"%.8f","ap":"%.8f","P":"%.8f","i":"%.8f","r":"0.00010000",'
    b'"T":%d,"st":2}'
)


class MarkPushes:
    """Makers of frames about marks and liquidations."""

    def __init__(self, scene: Scene, templates: list[CoinWire]) -> None:
        self._scene, self._templates = scene, templates

    def all_marks(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``!markPrice@arr``: one bare array on the full second, two strangers at its end."""
        for stream in wanted:
            if start_ms % stream.cadence_ms == 0:
                rows = self._scene.marks(start_ms)
                told = [self._templates[row.coin].mark_price % told_of(row) for row in rows]
                yield Frame(start_ms, stream.name, b"[" + b",".join([*told, *_strangers(rows[0])]) + b"]")

    def marks(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``markPrice`` of one coin, on the full second."""
        rows: list[MarkRow] | None = None
        for stream in wanted:
            if start_ms % stream.cadence_ms == 0:
                rows = rows or self._scene.marks(start_ms)
                yield Frame(start_ms, stream.name, self._templates[stream.coin].mark_price % told_of(rows[stream.coin]))

    def forced(self, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
        """``forceOrder`` and ``!forceOrder@arr``: one object a frame in both."""
        for coin, push, ts, long, average, limit, steps, last in self._scene.forced(start_ms):
            one = self._templates[coin]
            p, q = one.price_scale, one.size_scale
            side = b"SELL" if long else b"BUY"
            payload = one.force_order % (push, side, steps / q, limit / p, average / p, last / q, steps / q, ts)
            for stream in wanted:
                if stream.coin in {-1, coin}:
                    yield Frame(push, stream.name, payload)


def told_of(row: MarkRow) -> tuple[int, float, float, float, float, float, int]:
    """E, mark, average mark, estimated settlement, index, funding rate, next funding."""
    return row.ts_ms, row.mark, row.mark, row.index_price, row.index_price, row.rate, row.funding_ms


def _strangers(row: MarkRow) -> list[bytes]:
    mark, index = row.mark, row.index_price
    return [_SETTLED % row.ts_ms, _COIN_MARGINED % (row.ts_ms, mark, mark, index, index, row.funding_ms)]
