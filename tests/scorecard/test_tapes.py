"""Whole tapes through Engine and Rules: noise scores as noise, an edge as an edge, a mirror as a mirror."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fbkit.model import NS_MIN
from fbkit.scorecard import UNITS, Asked
from tests.scorecard.conftest import covers, followed, scored
from tests.scorecard.tape import START, Played, play

MINUTES, SEED = 720, 1
END = START // NS_MIN + MINUTES
HORIZONS = ("5m", "15m", "1h")
#: What a mirror turns round: volume knows no side, and falling open interest is no mirror of rising.
SIDED = ("confluence", "confirmed", "cluster")


@pytest.fixture(scope="module")
def noise() -> Played:
    return play(SEED, MINUTES)


@pytest.fixture(scope="module")
def mirrored() -> Played:
    return play(SEED, MINUTES, mirrored=True)


def score(tape: Played, alerts=None, **options):
    return scored(tape.alerts if alerts is None else alerts, tape.minutes, END, horizons=HORIZONS, **options)


def test_on_a_noise_tape_the_bounds_of_every_rule_hold_nothing(noise):
    found = score(noise)
    assert {"z", "confluence", "confirmed", "cluster"} <= set(found.rule)
    for _, row in found.iterrows():
        assert row.n > 10
        assert covers(row, "hit"), row
        assert covers(row, "ret"), row
        assert "better" not in row.says
        assert "worse" not in row.says


def test_on_a_tape_with_a_planted_edge_they_do_not():
    found = score(play(SEED, MINUTES, planted="confirmed")).set_index(["rule", "horizon"])
    for horizon in ("5m", "15m"):
        row = found.loc["confirmed", horizon]
        assert row.excess_hit_low > 0.0
        assert row.excess_ret_low_frac > 0.0
        assert row.says.startswith("better than random times")


def test_a_mirrored_tape_gives_mirrored_alerts_one_for_one_and_mirrored_scores(noise, mirrored):
    alerts, turned = sided(noise), sided(mirrored)
    same = ["ts", "instrument", "tf", "tier", "rule", "about"]
    assert alerts[same].to_numpy().tolist() == turned[same].to_numpy().tolist()
    assert alerts.direction.map({"up": "down", "down": "up"}).tolist() == turned.direction.tolist()
    assert len(alerts) > 300
    one, other = score(noise, alerts), score(mirrored, turned)
    exact = [name for name in UNITS if "frac" not in name]
    assert one[exact].equals(other[exact])
    moves, mirror = (moves_after(tape, own) for tape, own in ((noise, alerts), (mirrored, turned)))
    assert np.isfinite(moves).sum() > 2000
    assert np.allclose(1.0 / (1.0 + moves) - 1.0, mirror, rtol=1e-9, atol=1e-12, equal_nan=True)


def sided(tape: Played) -> pd.DataFrame:
    frame = tape.alerts
    frame["about"] = frame["column"].str.replace("_(up|down|long|short)$", "", regex=True)
    kept = frame.rule.isin(SIDED) | ((frame.rule == "z") & ~frame["column"].str.contains("ln_vol"))
    return frame[kept & frame.tf.isin(["1m", "5m"])].sort_values(["ts", "instrument", "tf", "rule", "about"])


def moves_after(tape: Played, alerts: pd.DataFrame) -> np.ndarray:
    """Each move as a long would see it: what is up here is down in the mirror."""
    found = followed(alerts, tape.minutes, Asked(HORIZONS, END * NS_MIN))
    columns = [f"{what}_{horizon}_frac" for what in ("ret", "mfe", "mae") for horizon in HORIZONS]
    return found[columns].to_numpy() * found.direction.map({"up": 1.0, "down": -1.0}).to_numpy()[:, None]
