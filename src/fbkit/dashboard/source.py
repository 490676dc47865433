"""Where a board's numbers come from: the store for what was, the hub for what is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from fbkit.clock import SystemClock
from fbkit.dashboard.readings import Readings, readings
from fbkit.errors import UnknownName
from fbkit.hub import Gone, Message, follow
from fbkit.model import NS_DAY, TIMEFRAMES, AlertRow, BarRow, Gap, Instrument, Market, MetricRow, Span, SummaryRow
from fbkit.runtime import database_url
from fbkit.settings import Settings

if TYPE_CHECKING:
    # The store and pandas come with the first question, in the board's reading thread: live numbers do not wait.
    import pandas as pd

    from fbkit.store import Store

T = TypeVar("T")

#: A collector beats once a second and pushes prices ten times; so silent, it has stopped as far as a page can tell.
SILENCE_S = 1.7


class Newest(NamedTuple):
    """Newest rows of many instruments; metrics or a summary of an older bar than the bar here do not count."""

    bars: list[BarRow]
    metrics: list[MetricRow]
    summary: list[SummaryRow]


class Source(Protocol):
    """What a board asks for. All but ``messages`` may block and are called from a thread; all may raise FbkitError."""

    def market(self) -> tuple[Market, int | None]:
        """What the database holds, and its seed."""
        ...

    def instruments(self) -> dict[str, Instrument]:
        """Every listed instrument by name."""
        ...

    def bars(self, tf: str, last: int, instrument: str | None = None) -> pd.DataFrame:
        """Bars of the newest ``last`` slots, fields of ``BarRow``, ``t0`` and ``t1`` in UTC ns, by time."""
        ...

    def newest(self, tf: str, within: int) -> Newest:
        """Each instrument's newest bar of the last ``within`` slots, with the metrics and summary stored of it."""
        ...

    def columns(self, tf: str, last: int, names: Iterable[str], wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Some columns of these instruments' bars of the newest ``last`` slots: arrays by name, by time."""
        ...

    def alerts(self, last: int) -> list[AlertRow]:
        """The newest alerts."""
        ...

    def gaps(self) -> list[Gap]:
        """Gaps of the last 24 hours, each in its newest phase."""
        ...

    def readings(self, venues: Collection[str]) -> Readings:
        """What these venues leave open, and what they have no feed for."""
        ...

    def ask(self, question: Callable[[Store], T]) -> T:
        """Put any question to the store itself."""
        ...

    def messages(self) -> AsyncIterator[Message | Gone]:
        """What the collector says, for ever; ``Gone`` while there is none."""
        ...


class StoreSource:
    """A database and the collector that writes it. Opened when first asked, and again after it was missing."""

    def __init__(self, settings: Settings, url: str | None = None) -> None:
        self.settings = settings
        self.url = url or database_url(settings)
        self._store: Store | None = None

    def _open(self) -> Store:
        from fbkit.store import open_store

        if self._store is None:
            self._store = open_store(self.url)
        return self._store

    def market(self) -> tuple[Market, int | None]:
        store = self._open()
        return store.market, store.seed

    def instruments(self) -> dict[str, Instrument]:
        return self._open().instruments()

    def bars(self, tf: str, last: int, instrument: str | None = None) -> pd.DataFrame:
        # By span rather than by count: one step down the key for each instrument instead of one for each row.
        return self._open().rows("bars", tf=tf, span=self._span(tf, last), instrument=instrument)

    def newest(self, tf: str, within: int) -> Newest:
        store, span = self._open(), self._span(tf, within)
        return Newest(
            store.row_structs(BarRow, tf=tf, span=span, last=1),
            store.row_structs(MetricRow, tf=tf, span=span, last=1),
            store.row_structs(SummaryRow, tf=tf),
        )

    def columns(self, tf: str, last: int, names: Iterable[str], wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
        store, span = self._open(), self._span(tf, last)
        found = {}
        for name in names:
            with suppress(UnknownName):  # heard live, and not listed in the database yet
                found[name] = store.columns("bars", wanted, instrument=name, tf=tf, span=span)
        return found

    def alerts(self, last: int) -> list[AlertRow]:
        return self._open().row_structs(AlertRow, last=last)

    def gaps(self) -> list[Gap]:
        return [_gap(row) for row in self._open().records("gaps", span=Span(since=self._now() - NS_DAY))]

    def readings(self, venues: Collection[str]) -> Readings:
        return readings(venues, self.settings.flipped_at)

    def ask(self, question: Callable[[Store], T]) -> T:
        return question(self._open())

    def _span(self, tf: str, last: int) -> Span:
        now = self._now()
        return Span(since=now - now % TIMEFRAMES[tf] - last * TIMEFRAMES[tf])

    def _now(self) -> int:
        """The market's newest instant, UTC ns."""
        beat = self._open().last_beat()
        return beat.ts_recv if beat else SystemClock().now()

    async def messages(self) -> AsyncIterator[Message | Gone]:
        async for message in follow(self.settings, self.url, silence_s=SILENCE_S):
            yield message


def _gap(row: Mapping[Any, Any]) -> Gap:
    known = {name: row[name] for name in ("gap_id", "venue", "channel", "phase", "cause", "t0")}
    t1 = row["t1"]
    return Gap(
        instrument=str(row["instrument"] or ""),
        ts_event=int(row["t0"]),
        ts_recv=0,
        t1=None if t1 is None else int(t1),
        **known,
    )
