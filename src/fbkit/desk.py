"""The front door for notebooks: one object that reads a database, and one call that starts collecting.

>>> import fbkit
>>> desk = fbkit.open()                                        # doctest: +SKIP
>>> desk.trades("binance:BTC-USDT-PERP", since="2h")           # doctest: +SKIP
"""

from __future__ import annotations

import difflib
import html
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from fbkit.clock import Clock, SystemClock, iso, parse_utc
from fbkit.errors import StoreMissing, UnknownName
from fbkit.feeds.offers import Offer
from fbkit.feeds.venues import offers
from fbkit.health import WINDOWS, Uptime, compare_prices, uptime_windows
from fbkit.ingest import CollectorHandle, ask_status, code_stamp, ensure_collector, find_collector, run_demo, standing
from fbkit.ingest.standing import coverage_of_venues
from fbkit.model import NS_S, TIMEFRAMES, AccountRow, HealthRow, Market, Span
from fbkit.quant.frames import zscore
from fbkit.runtime import database_url
from fbkit.settings import Settings, duration_ns, load_settings
from fbkit.store import Store, open_store
from fbkit.store.archive.sql import Narrow, ask
from fbkit.store.coverage import coverage

#: A Beat comes every second; who heard none for so long hears none.
_BEATING_NS = 10 * NS_S

__all__ = ["Desk", "collect", "demo", "open", "zscore"]


def open(url: str | None = None, *, or_demo: bool = False, settings: Settings | None = None) -> Desk:  # noqa: A001 - the word users type
    """Open a database for reading: the given URL, else the one the settings name.

    With ``or_demo``, where nothing was collected yet, the demo is run once and opened instead.
    Raises :class:`~fbkit.errors.StoreMissing` when there is nothing to open.
    """
    settings = settings or load_settings(db=url)
    url = url or database_url(settings)
    try:
        return Desk(open_store(url), settings)
    except StoreMissing:
        if not or_demo:
            raise
        return demo(settings.seed)


def demo(seed: int = 7, instruments: int = 12) -> Desk:
    """The simulated market's last seconds of 2026-01-01 with the 48 h before them, made once and kept in home."""
    settings = load_settings(seed=seed, instruments=instruments, venues="sim")
    path = settings.home / "demo" / f"seed-{seed}-{instruments}-{code_stamp()}.db"
    url = f"sqlite:///{path.as_posix()}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            run_demo(f"sqlite:///{made.as_posix()}", settings)
            made.replace(path)
    return Desk(open_store(url), settings)


def collect(
    venues: str | list[str] | None = None, *, in_process: bool = False, settings: Settings | None = None, **given: Any
) -> CollectorHandle:
    """Collect in the background; calling again gives the collector that runs.

    ``venues``: ``"sim"`` (default), or names such as ``["binance"]``. Other settings by name (``instruments=30``).
    ``in_process=True`` runs it on a thread of this process instead of a child.
    """
    if isinstance(venues, list):
        venues = ",".join(venues)
    settings = settings or load_settings(venues=venues, **given)
    return ensure_collector(settings, in_process=in_process)


