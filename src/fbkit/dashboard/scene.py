"""What all tabs of a page share: what the viewer chose, and what was heard so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import traitlets

from fbkit.clock import Clock, SystemClock
from fbkit.dashboard.readings import Readings
from fbkit.dashboard.source import Source
from fbkit.hub import Hello, LiveRow, Pulse
from fbkit.model import TIMEFRAMES, USUAL_WINDOW, Z_WINDOWS, AlertRow, Gap, Instrument, Market
from fbkit.settings import VENUES

#: How a Z-score measures the usual spread (metrics reference 8).
Z_KINDS = ("classic", "robust", "ewma")

#: Alerts a page remembers.
ALERTS_KEPT = 500


class Scene(traitlets.HasTraits):
    """One viewer's choices, which their address carries, and the newest facts about the market.

    Tabs observe and set the choices; ``venues``, ``past`` and ``old`` they observe; the other facts they read.

    >>> sorted(Scene.CHOICES)
    ['at', 'coin', 'i', 'of', 'tf', 'venue', 'w', 'z']
    """

    #: Choices by the word that stands for them in the address; ``at`` belongs to whose flow it is, so it comes last.
    CHOICES: ClassVar = {
        "tf": "tf",
        "w": "window",
        "z": "kind",
        "venue": "venue",
        "coin": "coin",
        "i": "instrument",
        "of": "of",
        "at": "at",
    }

    tf = traitlets.Enum(tuple(TIMEFRAMES), "5m", help="timeframe of bars and Z-scores")
    window = traitlets.Enum(Z_WINDOWS, USUAL_WINDOW, help="bars in a Z-score's baseline")
    kind = traitlets.Enum(Z_KINDS, "classic", help="how a Z-score measures spread")
    venue = traitlets.Unicode("", help="the one venue that is shown; empty: all")
    coin = traitlets.Unicode("BTC", help="the coin that is compared across venues")
    instrument = traitlets.Unicode("", help="the instrument whose charts are shown")
    of = traitlets.Enum(("instrument", "coin"), "instrument", help="whose flow is shown: the coin's is over its venues")
    at = traitlets.Unicode("", help="venues of the coin whose flow is shown, joined by commas; empty: all")
    venues = traitlets.List(traitlets.Unicode(), help="venues there are, the largest first")
    past = traitlets.Int(0, help="counts how often alerts and gaps of the past were read")
    old = traitlets.Bool(False, help="the collector is silent: live numbers are old")

    def __init__(self, source: Source, clock: Clock | None = None, **choices: Any) -> None:
        super().__init__(**choices)
        self._began = {name: getattr(self, name) for name in self.CHOICES.values()}
        self.source = source
        self.clock = clock or SystemClock()
        self.market: Market | None = None
        self.seed: int | None = None
        self.known: dict[str, Instrument] = {}
        self.readings = Readings()
        self.live: dict[str, LiveRow] = {}
        self.alerts: dict[int, AlertRow] = {}
        self.gaps: dict[int, Gap] = {}
        self.hello: Hello | None = None
        self.pulse: Pulse | None = None

    @property
    def now(self) -> int:
        """The market's newest instant: the last beat heard, else the clock, UTC ns."""
        return self.pulse.ts if self.pulse is not None else self.clock.now()

    @property
    def told(self) -> str:
        """The market as every export says it: ``SIMULATED, seed 7``."""
        name = self.market.value if self.market is not None else "market not known yet"
        return name if self.seed is None else f"{name}, seed {self.seed}"

    def remember(self, alerts: Iterable[AlertRow], gaps: Iterable[Gap]) -> None:
        """Keep what was heard or read; the newest phase of a gap, the newest alerts."""
        for alert in alerts:
            self.alerts[alert.alert_id] = alert
        newest = sorted(self.alerts.values(), key=lambda alert: (alert.ts, alert.alert_id))[-ALERTS_KEPT:]
        self.alerts = {alert.alert_id: alert for alert in newest}
        for gap in gaps:
            self.gaps[gap.gap_id] = gap

    def coins(self) -> list[str]:
        """Coins that are listed, those of most venues first, then by name."""
        venues: dict[str, set[str]] = {}
        for one in self.known.values():
            venues.setdefault(one.base, set()).add(one.venue)
        return sorted(venues, key=lambda coin: (-len(venues[coin]), coin))

    def begin_with(self, instrument: str) -> None:
        """Choose an instrument for a viewer who chose none; it is what the page begins with, so no address bears it."""
        if not self.instrument and instrument:
            self._began["instrument"] = instrument
            self.instrument = instrument

    # --- the address --------------------------------------------------------------------------------------------------

    def words(self) -> dict[str, str]:
        """The choices that differ from what a page begins with, as words of the address."""
        found = {}
        for word, name in self.CHOICES.items():
            value = getattr(self, name)
            if value != self._began[name]:
                found[word] = str(value)
        return found

    def adopt(self, words: Mapping[str, str]) -> None:
        """Take the words of an address; one that means nothing changes nothing."""
        for word, name in self.CHOICES.items():
            if word in words:
                with suppress(traitlets.TraitError, ValueError):
                    self.set_trait(name, int(words[word]) if name == "window" else words[word])


def size_of(venue: str) -> tuple[int, str]:
    """By which venues stand in order, the largest first."""
    return (VENUES.index(venue) if venue in VENUES else len(VENUES)), venue


def first_choice(names: Iterable[str], coin: str = "BTC") -> str:
    """The perpetual of a coin at the largest venue that has it; of any coin where none has it; ``""`` of none.

    >>> first_choice(["okx:BTC-USDT-PERP", "binance:BTC-USDT-PERP", "binance:ETH-USDT-PERP"])
    'binance:BTC-USDT-PERP'
    """
    names = list(names)
    coins = [name for name in names if f":{coin}-" in name] or names
    return min(coins, key=lambda name: (size_of(name.partition(":")[0]), not name.endswith("-PERP"), name), default="")
