"""Confluence (metrics reference 12): both sides, valid inputs only, counts rather than floats."""

from math import inf, isnan, log, nan, nextafter

import pytest

from fbkit.quant.confluence import DEFAULT, Condition, score

ALL = {"z_oi_dlog_60": 2.5, "ln_ls_acct_global": log(2.0), "obi_5": 0.3}


def columns(conditions):
    return [condition.column for condition in conditions]


def test_a_value_at_its_threshold_speaks():
    found = score(ALL)
    assert (found.long, found.short, found.n_valid) == (1.0, 0.0, 3)
    assert columns(found.met_long) == ["z_oi_dlog_60", "ln_ls_acct_global", "obi_5"]
    assert found.met_short == ()


def test_a_value_just_short_of_its_threshold_does_not_speak():
    found = score({name: nextafter(x, 0.0) for name, x in ALL.items()})
    assert (found.long, found.short, found.met_long) == (0.0, 0.0, ())


@pytest.mark.parametrize("dropped", [None, "z_oi_dlog_60", "ln_ls_acct_global", "obi_5"])
def test_every_threshold_is_mirrored(dropped):
    values = {name: x for name, x in ALL.items() if name != dropped} | {"z_oi_dlog_60": 2.4}
    there, back = score(values), score({name: -x for name, x in values.items()})
    assert (there.long, there.short) == (back.short, back.long)
    assert (there.met_long, there.met_short) == (back.met_short, back.met_long)


@pytest.mark.parametrize("missing", [nan, inf, -inf, None])
def test_an_input_that_is_no_number_is_left_out_and_the_rest_decides(missing):
    found = score({**ALL, "obi_5": missing})
    assert (found.long, found.short, found.n_valid) == (1.0, 0.0, 2)
    absent = score({name: x for name, x in ALL.items() if name != "obi_5"})
    assert found == absent


def test_with_less_than_two_thirds_of_the_weight_there_is_no_score_though_what_was_met_is_named():
    found = score({"obi_5": 0.9})
    assert isnan(found.long)
    assert isnan(found.short)
    assert (found.n_valid, columns(found.met_long)) == (1, ["obi_5"])


def test_exactly_two_thirds_of_the_weight_are_enough():
    heavy = (Condition("a", 1.0, 4), Condition("b", 1.0, 2))
    assert score({"a": 1.0}, heavy).long == 1.0
    assert isnan(score({"a": 1.0}, (Condition("a", 1.0, 3), Condition("b", 1.0, 2))).long)
    assert score({"a": 0.0, "b": 0.0}).n_valid == 0


def test_two_of_three_is_a_count_and_a_third_of_the_weight_a_share():
    found = score({**ALL, "obi_5": -0.3})
    assert (len(found.met_long), len(found.met_short)) == (2, 1)
    assert (found.long, found.short) == (2 / 3, 1 / 3)


def test_a_tiny_z_counts_as_nothing_on_either_side_and_other_columns_are_taken_as_they_are():
    tiny = (Condition("z_ret_60", 1e-12), Condition("premium", 1e-12))
    found = score({"z_ret_60": 9.9e-10, "premium": 9.9e-10}, tiny)
    assert columns(found.met_long) == ["premium"]
    assert found.met_short == ()
    assert columns(score({"z_ret_60": -1e-9, "premium": 0.0}, tiny).met_short) == ["z_ret_60"]


def test_nothing_to_ask_gives_no_score():
    assert isnan(score(ALL, ()).long)
    assert isnan(score({}).short)


def test_the_defaults_are_those_of_the_reference():
    assert (("z_oi_dlog_60", 2.5, 1), ("ln_ls_acct_global", log(2.0), 1), ("obi_5", 0.3, 1)) == DEFAULT
