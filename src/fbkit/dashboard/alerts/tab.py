"""What the rules said, what came after, and whether random times would have done as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from fbkit.clock import iso
from fbkit.dashboard.alerts.past import (
    HORIZONS,
    LISTED,
    SPANS,
    Listed,
    Narrow,
    RulesInForce,
    Scoring,
    listed,
    rules_in_force,
)
from fbkit.dashboard.alerts.score_rows import in_words, record_told, score_lines
from fbkit.dashboard.alerts.words import explanation, line_of
from fbkit.dashboard.among import enough
from fbkit.dashboard.export import formats
from fbkit.dashboard.scene import Scene
from fbkit.dashboard.tab import Job, Tab
from fbkit.hub import Commit, Gone, Hello, Message
from fbkit.model import AlertRow, Span
from fbkit.widgets import AlertHistory, Caption, Control, Controls, Explanation, ScoreCard, Words
from fbkit.widgets.format import count

if TYPE_CHECKING:
    import pandas as pd

    from fbkit.widgets.words import Piece

_TIERS = tuple(range(1, 7))

#: What is chosen where nothing is left out.
_ALL = "all"

_METHOD = "what came after: from the first minute after an alert, the alert's way, before costs"


class AlertsTab(Tab):
    """Alerts of the past and the record of the rules that spoke them."""

    slug, title = "alerts", "Alerts"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.tools, self.caption = Controls(), Caption()
        self.history = AlertHistory(horizons=list(HORIZONS), watching="Alerts of the past are being read.")
        self.words = Words(title="Scorecard")
        self.card = ScoreCard(title="Rules against random times", waiting="Alerts and the minutes after them are read.")
        self.rules = Words(title="Rules in force", waiting="No run has told its rules yet.")
        side = ipywidgets.Box([self.words, self.card, self.rules]).add_class("fb-side")
        self.box.children = [self.tools, self.history, side, self.caption]
        self.jobs = {
            "history": Job(self._read_history, self.history, on=("venue",), fresh_s=30.0),
            "rules": Job(self._read_rules, self.rules, fresh_s=60.0),
            "score": Job(self._read_score, self.card, on=("venue",), fresh_s=300.0),
        }
        self.span, self.horizon = "24h", "1h"
        self.narrow = Narrow(scene.venue)
        self.listed = Listed([], more=False, after={})
        self.in_force = RulesInForce((), None)
        self.scores: list[dict[str, Any]] = []
        self.scored: pd.DataFrame | None = None
        self._connect()

    # --- controls -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        scene = self.scene
        self.history.on_explain(self._explain)
        self.tools.on_export(formats(), self.file)
        self.tools.observe(self._on_values, "values")
        traitlets.dlink((self.card, "error"), (self.words, "error"))
        scene.observe(lambda _: self._offer(), "venues")
        scene.observe(lambda _: self._on_venue(), "venue")
        scene.observe(lambda _: self._heard(), "past")
        scene.observe(lambda _: self._say(), "old")
        self._offer()
        self._heard()
        self._say()

    def _offer(self) -> None:
        scene = self.scene
        rules = [rule.name for rule in self.in_force.rules] or sorted({one.rule for one in self.listed.alerts})
        self.tools.offer(
            [
                Control(name="tiers", kind="many", label="tier", items=[(tier, str(tier)) for tier in _TIERS]),
                Control(name="rule", label="rule", items=_choices("rules", rules)),
                Control(name="coin", kind="pick", label="coin", items=_choices("coins", scene.coins())),
                Control(name="venue", label="venue", items=_choices("venues", scene.venues)),
                Control(name="span", label="show", items=[(span, f"{span[:-1]} {span[-1]}") for span in SPANS]),
                Control(name="horizon", label="scored after", items=[(name, name) for name in HORIZONS]),
            ],
            tiers=sorted(self.narrow.tiers), rule=self.narrow.rule or _ALL, coin=self.narrow.coin or _ALL,
            venue=scene.venue or _ALL, span=self.span, horizon=self.horizon,
        )  # fmt: skip  # a row of choices

    def _on_values(self, change: dict[str, Any]) -> None:
        values = change["new"]
        tiers = frozenset(values["tiers"]) or frozenset(_TIERS)
        rule, coin, venue = ("" if values[name] == _ALL else values[name] for name in ("rule", "coin", "venue"))
        before, narrow = self.narrow, Narrow(venue, coin, rule, tiers)
        self.narrow = narrow
        if not values["tiers"]:
            self.tools.choose(tiers=sorted(tiers))
        self.scene.venue = venue
        timed = (values["span"], values["horizon"]) != (self.span, self.horizon)
        spanned, self.span, self.horizon = values["span"] != self.span, values["span"], values["horizon"]
        if narrow != before or spanned:
            self.want("history")
        if timed or (narrow.coin, narrow.venue) != (before.coin, before.venue):
            self.want("score")
        if narrow != before:
            self._show_score()

    def _on_venue(self) -> None:
        self.narrow = self.narrow._replace(venue=self.scene.venue)
        self.tools.choose(venue=self.scene.venue or _ALL)

    # --- what is heard ------------------------------------------------------------------------------------------------

    def take(self, message: Message | Gone) -> None:
        if isinstance(message, Commit) and message.alerts:
            self._heard()
        elif isinstance(message, Hello):
            self.want(*self.jobs)

    def _heard(self) -> None:
        """Alerts that came while the page is open stand at the top at once; what follows them is read later."""
        since = self.scene.now - SPANS[self.span]
        known = {one.alert_id: one for one in self.listed.alerts}
        for one in self.scene.alerts.values():
            if one.ts >= since and self.narrow.fits(one.instrument, one.rule, one.tier):
                known.setdefault(one.alert_id, one)
        newest = sorted(known.values(), key=lambda one: (one.ts, one.alert_id), reverse=True)[:LISTED]
        self._show_history(newest)

    # --- what the store remembers -------------------------------------------------------------------------------------

    def waits(self, name: str, why: str) -> None:
        if name == "score":
            self.card.waiting = why
        elif name == "rules":
            self.rules.waiting = why

    async def _read_history(self) -> None:
        narrow, span, now = self.narrow, self._asked_span(), self.scene.now
        share = enough(self.scene.source)
        found = await self.ask(self.scene.source.ask, lambda store: listed(store, span, narrow, now, share))
        if narrow == self.narrow:
            self.listed = found
            self._heard()
            self.history.explain_again()
            if not self.in_force.rules:
                self._offer()

    async def _read_rules(self) -> None:
        found = await self.ask(self.scene.source.ask, rules_in_force)
        if found != self.in_force:
            self.in_force = found
            self._offer()
        self._show_rules()

    async def _read_score(self) -> None:
        source, horizon, span = self.scene.source, self.horizon, self._asked_span()
        every = self.narrow._replace(rule="", tiers=frozenset(_TIERS))  # the rules stand beside one another
        scoring = Scoring(span, every, self.scene.now, horizon, enough(source))
        await self.ask(source.ask, scoring.alerts)
        for names in scoring.parts():
            await self.ask(source.ask, lambda store, part=names: scoring.minutes(store, part))
        frame = await self.ask(scoring.score)
        if horizon == self.horizon:
            self.show_scores(frame)

    def _asked_span(self) -> Span:
        return Span(since=self.scene.now - SPANS[self.span])

    # --- handing it to the widgets ------------------------------------------------------------------------------------

    def show_scores(self, frame: pd.DataFrame) -> None:
        """Show a card; whatever tells of a rule's record tells it anew."""
        self.scored = frame
        self.scores = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
        self._show_score()
        self._show_rules()
        self.history.explain_again()

    def _show_history(self, alerts: Sequence[AlertRow]) -> None:
        most = f"the newest {LISTED}" if self.listed.more else count(len(alerts))
        self.history.sub = f"{most} in {_spaced(self.span)}"
        self.history.watching = (
            f"Nothing was said in {_spaced(self.span)} that fits what is chosen; rules look at every closed bar."
        )
        self.history.show([line_of(one, self.listed.after.get(one.alert_id, {}), HORIZONS) for one in alerts])

    def _explain(self, alert_id: str) -> Explanation | None:
        from fbkit.scorecard import REASONS

        known = {str(one.alert_id): one for one in [*self.scene.alerts.values(), *self.listed.alerts]}
        alert = known.get(alert_id)
        if alert is None:
            return None
        after = self.listed.after.get(alert.alert_id, {})
        record = record_told(self.scores, alert.rule, alert.tier)
        return explanation(alert, after, self._words_of(alert.rule), record, REASONS)

    def _words_of(self, name: str) -> str:
        from fbkit.alerts.words import words_of

        rule = next((one for one in self.in_force.rules if one.name == name), None)
        return f"{name}: {words_of(rule)}" if rule is not None else f"{name} is not among the rules in force now."

    def _show_score(self) -> None:
        frame, span = self.scored, _spaced(self.span)
        if frame is None:
            return
        where = ", ".join(part for part in (self.narrow.coin, self.narrow.venue) if part)
        self.words.sub = f"{span}, {self.horizon} after each alert{', ' + where if where else ''}"
        self.words.show(in_words(self.scores, frame.attrs["coverage"], span))
        self.card.sub = f"{self.horizon} after, {frame.attrs['n_base']:,} random times an alert, interval 95 %"
        self.card.waiting = f"No alert in {span} that could be scored."
        self.card.show(score_lines(self.scores, self.narrow.rule, self.narrow.tiers))
        self._say()

    def _show_rules(self) -> None:
        since = self.in_force.since
        self.rules.sub = "" if since is None else f"since {iso(since)[:16].replace('T', ' ')} UTC"
        self.rules.show([self._rule_told(rule) for rule in self.in_force.rules])

    def _rule_told(self, rule: Any) -> list[Piece]:
        from fbkit.alerts.words import words_of

        mine = [row for row in self.scores if row["rule"] == rule.name]
        spoke = sum(row["n_alerts"] for row in mine)
        newest = max((one.ts for one in self.listed.alerts if one.rule == rule.name), default=None)
        state = f"spoke {count(spoke)} times in {_spaced(self.span)}" if spoke else f"silent in {_spaced(self.span)}"
        if newest is not None:
            state += f", last {iso(newest)[11:19]} UTC"
        return [(f"{rule.name}, tier {rule.tier}", "claim"), (f", {state}. {words_of(rule)}", "")]

    def _say(self) -> None:
        parts = [(_METHOD, "")]
        if self.scene.old:
            parts.insert(0, ("the collector is silent: no new alert can come", "warn"))
        end = []
        if self.scored is not None and self.scored.attrs["coverage"] == self.scored.attrs["coverage"]:
            end = [("bars cover", ""), (f"{100 * self.scored.attrs['coverage']:.1f} %", "ink")]
        self.caption.say(parts, end)

    def exported(self) -> pd.DataFrame:
        """One row an alert that is listed, with what came after it (fractions, the alert's way)."""
        import pandas as pd

        rows = [self._row(one, self.listed.after.get(one.alert_id, {})) for one in self.listed.alerts]
        return pd.DataFrame(rows).set_index("alert_id") if rows else pd.DataFrame()

    @staticmethod
    def _row(one: AlertRow, after: Mapping[str, tuple[float, float, float, str]]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "alert_id": one.alert_id, "time_utc": iso(one.ts), "instrument": one.instrument, "tf": one.tf,
            "bar_end_utc": iso(one.t1), "tier": one.tier, "rule": one.rule, "direction": one.direction,
            "column": one.column, "value": one.value, "threshold": one.threshold, "n": one.n,
            "coverage": one.coverage, "sentence": one.sentence,
        }  # fmt: skip  # a row's columns
        for name, (ret, best, worst, why) in after.items():
            told |= {f"ret_{name}_frac": ret, f"mfe_{name}_frac": best, f"mae_{name}_frac": worst, f"why_{name}": why}
        return told


def _choices(what: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """All of them first, then each.

    >>> _choices("coins", ["BTC"])
    [('all', 'all coins'), ('BTC', 'BTC')]
    """
    return [(_ALL, f"all {what}"), *((name, name) for name in names)]


def _spaced(span: str) -> str:
    return f"{span[:-1]} {span[-1]}"
