"""The sentences about one instrument: each claim follows from signs alone, and numbers keep their own."""

import math

import pytest

from fbkit.dashboard.instrument import burst as bursts
from fbkit.dashboard.instrument import carry, conditions, crowd, positions, takers, wording
from fbkit.dashboard.instrument.burst import Forced
from fbkit.dashboard.instrument.carry import Carry
from fbkit.dashboard.instrument.newest import Condition

NAN = math.nan


def text(paragraph):
    """A paragraph as one string, no-break spaces as spaces."""
    return "".join(piece for piece, _ in paragraph).replace("\u00a0", " ")


def tones(paragraph):
    return {piece.replace("\u00a0", " "): tone for piece, tone in paragraph}


@pytest.mark.parametrize(
    ("ret", "oi", "claim"),
    [
        (0.01, 0.01, "Positions were added into a rise."),
        (-0.01, 0.01, "Positions were added into a fall."),
        (0.01, -0.01, "Positions were closed into a rise."),
        (-0.01, -0.01, "Positions were closed into a fall."),
        (0.0, 0.01, "Positions were added while price stood still."),
        (0.0, -0.01, "Positions were closed while price stood still."),
        (0.01, 0.0, "Price had a rise on unchanged positions."),
        (0.0, 0.0, "Nothing moved."),
        (-0.01, NAN, "Price had a fall."),
        (0.0, NAN, "Price stood still."),
        (NAN, 0.01, "How price moved is not known."),
    ],
)
def test_price_against_open_interest(ret, oi, claim):
    assert positions.positions_claim(ret, oi) == claim


@pytest.mark.parametrize(
    ("z", "word"), [(0.9, "small "), (-1.0, ""), (1.9, ""), (-2.0, "large "), (3.0, "very large ")]
)
def test_the_size_of_a_move_is_its_z_whatever_its_sign(z, word):
    assert positions.positions_claim(-0.01, 0.01, z) == f"Positions were added into a {word}fall."


def test_the_verb_has_the_sign_and_the_number_only_its_size():
    told = positions.positions({"ret": math.log(0.9979), "oi_dlog": math.log(1.0049)}, {"ret": -1.3, "oi_dlog": 1.1})
    assert text(told) == (
        "Positions were added into a fall. Price lost 0.21 % (Z −1.3) while open interest rose 0.49 % (Z +1.1)."
    )
    assert tones(told)["0.21 %"] == "down"
    assert tones(told)["0.49 %"] == "number"  # open interest has no direction of its own


def test_logs_are_told_as_percent_and_not_as_logs():
    told = positions.positions({"ret": math.log(1.5), "oi_dlog": math.log(0.5)}, {})
    assert "gained 50.00 %" in text(told)
    assert "fell 50.00 %" in text(told)


def test_a_missing_number_is_said_to_be_missing_and_never_0():
    assert text(positions.positions({"ret": 0.01}, {})).endswith("Open interest of this bar is missing.")
    told = text(positions.positions({}, {}))
    assert told == "How price moved is not known. Nor is open interest."
    assert "0.00" not in told
    assert text(takers.flow({}, {})) == "Who took is not known."
    assert text(carry.carry(Carry(NAN))) == "There is no funding here."


@pytest.mark.parametrize(
    ("ret", "delta", "claim"),
    [
        (0.01, 10.0, "Takers bought the rise."),
        (-0.01, -10.0, "Takers sold the fall."),
        (-0.01, 10.0, "Buying was absorbed."),
        (0.01, -10.0, "Selling was absorbed."),
        (0.0, 10.0, "Takers bought, price stood still."),
        (NAN, -10.0, "Takers sold, price stood still."),
        (0.01, 1.9, "Takers of both sides were even."),
        (0.01, -1.9, "Takers of both sides were even."),
        (0.01, NAN, "Who took is not known."),
    ],
)
def test_takers_against_price(ret, delta, claim):
    assert takers.flow_claim(ret, delta, 100.0) == claim


def test_nobody_traded_is_not_an_even_flow():
    assert takers.flow_claim(0.0, 0.0, 0.0) == "Nobody traded."


def test_flow_names_what_takers_did_more_of():
    bar = {"ret": -0.01, "delta": -7e6, "vol_usd": 100e6, "obi_5": -0.36}
    told = takers.flow(bar, {"taker_imb": -1.2, "ln_vol": 0.4})
    assert "They sold 7.00 M more than they bought, 7 % of volume (Z −1.2)." in text(told)
    assert "Volume was 100 M (Z +0.4)." in text(told)
    assert "asks outweighed bids over five levels, −0.36." in text(told)
    assert tones(told)["7.00 M"] == "down"


