"""Silence after a word: properties that hold for any course of values, thresholds and cooldowns."""

from hypothesis import given
from hypothesis import strategies as st

from fbkit.alerts import Rules, Single
from fbkit.model import NS_MIN
from tests.alerts.tape import BTC, ETH, closed

courses = st.lists(st.one_of(st.floats(-6, 6), st.just(float("nan"))), min_size=1, max_size=60)
made = st.builds(
    lambda threshold, share, minutes: Single(
        name="any",
        tier=1,
        columns=("z_ret_60",),
        threshold=threshold,
        rearm=threshold * share,
        cooldown_ns=minutes * NS_MIN,
    ),
    st.floats(0.5, 4.0),
    st.floats(0.1, 1.0),
    st.integers(0, 30),
)


def spoken(rules, course, start=0):
    return [
        m for m, z in enumerate(course, start) if rules.judge(closed(m, {BTC: {"z_ret_60": z}}), m * NS_MIN)
    ]  # fmt: skip


def as_said(rule, course):
    """The definition, word for word."""
    found, armed = [], True
    for m, z in enumerate(course):
        size = abs(z)
        if size < rule.rearm:
            armed = True
        elif size >= rule.threshold and armed and (not found or (m - found[-1]) * NS_MIN >= rule.cooldown_ns):
            found.append(m)
            armed = False
    return found


@given(made, courses)
def test_it_speaks_when_the_definition_says(rule, course):
    assert spoken(Rules(rules=[rule]), course) == as_said(rule, course)


@given(made, courses)
def test_a_mirrored_course_speaks_in_the_same_minutes(rule, course):
    assert spoken(Rules(rules=[rule]), course) == spoken(Rules(rules=[rule]), [-z for z in course])


@given(made, courses, st.data())
def test_checkpoint_restore_and_the_same_rules_again_change_nothing(rule, course, data):
    cut = data.draw(st.integers(0, len(course)))
    first, second = Rules(rules=[rule]), Rules()
    before = spoken(first, course[:cut])
    second.restore(first.checkpoint())
    second.adopt([rule])
    assert before + spoken(second, course[cut:], cut) == spoken(Rules(rules=[rule]), course)


def test_who_has_spoken_has_spoken_under_other_thresholds_too():
    rule = Single(name="mine", tier=1, columns=("z_ret_60",))
    rules = Rules(rules=[rule])
    assert spoken(rules, [4.0]) == [0]
    rules.adopt([Single(name="mine", tier=2, columns=("z_ret_60", "z_premium_60"), threshold=2.5)])
    assert spoken(rules, [2.8] * 30, 1) == [], "not re-armed"
    assert spoken(rules, [0.0, 2.8], 31) == [32]
    (row,) = rules.judge(closed(40, {ETH: {"z_premium_60": 2.6}}), 40 * NS_MIN)
    assert (row.tier, row.threshold) == (2, 2.5)


def test_a_rule_that_left_and_came_back_speaks_anew():
    rule, other = (Single(name=name, tier=1, columns=("z_ret_60",)) for name in ("mine", "other"))
    rules = Rules(rules=[rule])
    assert spoken(rules, [4.0]) == [0]
    rules.adopt([other])
    assert spoken(rules, [4.0], 1) == [1]
    rules.adopt([rule, other])
    assert spoken(rules, [4.0, 4.0], 2) == [2]


def test_baselines_of_venues_outlive_a_change_of_thresholds():
    from fbkit.alerts import Divergence
    from tests.alerts.test_tiers import calm, marks

    rules = Rules(rules=[Divergence(name="d", tier=5)])
    for minute, bp in enumerate(calm(60), 1):
        assert rules.judge(closed(minute, marks(*bp)), minute * NS_MIN) == []
    rules.adopt([Divergence(name="d", tier=5, threshold=4.0), Single(name="z", tier=1, columns=("z_ret_60",))])
    (row,) = rules.judge(closed(61, marks(0.0, 30.0, 0.0)), 61 * NS_MIN)
    assert (row.rule, row.threshold) == ("d", 4.0)
    rules.adopt([Divergence(name="d", tier=5, window=20)])
    assert rules.judge(closed(99, marks(0.0, 90.0, 0.0)), 99 * NS_MIN) == [], "another window is another baseline"
