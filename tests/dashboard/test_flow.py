"""What bars of flow are made into: sums, CVD, bands, sentences, key numbers, panes, the tape."""

import numpy as np
import pandas as pd
import pytest

from fbkit.dashboard.flow.bars import flow_of
from fbkit.dashboard.flow.cvd import AGAIN, FIRST, GOES_ON, MIDNIGHT, cvd_of
from fbkit.dashboard.flow.kpis import kpis
from fbkit.dashboard.flow.panes import forced_drawn, imbalance_drawn, price_drawn, restarted, volume_drawn
from fbkit.dashboard.flow.profile import Traded, profile_drawn
from fbkit.dashboard.flow.tape import Tape
from fbkit.dashboard.flow.told import Died, cvd_since, died, forced_of, paragraphs, push_of
from fbkit.dashboard.flow.words import Forced, Push, claim, forced_claim, last_words
from fbkit.dashboard.flow.z_bands import band
from fbkit.model import NS_DAY, NS_MIN, NS_MS
from fbkit.quant.formulas.profile import volume_profile
from fbkit.quant.frames import robust_zscore, zscore
from fbkit.store import open_store
from fbkit.widgets.format import NBSP
from tests.dashboard.flow_made import BARS, END, HOLE, NAMES, bars_of, write_flow
from tests.dashboard.flow_made import MIDNIGHT as NEW_DAY

NAN = np.nan


def frames(*places):
    rows = {NAMES[place]: bars_of(place) for place in places}
    fields = bars_of(0)[0].__struct_fields__
    return {
        name: pd.DataFrame([[getattr(bar, field) for field in fields] for bar in some], columns=fields)
        for name, some in rows.items()
    }


@pytest.fixture(scope="module")
def one():
    return flow_of(frames(0), "1m", shown=240)


@pytest.fixture(scope="module")
def all_of():
    return flow_of(frames(0, 1, 2), "1m", shown=240)


def text(paragraph):
    return "".join(words for words, _ in paragraph).replace(NBSP, " ")


# --- sums and CVD -----------------------------------------------------------------------------------------------------


def test_a_contract_alone_keeps_the_numbers_that_are_stored(one):
    stored = frames(0)[NAMES[0]].iloc[-240:]
    assert one.columns["cvd"] == pytest.approx(stored["cvd"].to_numpy(), rel=1e-9)
    assert one.columns["taker_imb"].tolist() == stored["taker_imb"].tolist()
    assert one.newest("delta") == stored["delta"].iloc[-1]


def test_several_contracts_are_summed_over_those_that_told(all_of):
    parts = [frames(place)[NAMES[place]] for place in range(3)]
    assert all_of.newest("vol_usd") == pytest.approx(sum(part["vol_usd"].iloc[-1] for part in parts))
    in_hole = all_of.columns["vol_usd"][240 - 50]
    assert in_hole == pytest.approx(parts[0]["vol_usd"].iloc[HOLE[0]] + parts[2]["vol_usd"].iloc[HOLE[0]])
    assert all_of.columns["coverage"][240 - 50] == pytest.approx(2 / 3)