@pytest.mark.parametrize(
    ("rate", "rank", "claim"),
    [
        (1e-4, 0.9, "Longs pay shorts, more than usual."),
        (1e-4, 0.5, "Longs pay shorts, as usual."),
        (1e-4, 0.1, "Longs pay shorts, less than usual."),
        (-1e-4, 0.1, "Shorts pay longs, more than usual."),
        (-1e-4, 0.5, "Shorts pay longs, as usual."),
        (-1e-4, 0.9, "Shorts pay longs, less than usual."),
        (0.0, 0.5, "Nobody pays."),
        (NAN, 0.5, "There is no funding here."),
    ],
)
def test_who_pays_and_whether_that_is_usual_for_the_side_that_pays(rate, rank, claim):
    assert carry.carry_claim(rate, rank, 100) == claim


def test_a_rank_among_few_values_is_not_told():
    assert carry.carry_claim(1e-4, 1.0, 5) == "Longs pay shorts."
    assert "above" not in text(carry.carry(Carry(1e-4, 1.0, 5, "the last 2 h")))


def test_carry_is_told_per_8_h_and_a_year_with_both_ends():
    one = Carry(0.000138, 0.83, 200, "the last 48 h", "hyperliquid", "deribit", 0.00013)
    assert text(carry.carry(one)) == (
        "Longs pay shorts, more than usual. Predicted funding of +0.0138 % per 8 h is +15.11 % a year, above 83 % of "
        "its values of the last 48 h. hyperliquid is highest, deribit lowest: 1.3 bp apart."
    )


def burst(long=0.0, short=0.0, ret=-0.01, vol=100e6, after=NAN, complete=False):
    return Forced("07:45", long, short, vol, ret, after, 5, complete, "binance")


@pytest.mark.parametrize(
    ("one", "claim"),
    [
        (burst(long=20e6), "The 07:45 fall was forced."),
        (burst(long=5e6), "The 07:45 fall was partly forced."),
        (burst(long=1e6), "Few forced closes are known."),
        (burst(long=1e6, complete=True), "Few were forced."),
        (burst(short=20e6, ret=0.01), "The 07:45 rise was forced."),
        (burst(short=20e6, ret=-0.01), "Shorts were forced out at 07:45 against the move."),
        (burst(long=20e6, ret=0.01), "Longs were forced out at 07:45 against the move."),
        (burst(long=20e6, short=1e6, ret=-0.01), "The 07:45 fall was forced."),
        (burst(long=20e6, vol=0.0), "Few forced closes are known."),
        (burst(short=20e6, ret=NAN), "Shorts were forced out at 07:45."),
    ],
)
def test_a_long_that_dies_is_sold_and_a_short_is_bought(one, claim):
    assert bursts.forced_claim(one) == claim


def test_liquidations_name_the_larger_side_first_and_what_is_not_told():
    told = bursts.forced(burst(long=23.1e6, short=1e6, after=-0.0063))
    assert text(told) == (
        "The 07:45 fall was forced. 23.1 M of longs and 1.00 M of shorts were liquidated in 5 bars around 07:45, 24 % "
        "of volume, at least: binance does not tell of all. In the hour after, price moved −0.63 %."
    )
    assert tones(told)["23.1 M"] == "down"
    assert tones(told)["1.00 M"] == "up"
    assert "at least" not in text(bursts.forced(burst(long=20e6, complete=True)))


@pytest.mark.parametrize(
    ("heads", "top", "claim"),
    [
        (0.6, 0.3, "Accounts and large positions are long."),
        (-0.6, -0.3, "Accounts and large positions are short."),
        (0.6, -0.3, "Most accounts are long, large positions are not."),
        (-0.6, 0.3, "Most accounts are short, large positions are not."),
        (0.6, NAN, "Most accounts are long."),
        (0.0, NAN, "Accounts are even."),
    ],
)
def test_heads_against_money(heads, top, claim):
    assert crowd.crowd_claim(heads, top) == claim


def test_a_venue_without_ratios_has_no_paragraph_about_them():
    assert crowd.crowd({}, {}) == []


def test_conditions_are_told_with_what_they_needed():
    told = conditions.leaning("short", [Condition("short", "obi_5", -0.397, -0.3)])
    assert text(told) == "Conditions lean short. Met: the book −0.40 (short needs −0.30)."
    assert text(conditions.leaning("none", [])) == "Conditions lean to no side. None is met."
    assert conditions.leaning("", []) == []


def test_each_paragraph_has_one_claim_and_it_comes_first():
    bar = {"ret": 0.01, "oi_dlog": 0.01, "delta": 1e6, "vol_usd": 1e7, "ln_ls_acct_global": 0.2, "obi_5": 0.1}
    said = [positions.positions(bar, {}), takers.flow(bar, {}), carry.carry(Carry(1e-4)), crowd.crowd(bar, {})]
    for paragraph in [*said, bursts.forced(burst(long=20e6))]:
        assert [tone for _, tone in paragraph].count("claim") == 1
        assert paragraph[0][1] == "claim"
        assert text(paragraph).endswith(".")


def test_what_is_not_known_is_one_quiet_paragraph_or_none():
    assert wording.unknown([]) == []
    assert wording.unknown(["A.", "B."]) == [("A. B.", "quiet")]
