"""A CSV's bars into a database marked RECORDED, by the line that every event goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fbkit.clock import SystemClock, iso
from fbkit.ingest.csv import Series, Table, column, read_table, tf_of
from fbkit.ingest.session import Session
from fbkit.ingest.wall_time import Ints, usual_step
from fbkit.ingest.writing import Inline
from fbkit.model import (
    BASE_TIMEFRAME,
    NS_DAY,
    NS_HOUR,
    NS_S,
    TIMEFRAMES,
    Bar,
    Event,
    Funding,
    Gap,
    Market,
    OpenInterest,
    Origin,
)
from fbkit.settings import Settings
from fbkit.store import Store

#: The fields of a bar by the roles of a table's columns.
_BAR = {
    "open": "open", "high": "high", "low": "low", "close": "close", "volume": "vol_base", "volume_usd": "vol_usd",
    "buy_usd": "buy_usd", "trades": "n_trades",
}  # fmt: skip

#: Minutes are handed over a day at a time: the engine remembers bars of eight.
_STRETCH = NS_DAY

#: A bar is closed this long after its end.
_AFTER = 5 * NS_S


class ImportedSeries(msgspec.Struct, frozen=True):
    """One instrument: rows stored by kind, rows that were there already, and ``[since, until)`` in UTC ns.

    ``missing`` bars lie between others; ``funding_hours`` is what the spacing of the funding rates says.
    """

    instrument: str
    tf: str
    bars: int
    funding: int
    open_interest: int
    known: int
    missing: int
    unsorted: int
    duplicates: int
    since: int
    until: int
    funding_hours: float | None = None


class Imported(msgspec.Struct, frozen=True):
    """What came of a file: its series, the columns by role, and everything there is to say about how it was read."""

    file: str
    database: str
    market: str
    dry_run: bool
    tz: str
    tf: str
    label: str
    rows: int
    skipped: int
    columns: dict[str, str]
    series: tuple[ImportedSeries, ...]
    said: tuple[str, ...]

    @property
    def bars(self) -> int:
        """Bars of all series that are new."""
        return sum(one.bars for one in self.series)

    def __repr__(self) -> str:
        did = "would store" if self.dry_run else "stored"
        head = (
            f"<Imported {self.market} {self.file}: {self.rows:,} rows; {did} {self.bars:,} bars of {self.tf} in "
            f"{len(self.series)} series, times UTC, in {self.database}>"
        )
        return "\n".join([head, *(f"  {_line(one)}" for one in self.series), *(f"  {one}" for one in self.said)])

    def plain(self) -> dict[str, Any]:
        """The same as JSON has it, instants as UTC text."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        for one in facts["series"]:
            one["since"], one["until"] = iso(one["since"]), iso(one["until"])
        return facts | {"bars": self.bars}


