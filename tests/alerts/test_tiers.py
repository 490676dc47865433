"""Each tier: when it speaks, on which side, and what it says."""

import random
from math import exp, log, nan

import msgspec
import numpy as np
import pytest

from fbkit.alerts import DEFAULTS, Confluence, Divergence, Rules, Single
from fbkit.alerts.baselines import Baselines
from fbkit.alerts.rule import TIER_2, TIER_3, TIER_4, TIER_5, TIER_6, Also
from fbkit.model import NS_MIN
from fbkit.quant.confluence import Condition
from fbkit.quant.frames.metrics import stagger
from fbkit.quant.streaming import RollingZScore
from tests.alerts.tape import BTC, COINS, ETH, ODD, SOL, closed, joined, mirrored, noisy

LONG = {"z_oi_dlog_60": 2.6, "ln_ls_acct_global": log(2.5), "obi_5": 0.4}
CONFIRMED = LONG | {"delta": 1.2e6, "oi_dlog": 0.013}


def said(rules, minute, columns, name=BTC, **more):
    return rules.judge(closed(minute, {name: columns}, **more), minute * NS_MIN)


def turned(columns):
    return {name: -x for name, x in columns.items()}


@pytest.mark.parametrize("column", LONG)
def test_tier_2_wants_all_three(column):
    assert said(Rules(rules=[TIER_2]), 1, LONG)
    assert not said(Rules(rules=[TIER_2]), 1, LONG | {column: 0.1})
    assert not said(Rules(rules=[TIER_2]), 1, LONG | {column: nan})
    assert not said(Rules(rules=[TIER_2]), 1, LONG | {column: -LONG[column]})


def test_tier_2_speaks_at_its_very_thresholds():
    assert said(Rules(rules=[TIER_2]), 1, {"z_oi_dlog_60": 2.5, "ln_ls_acct_global": log(2.0), "obi_5": 0.3})


def test_tier_2_says_its_side_and_what_each_condition_needed():
    (long,), (short,) = said(Rules(rules=[TIER_2]), 1, LONG), said(Rules(rules=[TIER_2]), 1, turned(LONG))
    assert long.sentence == (
        "Confluence, long side, on 1m, 3 of 3: open interest change Z +2.6 (needs +2.5), "
        "accounts 2.50 long for 1 short (needs 2.00 long for 1 short), book imbalance +0.400 (needs +0.300)"
    )
    assert short.sentence == (
        "Confluence, short side, on 1m, 3 of 3: open interest change Z −2.6 (needs −2.5), "
        "accounts 0.400 long for 1 short (needs 0.500 long for 1 short), book imbalance −0.400 (needs −0.300)"
    )
    assert (long.direction, long.column, long.value, long.threshold, long.n) == ("up", "score_long", 1.0, 1.0, 3)
    assert (short.direction, short.column) == ("down", "score_short")


def test_an_alert_of_conditions_stores_every_input_with_what_it_needed():
    (alert,) = said(Rules(rules=[TIER_3]), 1, turned(CONFIRMED) | {"close": 101.0})
    inputs = msgspec.json.decode(alert.inputs)
    assert [
        (one["column"], one["value"], one["way"], one["bound"]) for one in inputs["conditions"] + inputs["also"]
    ] == [
        ("z_oi_dlog_60", -2.6, "at_most", -2.5),
        ("ln_ls_acct_global", -log(2.5), "at_most", -log(2.0)),
        ("obi_5", -0.4, "at_most", -0.3),
        ("delta", -1.2e6, "at_most", 0.0),
        ("oi_dlog", -0.013, "size", 0.01),
    ]
    assert {one["coverage"] for one in inputs["conditions"]} == {1.0}
    assert (inputs["side"], inputs["needs"], inputs["valid"], inputs["exit"]) == ("short", 3, 3, 0.5)
    assert (inputs["close"], inputs["source"]) == (101.0, "own")


@pytest.mark.parametrize(
    ("change", "speaks"),
    [
        ({}, True),
        ({"delta": -1.0}, False),
        ({"delta": 0.0}, False),
        ({"delta": nan}, False),
        ({"oi_dlog": 0.0099}, False),
        ({"oi_dlog": -0.02}, True),
        ({"oi_dlog": nan}, False),
    ],
)
def test_tier_3_wants_takers_on_that_side_and_open_interest_moved_either_way(change, speaks):
    columns = CONFIRMED | change
    assert bool(said(Rules(rules=[TIER_3]), 1, columns)) is speaks
    assert bool(said(Rules(rules=[TIER_3]), 1, turned(columns))) is speaks


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_tier_4_wants_funding_beyond_its_bound_while_open_interest_falls(side):
    def speaks(funding, oi):
        return said(Rules(rules=[TIER_4]), 60, {"funding_8h": side * funding, "oi_dlog": oi}, tf="1h")

    (alert,) = speaks(0.0006, -0.004)
    assert alert.direction == ("up" if side > 0 else "down")
    assert not speaks(0.0006, 0.0)
    assert not speaks(0.0006, 0.004)
    assert not speaks(0.0004, -0.004)
    assert not speaks(nan, -0.004)
    assert alert.sentence == (
        f"Funding, {'long' if side > 0 else 'short'} side, on 1h: funding {'+' if side > 0 else '−'}0.06 % per 8 h "
        f"(needs {'+' if side > 0 else '−'}0.05 % per 8 h), open interest change −0.400 % (needs below 0 %)"
    )


