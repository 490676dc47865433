"""How process and venues stood: the same numbers as the functions of fbkit.health, read in pieces."""

import random

import pytest

from fbkit.dashboard.status import stood
from fbkit.dashboard.status.stood import Change, Past
from fbkit.health import uptime
from fbkit.health.uptime import shares_by_state
from fbkit.model import NS_HOUR, NS_S

T0 = 1_767_225_600_000_000_000


def past_of(changes, beats=None, until=T0 + NS_HOUR):
    beats = list(range(T0, until, 10 * NS_S)) if beats is None else beats
    return Past(T0, until, beats[0] if beats else None, beats, [Change(T0 + s * NS_S, *rest) for s, *rest in changes])


def test_a_venue_is_the_worst_of_its_vital_streams_and_others_do_not_count():
    past = past_of(
        [
            (0, "okx", "trade", "ok"),
            (0, "okx", "mark", "ok"),
            (60, "okx", "ratio", "down"),
            (600, "okx", "trade", "degraded"),
            (900, "okx", "mark", "down"),
            (1200, "okx", "mark", "ok"),
            (1500, "okx", "trade", "ok"),
        ]
    )
    told = [((ts - T0) // NS_S, state) for ts, state in stood.states_of(past, "okx")]
    assert told == [(0, "ok"), (600, "degraded"), (900, "down"), (1200, "degraded"), (1500, "ok")]
    assert stood.venues_of(past) == ["okx"]
    assert stood.available(past, "okx")["1h"] == pytest.approx(100 - 300 / 36)


def test_a_slot_bears_the_worst_state_that_lasted_and_says_all_shares():
    beats = [T0 + s * NS_S for s in range(0, 1800, 10)] + [T0 + s * NS_S for s in range(2400, 3600, 10)]
    past = past_of([(0, "okx", "trade", "ok"), (60, "okx", "trade", "down"), (65, "okx", "trade", "ok")], beats)
    slots = stood.venue_slots(past, "24h", "okx")
    assert [one.state for one in slots][-2:] == ["ok", "off"]
    assert slots[-1].shares["off"] == pytest.approx(100 * (600 - 10) / 1800)
    assert {one.state for one in slots[:-2]} == {"unknown"}
    assert [one.state for one in stood.process_slots(past, "24h")][-2:] == ["ok", "off"]


@pytest.mark.parametrize("seed", range(6))
def test_slots_say_what_the_functions_of_health_say_of_the_same_time(seed):
    dice = random.Random(seed)
    beats = sorted(T0 + dice.randrange(3600) * NS_S for _ in range(200))
    states = ["ok", "degraded", "down"]
    changes = [(s, "gate", "trade", dice.choice(states)) for s in sorted(dice.sample(range(3600), 12))]
    past = past_of(changes, beats)
    told = stood.states_of(past, "gate")
    for slot in stood.venue_slots(past, "1h", "gate"):
        shares = shares_by_state(beats, told, slot.t0, slot.t1)
        assert {k: v for k, v in slot.shares.items() if k != "off"} == pytest.approx(shares or {})
    for slot in stood.process_slots(past, "1h"):
        up = uptime(beats, slot.t0, slot.t1)
        assert slot.shares.get("ok") == (None if up is None else pytest.approx(up))
