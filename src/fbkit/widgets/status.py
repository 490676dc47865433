"""What is behind the badge: streams with their reasons, items per channel, readings in doubt, gaps, the collector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import traitlets

from fbkit.model.events import Gap
from fbkit.model.rows import AccountRow
from fbkit.model.timeframe import NS_MIN, NS_MS, NS_S
from fbkit.widgets.assets import module
from fbkit.widgets.format import age
from fbkit.widgets.panel import Panel

_GAPS_SHOWN = 40

#: What the panel is made of, in this order.
PARTS = ("health", "accounts", "readings", "gaps", "facts")


class StatusPanel(Panel):
    """Health, accounting, readings in doubt, gaps and facts about the collector: all of it, or some ``parts``.

    >>> panel = StatusPanel()
    >>> panel.show_accounts([AccountRow(1, "binance", "trade", received=2, stored=2)])
    >>> panel.accounts[0]["balances"]
    True
    """

    _esm = module("status.js")

    streams = traitlets.List(
        traitlets.Dict(), help="stream, state, age, sentence; top for the whole, sub for a channel, under its venue"
    ).tag(sync=True)
    summary = traitlets.Unicode("", help="One line about all streams").tag(sync=True)
    accounts = traitlets.List(traitlets.Dict(), help="Items of each (venue, channel) since the run began").tag(
        sync=True
    )
    readings = traitlets.List(
        traitlets.Dict(), help="What venues leave open: venue, channels, note, flip (the setting's word), flipped"
    ).tag(sync=True)
    unsupported = traitlets.List(traitlets.Dict(), help="What venues do not offer: venue, channels").tag(sync=True)
    gaps = traitlets.List(traitlets.Dict(), help="Gaps of the last 24 h").tag(sync=True)
    facts = traitlets.List(traitlets.Any(), help="Pairs of name and text about the collector").tag(sync=True)
    about = traitlets.Unicode("", help="One line about the collector").tag(sync=True)
    parts = traitlets.List(traitlets.Enum(PARTS), list(PARTS), help="Which parts are shown").tag(sync=True)

    def show_accounts(self, accounts: Iterable[AccountRow]) -> None:
        """Show what became of every item."""
        self.accounts = [{**msgspec.to_builtins(account), "balances": account.balances} for account in accounts]

    def show_gaps(self, gaps: Iterable[Gap], now: int) -> None:
        """Show gaps, newest first; ``now`` (UTC ns) ends those still open."""
        newest: dict[int, Gap] = {}
        for gap in gaps:
            newest[gap.gap_id] = gap
        alike: dict[tuple[object, ...], list[Gap]] = {}
        for gap in sorted(newest.values(), key=lambda gap: gap.t0, reverse=True):
            end = None if gap.t1 is None else gap.t1 // NS_MIN
            alike.setdefault((gap.venue, gap.channel, gap.phase, gap.cause, gap.t0 // NS_MIN, end), []).append(gap)
        self.gaps = [_line(gaps, now) for gaps in list(alike.values())[:_GAPS_SHOWN]]


def _line(gaps: list[Gap], now: int) -> dict[str, Any]:
    """One line for gaps that differ in their instrument alone."""
    gap = gaps[0]
    end = now if gap.t1 is None else gap.t1
    return {
        "venue": gap.venue,
        "channel": gap.channel,
        "instrument": gap.instrument,
        "instruments": len(gaps),
        "phase": gap.phase,
        "cause": gap.cause,
        "t0_ms": gap.t0 / NS_MS,
        "length": age(max(0, end - gap.t0) / NS_S),
    }