class Desk:
    """Reads what was collected. Frames have a UTC index, units in their column names, coverage beside windows.

    ``since`` and ``until`` take an instant (``"2026-11-22T14:00Z"``, UTC ns, a Timestamp) or a duration back from now
    (``"2h"``); back from the last Beat where no collector runs and the market is not LIVE.
    """

    def __init__(self, store: Store, settings: Settings, clock: Clock | None = None) -> None:
        self.store, self.settings = store, settings
        self._clock = clock or SystemClock()

    # -- what there is ----------------------------------------------------------------------------------------

    @property
    def market(self) -> Market:
        """What the database holds: SIMULATED, RECORDED or LIVE."""
        return self.store.market

    def instruments(self) -> pd.DataFrame:
        """Every instrument heard of, with units and multipliers.

        ``price_ratio`` is its last price over that of its coin at other venues: far from 1, a multiplier was read
        wrongly; missing where one venue alone has the coin. ``doubts`` are the channels that its venue's documents
        leave open, at a venue through ccxt all of them (:meth:`offers`).
        """
        known = self.store.instruments()
        if not known:
            return pd.DataFrame()
        ratios = self._price_ratios()
        doubts = {venue: _doubts(venue) for venue in {one.venue for one in known.values()}}
        rows = [
            {name: getattr(one, name) for name in one.__struct_fields__}
            | {"price_ratio": ratios.get(one.name), "doubts": doubts[one.venue]}
            for one in known.values()
        ]
        return pd.DataFrame(rows).set_index("name").sort_index()

    def _price_ratios(self) -> dict[str, float]:
        newest = self.store.rows("summary", tf="1m")
        if newest.empty:
            return {}
        prices = dict(zip(newest["instrument"], newest["last"].astype(float), strict=True))
        return {one.instrument: one.ratio for one in compare_prices(prices)}

    def offers(self) -> pd.DataFrame:
        """What each venue of this database offers of each channel: how, under which name, and how sure we are."""
        here = sorted({one.venue for one in self.store.instruments().values()})
        rows = [{"venue": venue} | offer._asdict() for venue in here for offer in offers(venue).values()]
        return pd.DataFrame(rows, columns=["venue", *Offer._fields])

    def find(self, text: str) -> list[str]:
        """Names meant by a name, a symbol or a coin, in name order; raises ``UnknownName`` with the nearest ones."""
        known = self.store.instruments()
        if text in known:
            return [text]
        wanted = text.upper()
        found = [name for name, one in known.items() if wanted in {one.symbol, one.base, one.venue_symbol.upper()}]
        if found:
            return sorted(found)
        bases = sorted({one.base for one in known.values()})
        near = difflib.get_close_matches(text, known, 3, 0.5) or difflib.get_close_matches(wanted, bases, 3, 0.5)
        raise UnknownName("instrument", text, near)

    # -- events -----------------------------------------------------------------------------------------------

    def trades(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Trades; ``side`` is the taker's, +1 buy, −1 sell."""
        return self._events("trade", instrument, since, until)

    def quotes(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Best bid and ask, and depth sums where ``levels`` is above 0; conflated as the settings say."""
        return self._events("quote", instrument, since, until)

    def marks(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Mark, index and predicted funding."""
        return self._events("mark", instrument, since, until)

    def funding(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Settled funding rates."""
        return self._events("funding", instrument, since, until)

    def open_interest(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Open interest, one side, in coins."""
        return self._events("open_interest", instrument, since, until)

    def liquidations(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Forced closes; ``liquidated`` is the position that died. Sampled by some venues: sums are lower bounds."""
        return self._events("liquidation", instrument, since, until)

    def ratios(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """The four long/short ratios."""
        return self._events("ratio", instrument, since, until)

    def days(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Rolling 24 h as the venue states them: volume, change, last price."""
        return self._events("day", instrument, since, until)

    def venue_bars(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """The venue's own closed klines, by their end."""
        return self._events("bar", instrument, since, until)

    def listings(self, instrument: str, since: Any = None, until: Any = None) -> pd.DataFrame:
        """What the venue said the instrument is, each time it was asked."""
        return self._events("listing", instrument, since, until)

    def sql(
        self,
        question: str,
        values: Any = None,
        *,
        instrument: str | None = None,
        since: Any = None,
        until: Any = None,
    ) -> pd.DataFrame:
        """The answer to one SELECT over ``trades quotes marks bars metrics alerts gaps …`` (extra ``parquet``).

        Only the tables it names are loaded, in all tiers, narrowed to ``instrument``, ``since`` and ``until``; a single
        table is narrowed by ``WHERE instrument = '…' AND ts_event >= …``, too. ``values`` stand for its ``?``. It can
        change nothing and reach no file. Columns are those of files and frames: units in their names, instants as UTC
        ns and as ``time``.
        """
        narrow = Narrow(None if instrument is None else self._one(instrument), self.span(since, until))
        return ask(self.store, question, values, narrow)

    def _events(self, kind: str, instrument: str, since: Any, until: Any) -> pd.DataFrame:
        name, span = self._one(instrument), self.span(since, until)
        frame = self.store.frame(kind, name, span)
        frame.attrs["coverage"] = self._coverage(name, kind, span)
        return frame

    def coverage(self, instrument: str, channel: str = "trade", since: Any = None, until: Any = None) -> float:
        """Share of the time, 0 to 1, in which the collector ran and no unfilled gap of this channel lies.

        Every frame of :meth:`trades` and its like has it in ``frame.attrs["coverage"]``. Without ``since`` it begins
        with the first run, without ``until`` it ends now, as :meth:`now` has it.
        """
        return self._coverage(self._one(instrument), channel, self.span(since, until))

    def _coverage(self, name: str, channel: str, span: Span) -> float:
        return coverage(self.store, name, channel, Span(span.since, self._end() if span.until is None else span.until))

    def _end(self) -> int | None:
        """Where an open span ends: at the last Beat while they come, else now where the market goes on without us."""
        last = self.store.last_beat()
        now = self._clock.now()
        return now if last and self.market is Market.LIVE and now - last.ts_recv > _BEATING_NS else None

    # -- what was computed ------------------------------------------------------------------------------------

    def bars(self, instrument: str, tf: str = "1m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Closed bars, labelled by their end t1, with source and coverage."""
        return self._rows("bars", instrument, tf, since, until)

    def metrics(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Metrics of a coin's instruments as they stood when each bar closed, one row a bar and instrument."""
        return self._rows("metrics", coin, tf, since, until)

    def summary(self, tf: str | None = None) -> pd.DataFrame:
        """The newest state of each instrument and timeframe: bar, loudest Z, coverage."""
        self._check_tf(tf)
        return self.store.rows("summary", tf=tf)

    def alerts(self, since: Any = None, until: Any = None, last: int | None = None) -> pd.DataFrame:
        """Alerts, oldest first."""
        return self.store.rows("alerts", span=self.span(since, until), last=last)

    def gaps(self, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Every period without data: from, to, cause, whether it was backfilled."""
        return self.store.gaps(self.span(since, until))

    def accounts(self) -> pd.DataFrame:
        """What became of every item of the newest run, per venue and channel; control frames are counted apart."""
        rows = [msgspec.structs.asdict(one) for one in self.store.accounts() if one.channel != "control"]
        columns = [name for name in AccountRow.__struct_fields__ if name not in {"run", "control"}]
        return pd.DataFrame(rows, columns=columns)

    def health(self) -> pd.DataFrame:
        """State of the whole (first row) and of each stream at the last heartbeat, with reasons."""
        rows = [msgspec.structs.asdict(one) for one in self._health_rows()]
        return pd.DataFrame(rows, columns=["venue", "channel", "state", "reason", "sentence", "age_s"])

    def health_state(self) -> dict[str, Any]:
        """The whole in one dict: ``state``, ``reasons`` (each with a sentence), ``uptime_percent`` and its end."""
        system, *streams = self._health_rows()
        wrong = [one for one in (system, *streams) if one.state != "ok" and one.sentence]
        up = self.uptime()
        return {
            "state": system.state,
            "reasons": [
                {
                    "state": one.state,
                    "where": f"{one.venue} {one.channel}".strip(),
                    "reason": one.reason,
                    "sentence": one.sentence,
                }
                for one in wrong
            ],
            "uptime_percent": up.percent,
            "uptime_as_of": None if up.as_of is None else iso(up.as_of),
        }

    def _health_rows(self) -> list[HealthRow]:
        """The stored rows, the whole first; where no collector runs, the whole is down and says so."""
        rows = self.store.latest_health()
        whole = [one for one in rows if not one.venue and one.channel == "*"]
        streams = [one for one in rows if one.venue or one.channel != "*"]
        if self._collected_now():
            now = self._clock.now()
            starting = HealthRow(now, "", "*", "degraded", "starting", "the collector has just started; wait a moment.")
            return [*(whole or [starting]), *streams]
        last = self.store.last_beat()
        since = f"since {iso(last.ts_recv)}" if last else "and none ever did"
        sentence = f"no collector runs, {since} UTC; start one with `fbkit up` or `fbkit collect`."
        return [HealthRow(self._clock.now(), "", "*", "down", "no_collector", sentence), *streams]

    def uptime(self) -> Uptime:
        """Uptime in percent over 1h, 24h and 7d, by stored heartbeats; ``None`` where unknown."""
        now = self.now()
        beats = self.store.beats(Span(now - WINDOWS["7d"], None))
        heartbeats = beats.loc[beats["n"] % 10 == 0, "ts_recv"].tolist()
        return uptime_windows(heartbeats, now if self.store.last_beat() else None)

    def status(self) -> dict[str, Any]:
        """What runs and how fast, what is stored and how large it is, and whether the books balance."""
        runs = ask_status(self.settings, self.store.url)
        stands = standing(self.store, self.now(), None if runs is None else runs[1])
        if runs is not None:
            stands["collector"]["hub"] = runs[0].hub
        return stands

    def _collected_now(self) -> bool:
        return find_collector(self.settings, self.store.url) is not None

    def _rows(self, table: str, instrument: str, tf: str, since: Any, until: Any) -> pd.DataFrame:
        self._check_tf(tf)
        span = self.span(since, until)
        frames = [self.store.rows(table, instrument=name, tf=tf, span=span) for name in self.find(instrument)]
        found = frames[0] if len(frames) == 1 else pd.concat(frames).sort_index(kind="stable")
        found.attrs["coverage"] = float(found["coverage"].mean()) if len(found) else 0.0
        return found

    # -- time -------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """What "now" means for this database, UTC ns: the clock's, or the last Beat where nothing is collected."""
        last = self.store.last_beat()
        if last is None or self.market is Market.LIVE or self._collected_now():
            return self._clock.now()
        return last.ts_recv

    def span(self, since: Any = None, until: Any = None) -> Span:
        """The stretch of time meant by ``since`` and ``until``."""
        return Span(self._instant(since), self._instant(until))

    def _instant(self, when: Any) -> int | None:
        if when is None or isinstance(when, int):
            return when
        if isinstance(when, pd.Timestamp):
            moment = when.tz_localize("UTC") if when.tzinfo is None else when.tz_convert("UTC")
            return int(moment.as_unit("ns").value)
        text = str(when)
        if text[-1:] in "smhd" and text[:1].isdigit() and "-" not in text:
            return self.now() - duration_ns(text, "since")
        try:
            return parse_utc(text)
        except ValueError as error:
            raise UnknownName("instant", text, ("2h", "2026-11-22T14:00:00Z")) from error

    # -- small things -----------------------------------------------------------------------------------------

    def _one(self, text: str) -> str:
        found = self.find(text)
        if len(found) > 1:
            raise UnknownName("single instrument", text, found[:5])
        return found[0]

    @staticmethod
    def _check_tf(tf: str | None) -> None:
        if tf is not None and tf not in TIMEFRAMES:
            raise UnknownName("timeframe", tf, tuple(TIMEFRAMES))

    def __repr__(self) -> str:
        last = self.store.last_beat()
        seen = iso(last.ts_recv) if last else "nothing yet"
        return f"<Desk {self.market} {self.store.url}, {len(self.store.instruments())} instruments, last beat {seen}>"

    def _repr_html_(self) -> str:
        counts = self.store.table_counts()
        cells = "".join(
            f"<tr><td>{html.escape(k)}</td><td style='text-align:right'>{v:,}</td></tr>" for k, v in counts.items()
        )
        return f"<b>{html.escape(repr(self))}</b><br>{html.escape(self._covered_lately())}<table>{cells}</table>"

    def _covered_lately(self) -> str:
        """Trades of the last hour, by venue, in words."""
        last = self.store.last_beat()
        if last is None:
            return "nothing was collected yet"
        venues = sorted({one.venue for one in self.store.instruments().values()})
        known = coverage_of_venues(self.store, [(venue, "trade") for venue in venues], self._end() or last.ts_recv)
        return "coverage of trades, last hour: " + ", ".join(
            f"{venue} {share:.2%}" for (venue, _), share in known.items()
        )


def _doubts(venue: str) -> str:
    return ", ".join(offer.channel for offer in offers(venue).values() if not offer.certain)
