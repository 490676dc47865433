"""Who speaks, who has spoken, and what is said."""

from math import log, nan
from types import SimpleNamespace

import msgspec
import pytest

from fbkit.alerts import TIER_1, Rules, Single
from fbkit.alerts.sentence import sentence_of_z
from fbkit.model import JUDGED, METRIC_COLUMNS, NS_MIN, TIMEFRAMES, BarRow, MetricRow

BTC = "binance:BTC-USDT-PERP"


def closed(minute, column="z_ret_60", z=4.0, *, tf="1m", name=BTC, coverage=1.0, n=60, **bar):
    values = tuple(z if c == column else nan for c in METRIC_COLUMNS)
    t1 = minute * NS_MIN
    row = MetricRow(name, tf, t1, values, (n,) * len(values), ("",) * len(values), coverage)
    bars = [BarRow(name, tf, t1 - TIMEFRAMES[tf], t1, source="own", coverage=coverage, **bar)]
    return SimpleNamespace(bars=bars, metrics=[row], usual=[(0.0,) * len(JUDGED)])


def spoken(rules, zs, **more):
    """In which minutes an alert came, one Z a minute."""
    return [m for m, z in enumerate(zs) if rules.judge(closed(m, z=z, **more), m * NS_MIN)]


@pytest.mark.parametrize(("z", "speaks"), [(3.0, True), (-3.0, True), (2.999999, False), (nan, False), (0.0, False)])
def test_a_rule_speaks_at_its_threshold(z, speaks):
    assert bool(Rules().judge(closed(1, z=z), NS_MIN)) is speaks


def test_it_speaks_again_only_after_falling_below_two_and_fifteen_minutes():
    assert spoken(Rules(), [4.0] * 40) == [0]
    assert spoken(Rules(), [4.0, *[2.5] * 20, 4.0]) == [0]
    assert spoken(Rules(), [4.0, 1.9, 4.0, *[4.0] * 20]) == [0, 15]
    assert spoken(Rules(), [4.0, 1.0, *[2.5] * 12, 4.0, 4.0]) == [0, 15]
    assert spoken(Rules(), [4.0, nan, *[4.0] * 20]) == [0]


def test_each_instrument_column_and_timeframe_has_its_own_silence():
    rules = Rules()
    assert rules.judge(closed(5), 0)
    assert not rules.judge(closed(5), 0)
    assert rules.judge(closed(5, name="binance:ETH-USDT-PERP"), 0)
    assert rules.judge(closed(5, tf="5m"), 0)
    assert rules.judge(closed(5, column="z_premium_60"), 0)


def test_only_the_columns_of_the_rule_speak():
    assert not Rules().judge(closed(1, column="z_ret_20", z=9.0), 0)
    assert not Rules().judge(closed(1, column="rsi_14", z=99.0), 0)
    for column in TIER_1.columns:
        assert Rules().judge(closed(1, column=column), 0)


def test_what_is_hardly_covered_does_not_speak():
    assert not Rules().judge(closed(1, coverage=0.79), 0)
    assert not Rules().judge(closed(1, n=47), 0)
    assert Rules().judge(closed(1, coverage=0.8, n=48), 0)


def test_a_z_that_is_nothing_but_rounding_counts_as_zero():
    touchy = Single(name="touchy", tier=1, columns=("z_ret_60",), threshold=1e-10, rearm=1e-11)
    assert not Rules(rules=[touchy]).judge(closed(1, z=9e-10), 0)
    assert Rules(rules=[touchy]).judge(closed(1, z=2e-9), 0)


def test_an_alert_says_everything_that_went_into_it():
    (alert,) = Rules(stamp=9).judge(closed(7, "z_ln_vol_60", -3.5, ln_vol=log(5e6), close=100.0), 424)
    assert (alert.ts, alert.instrument, alert.tf, alert.t1, alert.tier, alert.rule) == (
        424,
        BTC,
        "1m",
        7 * NS_MIN,
        1,
        "z",
    )
    assert (alert.direction, alert.column, alert.value, alert.threshold, alert.n) == (
        "down",
        "z_ln_vol_60",
        -3.5,
        3.0,
        60,
    )
    assert (alert.coverage, alert.stamp) == (1.0, 9)
    assert alert.sentence == "Volume Z −3.5 on 1m: 5.00 M USD against 1.00 USD usual"
    assert msgspec.json.decode(alert.inputs) == {
        "z": -3.5, "x": log(5e6), "usual": 0.0, "window": 60, "close": 100.0, "source": "own",
    }  # fmt: skip


def test_an_alert_has_the_same_id_in_every_run_and_no_other_has_it():
    (a,), (b,) = (Rules().judge(closed(7), ts) for ts in (1, 2))
    others = [
        Rules().judge(c, 1)[0]
        for c in (closed(8), closed(7, tf="5m"), closed(7, column="z_premium_60"), closed(7, name="x:A-B-PERP"))
    ]
    assert a.alert_id == b.alert_id
    assert len({a.alert_id, *(o.alert_id for o in others)}) == 5


def test_who_has_spoken_survives_a_checkpoint():
    zs = [4.0, 1.0, *[2.5] * 12, 4.0, 4.0, 1.0, *[2.0] * 20, 5.0]
    for cut in range(len(zs)):
        first, second = Rules(), Rules()
        before = [m for m, z in enumerate(zs[:cut]) if first.judge(closed(m, z=z), m * NS_MIN)]
        second.restore(first.checkpoint())
        after = [m for m, z in enumerate(zs) if m >= cut and second.judge(closed(m, z=z), m * NS_MIN)]
        assert before + after == spoken(Rules(), zs)


def test_what_is_no_state_is_refused():
    for junk in (b"", b"junk", msgspec.msgpack.encode([1])):
        with pytest.raises(ValueError, match="state"):
            Rules().restore(junk)


@pytest.mark.parametrize(
    ("column", "x", "usual", "said"),
    [
        ("ret", 0.0123, -0.0001, "Return Z +3.2 on 1h: +1.23 % against −0.01 % usual"),
        ("ln_vol", log(1.23e9), log(4.5e4), "Volume Z +3.2 on 1h: 1.23 B USD against 45.0 K USD usual"),
        ("taker_imb", 0.62, 0.0, "Taker imbalance Z +3.2 on 1h: +0.620 against +0 usual"),
        ("oi_dlog", 0.004, 0.0002, "Open interest change Z +3.2 on 1h: +0.400 % against +0.02 % usual"),
        ("funding_8h", 0.0003, 0.0001, "Funding Z +3.2 on 1h: +0.03 % per 8 h against +0.01 % per 8 h usual"),
        ("premium", 0.0005, nan, "Premium Z +3.2 on 1h: +5.00 bp"),
        (
            "ln_ls_acct_global",
            log(2.5),
            log(0.8),
            "Accounts Z +3.2 on 1h: 2.50 long for 1 short against 0.800 long for 1 short usual",
        ),
        (
            "ln_ls_pos_top",
            0.0,
            0.0,
            "Top traders' positions Z +3.2 on 1h: 1.00 long for 1 short against 1.00 long for 1 short usual",
        ),
        ("obi_5", -0.31, 0.02, "Book imbalance Z +3.2 on 1h: −0.310 against +0.02 usual"),
    ],
)
def test_each_column_is_told_in_its_own_unit(column, x, usual, said):
    assert sentence_of_z(column, "1h", 3.21, x, usual) == said


def test_every_judged_column_has_words():
    for column in JUDGED:
        assert "usual" in sentence_of_z(column, "1m", 3.0, 0.1, 0.1)
