"""The confluence of a summary is that of its bar and metrics, as :func:`fbkit.quant.confluence.score` has it."""

import json
import math

import numpy as np
import pytest

from fbkit.engine import Engine
from fbkit.engine.confluence import confluence
from fbkit.model import METRIC_COLUMNS
from fbkit.quant.confluence import DEFAULT, Condition, score
from tests.engine.conftest import DAY, run, street

NAN, INF = float("nan"), float("inf")
AWKWARD = (NAN, INF, -INF, 0.0, -0.0, 1e-10, 0.3, -0.3, 0.29999999, 2.5, -2.5, 3.0, math.log(2.0), -math.log(2.0), 1e12)


def same(left, right):
    return left == right or (math.isnan(left) and math.isnan(right))


def told(summary):
    return summary.score_long, summary.score_short, summary.bias, json.loads(summary.conditions)


def expected(values, conditions=DEFAULT):
    found = score(values, conditions)
    met = [["long", c.column, values[c.column], c.at_least] for c in found.met_long]
    met += [["short", c.column, values[c.column], -c.at_least] for c in found.met_short]
    lean = sum(c.weight for c in found.met_long) - sum(c.weight for c in found.met_short)
    bias = "" if math.isnan(found.long) else "long" if lean > 0 else "short" if lean < 0 else "none"
    return found.long, found.short, bias, met


def test_a_summary_scores_its_own_bar_and_metrics():
    bars, metrics, summary = run(Engine(), street(3, 80, DAY))
    live = {(row.instrument, row.tf, row.t1): row for row in metrics}
    seen = set()
    for bar in bars:
        key = (bar.instrument, bar.tf, bar.t1)
        found = [row for row in summary if (row.instrument, row.tf, row.t1) == key]
        if key not in live or not found:
            continue
        named = dict(zip(METRIC_COLUMNS, live[key].values, strict=True))
        values = {c.column: named.get(c.column, getattr(bar, c.column, NAN)) for c in DEFAULT}
        long, short, bias, met = expected(values)
        assert same(found[0].score_long, long)
        assert same(found[0].score_short, short)
        assert told(found[0])[2:] == (bias, met)
        seen.add(bias)
    assert seen == {"", "none", "long", "short"}


@pytest.mark.parametrize("conditions", [DEFAULT, (Condition("z_ret_60", 2.5, 3), Condition("obi_5", 0.3, 1))])
def test_many_at_once_say_what_one_says_for_awkward_values(conditions):
    grid = np.array(np.meshgrid(*[AWKWARD] * len(conditions))).reshape(len(conditions), -1)
    metrics = np.full((grid.shape[1], len(METRIC_COLUMNS)), NAN)
    bars = {}
    for one, column in zip(conditions, grid, strict=True):
        if one.column in METRIC_COLUMNS:
            metrics[:, METRIC_COLUMNS.index(one.column)] = column
        else:
            bars[one.column] = column
    long, short, bias, met = confluence(bars, metrics, conditions)
    for i, values in enumerate(grid.T.tolist()):
        wanted = expected(dict(zip((c.column for c in conditions), values, strict=True)), conditions)
        assert same(long[i], wanted[0]), values
        assert same(short[i], wanted[1]), values
        assert (bias[i], json.loads(met[i])) == wanted[2:], values


def test_mirrored_values_are_mirrored_scores():
    rng = np.random.default_rng(7)
    obi, ratio = rng.uniform(-1, 1, 200), rng.normal(0, 1, 200)
    metrics = rng.normal(0, 3, (200, len(METRIC_COLUMNS)))
    one = confluence({"obi_5": obi, "ln_ls_acct_global": ratio}, metrics)
    other = confluence({"obi_5": -obi, "ln_ls_acct_global": -ratio}, -metrics)
    assert (one.long, one.short) == (other.short, other.long)
    assert {("long", "short"), ("short", "long"), ("none", "none")} == set(zip(one.bias, other.bias, strict=True))