def _line(one: ImportedSeries) -> str:
    parts = [f"{one.bars:,} bars", f"{iso(one.since)} to {iso(one.until)}"]
    parts += [f"{one.funding:,} funding rates every {one.funding_hours:g} h"] if one.funding_hours else []
    counts = {name: getattr(one, name) for name in ("open_interest", "known", "missing", "duplicates", "unsorted")}
    parts += [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    return f"{one.instrument}: {', '.join(parts)}"


def preview_csv(
    path: Path, url: str, store: Store | None, *, label: str = "open", tz: str = "UTC", **how: Any
) -> Imported:
    """What :func:`import_csv` would store, given what ``store`` has; nothing is opened for writing."""
    table = read_table(path, tz=tz, label=label, **how)
    plans = [_Plan(one, store) for one in table.series]
    return _summary(table, plans, url, tz, label, dry_run=True)


def import_csv(
    path: Path,
    url: str,
    settings: Settings,
    *,
    label: str = "open",
    tz: str = "UTC",
    told: Callable[[int, int], None] = lambda _done, _total: None,
    **how: Any,
) -> Imported:
    """Read a file and store what is new of it; :meth:`fbkit.desk.Desk.import_csv` says how it is read.

    ``told(done, total)`` hears how far it is.
    """
    table = read_table(path, tz=tz, label=label, **how)
    session = Session.open(url, settings, SystemClock(), market=Market.RECORDED, seed=None, holder="fbkit import")
    try:
        plans = [_Plan(one, session.writer) for one in table.series]
        _refuse_older_minutes(session, table)
    except BaseException:
        session.writer.close()
        raise
    _store(session, plans, told)
    return _summary(table, plans, url, tz, label, dry_run=False)


def known_of(store: Store | None, name: str, tf: str) -> tuple[set[int], set[int], set[int]]:
    """What a store has of an instrument: ends of its venue's bars of ``tf``, instants of funding, of open interest."""
    if store is None or name not in store.instruments():
        return set(), set(), set()
    bars = store.read("bar", name)
    ends = bars["ts_event"][np.asarray(bars["tf"]) == tf]
    funding, interest = (store.read(kind, name)["ts_event"] for kind in ("funding", "open_interest"))
    return set(ends.tolist()), set(funding.tolist()), set(interest.tolist())


class _Plan:
    """The events of one series that a database does not have yet."""

    def __init__(self, series: Series, store: Store | None) -> None:
        self.series, self.name = series, series.listing.instrument
        self.venue, self.tf = self.name.partition(":")[0], tf_of(series.length)
        self.t1 = series.t0 + series.length
        bars, funding, interest = known_of(store, self.name, self.tf)
        self.new_bars = _fresh(self.t1, bars)
        self.rate, self.interest = column(series, "funding"), column(series, "open_interest")
        # A rate stands beside the bar it was settled at the beginning of.
        self.new_rates = _fresh(series.t0, funding) & np.isfinite(self.rate)
        self.new_interest = _fresh(series.t0, interest) & np.isfinite(self.interest)
        spacing = usual_step(series.t0[np.isfinite(self.rate)])
        self.funding_hours = spacing / NS_HOUR if spacing else None

    @property
    def is_minutes(self) -> bool:
        return self.tf == BASE_TIMEFRAME

    def events(self, since: int, until: int) -> Iterator[Event]:
        """What is new of ``[since, until)``, by the beginnings of bars."""
        at = np.flatnonzero((self.series.t0 >= since) & (self.series.t0 < until)).tolist()
        columns = {role: column(self.series, role).tolist() for role in _BAR}
        origin = Origin.BACKFILL
        for i in at:
            t0, t1 = int(self.series.t0[i]), int(self.t1[i])
            if self.new_rates[i]:
                yield Funding(self.name, t0, t1, float(self.rate[i]), self.funding_hours, origin=origin)
            if self.new_interest[i]:
                yield OpenInterest(self.name, t0, t1, float(self.interest[i]), origin=origin)
            if self.new_bars[i]:
                numbers = {field: columns[role][i] for role, field in _BAR.items()}
                bought, n = _known(numbers.pop("buy_usd")), _known(numbers.pop("n_trades"))
                trades = None if n is None else int(n)
                yield Bar(self.name, t1, t1, self.tf, **numbers, buy_usd=bought, n_trades=trades, origin=origin)


def _fresh(ts: Ints, known: set[int]) -> NDArray[np.bool_]:
    return np.array([one not in known for one in ts.tolist()], np.bool_)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _refuse_older_minutes(session: Session, table: Table) -> None:
    """The engine closes minutes once: those before its last Beat can be computed no more."""
    first = min(int(one.t0[0]) for one in table.series)
    if table.length == TIMEFRAMES[BASE_TIMEFRAME]:
        session.refuse_older_than_last_beat(first, table.path)


def _store(session: Session, plans: list[_Plan], told: Callable[[int, int], None]) -> None:
    pipeline, writer = session.pipeline, session.writer
    writing = Inline(writer, lambda cut, _commit: pipeline.stored(cut))
    first = min(int(plan.series.t0[0]) for plan in plans)
    end = max(int(plan.t1[-1]) for plan in plans) + _AFTER
    # Time never goes back in a database: a later import of older bars is received where the last one ended.
    now = max(first, session.last_beat_ts or first)
    end = max(end, now + NS_S)
    session.begin(now, fetches=False)
    for plan in plans:
        pipeline.take(plan.venue, [plan.series.listing], now)
    writing.offer(pipeline.beat(now))
    if plans[0].is_minutes:
        for since in range(first, end, _STRETCH):
            _minutes(session, plans, since, min(since + _STRETCH, end))
            writing.offer(pipeline.beat(min(since + _STRETCH, end) + _AFTER))
            told(min(since + _STRETCH, end) - first, end - first)
    else:
        for number, plan in enumerate(plans, 1):
            pipeline.take(plan.venue, list(plan.events(first, end)), end)
            told(number, len(plans))
    writing.offer(pipeline.beat(max(end, pipeline.beat_ts), last=True), session.checkpoint())
    session.end(max(end, pipeline.beat_ts))


def _minutes(session: Session, plans: list[_Plan], since: int, until: int) -> None:
    """A stretch of minutes as a backfill brings them: under gaps at whose ends the engine fills the slots."""
    pipeline = session.pipeline
    here = [plan for plan in plans if ((plan.series.t0 >= since) & (plan.series.t0 < until)).any()]
    gaps: list[tuple[_Plan, Gap]] = [
        (
            plan,
            pipeline.open_gap(since, "start", since, venue=plan.venue, channel="bar", instrument=plan.name, t1=until),
        )
        for plan in here
    ]
    for plan, gap in gaps:
        pipeline.take(plan.venue, list(plan.events(since, until)), until)
        pipeline.close_gap(gap, until, until, backfilled=True)


def _summary(table: Table, plans: list[_Plan], url: str, tz: str, label: str, *, dry_run: bool) -> Imported:
    return Imported(
        table.path,
        url,
        str(Market.RECORDED),
        dry_run,
        tz,
        tf_of(table.length),
        label,
        table.rows,
        table.skipped,
        table.columns,
        tuple(_one(plan) for plan in plans),
        (*table.said, _grid(table.length)),
    )


def _one(plan: _Plan) -> ImportedSeries:
    series = plan.series
    return ImportedSeries(
        plan.name,
        plan.tf,
        bars=int(plan.new_bars.sum()),
        funding=int(plan.new_rates.sum()),
        open_interest=int(plan.new_interest.sum()),
        known=int((~plan.new_bars).sum()),
        missing=series.missing,
        unsorted=series.unsorted,
        duplicates=series.duplicates,
        since=int(series.t0[0]),
        until=int(plan.t1[-1]),
        funding_hours=plan.funding_hours,
    )


def _grid(length: int) -> str:
    if length == TIMEFRAMES[BASE_TIMEFRAME]:
        return "bars of 1m: the engine folded them into bars of every timeframe, desk.bars and desk.metrics have them"
    tf = tf_of(length)
    return (
        f"bars of {tf}: kept as they are, for the engine folds minutes alone; desk.imported judges them on their grid"
    )


__all__ = ["Imported", "ImportedSeries", "import_csv", "known_of", "preview_csv"]