def test_cvd_starts_again_at_midnight_and_where_other_venues_tell(all_of):
    at = {int(k): int(all_of.begins[k]) for k in np.flatnonzero(all_of.begins)}
    midnight = int((NEW_DAY - all_of.t0[0]) // NS_MIN)
    assert at == {midnight: MIDNIGHT, 240 - 50: AGAIN, 240 - 40: AGAIN}
    assert all_of.columns["cvd"][midnight] == pytest.approx(all_of.columns["delta"][midnight])
    assert all_of.newest("cvd") == pytest.approx(all_of.columns["delta"][-40:].sum())
    assert cvd_since(all_of) == "since 01:20 UTC, venues changed"


def test_a_count_that_does_not_follow_had_a_gap_in_it():
    t0 = NS_DAY + (np.arange(4) + 5) * NS_MIN
    cvd, delta = np.array([[10.0], [11.0], [0.5], [1.5]]), np.ones((4, 1))
    level, begins = cvd_of(t0, cvd, delta, np.full((4, 1), 3.0))
    assert begins.tolist() == [FIRST, GOES_ON, AGAIN, GOES_ON]
    assert level.tolist() == [10.0, 11.0, 0.5, 1.5]


def test_without_sides_there_is_no_cvd_and_none_is_made_up():
    t0 = NS_DAY + np.arange(3) * NS_MIN
    missing = np.full((3, 2), NAN)
    level, begins = cvd_of(t0, missing, missing, np.ones((3, 2)))
    assert np.isnan(level).all()
    assert begins.tolist() == [0, 0, 0]


def test_the_line_of_cvd_breaks_where_it_begins_anew_and_starts_at_nothing(one):
    x, y = restarted(one)
    at = int(np.flatnonzero(x == NEW_DAY / NS_MS)[0])
    assert np.isnan(y[at])
    assert (x[at + 1], y[at + 1]) == (NEW_DAY / NS_MS, 0.0)
    assert (np.diff(x) >= 0).all()


def test_no_bar_at_all_is_no_flow():
    assert flow_of({"a:B-USD-PERP": pd.DataFrame({"t0": []})}, "1m") is None


def test_a_hole_in_all_of_them_is_told_as_a_stretch():
    only = frames(1)
    flow = flow_of(only, "1m", shown=120)
    assert flow.holes() == [(END - 50 * NS_MIN, END - 40 * NS_MIN)]
    assert cvd_since(flow) == "since 01:20 UTC, after a gap"
    words = [word["text"] for word in price_drawn(flow)[1]["annotations"]]
    assert [word.replace(NBSP, " ") for word in words] == ["gap<br>10 min"]


# --- bands ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "z_of"), [("classic", zscore), ("robust", robust_zscore)])
def test_a_band_is_what_the_z_is_measured_by(kind, z_of):
    x = np.random.default_rng(3).normal(0, 1, 200)
    x[[20, 21, 90]] = NAN
    found = band(x, 20, kind)
    with np.errstate(invalid="ignore"):
        z = (x - found.middle) / found.spread
    assert z == pytest.approx(z_of(x, 20), rel=1e-9, nan_ok=True)


def test_the_weighted_band_widens_after_a_jump():
    x = np.concatenate([np.tile([1.0, -1.0], 50), [30.0, 0.0]])
    found = band(x, 20, "ewma")
    assert np.isnan(found.middle[:15]).all()
    assert found.spread[-1] > 2 * found.spread[-2]


# --- words ------------------------------------------------------------------------------------------------------------


SOLD, BOUGHT = "Takers sold 7.00 M more than they bought in 4 h", "Takers bought 7.00 M more than they sold in 4 h"


@pytest.mark.parametrize(
    ("push", "words"),
    [
        (Push("4 h", -7e6, 99e6, 0.0042, 0.003), f"{SOLD} while price rose 0.42 %: absorbed."),
        (Push("4 h", 7e6, 99e6, 0.0042, 0.003), f"{BOUGHT} while price rose 0.42 %: price went along."),
        (Push("4 h", 7e6, 99e6, 0.001, 0.003), f"{BOUGHT} while price stood still: absorbed."),
        (
            Push("4 h", 1e6, 99e6, 0.0042, 0.003),
            "Takers bought about as much as they sold in 4 h while price rose 0.42 %.",
        ),
        (Push("4 h", 7e6, 99e6, NAN, NAN), f"{BOUGHT}."),
        (Push("4 h", NAN, NAN, 0.01, 0.003), "Who pushed in 4 h is not known."),
        (Push("4 h", 0.0, 0.0, 0.0, 0.0), "Nobody traded in 4 h."),
    ],
)
def test_one_sentence_says_who_pushed_and_whether_price_went_along(push, words):
    assert claim(push).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    ("long", "short", "words"),
    [
        (0.0, 0.0, "Nobody was seen forced out."),
        (1e4, 0.0, "Few were forced out."),
        (4e6, 14e6, "Mostly shorts were forced out."),
        (9e6, 8e6, "Both sides were forced out."),
    ],
)
def test_who_died_is_said_by_what_it_weighs(long, short, words):
    assert forced_claim(Forced(long, short, 100e6, "07:45", False, 1.0)) == words


