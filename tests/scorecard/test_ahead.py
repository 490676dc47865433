"""What followed an alert: entered after it was spoken, out of bars that begin then or later, and never made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fbkit.model import NS_MIN, NS_S
from fbkit.scorecard import HORIZONS, Ahead, Asked, lay
from fbkit.scorecard.ahead import later
from tests.scorecard.conftest import EVERY, NAMES, by_hand, followed, spoken, walk

BTC = NAMES[0]
END = 1000
ASKED = Asked(EVERY, END * NS_MIN)


def ragged(seed: int) -> dict:
    """Walks with minutes missing, hardly covered, and prices that are none."""
    random = np.random.default_rng(seed)
    made = {}
    for name, minutes in walk(random, END).items():
        there = random.random(END) > 0.002
        prices = np.array(minutes[1:5])
        prices[random.integers(0, 4), random.random(END) < 0.001] = random.choice([np.nan, 0.0, -1.0, np.inf])
        coverage = np.where(random.random(END) < 0.1, random.random(END), 1.0)
        coverage[600:] = 0.75
        made[name] = lay(np.flatnonzero(there) * NS_MIN, tuple(prices[:, there]), coverage[there])
    return made


@pytest.mark.parametrize("seed", range(3))
def test_every_outcome_is_what_a_plain_count_from_the_bars_ahead_says(seed):
    minutes, random = ragged(seed), np.random.default_rng(seed)
    rows = [
        (int(m), name, way)
        for name in NAMES
        for m, way in zip(random.integers(0, END, 80), random.choice(["up", "down", "long", "short"], 80), strict=True)
    ]
    alerts = spoken(rows)
    found, reasons = followed(alerts, minutes, ASKED), set()
    for _, row in found.iterrows():
        for horizon, bars in HORIZONS.items():
            wanted, why = by_hand(minutes[row.instrument], row.ts, row.direction, bars), row[f"why_{horizon}"]
            reasons.add(why)
            got = tuple(row[f"{what}_{horizon}_frac"] for what in ("ret", "mfe", "mae"))
            if wanted is None:
                assert np.isnan(got).all()
                assert why == ("open" if -(-row.ts // NS_MIN) + bars > END else "gap")
            else:
                assert (got, why) == (wanted, "")
    assert reasons == {"", "open", "gap"}


def test_the_entry_is_the_open_of_the_first_bar_that_begins_after_it_was_spoken():
    prices = tuple(np.arange(1.0, 301.0) for _ in range(4))
    minutes = {BTC: lay(np.arange(300) * NS_MIN, prices, np.ones(300))}
    asked = Asked(("5m",), 300 * NS_MIN)
    alerts = spoken([(10, BTC, "up")] * 3)
    alerts["ts"] = [10 * NS_MIN, 10 * NS_MIN + 1, 11 * NS_MIN - 1]  # on the minute, just after, just before the next
    alerts["t1"] = 9 * NS_MIN  # when its bar closed has no say
    found = followed(alerts, minutes, asked)
    assert found["entry_t0"].tolist() == [10 * NS_MIN, 11 * NS_MIN, 11 * NS_MIN]
    assert found["entry_price"].tolist() == [11.0, 12.0, 12.0]
    assert found["ret_5m_frac"].tolist() == [15 / 11 - 1, 16 / 12 - 1, 16 / 12 - 1]


@pytest.mark.parametrize("poison", [np.nan, 1e-9, 1e12])
def test_no_bar_before_the_alert_and_none_after_the_horizon_changes_anything(poison):
    clean, minute = walk(np.random.default_rng(3), END), 500
    alerts = spoken([(minute, name, way) for name in NAMES for way in ("up", "down")])
    for horizon, bars in HORIZONS.items():
        asked = Asked((horizon,), END * NS_MIN)
        spoilt = {}
        for name, one in clean.items():
            columns = np.array(one[1:])
            columns[:, : minute + 1] = poison  # the alert came within minute 500: the entry is at 501
            columns[:, minute + 1 + bars :] = poison
            spoilt[name] = one._replace(**dict(zip(one._fields[1:], columns, strict=True)))
        pd.testing.assert_frame_equal(followed(alerts, clean, asked), followed(alerts, spoilt, asked), check_exact=True)


@pytest.mark.parametrize("at", [501, 530, 560])
def test_every_bar_within_the_horizon_does_change_something(at):
    clean = walk(np.random.default_rng(3), END, names=(BTC,))
    alerts, asked = spoken([(500, BTC, "up")]), Asked(("1h",), END * NS_MIN)
    spoilt = {BTC: clean[BTC]._replace(high=np.where(np.arange(END) == at, 1e6, clean[BTC].high))}
    assert (
        followed(alerts, spoilt, asked)["mfe_1h_frac"].item()
        > 1e3
        > followed(alerts, clean, asked)["mfe_1h_frac"].item()
    )


def test_an_earlier_bar_cannot_be_asked_for():
    with pytest.raises(ValueError, match="earlier"):
        later(np.arange(3.0), -1)
    with pytest.raises(ValueError, match="earlier"):
        Ahead(lay([0], ([1.0],) * 4, [1.0])).close(0)


def test_a_short_is_the_mirror_of_a_long():
    minutes = walk(np.random.default_rng(5), END)
    up, down = (followed(spoken([(400, BTC, way)]), minutes, ASKED) for way in ("long", "short"))
    for horizon in EVERY:
        assert down[f"ret_{horizon}_frac"].item() == -up[f"ret_{horizon}_frac"].item()
        assert down[f"mfe_{horizon}_frac"].item() == -up[f"mae_{horizon}_frac"].item() > 0.0
        assert down[f"mae_{horizon}_frac"].item() == -up[f"mfe_{horizon}_frac"].item() < 0.0


def test_what_points_nowhere_or_has_no_bars_says_so():
    minutes = walk(np.random.default_rng(5), END, names=(BTC,)) | {"binance:NEW-USDT-PERP": lay([], ([],) * 4, [])}
    alerts = spoken([(400, BTC, "none"), (400, BTC, ""), (400, "binance:NEW-USDT-PERP", "up"), (999, BTC, "up")])
    found = followed(alerts, minutes, ASKED)
    assert sorted(found["why_5m"]) == ["no_bars", "no_direction", "no_direction", "open"]
    assert found["ret_5m_frac"].isna().all()


def test_a_bar_that_is_there_before_its_horizon_is_over_is_not_looked_at():
    minutes = walk(np.random.default_rng(5), END, names=(BTC,))
    found = followed(spoken([(400, BTC, "up")]), minutes, Asked(("5m", "15m"), 406 * NS_MIN + 59 * NS_S))
    assert found[["why_5m", "why_15m"]].to_numpy().tolist() == [["", "open"]]


def test_bars_that_are_no_minutes_are_refused():
    for t0 in ([0, 30 * NS_S], [0, 0], [NS_MIN, 0]):
        with pytest.raises(ValueError, match="whole minutes"):
            lay(t0, ([1.0, 1.0],) * 4, [1.0, 1.0])
