"""Alerts of the past and what came of them: read from the store, counted by ``fbkit.scorecard``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from fbkit.model import NS_DAY, NS_MIN, AlertRow, Setting, Span, floor_to

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.alerts.rule import AnyRule
    from fbkit.dashboard.alerts.words import After
    from fbkit.scorecard import Asked, Minutes
    from fbkit.store import Store

#: Spans that can be looked at, ns.
SPANS = {"24h": NS_DAY, "7d": 7 * NS_DAY, "30d": 30 * NS_DAY}

#: How far ahead is looked.
HORIZONS = ("5m", "15m", "1h", "4h")

#: Rows that are listed at most.
LISTED = 200

#: Of the random instants; the same as those of ``fbkit scorecard``.
SEED = 7

#: A bar is stored within so much after its end; until then it is not missing.
_SETTLES_NS = NS_MIN

#: Newest alerts looked through at once for those that fit; four times as many, and again.
_LOOKED = 1000

#: Instruments whose minutes are read at once.
_AT_ONCE = 24


class Narrow(NamedTuple):
    """Which alerts: venue, coin and rule (empty: all), and tiers."""

    venue: str = ""
    coin: str = ""
    rule: str = ""
    tiers: frozenset[int] = frozenset(range(1, 7))

    def fits(self, instrument: str, rule: str, tier: int) -> bool:
        """Whether an alert is one of these.

        >>> Narrow(coin="BTC").fits("okx:BTC-USDT-PERP", "z", 1), Narrow(venue="okx").fits("gate:BTC-USDT-PERP", "z", 1)
        (True, False)
        """
        venue, _, symbol = instrument.partition(":")
        return (
            self.venue in {"", venue}
            and self.coin in {"", symbol.partition("-")[0]}
            and self.rule in {"", rule}
            and tier in self.tiers
        )


class RulesInForce(NamedTuple):
    """The rules that judge, and since when (UTC ns; ``None``: none were told yet)."""

    rules: tuple[AnyRule, ...]
    since: int | None


class Listed(NamedTuple):
    """Alerts that fit, newest first, whether there are more of them, and what came after each, by its id."""

    alerts: list[AlertRow]
    more: bool
    after: dict[int, After]


def rules_in_force(store: Store) -> RulesInForce:
    """The rules as the newest run was told them."""
    from fbkit.alerts.load import load

    told = [event for event in store.events("setting") if isinstance(event, Setting) and event.key == "rules"]
    if not told:
        return RulesInForce((), None)
    newest = max(told, key=lambda event: event.seq)
    return RulesInForce(load(newest.value, "the rules in force"), newest.ts_event)


def known_until(now: int) -> int:
    """Until when every bar is there that will ever be, UTC ns."""
    return floor_to(now - _SETTLES_NS, NS_MIN)


def listed(store: Store, span: Span, narrow: Narrow, now: int, min_coverage: float) -> Listed:
    """The newest alerts that fit, and what came after them."""
    last = _LOOKED
    while True:
        rows = store.row_structs(AlertRow, span=span, last=last)
        found = [one for one in rows if narrow.fits(one.instrument, one.rule, one.tier)]
        if len(rows) < last or len(found) > LISTED:
            break
        last *= 4
    newest = sorted(found, key=lambda one: (one.ts, one.alert_id), reverse=True)[:LISTED]
    return Listed(newest, len(found) > LISTED, after(store, newest, now, min_coverage))


def after(store: Store, alerts: list[AlertRow], now: int, min_coverage: float) -> dict[int, After]:
    """What came after some alerts, by id and horizon."""
    import pandas as pd

    from fbkit.scorecard import Asked, first_minute, follow, nothing_yet, stored_minutes

    if not alerts:
        return {}
    frame = pd.DataFrame(
        [(one.ts, one.instrument, one.direction) for one in alerts], columns=["ts", "instrument", "direction"]
    )
    until = known_until(now)
    begin = int(first_minute(frame["ts"].to_numpy()).min()) * NS_MIN
    minutes = stored_minutes(store, Span(begin, max(begin, until)))
    found = nothing_yet(frame, HORIZONS)
    for _ in follow(found, frame, minutes, Asked(HORIZONS, until, min_coverage)):
        pass
    return {
        one.alert_id: {
            name: (
                float(found.ret[name][at]),
                float(found.mfe[name][at]),
                float(found.mae[name][at]),
                str(found.why[name][at]),
            )
            for name in HORIZONS
        }
        for at, one in enumerate(alerts)
    }


class Scoring:
    """A scorecard made in short steps, so that no read holds up what else the page asks for.

    ``alerts(store)``, then ``minutes(store, names)`` for each of ``parts()``, then ``score()``; each may block.
    """

    def __init__(self, span: Span, narrow: Narrow, now: int, horizon: str, min_coverage: float) -> None:
        self._span, self._narrow, self._horizon = span, narrow, horizon
        self._until, self._min_coverage = known_until(now), min_coverage
        self._frame: pd.DataFrame | None = None
        self._minutes: dict[str, Minutes] = {}

    def alerts(self, store: Store) -> int:
        """Read the alerts of the span that fit; how many."""
        frame = store.rows("alerts", span=self._span)
        known = zip(frame["instrument"], frame["rule"], frame["tier"], strict=True)
        self._frame = frame[[self._narrow.fits(*one) for one in known]]
        return len(self._frame)

    def parts(self) -> Iterable[list[str]]:
        """Names of the instruments whose minutes are to be read, some at a time."""
        names = sorted(self._read["instrument"].unique())
        return (names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE))

    def minutes(self, store: Store, names: list[str]) -> None:
        """Read the minutes of some instruments."""
        from fbkit.scorecard import first_minute, stored_minutes

        begin = int(first_minute(self._read["ts"].to_numpy()).min()) * NS_MIN
        minutes_of = stored_minutes(store, Span(begin, max(begin, self._until)))
        self._minutes |= {name: minutes_of(name) for name in names}

    @property
    def _read(self) -> pd.DataFrame:
        if self._frame is None:
            raise RuntimeError("the alerts are read first")
        return self._frame

    def score(self) -> pd.DataFrame:
        """The same rows as ``fbkit scorecard --by rule,tier`` of this span, venue and coin."""
        import numpy as np

        from fbkit.scorecard import Asked, scorecard

        asked: Asked = Asked((self._horizon,), self._until, self._min_coverage, self._span.until)
        minutes_of: Callable[[str], Minutes] = self._minutes.__getitem__
        return scorecard(self._read, minutes_of, asked, np.random.default_rng(SEED))
