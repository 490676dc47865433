"""Rules as a file: what is written is read back exactly, and what is wrong is told with what is allowed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fbkit.alerts import DEFAULTS, Cluster, Confluence, Divergence, Single
from fbkit.alerts.check import _ONE_SIDED, COLUMNS
from fbkit.alerts.commented import commented
from fbkit.alerts.load import dump, duration, load, plain, read
from fbkit.alerts.rule import Also
from fbkit.alerts.words import words_of
from fbkit.errors import SettingError
from fbkit.model import METRIC_COLUMNS, NS_MS, TIMEFRAMES
from fbkit.quant.confluence import Condition

SINGLE = """
[[rule]]
name = "mine"
kind = "single"
tier = 1
columns = ["z_ret_60"]
"""

CONFLUENCE = """
[[rule]]
name = "mine"
kind = "confluence"
tier = 2
conditions = [{ column = "obi_5", at_least = 0.3 }, { column = "z_ret_60", at_least = 2 }]
"""

DIVERGENCE = """
[[rule]]
name = "mine"
kind = "divergence"
tier = 5
"""

CLUSTER = """
[[rule]]
name = "mine"
kind = "cluster"
tier = 6
"""


def test_the_default_rules_are_read_back_exactly():
    assert load(dump(DEFAULTS)) == DEFAULTS
    assert load(commented(DEFAULTS)) == DEFAULTS


def test_what_is_not_written_has_the_default():
    assert load(SINGLE) == (Single(name="mine", tier=1, columns=("z_ret_60",)),)
    assert load(DIVERGENCE) == (Divergence(name="mine", tier=5),)
    assert load(CLUSTER) == (Cluster(name="mine", tier=6),)


positive = st.floats(min_value=1e-6, max_value=1e12, allow_nan=False)
zs = st.sampled_from([c for c in METRIC_COLUMNS if c.startswith("z_")])


@st.composite
def rules(draw):
    number = draw(st.integers(0, 10**6))
    every = {
        "name": f"r{number}",
        "tier": draw(st.integers(1, 6)),
        "timeframes": tuple(draw(st.lists(st.sampled_from(list(TIMEFRAMES)), min_size=1, unique=True))),
        "cooldown_ns": draw(st.integers(0, 10**8)) * NS_MS,
        "min_coverage": draw(st.floats(min_value=1e-3, max_value=1.0)),
    }
    low, high = sorted((draw(positive), draw(positive)))
    kind = draw(st.sampled_from(["single", "confluence", "divergence", "cluster"]))
    if kind == "single":
        columns = tuple(draw(st.lists(zs, min_size=1, unique=True)))
        return Single(**every, columns=columns, threshold=high, rearm=low)
    if kind == "divergence":
        return Divergence(
            **every, window=draw(st.integers(2, 1440)), threshold=high, rearm=low, floor_bp=draw(positive)
        )
    if kind == "cluster":
        return Cluster(**every, of_tier=draw(st.integers(1, 5)), coins=draw(st.integers(2, 1000)))
    columns = draw(st.lists(zs, min_size=1, max_size=5, unique=True))
    conditions = tuple(Condition(c, draw(positive), draw(st.integers(1, 9))) for c in columns)
    also = draw(st.lists(st.builds(Also, zs, st.sampled_from(["at_least", "size", "above", "below"]), positive)))
    return Confluence(**every, conditions=conditions, exit=1e-3, also=tuple(also))


@given(st.lists(rules(), min_size=1, max_size=4, unique_by=lambda rule: rule.name))
def test_any_rules_are_read_back_exactly(made):
    assert load(dump(made)) == tuple(made)
    assert load(commented(made)) == tuple(made)
    assert msgspec.json.encode([plain(rule) for rule in made])
    assert all(words_of(rule).startswith("Speaks on ") for rule in made)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["tables of [[rule]]"]),
        ("rule = 3", ["tables of [[rule]]"]),
        ("[[rule]]\nname = ", ["TOML"]),
        ("[[rules]]\nname = 1", ["'rules'", "[[rule]]"]),
        (SINGLE + 'colour = "red"', ["colour", "columns, threshold, rearm"]),
        (SINGLE.replace('kind = "single"', ""), ["kind", "single, confluence, divergence, cluster"]),
        (SINGLE.replace('"single"', '"double"'), ["'double'", "single, confluence, divergence, cluster"]),
        (SINGLE.replace('name = "mine"', ""), ["name", "None"]),
        (SINGLE.replace('"mine"', '"my rule"'), ["'my rule'", "letters, digits"]),
        (SINGLE + SINGLE, ["rule 2", "no other rule has"]),
        (SINGLE.replace("tier = 1", "tier = 7"), ["tier", "7", "1 to 6"]),
        (SINGLE.replace("tier = 1", "tier = true"), ["tier", "True"]),
        (SINGLE.replace('["z_ret_60"]', "[]"), ["columns", "at least one"]),
        (SINGLE.replace('["z_ret_60"]', "3"), ["columns", "a list of words"]),
        (SINGLE.replace("z_ret_60", "z_retn_60"), ["'z_retn_60'", "z_ret_60", "obi_5"]),
        (SINGLE.replace("z_ret_60", "z_ret_1"), ["'z_ret_1'", "z_ret_20, z_ret_60"]),
        (SINGLE.replace("z_ret_60", "coverage"), ["'coverage'"]),
        (SINGLE + "threshold = -1", ["threshold", "-1", "above 0"]),
        (SINGLE + "threshold = nan", ["threshold", "nan"]),
        (SINGLE + "threshold = inf", ["threshold", "inf"]),
        (SINGLE + 'threshold = "3"', ["threshold", "'3'", "a number"]),
        (SINGLE + "rearm = 3.5", ["rearm", "3.5", "up to the threshold of 3"]),
        (SINGLE + "rearm = 0", ["rearm"]),
        (SINGLE.replace("z_ret_60", "obi_5") + "threshold = 1.5\nrearm = 1", ["1.5", "obi_5: above 0, up to 1"]),
        (SINGLE.replace("z_ret_60", "rsi_14") + "threshold = 40", ["40.0", "rsi_14: above 50, up to 100"]),
        (SINGLE + 'timeframes = ["2m"]', ["2m", "1m, 5m, 15m, 1h, 4h, 1d"]),
        (SINGLE + 'timeframes = ["1m", "1m"]', ["each once"]),
        (SINGLE + 'cooldown = "soon"', ["cooldown", "'soon'", "20ms"]),
        (SINGLE + 'cooldown = "31d"', ["cooldown", "30d"]),
        (SINGLE + "cooldown = 15", ["cooldown", "in quotes"]),
        (SINGLE + "min_coverage = 0", ["min_coverage", "above 0, up to 1"]),
        (SINGLE + "min_coverage = 1.2", ["min_coverage"]),
        (CONFLUENCE + "needs = 3", ["needs", "1 to 2"]),
        (CONFLUENCE + "needs = 0", ["needs", "1 to 2"]),
        (CONFLUENCE + 'needs = "most"', ["needs", '"all"']),
        (CONFLUENCE + "exit = 1.5", ["exit", "up to 1"]),
        (CONFLUENCE + "needs = 1\nexit = 0.6", ["exit", "up to 0.5"]),
        (CONFLUENCE.replace("0.3 }", "0.3, weight = 0 }"), ["weights from 1"]),
        (CONFLUENCE.replace("0.3 }", "0.3, wait = 1 }"), ["column, at_least, weight"]),
        (CONFLUENCE.replace("0.3 }", "1.3 }"), ["1.3", "obi_5"]),
        (CONFLUENCE.replace("obi_5", "vol_usd"), ["vol_usd", "two sides", "also"]),
        (CONFLUENCE.replace("obi_5", "z_ret_60"), ["each column once"]),
        (CONFLUENCE + 'also = [{ column = "delta" }]', ["at_least, size, above, below"]),
        (CONFLUENCE + 'also = [{ column = "delta", size = 1, above = 2 }]', ["one of"]),
        (CONFLUENCE + 'also = [{ column = "deltas", size = 1 }]', ["'deltas'", "delta"]),
        (CONFLUENCE + 'also = [{ column = "vol_usd", at_least = 1 }]', ["no other side"]),
        (CONFLUENCE + 'also = [{ column = "delta", above = nan }]', ["nan"]),
        (DIVERGENCE + "window = 1", ["window", "1", "2 to 1440 bars"]),
        (DIVERGENCE + "venues = 1", ["venues", "2 or more"]),
        (DIVERGENCE + "floor_bp = -1", ["floor_bp", "0 or more"]),
        (DIVERGENCE + "rearm = 2.5", ["rearm", "up to the threshold of 2"]),
        (CLUSTER + "of_tier = 6", ["of_tier", "1 to 5"]),
        (CLUSTER + "coins = 1", ["coins", "2 or more"]),
    ],
)
def test_what_is_wrong_is_told_in_one_message_with_what_is_allowed(text, said):
    with pytest.raises(SettingError) as raised:
        load(text, "my.toml")
    message = str(raised.value)
    assert raised.value.exit_code == 2
    assert "my.toml" in message
    assert [part for part in said if part not in message] == []


def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingError, match=path.name):
            read(path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match=r"bytes\.toml"):
        read(tmp_path / "bytes.toml")


@given(st.integers(0, 10**8).map(lambda ms: ms * NS_MS))
def test_a_duration_is_read_back_exactly(ns):
    from fbkit.settings import duration_ns

    assert duration_ns(duration(ns)) == ns


def test_columns_of_one_side_are_columns():
    assert set(COLUMNS) >= _ONE_SIDED