def test_all_that_is_said_of_a_coin_ends_with_what_is_not_known(all_of):
    rows = died(all_of, ["hyperliquid"])
    told = [text(paragraph) for paragraph in paragraphs(all_of, rows, [])]
    assert told[0].startswith("Takers ")
    assert "Price is that of binance BTC-USDT-PERP." in told[0]
    assert "Liquidated were at least 400 K of longs and 20.0 K of shorts" in told[1]
    assert "most around 01:40" in told[1]
    assert "hyperliquid has no feed of liquidations." in told[-1]
    assert "binance does not tell of every liquidation." in told[-1]


def test_a_venue_that_tells_all_is_not_told_as_a_lower_bound():
    flow = flow_of(frames(1), "1m", shown=120)
    rows = died(flow, [])
    assert [(row.venue, row.tells) for row in rows] == [("bybit", "all")]
    assert forced_of(flow, rows).complete
    assert "at least" not in text(paragraphs(flow, rows, [])[1])
    assert kpis(flow, rows)[3].context[-1] == ("", "")


def test_that_nothing_is_missing_is_said_too():
    assert last_words([])[0][1] == "quiet"


def test_the_stretch_is_as_long_as_its_slots_and_begins_at_the_close_before_it(one):
    push = push_of(one)
    stored = frames(0)[NAMES[0]]
    assert push.over == f"4{NBSP}h"
    assert push.ret == pytest.approx(stored["close"].iloc[-1] / stored["close"].iloc[-241] - 1)


# --- key numbers ------------------------------------------------------------------------------------------------------


def test_key_numbers_have_scope_unit_and_context(all_of):
    found = kpis(all_of, died(all_of, ["hyperliquid"]))
    labels = [kpi.label.replace(NBSP, " ") for kpi in found]
    assert labels == [
        "Volume, 4 h",
        "Delta, 4 h",
        "CVD",
        "Liquidations, 4 h",
        "Book imbalance, 5 levels, mean of 3",
        "Loudest Z, 60 × 1m",
    ]
    assert all(kpi.value is not None for kpi in found)
    assert ", at least" in [words for words, _ in found[3].context]


def test_missing_numbers_say_why_and_are_never_nothing():
    bare = {name: frame[["t0", "t1", "close", "vol_usd", "coverage"]] for name, frame in frames(2).items()}
    flow = flow_of(bare, "1m", shown=60)
    found = {kpi.label.split(",")[0]: kpi for kpi in kpis(flow, died(flow, ["hyperliquid"]))}
    assert [found[label].value for label in ("Delta", "CVD", "Liquidations", "Book imbalance")] == [None] * 4
    missing = {label: found[label].missing for label in ("Delta", "CVD", "Liquidations", "Book imbalance")}
    assert missing == {
        "Delta": "bars without sides",
        "CVD": "bar without sides",
        "Liquidations": "no feed",
        "Book imbalance": "no book heard",
    }
    for traces, _ in (price_drawn(flow), volume_drawn(flow), imbalance_drawn(flow), forced_drawn(flow, died(flow, []))):
        assert traces


# --- panes ------------------------------------------------------------------------------------------------------------


def test_all_panes_have_the_same_axis_of_time(all_of):
    drawn = [price_drawn(all_of), volume_drawn(all_of), imbalance_drawn(all_of), forced_drawn(all_of, [])]
    assert len({tuple(layout["xaxis"]["range"]) for _, layout in drawn}) == 1
    assert len({layout["margin"]["r"] for _, layout in drawn}) == 1


def test_shorts_stand_above_and_longs_below_with_their_sums(all_of):
    traces, _ = forced_drawn(all_of, died(all_of, ["hyperliquid"]))
    short, long = traces
    assert np.nanmin(short["y"]) >= 0 >= np.nanmax(long["y"])
    assert short["meta"]["told"].replace(NBSP, " ") == "at least 20.0 K"
    assert np.nansum(long["customdata"]) == 4e5


def test_a_bar_far_beyond_the_others_is_cut_and_its_value_written():
    tall = frames(0)
    tall[NAMES[0]].loc[BARS - 9, "vol_usd"] = 1e9
    flow = flow_of(tall, "1m", shown=240)
    _, layout = volume_drawn(flow)
    assert layout["yaxis"]["range"][1] < 1e8
    assert [word["text"].strip(NBSP).replace(NBSP, " ") for word in layout["annotations"]] == ["1.00 B, cut"]


