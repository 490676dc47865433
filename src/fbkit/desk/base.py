"""What every word of the desk stands on: the database, its instruments, and what is meant by an instant."""

from __future__ import annotations

import difflib
from typing import Any

import pandas as pd

from fbkit.clock import Clock, SystemClock, iso, parse_utc
from fbkit.desk.kinds import named
from fbkit.errors import SettingError, UnknownName
from fbkit.feeds.offers import Offer
from fbkit.feeds.venues import offers
from fbkit.health import compare_prices
from fbkit.ingest import find_collector
from fbkit.model import NS_S, TIMEFRAMES, Market, Span
from fbkit.settings import Settings, duration_ns
from fbkit.store import Store

#: A Beat comes every second; who heard none for so long hears none.
_BEATING_NS = 10 * NS_S

#: How an instant may be given.
INSTANTS = "an age such as 30m, 2h or 7d, or an instant such as 2026-11-22T14:00Z (UTC)"


class Base:
    """A database opened for reading; the desk's words are in the files beside this one."""

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
            return self._named(pd.DataFrame(), "instruments")
        ratios = self._price_ratios()
        doubts = {venue: _doubts(venue) for venue in {one.venue for one in known.values()}}
        rows = [
            {name: getattr(one, name) for name in one.__struct_fields__}
            | {"price_ratio": ratios.get(one.name), "doubts": doubts[one.venue]}
            for one in known.values()
        ]
        return self._named(pd.DataFrame(rows).set_index("name").sort_index(), "instruments")

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
        return self._named(pd.DataFrame(rows, columns=["venue", *Offer._fields]), "offers")

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

    def _end(self) -> int | None:
        """Where an open span ends: at the last Beat while they come, else now where the market goes on without us."""
        last = self.store.last_beat()
        now = self._clock.now()
        return now if last and self.market is Market.LIVE and now - last.ts_recv > _BEATING_NS else None

    def _collected_now(self) -> bool:
        return find_collector(self.settings, self.store.url) is not None

    # -- time -------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """What "now" means for this database, UTC ns: the clock's, or the last Beat where nothing is collected."""
        last = self.store.last_beat()
        if last is None or self.market is Market.LIVE or self._collected_now():
            return self._clock.now()
        return last.ts_recv

    def span(self, since: Any = None, until: Any = None) -> Span:
        """The stretch of time meant by ``since`` and ``until``, each as :meth:`instant` reads it."""
        span = Span(self.instant(since), self.instant(until, "until"))
        if span.since is not None and span.until is not None and span.since > span.until:
            raise SettingError("until", until, f"an instant after since ({iso(span.since)})")
        return span

    def instant(self, when: Any, key: str = "since") -> int | None:
        """What a user means by an instant, UTC ns: ``2h`` (ago), RFC 3339 text, a timestamp, ns; ``None`` stays.

        Raises :class:`~fbkit.errors.SettingError` for other words; ``key`` is what they were given as.
        """
        if when is None or isinstance(when, int):
            return when
        if isinstance(when, pd.Timestamp):
            moment = when.tz_localize("UTC") if when.tzinfo is None else when.tz_convert("UTC")
            return int(moment.as_unit("ns").value)
        text = str(when).strip()
        try:
            if text[-1:] in "smhd" and text[:1].isdigit() and "-" not in text:
                return max(0, self.now() - duration_ns(text, key))
            return parse_utc(text)
        except (ValueError, SettingError) as error:
            raise SettingError(key, text, INSTANTS) from error

    # -- small things -----------------------------------------------------------------------------------------

    def _named(self, frame: pd.DataFrame, what: str, **facts: object) -> pd.DataFrame:
        """The frame with what it is and whose market in its ``attrs``, so that it can say so where it is shown."""
        return named(frame, what, str(self.market), **facts)

    def _said(self, text: str) -> str:
        """The instruments a text means, as a title says them."""
        found = self.find(text)
        return found[0] if len(found) == 1 else f"{text.upper()}, {len(found)} contracts"

    def _one(self, text: str) -> str:
        found = self.find(text)
        if len(found) > 1:
            raise UnknownName("single instrument", text, found[:5])
        return found[0]

    @staticmethod
    def _check_tf(tf: str | None) -> None:
        if tf is not None and tf not in TIMEFRAMES:
            raise UnknownName("timeframe", tf, tuple(TIMEFRAMES))


def _doubts(venue: str) -> str:
    return ", ".join(offer.channel for offer in offers(venue).values() if not offer.certain)