def test_two_of_three_is_two_of_three_and_one_of_two_valid_is_not():
    rule = Confluence(name="any-two", tier=2, needs=2)
    assert said(Rules(rules=[rule]), 1, LONG | {"obi_5": 0.0})
    assert said(Rules(rules=[rule]), 1, LONG | {"obi_5": nan})
    assert not said(Rules(rules=[rule]), 1, LONG | {"obi_5": 0.0, "z_oi_dlog_60": 0.0})
    heavy = Confluence(
        name="heavy", tier=2, needs=1, exit=0.1, conditions=(Condition("obi_5", 0.3), Condition("z_ret_60", 2.0, 3))
    )
    assert not said(Rules(rules=[heavy]), 1, {"obi_5": 0.9}), "a quarter of the weight is no score"
    assert said(Rules(rules=[heavy]), 1, {"obi_5": 0.9, "z_ret_60": 0.0})


def test_rsi_is_mirrored_around_50():
    rule = Confluence(name="rsi", tier=2, conditions=(Condition("rsi_14", 70.0),), exit=0.5)
    sides = {x: [one.column for one in said(Rules(rules=[rule]), 1, {"rsi_14": x})] for x in (70, 30, 50, 69, 31)}
    assert sides == {70: ["score_long"], 30: ["score_short"], 50: [], 69: [], 31: []}
    alone = Single(name="rsi", tier=1, columns=("rsi_14",), threshold=70.0, rearm=60.0)
    assert [one.direction for one in said(Rules(rules=[alone]), 1, {"rsi_14": 25.0})] == ["down"]


@pytest.mark.parametrize(("way", "bound", "held"), [("above", 1e6, 2e6), ("below", 1e6, 5e5), ("size", 1e6, 1e6)])
def test_what_must_hold_beside_is_the_same_on_both_sides(way, bound, held):
    rule = Confluence(name="big", tier=2, also=(Also("vol_usd", way, bound),))
    missed = {"above": 1e6, "below": 1e6, "size": 9e5}[way]
    for columns in (LONG, turned(LONG)):
        assert said(Rules(rules=[rule]), 1, columns | {"vol_usd": held})
        assert not said(Rules(rules=[rule]), 1, columns | {"vol_usd": missed})


def test_a_side_speaks_again_only_below_the_exit_level_and_after_the_cooldown():
    def minutes(*tape):
        rules = Rules(rules=[TIER_2])
        return [m for m, columns in enumerate(tape) if said(rules, m, columns)]

    two, one = LONG | {"obi_5": 0.0}, LONG | {"obi_5": 0.0, "z_oi_dlog_60": 0.0}
    assert minutes(*[LONG] * 40) == [0]
    assert minutes(LONG, *[two] * 20, LONG) == [0], "two of three is not below one half"
    assert minutes(LONG, one, *[LONG] * 20) == [0, 15]
    assert minutes(LONG, *[one] * 20, LONG) == [0, 21]
    assert minutes(LONG, {"obi_5": 0.0}, *[LONG] * 20) == [0], "no score re-arms nothing"
    assert minutes(LONG, turned(LONG), LONG) == [0, 1], "each side has its own silence"


def test_tier_6_wants_three_coins_on_one_side_at_one_bar_end():
    rows = {BTC: LONG, ETH: LONG, SOL: LONG}
    alerts = Rules().judge(closed(1, rows), 0)
    (cluster,) = [one for one in alerts if one.tier == 6]
    assert cluster.sentence == "Cluster, up, on 1m: tier 2 or higher in 3 coins at once: BTC, ETH, SOL"
    assert (cluster.instrument, cluster.value, cluster.threshold, cluster.n) == (BTC, 3.0, 3.0, 3)
    assert [one["rule"] for one in msgspec.json.decode(cluster.inputs)["alerts"]] == ["confluence"] * 3

    def clusters(part):
        return [one.direction for one in Rules().judge(part, 0) if one.tier == 6]

    assert clusters(closed(1, rows | {SOL: turned(LONG)})) == []
    assert clusters(closed(1, {BTC: LONG, ETH: LONG, "okx:BTC-USDT-PERP": LONG})) == [], "two coins, three venues"
    assert clusters(joined(closed(1, {BTC: LONG, ETH: LONG}), closed(1, {SOL: LONG}, tf="5m"))) == []
    assert clusters(closed(1, {name: turned(LONG) for name in rows})) == ["down"]
    loud = {"z_ret_60": 9.0}
    assert clusters(closed(1, {BTC: loud, ETH: loud, SOL: loud})) == [], "tier 1 does not count"