def test_what_was_not_listened_to_is_shown_as_such(all_of):
    flow = flow_of(frames(0), "1m", shown=300)
    _, layout = imbalance_drawn(flow)
    spans = [(shape["x0"], shape["x1"]) for shape in layout["shapes"] if shape.get("fillcolor")]
    assert spans == [(flow.t0[0] / NS_MS, flow.t0[60] / NS_MS)]


# --- tape and profile -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("flow") / "flow.db"
    with open_store(write_flow(f"sqlite:///{path.as_posix()}")) as opened:
        yield opened


def test_the_tape_reads_back_to_where_it_was_asked_and_then_only_what_is_new(store, monkeypatch):
    tape = Tape(NAMES)
    tape.read(store, END - 8 * NS_MIN, END)
    assert tape.since == END - 8 * NS_MIN
    assert len(tape.together().ts) == 3 * 280
    spans = []
    real = store.read
    monkeypatch.setattr(store, "read", lambda kind, name, span: spans.append(span) or real(kind, name, span))
    tape.read(store, END - 8 * NS_MIN, END)
    assert len(tape.together().ts) == 3 * 280
    assert all(span.since > END - 4 * NS_MIN for span in spans)


def test_a_question_reads_no_more_trades_than_its_budget_and_the_next_goes_on(store, monkeypatch):
    monkeypatch.setattr("fbkit.dashboard.flow.tape._FIRST", 4 * NS_MIN)
    monkeypatch.setattr("fbkit.dashboard.flow.tape._ENOUGH", 10)
    monkeypatch.setattr("fbkit.dashboard.flow.tape.BUDGET", 30)
    tape = Tape(NAMES[:1])
    tape.read(store, END - 10 * NS_MIN, END)
    first = len(tape.together().ts)
    assert 40 < first < 400
    tape.read(store, END - 10 * NS_MIN, END)
    assert len(tape.together().ts) > first


def test_the_largest_trades_come_first_with_the_takers_sign(store):
    tape = Tape(NAMES)
    tape.read(store, END - 10 * NS_MIN, END)
    found = tape.largest(END - 10 * NS_MIN, 4)
    assert all(abs(usd) == pytest.approx(4.5e5, rel=0.02) for *_, usd in found[:3])
    assert abs(found[3][3]) < 1e4
    assert {name for _, name, _, _ in found[:3]} == set(NAMES)


def test_the_profile_is_fainter_outside_the_value_area_and_marks_its_price():
    prices = np.repeat([100.0, 101.0, 102.0, 103.0], [1, 20, 8, 1])
    profile = volume_profile(prices, np.ones(30), 1.0)
    traces, layout = profile_drawn(Traded(profile, END, 30, 1.0, 1.0, "ATR"))
    assert traces[0]["marker"]["opacity"].tolist() == [0.45, 1.0, 1.0, 0.45]
    assert [trace["meta"]["told"] for trace in traces[2:]] == ["POC 101.5", "high 103.0", "low 101.0"]
    assert layout["barmode"] == "stack"


def test_without_trades_there_is_no_profile():
    assert profile_drawn(Traded(volume_profile([], [], 1.0), END, 0, 0.0, NAN, "")) == ([], {})


def test_died_are_ordered_by_what_they_told():
    flow = flow_of(frames(0, 1, 2), "1m", shown=240)
    rows = died(flow, ["hyperliquid"])
    assert rows[-1].venue == "hyperliquid"
    assert isinstance(rows[0], Died)
    assert np.isnan(rows[-1].long_usd)


def test_more_slots_than_a_screen_tells_apart_are_drawn_by_their_largest_and_all_are_told():
    slots = 1500
    t0 = END - (slots - np.arange(slots)) * NS_MIN
    volume = np.ones(slots)
    volume[700] = 3.0
    frame = pd.DataFrame({"t0": t0, "t1": t0 + NS_MIN, "close": 1.0, "vol_usd": volume, "coverage": 1.0})
    flow = flow_of({NAMES[0]: frame}, "1m", shown=slots)
    told, drawn = volume_drawn(flow)[0][:2]
    assert (len(told["x"]), told["visible"]) == (slots, False)
    assert len(drawn["x"]) == slots / 3
    assert drawn["y"][700 // 3] == 3.0
    assert drawn["width"] == pytest.approx(0.8 * 3 * 60_000)
