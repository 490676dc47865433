"""The exchange's REST: ``/api/v4/futures/usdt/…``.

Source: Gate APIv4, "Futures", "Error Handling", "Frequency limit rule".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fbkit.simulator.answers import Answer, answer
from fbkit.simulator.calendar import MS_DAY, MS_MIN, MS_S
from fbkit.simulator.scene import Scene
from fbkit.simulator.wires.gate.asking import Asking, Refused, periods_of, span_of
from fbkit.simulator.wires.gate.limits import endpoint
from fbkit.simulator.wires.gate.pushes import Pushes
from fbkit.simulator.wires.gate.streams import BOOK_LEVELS
from fbkit.simulator.wires.gate.templates import CoinWire, funding

#: How far back the public list of liquidations is made, ms.
_LIQUIDATIONS_MS = 10 * MS_MIN

#: Contracts that nobody should follow: of metal, and about to go.
_METAL = (
    '{"name":"XAU_USDT","type":"direct","quanto_multiplier":"0.001","order_price_round":"0.01","order_size_min":1,'
    '"funding_interval":28800,"in_delisting":false,"status":"trading","contract_type":"metals"}'
)
_LEAVING = (
    '{"name":"OMG_USDT","type":"direct","quanto_multiplier":"1","order_price_round":"0.0001","order_size_min":1,'
    '"funding_interval":28800,"in_delisting":true,"status":"delisting","contract_type":""}'
)


class Pages:
    """Answers requests about a market."""

    def __init__(self, scene: Scene, texts: list[CoinWire], pushes: Pushes) -> None:
        self._scene, self._texts, self._pushes = scene, texts, pushes
        self._index = scene.market.universe.index
        self._pages: dict[str, Callable[[Asking, int], str]] = {
            "contracts": self._contracts,
            "tickers": self._tickers,
            "candlesticks": self._candles,
            "trades": self._trades,
            "funding_rate": self._fundings,
            "contract_stats": self._stats,
            "order_book": self._book,
            "liq_orders": self._liquidations,
        }

    def answer(self, path: str, given: Mapping[str, str], now_ms: int) -> Answer:
        """The reply to a GET at an instant (UTC ms)."""
        name = endpoint(path)
        page = self._pages.get(name)
        if page is None:
            return Refused("INVALID_REQUEST_PATH", "not found", 404).answer()
        try:
            return answer(page(Asking(name, given, self._index), now_ms))
        except Refused as refused:
            return refused.answer()

    def prepare(self, path: str, given: Mapping[str, str], now_ms: int) -> Iterator[None]:
        """Make what :meth:`answer` will need."""
        name = endpoint(path)
        asking = Asking(name, given, self._index)
        try:
            if name == "tickers":
                yield from self._scene.prepare_minutes((now_ms - MS_DAY) // MS_MIN, now_ms // MS_MIN)
            elif name == "candlesticks":
                yield from self._scene.prepare_minutes(*self._scene.kline_minutes(*span_of(asking, now_ms)))
            elif name == "funding_rate":
                yield from self._scene.prepare_days(asking.instant_ms("from") or 0, now_ms)
            elif name == "contract_stats":
                periods = periods_of(asking, now_ms)
                yield from self._scene.prepare_days(periods.start, periods.stop)
                yield from self._scene.prepare_minutes((periods.start - periods.step) // MS_MIN, periods.stop // MS_MIN)
        except Refused:
            return

    def _contracts(self, asking: Asking, now_ms: int) -> str:
        marks, held = self._scene.marks(now_ms), self._scene.open_interest(now_ms)
        rows = [text.contract(marks[coin], held[coin]) for coin, text in enumerate(self._texts)]
        return f"[{','.join([*rows, _METAL, _LEAVING])}]"

    def _tickers(self, asking: Asking, now_ms: int) -> str:
        rows = self._pushes.told(now_ms)
        return f"[{','.join(rows)}]"

    def _candles(self, asking: Asking, now_ms: int) -> str:
        text = self._texts[asking.coin()]
        rows = self._scene.klines(asking.coin(), *span_of(asking, now_ms))
        return f"[{','.join(text.candled(start, bar) for start, bar in rows)}]"

    def _trades(self, asking: Asking, now_ms: int) -> str:
        """Newest first, within a time or the newest of all."""
        coin, limit, skip = asking.coin(), asking.limit(), asking.number("offset") or 0
        since, until = asking.instant_ms("from"), asking.until_ms(now_ms)
        if since is None:
            rows = self._scene.newest(coin, skip + limit, until)
        else:
            rows = self._scene.between(coin, since, until, 1_000_000)
        rows = rows[::-1][skip : skip + limit]
        return f"[{','.join(map(self._texts[coin].traded, rows))}]"

    def _fundings(self, asking: Asking, now_ms: int) -> str:
        """Newest first."""
        since, until = asking.instant_ms("from") or 0, asking.until_ms(now_ms)
        rows = self._scene.fundings(asking.coin(), since, until)[::-1]
        return f"[{','.join(map(funding, rows[: asking.limit()]))}]"

    def _stats(self, asking: Asking, now_ms: int) -> str:
        coin, periods = asking.coin(), periods_of(asking, now_ms)
        told = [dict(self._scene.ratios(coin, name, periods)) for name in ("acct_global", "acct_top", "pos_top")]
        rows = []
        for row in self._scene.held(coin, periods):
            bought, sold = self._scene.taken(coin, row.ts_ms - periods.step, row.ts_ms)
            ratios = [*(ratio[row.ts_ms] for ratio in told), bought[0] / max(sold[0], 1)]
            rows.append(self._texts[coin].stat(row, ratios))
        return f"[{','.join(rows)}]"

    def _book(self, asking: Asking, now_ms: int) -> str:
        coin = asking.coin()
        book, text = self._scene.book(coin, now_ms, min(asking.limit(), BOOK_LEVELS)), self._texts[coin]
        number = f'"id":{book.update_id},' if asking.with_id() else ""
        return (
            f'{{{number}"current":{now_ms / 1000:.3f},"update":{book.ts_ms / 1000:.3f},'
            f'"asks":[{text.levels(book.asks, "")}],"bids":[{text.levels(book.bids, "")}]}}'
        )

    def _liquidations(self, asking: Asking, now_ms: int) -> str:
        """Newest first, of the last minutes."""
        coin, until = asking.coin(), asking.until_ms(now_ms)
        since = max(asking.instant_ms("from") or 0, until - _LIQUIDATIONS_MS)
        seconds = range(since // MS_S * MS_S, until, MS_S)
        rows = [row for start in seconds for row in self._scene.forced(start) if row.coin == coin]
        told = [row for row in rows if since <= row.ts_ms <= until and row.push_ms <= now_ms][::-1]
        return f"[{','.join(map(self._texts[coin].liquidated, told[: asking.limit()]))}]"
