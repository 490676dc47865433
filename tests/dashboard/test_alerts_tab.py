"""The Alerts tab shows the numbers of fbkit.scorecard, and claims no more than they allow."""

import math

import numpy as np
import pandas as pd
import pytest

from fbkit.clock import VirtualClock
from fbkit.dashboard.alerts.past import HORIZONS, SPANS, Narrow, Scoring, known_until, listed, rules_in_force
from fbkit.dashboard.alerts.score_rows import TOO_FEW, enough, in_words, record_told, score_lines
from fbkit.dashboard.alerts.tab import AlertsTab
from fbkit.dashboard.alerts.words import explanation, line_of, number_told
from fbkit.dashboard.scene import Scene
from fbkit.desk import open as open_desk
from fbkit.hub import Commit
from fbkit.model import NS_DAY, NS_MIN, NS_S, AlertRow, Span
from fbkit.scorecard import REASONS
from fbkit.scorecard import TOO_FEW as ENOUGH
from fbkit.store import open_store
from tests.dashboard.invented import InventedSource
from tests.dashboard.watched_market import COINS, NOW, SELDOM, SPOKEN, scene_over

WHOLE = Span(since=NOW - NS_DAY)


@pytest.fixture(scope="module")
def store(watched_url):
    with open_store(watched_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def score(store):
    """The card of all alerts, an hour after each."""
    scoring = Scoring(WHOLE, Narrow(), NOW, "1h", 0.8)
    scoring.alerts(store)
    for names in scoring.parts():
        scoring.minutes(store, names)
    return scoring.score()


@pytest.fixture
async def tab(watched_url, tmp_path, score):
    """A tab that has read; the card is the one that was made once."""
    made = AlertsTab(scene_over(watched_url, tmp_path))
    made.open = True
    await made.jobs["history"].ask()
    made.show_scores(score)
    await made.jobs["rules"].ask()
    return made


# --- the numbers ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(watched_url):
    opened = open_desk(watched_url, clock=VirtualClock(NOW))
    yield opened
    opened.store.close()


def test_the_card_is_the_scorecard_of_the_desk(score, desk):
    same = desk.scorecard(WHOLE.since, horizon="1h")
    pd.testing.assert_frame_equal(score, same, check_like=False)


def test_what_came_after_each_alert_is_what_the_desk_says(store, desk):
    found = listed(store, WHOLE, Narrow(), NOW, 0.8)
    same = desk.outcomes(WHOLE.since).set_index("alert_id")
    assert len(found.alerts) == 200
    assert found.more is True
    for one in found.alerts:
        for name in HORIZONS:
            ret, best, worst, why = found.after[one.alert_id][name]
            assert (ret, best, worst) == pytest.approx(
                tuple(same.loc[one.alert_id, [f"ret_{name}_frac", f"mfe_{name}_frac", f"mae_{name}_frac"]]), nan_ok=True
            )
            assert why == same.loc[one.alert_id, f"why_{name}"]


def test_too_few_is_the_same_number_everywhere():
    assert TOO_FEW == ENOUGH


def test_a_narrow_choice_finds_its_alerts_however_many_others_there_are(store, monkeypatch):
    monkeypatch.setattr("fbkit.dashboard.alerts.past._LOOKED", 5)
    found = listed(store, WHOLE, Narrow(rule="cluster"), NOW, 0.8)
    assert [one.rule for one in found.alerts] == ["cluster"] * SELDOM
    assert found.more is False


def test_rules_in_force_are_those_the_run_was_told(store):
    found = rules_in_force(store)
    assert [rule.name for rule in found.rules] == ["z", "confluence", "confirmed", "funding", "divergence", "cluster"]


def test_a_minute_that_may_still_come_is_not_missing():
    assert known_until(NOW + 30 * NS_S) == NOW - NS_MIN


# --- in words ---------------------------------------------------------------------------------------------------------


def test_of_few_alerts_no_number_is_drawn_and_it_is_said(score):
    rows = score.to_dict("records")
    seldom, often = (
        next(line for line in score_lines(rows, "", range(1, 7)) if line.rule == rule) for rule in ("cluster", "z")
    )
    assert (seldom.counts, seldom.rate, seldom.excess) == (False, None, None)
    assert "too few alerts to say anything" in seldom.says
    assert seldom.hits in {f"{k} of {seldom.n}" for k in range(4)}
    assert often.counts is True
    assert often.low < often.rate < often.high
    assert often.excess_low < often.excess < often.excess_high


def row_of(**given):
    row = dict.fromkeys(("n_open", "n_gap", "n_no_bars", "n_no_direction", "n_flat"), 0)
    base = {
        "rule": "z",
        "tier": 1,
        "n": 100,
        "n_alerts": 100,
        "stretches": 100,
        "says": "no different from random times",
    }
    return row | base | given


def test_the_words_claim_what_the_intervals_allow():
    def claim(*rows):
        return in_words(list(rows), 1.0, "24 h")[0][0][0]

    assert claim(row_of()) == "No rule here is better than chance at 95 %."
    assert claim(row_of(says="better than random times by 4 to 9 points")) == "Better than chance at 95 %: z (tier 1)."
    assert claim(row_of(n=5, says="better than random times")) == (
        "Too few alerts, or too short a time, to say anything of any rule."
    )
    assert claim() == "No alert in 24 h"
    worse = in_words([row_of(says="worse than random times by 4 to 9 points")], math.nan, "24 h")
    assert worse[0][1][0] == " Worse than chance: z (tier 1)."
    assert "No bar after an alert is there yet" in worse[1][0][0]


def test_a_short_time_is_not_enough_however_many_alerts():
    assert not enough(row_of(stretches=3))
    assert enough(row_of())


def test_a_record_is_told_in_one_sentence(score):
    rows = score.to_dict("records")
    assert record_told(rows, "z", 1).startswith("after 1h: ")
    assert record_told(rows, "nobody", 1) == "not scored yet"


def test_an_explanation_has_every_input_every_horizon_and_the_rule(store):
    found = listed(store, WHOLE, Narrow(rule="z"), NOW, 0.8)
    alert = found.alerts[-1]
    told = explanation(alert, found.after[alert.alert_id], "z: Speaks.", "not scored yet", REASONS)
    assert told.conditions == (("return Z", "+3.4", "3.0 or more in size", "60", "yes"),)
    facts = dict(told.facts)
    assert facts["value of the bar"] == "+0.400 %"
    assert facts["bars in the baseline"] == "60"
    assert facts["coverage"] == "100.0 %"
    assert [one[0] for one in told.after] == list(HORIZONS)
    assert (told.instrument, told.tf, told.rule) == (alert.instrument, "5m", "z: Speaks.")


def test_a_cluster_names_its_members_and_one_without_inputs_still_opens(store):
    found = listed(store, WHOLE, Narrow(rule="cluster"), NOW, 0.8)
    told = explanation(found.alerts[0], {}, "", "", REASONS)
    assert ("okx:BTC-USDT-PERP", "tier 2", "confluence", "", "") in told.conditions
    torn = AlertRow(*[getattr(found.alerts[0], name) for name in AlertRow.__struct_fields__[:14]], inputs="{torn")
    assert explanation(torn, {}, "", "", REASONS).conditions[0][0] == "cluster_up"
    assert number_told(torn, np.nan) == "–"


def test_what_is_not_known_yet_says_why_in_its_cell(store):
    found = listed(store, WHOLE, Narrow(), NOW, 0.8)
    newest = line_of(found.alerts[0], found.after[found.alerts[0].alert_id], HORIZONS)
    assert newest.after[-1] == "open"
    assert line_of(found.alerts[0], {}, HORIZONS).after == ("none",) * 4


# --- the tab ----------------------------------------------------------------------------------------------------------


async def test_it_lists_scores_and_names_the_rules(tab):
    assert tab.history.sub == "the newest 200 in 24 h"
    assert [line["rule"] for line in tab.card.lines] == ["z", "cluster"]
    assert tab.words.paragraphs[0][0][1] == "claim"
    rules = [paragraph[0][0] for paragraph in tab.rules.paragraphs]
    assert rules[0] == "z, tier 1"
    assert f"spoke {SPOKEN} times in 24 h" in tab.rules.paragraphs[0][1][0]
    assert "silent in 24 h" in tab.rules.paragraphs[1][1][0]


async def test_tiers_rule_coin_and_venue_narrow_what_is_listed(tab):
    tab.tools.choose(tiers=[6])
    await tab.jobs["history"].ask()
    assert {line["tier"] for line in tab.history.lines} == {6}
    assert [line["rule"] for line in tab.card.lines] == ["cluster"]
    tab.tools.choose(tiers=[1, 2, 3, 4, 5, 6], coin="ETH", venue="okx")
    await tab.jobs["history"].ask()
    assert {(line["coin"], line["venue"]) for line in tab.history.lines} == {("ETH", "okx")}
    assert tab.scene.venue == "okx"
    await tab.jobs["score"].ask()
    assert tab.words.sub.endswith("ETH, okx")
    assert sum(row["n_alerts"] for row in tab.scores) == SPOKEN // 6


async def test_no_tier_at_all_is_every_tier(tab):
    tab.tools.choose(tiers=[])
    assert tab.tools.trait_values()["values"]["tiers"] == [1, 2, 3, 4, 5, 6]


async def test_another_span_or_horizon_is_asked_for(tab):
    tab.tools.choose(horizon="5m")
    assert tab._wanted == {"score"}
    tab.tools.choose(span="7d")
    assert tab._wanted == {"score", "history"}
    assert tab._asked_span() == Span(since=NOW - SPANS["7d"])


async def test_a_press_explains_and_a_second_press_closes(tab):
    first = tab.history.lines[-1]
    tab.history.chosen = first["alert_id"]
    assert tab.history.why["alert_id"] == first["alert_id"]
    assert tab.history.why["record"].startswith("after 1h")
    assert "Speaks on" in tab.history.why["rule"]
    tab.history.chosen = ""
    assert tab.history.why == {}


async def test_an_alert_that_comes_while_one_looks_stands_at_the_top_at_once(tab):
    new = AlertRow(
        9,
        NOW + NS_S,
        f"okx:{COINS[0]}-USDT-PERP",
        "1m",
        NOW,
        2,
        "confluence",
        "up",
        "score_long",
        1.0,
        1.0,
        3,
        1.0,
        "It spoke",
    )
    tab.scene.remember([new], [])
    tab.hear(Commit(3, alerts=[new]))
    assert (tab.history.lines[0]["alert_id"], tab.history.lines[0]["after"]) == ("9", ("none",) * 4)


async def test_without_a_database_it_shows_what_was_heard(tmp_path):
    scene = Scene(InventedSource(12), VirtualClock(NOW))
    scene.remember(scene.source.alerts(9), [])
    made = AlertsTab(scene)
    assert made.history.title == "Alerts"
    assert made.exported().empty
    made.waits("score", "no database there")
    assert made.card.waiting == "no database there"


async def test_the_export_has_a_row_an_alert_with_what_came_after(tab):
    frame = tab.exported()
    assert len(frame) == 200
    assert {"time_utc", "rule", "tier", "ret_1h_frac", "mfe_4h_frac", "why_5m"} <= set(frame.columns)