def marks(*bp, venues=("binance", "bybit", "okx")):
    return {f"{venue}:BTC-USDT-PERP": {"mark": 100.0 * exp(x / 1e4)} for venue, x in zip(venues, bp, strict=False)}


def parted(rules, tape):
    """The divergences of a tape of bp by minute: minute, instrument, direction."""
    found = []
    for minute, bp in enumerate(tape, 1):
        found += [(minute, a.instrument, a.direction) for a in rules.judge(closed(minute, marks(*bp)), minute * NS_MIN)]
    return found


def calm(n, seed=1):
    rng = random.Random(seed)
    return [(rng.uniform(-0.4, 0.4), 0.0, rng.uniform(-0.4, 0.4)) for _ in range(n)]


def test_tier_5_names_the_venue_that_left_the_others_and_its_side():
    assert parted(Rules(rules=[TIER_5]), [*calm(60), (0.0, 30.0, 0.1)]) == [(61, "bybit:BTC-USDT-PERP", "up")]
    assert parted(Rules(rules=[TIER_5]), [*calm(60), (0.0, 0.0, -30.0)]) == [(61, "okx:BTC-USDT-PERP", "down")]


def test_tier_5_is_silent_until_enough_was_seen_and_below_its_floor():
    assert parted(Rules(rules=[TIER_5]), [*calm(40), (0.0, 30.0, 0.1)]) == []
    assert parted(Rules(rules=[Divergence(name="d", tier=5, floor_bp=50.0)]), [*calm(60), (0.0, 30.0, 0.1)]) == []


def test_tier_5_wants_two_venues_and_knows_no_dated_futures():
    rules = Rules(rules=[TIER_5])
    for minute, (a, *_) in enumerate([*calm(60), (30.0,)], 1):
        rows = {"binance:BTC-USDT-PERP": {"mark": 100 + a}, "okx:BTC-USDT-261225": {"mark": 105 - a}}
        assert rules.judge(closed(minute, rows), 0) == []


def test_a_venue_that_drops_out_is_no_price_that_moves():
    away = [(a, 0.0) for a, _, _ in calm(5, seed=2)]
    usual = [(a, 0.0, c + 40.0) for a, _, c in calm(60)]
    assert parted(Rules(rules=[TIER_5]), [*usual, *away, *usual[:5]]) == [], "its baseline waited for it"
    assert parted(Rules(rules=[TIER_5]), [*usual, *away, (0.0, 30.0, 40.0)]) != []


def test_the_z_of_tier_5_is_the_streaming_one_to_the_bit():
    rng, baselines = random.Random(5), Baselines("1m", 20, 0.8)
    twins = {key: RollingZScore(20, offset=1 + stagger(key, 20)) for key in ("a", "b")}
    heard = dict.fromkeys(twins, 0)
    for minute in range(1, 400):
        keys = [key for key in twins if rng.random() < 0.9] or ["a"]
        xs = [rng.gauss(0.0, 1.0) for _ in keys]
        if not all(heard.values()) and len(keys) < 2:
            continue
        z, _, n = baselines.judge(keys, minute * NS_MIN, np.array(xs))
        for key, x, told, count in zip(keys, xs, z.tolist(), n, strict=True):
            if not heard[key]:
                twins[key] = RollingZScore(20, offset=minute + stagger(key, 20))
                heard[key] = minute
            while heard[key] < minute - 1:
                twins[key].update(nan)
                heard[key] += 1
            reading = twins[key].update(x)
            heard[key] = minute
            assert (told, count) == pytest.approx((reading.value, reading.n), abs=0.0, rel=0.0, nan_ok=True)


def alerts_of(tape, **made):
    rules = Rules(**made)
    return [row for ts, part in tape for row in rules.judge(part, ts)]


