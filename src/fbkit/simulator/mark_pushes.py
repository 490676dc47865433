"""What the exchange pushes of marks, index prices and funding, and of liquidations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fbkit.simulator.calendar import MS_MIN, MS_S
from fbkit.simulator.scene import MarkRow, Scene
from fbkit.simulator.streams import Frame, Stream

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


def all_marks(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``!markPrice@arr``: one bare array on the full second, two strangers at its end."""
    for stream in wanted:
        if start_ms % stream.cadence_ms == 0:
            rows = [wire.mark_price % row for wire, row in zip(scene.wires, scene.mark_rows(start_ms), strict=True)]
            strangers = _strangers(scene, start_ms)
            yield Frame(start_ms, stream.name, b"[" + b",".join([*rows, *strangers]) + b"]")


def _strangers(scene: Scene, start_ms: int) -> list[bytes]:
    _, mark, _, _, index, _, funding_ms = scene.mark_rows(start_ms)[0]
    coin_margined = (start_ms, mark, mark, index, index, funding_ms)
    return [_SETTLED % start_ms, _COIN_MARGINED % coin_margined]


def marks(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``markPrice`` of one coin, on the full second."""
    rows: list[MarkRow] | None = None
    for stream in wanted:
        if start_ms % stream.cadence_ms == 0:
            rows = rows or scene.mark_rows(start_ms)
            yield Frame(start_ms, stream.name, scene.wires[stream.coin].mark_price % rows[stream.coin])


def forced(scene: Scene, start_ms: int, wanted: list[Stream]) -> Iterator[Frame]:
    """``forceOrder`` and ``!forceOrder@arr``: one object a frame in both."""
    told = scene.liquidations[start_ms // MS_MIN]
    a, b = np.searchsorted(told.push_ms, (start_ms, start_ms + MS_S))
    for coin, push, ts, long, average, limit, steps, last in zip(*(c[a:b].tolist() for c in told), strict=True):
        wire = scene.wires[coin]
        p, q = wire.price_scale, wire.size_scale
        side = b"SELL" if long else b"BUY"
        payload = wire.force_order % (push, side, steps / q, limit / p, average / p, last / q, steps / q, ts)
        for stream in wanted:
            if stream.coin in {-1, coin}:
                yield Frame(push, stream.name, payload)
