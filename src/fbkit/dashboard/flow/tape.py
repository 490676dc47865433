"""The newest trades of some contracts: read backwards from now, so many at a time, and only the new ones afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fbkit.model import NS_MIN, NS_S, Span

if TYPE_CHECKING:
    from fbkit.store import Store

#: Trades of one question, and trades kept; of all contracts together.
BUDGET, MOST = 60_000, 300_000

#: Trades come late by less than this, ns.
_LATE = 10 * NS_S

#: The first stretch that is read, ns. With so many trades in it, it says how far the budget reaches: a store unpacks
#: whole blocks, so that one long reading costs less than several short ones. With fewer, the next is so much longer.
_FIRST, _ENOUGH, _WIDER = 10 * NS_MIN, 500, 8


class Trades(NamedTuple):
    """All trades from ``since``, by time: when (UTC ns), price (USD a coin), USD with the taker's sign."""

    ts: NDArray[np.int64]
    price: NDArray[np.float64]
    usd: NDArray[np.float64]
    since: int

    def between(self, since: int, until: int | None = None) -> Trades:
        """Those of a stretch."""
        keep = (self.ts >= since) if until is None else (self.ts >= since) & (self.ts < until)
        return Trades(self.ts[keep], self.price[keep], self.usd[keep], max(since, self.since))


def _read(store: Store, name: str, span: Span) -> Trades:
    found = store.read("trade", name, span)
    price = found["price"]
    return Trades(found["ts_event"], price, price * found["size"] * found["side"], span.since or 0)


def _joined(parts: Sequence[Trades], since: int) -> Trades:
    if not parts:
        return Trades(np.empty(0, np.int64), np.empty(0), np.empty(0), since)
    ts, price, usd, _ = zip(*parts, strict=True)
    return Trades(np.concatenate(ts), np.concatenate(price), np.concatenate(usd), since)


class Tape:
    """What is kept of some contracts' trades.

    Examples
    --------
    >>> Tape(["binance:BTC-USDT-PERP"]).since
    0
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.kept: dict[str, Trades] = {}

    @property
    def since(self) -> int:
        """From when the trades of all of them are here, UTC ns."""
        return max((one.since for one in self.kept.values()), default=0)

    def read(self, store: Store, since: int, now: int) -> None:
        """Add what is new, and reach further back towards ``since`` (UTC ns) as far as one question may."""
        share = BUDGET // max(1, len(self.names))
        for name in self.names:
            kept = self._newer(store, name, now)
            self.kept[name] = self._older(store, name, kept, (since, now), share).between(since)

    def _newer(self, store: Store, name: str, now: int) -> Trades:
        kept = self.kept.get(name)
        if kept is None:
            return _read(store, name, Span(now - _FIRST))
        cut = int(kept.ts[-1]) - _LATE if len(kept.ts) else kept.since
        cut = max(cut, kept.since)
        return _joined([kept.between(kept.since, cut), _read(store, name, Span(cut))], kept.since)

    def _older(self, store: Store, name: str, kept: Trades, wanted: tuple[int, int], budget: int) -> Trades:
        since, now = wanted
        while kept.since > since and budget > 0 and len(kept.ts) < MOST // max(1, len(self.names)):
            known = max(_FIRST, now - kept.since)
            dense = len(kept.ts) >= _ENOUGH
            stretch = int(known * budget / len(kept.ts)) if dense else _WIDER * known
            older = _read(store, name, Span(max(since, kept.since - stretch), kept.since))
            budget -= len(older.ts)
            kept = _joined([older, kept], older.since)
        return kept

    def together(self) -> Trades:
        """All of them from when all are here, by contract."""
        return _joined([one.between(self.since) for one in self.kept.values()], self.since)

    def largest(self, since: int, count: int) -> list[tuple[int, str, float, float]]:
        """The largest since an instant, by size: when (UTC ns), contract, price, USD with the taker's sign."""
        found: list[tuple[int, str, float, float]] = []
        for name, one in self.kept.items():
            new = one.between(since)
            places = np.argsort(-np.abs(new.usd), kind="stable")[:count].tolist()
            found += [(int(new.ts[at]), name, float(new.price[at]), float(new.usd[at])) for at in places]
        return sorted(found, key=lambda trade: (-abs(trade[3]), trade[0], trade[1]))[:count]
