"""What would go and why: pure, so every rule is seen by itself."""

from __future__ import annotations

from fbkit.ingest.retention import BEATS, EVENTS, METRICS, SLOTS, Census, HeldRows, Limits, Plan, plan
from fbkit.model import NS_DAY, NS_HOUR
from fbkit.store.log import Held

NOW = 400 * NS_DAY

HOURS = [Held("trade", NOW - hours * NS_HOUR, 1_000, 100_000) for hours in range(480, 0, -1)]
ROWS = [
    HeldRows(table, tf, NOW - days * NS_DAY, 1_440 // (1 if tf == "1m" else 5))
    for days in range(20, 0, -1)
    for table, tf in (("bars", "1m"), ("metrics", "1m"), ("bars", "5m"), ("metrics", "5m"), ("beats", ""))
]
SIZE = 80_000_000
CENSUS = Census(SIZE, HOURS, ROWS, settled=NOW)


def borders(found: Plan) -> dict[str, int]:
    return {what: (NOW - before) // NS_HOUR for what, before in found.borders.items()}


def test_within_the_budget_nothing_goes() -> None:
    assert plan(CENSUS, Limits(NOW, max_bytes=SIZE)).going == []
    assert plan(CENSUS, Limits(NOW)).going == []


def test_the_oldest_events_go_first_and_no_more_than_are_needed() -> None:
    (events,) = plan(CENSUS, Limits(NOW, max_bytes=SIZE - 1_000_000)).going
    assert (events.what, events.rows, events.why) == (EVENTS, 9_000, "over the budget of 79.0 MB")
    assert events.bytes >= 1_000_000 > events.bytes - 115_000


def test_1m_bars_go_when_events_do_not_suffice_then_beats_then_metrics() -> None:
    # what each way of giving up yields, one after the other
    after_events = plan(CENSUS, Limits(NOW, max_bytes=SIZE - 56_000_000))
    assert set(after_events.borders) == {EVENTS, SLOTS}
    far = plan(CENSUS, Limits(NOW, max_bytes=1))
    assert set(far.borders) == {EVENTS, SLOTS, BEATS, METRICS}
    assert far.over > 0
    assert "stays for ever" in far.staying[-1]


def test_the_newest_is_never_touched() -> None:
    found = borders(plan(CENSUS, Limits(NOW, max_bytes=1)))
    assert found == {EVENTS: 1, SLOTS: 24, BEATS: 8 * 24, METRICS: 7 * 24}


def test_no_event_goes_above_the_newest_checkpoint() -> None:
    found = plan(CENSUS._replace(settled=NOW - 100 * NS_HOUR), Limits(NOW, max_bytes=1))
    assert borders(found)[EVENTS] >= 100
    none = plan(CENSUS._replace(settled=0), Limits(NOW, max_bytes=1))
    assert EVENTS not in none.borders
    assert BEATS not in none.borders
    assert any("first checkpoint" in sentence for sentence in none.staying)


def test_beats_go_only_where_events_are_gone_and_nothing_is_archived() -> None:
    archived = plan(CENSUS._replace(archived=NOW - 12 * NS_DAY), Limits(NOW, max_bytes=1))
    assert borders(archived)[BEATS] == 12 * 24


def test_age_alone_takes_what_the_settings_no_longer_keep() -> None:
    found = plan(CENSUS, Limits(NOW, events_ns=5 * NS_DAY, minutes_ns=10 * NS_DAY))
    assert borders(found) == {EVENTS: 5 * 24, SLOTS: 10 * 24}
    assert {one.why for one in found.going} == {"older than the settings keep"}


def test_what_says_what_we_know_never_goes() -> None:
    kept = Census(SIZE, [Held(kind, 0, 10, 1_000) for kind in ("gap", "setting", "listing")], [], settled=NOW)
    assert plan(kept, Limits(NOW, max_bytes=1, events_ns=NS_DAY)).going == []