@pytest.mark.parametrize("seed", range(3))
def test_a_mirrored_tape_gives_mirrored_alerts_one_for_one(seed):
    tape = noisy(seed, 150)
    straight = alerts_of(tape)
    other = alerts_of([(ts, mirrored(part)) for ts, part in tape])
    sides = {"up": "down", "down": "up"}
    assert {row.tier for row in straight} >= {1, 2, 3, 5, 6}
    assert len(straight) == len(other)

    def told(row, direction):
        return (row.ts, row.instrument, row.tf, row.t1, row.tier, row.rule, direction, row.n, row.coverage)

    assert sorted(told(row, sides[row.direction]) for row in straight) == sorted(
        told(row, row.direction) for row in other
    )
    by_key = {
        (row.ts, row.instrument, row.rule, row.column.removesuffix("_long").removesuffix("_short")): row
        for row in other
    }
    singles = [row for row in straight if row.tier == 1]
    assert singles
    for row in singles:
        assert by_key[row.ts, row.instrument, row.rule, row.column].value == -row.value


def test_tier_4_is_mirrored_with_open_interest_falling_on_both_sides():
    rng = random.Random(3)
    tape = [
        (m * NS_MIN, closed(m, {BTC: {"funding_8h": rng.gauss(0, 6e-4), "oi_dlog": rng.gauss(0, 0.01)}}, tf="1h"))
        for m in range(60, 60 * 200, 60)
    ]
    straight = alerts_of(tape, rules=[TIER_4])
    funding = tuple(c for c in ODD if c == "funding_8h")
    other = alerts_of([(ts, mirrored(part, funding)) for ts, part in tape], rules=[TIER_4])
    assert len(straight) > 10
    assert [(a.ts, a.direction) for a in other] == [(a.ts, {"up": "down", "down": "up"}[a.direction]) for a in straight]


@pytest.mark.parametrize("seed", range(2))
def test_a_checkpoint_in_the_middle_changes_nothing(seed):
    tape = noisy(seed, 120)
    whole = alerts_of(tape)
    for cut in (1, 59, 60, 100):
        first, second = Rules(), Rules(rules=[TIER_2])
        before = [row for ts, part in tape[:cut] for row in first.judge(part, ts)]
        second.restore(first.checkpoint())
        assert before + [row for ts, part in tape[cut:] for row in second.judge(part, ts)] == whole
        assert second.rules == DEFAULTS


def test_the_order_of_rows_changes_no_alert():
    tape = noisy(9, 90)
    shuffled, rng = [], random.Random(4)
    for ts, part in tape:
        order = rng.sample(range(len(part.metrics)), len(part.metrics))
        shuffled.append(
            (ts, type(part)(**{k: [getattr(part, k)[i] for i in order] for k in ("bars", "metrics", "usual")}))
        )
    key = lambda row: (row.ts, row.instrument, row.rule, row.column)  # noqa: E731 - used twice below
    assert sorted(alerts_of(tape), key=key) == sorted(alerts_of(shuffled), key=key)


def test_rows_come_in_the_order_of_instruments_then_rules():
    part = closed(1, {SOL: CONFIRMED | {"z_ret_60": 5.0}, BTC: LONG | {"z_ret_60": 5.0}, ETH: LONG})
    told = [(row.instrument, row.rule) for row in Rules().judge(part, 0)]
    assert told == [
        (SOL, "z"), (SOL, "confluence"), (SOL, "confirmed"), (BTC, "z"), (BTC, "confluence"), (BTC, "cluster"),
        (ETH, "confluence"),
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [nan, float("inf"), -float("inf")])
def test_inputs_that_are_no_numbers_raise_nothing_and_say_nothing(bad):
    names = [f"{venue}:{coin}-USDT-PERP" for coin in COINS for venue in ("okx", "bybit")]
    columns = dict.fromkeys(
        ("z_ret_60", "z_oi_dlog_60", "ln_ls_acct_global", "obi_5", "delta", "oi_dlog", "funding_8h", "mark"), bad
    )
    rules = Rules()
    for minute in range(1, 80):
        assert rules.judge(closed(minute, dict.fromkeys(names, columns)), minute * NS_MIN) == []


@pytest.mark.parametrize("rule", [TIER_2, TIER_3, TIER_5])
def test_what_is_hardly_covered_does_not_speak(rule):
    tape = [*calm(60), (0.0, 30.0, 0.1)]
    for coverage, n in ((0.79, 60), (1.0, 47)):
        rules = Rules(rules=[rule])
        for minute, bp in enumerate(tape, 1):
            rows = {name: row | CONFIRMED for name, row in marks(*bp).items()}
            if rule is TIER_5 and coverage == 1.0:
                continue  # its baseline is its own
            assert rules.judge(closed(minute, rows, coverage=coverage, n=n), minute * NS_MIN) == []


def test_the_default_rules_have_a_tier_each():
    assert [rule.tier for rule in DEFAULTS] == [1, 2, 3, 4, 5, 6]
    assert DEFAULTS[-1] is TIER_6
