"""Twins agree at every step, to the bit, on awkward series."""

import itertools

import numpy as np
import pytest

from fbkit.quant.pairs import PAIRS
from fbkit.quant.panel import ATRPanel, RSIPanel, ZPanel
from fbkit.quant.reading import REASONS
from fbkit.quant.streaming import ATR, RSI, RollingZScore

LENGTH = 400


def awkward() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    walk = 100 + np.cumsum(rng.standard_normal(LENGTH))
    holes = walk.copy()
    holes[rng.random(LENGTH) < 0.15] = np.nan
    long_hole = walk.copy()
    long_hole[100:190] = np.nan
    dots = np.full(LENGTH, np.nan)
    dots[::9] = walk[::9]
    bad = walk.copy()
    bad[[60, 200]] = 1e12
    halt = walk.copy()
    halt[150:] = halt[150]
    infinite = walk.copy()
    infinite[[5, 77, 300]] = np.inf, -np.inf, np.inf
    late = holes.copy()
    late[:37] = np.nan
    return {
        "walk": walk,
        "flat": np.full(LENGTH, 3.7),
        "zero": np.zeros(LENGTH),
        "minus zero": np.where(np.arange(LENGTH) % 3, 0.0, -0.0),
        "missing": np.full(LENGTH, np.nan),
        "holes": holes,
        "a long hole": long_hole,
        "dots": dots,
        "huge with tiny steps": 1e9 + 1e-6 * np.arange(LENGTH) % 1e-4,
        "bad print": bad,
        "jump": np.where(np.arange(LENGTH) < 200, walk, walk + 1e5),
        "halt": halt,
        "infinite": infinite,
        "too large to square": walk * 1e160,
        "late": late,
        "empty": np.empty(0),
        "one": np.array([1.0]),
    }


SERIES = awkward()


def same_bits(a, b) -> bool:
    return np.asarray(a, np.float64).tobytes() == np.asarray(b, np.float64).tobytes()


def inputs_of(pair, x):
    rng = np.random.default_rng(5)
    wide = rng.random(len(x))
    with np.errstate(all="ignore"):
        columns = {"close": x, "high": x + wide, "low": x - wide, "other": x[::-1] * 0.3 + wide}
    return [columns[name] for name in pair.inputs]


@pytest.mark.parametrize("series", SERIES)
@pytest.mark.parametrize(
    ("pair", "options"), [(p, o) for p in PAIRS for o in p.options], ids=lambda v: getattr(v, "name", str(v))
)
def test_streaming_and_whole_columns_say_the_same_at_every_step(pair, options, series):
    columns = inputs_of(pair, SERIES[series])
    one = pair.streaming(**options)
    steps = [one.update(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
    value, code, n = pair.readings(*columns, **options)
    assert [s.reason for s in steps] == [REASONS[c] for c in code]
    assert [s.n for s in steps] == n.tolist()
    assert same_bits([s.value for s in steps], value)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: p.name)
def test_a_statistic_that_is_reset_is_a_new_one(pair):
    columns = inputs_of(pair, SERIES["holes"])
    used, fresh = pair.streaming(**pair.options[0]), pair.streaming(**pair.options[0])
    for row in zip(*columns, strict=True):
        used.update(*row)
    used.reset()
    assert used.reading == fresh.reading or np.isnan(used.reading.value)
    for row in zip(*columns, strict=True):
        a, b = used.update(*row), fresh.update(*row)
        assert same_bits(a.value, b.value)
        assert a[1:] == b[1:]
        assert used.reading is a


LONG = [name for name in SERIES if len(SERIES[name]) == LENGTH]


WINDOWS = (2, 7, 20, 60)
#: (first slot, shifts of each window) of each instrument: two lag behind the others.
BEGUN = [
    (0, (0, 0, 0, 0)),
    (0, (1, 1, 1, 1)),
    (0, (1, 6, 19, 59)),
    (0, (0, 3, 5, 33)),
    (3, (0, 2, 7, 11)),
    (9, (1,) * 4),
]


def a_panel(driver: str = "auto") -> ZPanel:
    panel = ZPanel(WINDOWS, len(LONG), driver=driver)
    panel.grow(len(BEGUN))
    for i, (slot, shifts) in enumerate(BEGUN):
        panel.begin(i, slot, shifts)
    return panel


@pytest.mark.parametrize("driver", ["numpy", "numba"])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4], [1, 2, 3, 5], [4]])
def test_a_panel_of_z_scores_is_many_single_ones(order, driver):
    if driver == "numba":
        pytest.importorskip("numba", reason="the extra numba is not installed")
    panel, everybody = a_panel(driver), range(len(BEGUN))
    singles = [
        [[RollingZScore(w, offset=slot + shift) for _ in LONG] for w, shift in zip(WINDOWS, shifts, strict=True)]
        for slot, shifts in BEGUN
    ]
    for t in range(LENGTH):
        rows = np.array(order if t % 3 else everybody)
        x = np.array([[SERIES[name][(t + 5 * i) % LENGTH] for name in LONG] for i in rows])
        z, code, n = panel.close(rows, x)
        for r, i in enumerate(rows):
            for k in range(len(WINDOWS)):
                answers = [one.update(v) for one, v in zip(singles[i][k], x[r], strict=True)]
                assert same_bits(z[k, r], [a.value for a in answers])
                assert [REASONS[c] for c in code[k, r]] == [a.reason for a in answers]
                assert n[k, r].tolist() == [a.n for a in answers]


def test_columns_without_holes_have_the_same_bits_in_either_panel():
    pytest.importorskip("numba", reason="the extra numba is not installed")
    x = 65_000 + np.cumsum(np.random.default_rng(3).standard_normal((300, 90, 10)), axis=0)
    panels = [ZPanel((20, 7), 10, driver=driver) for driver in ("numpy", "numba")]
    rows = np.arange(89, -1, -1)
    for panel in panels:
        panel.grow(90)
        for i in range(90):
            panel.begin(i, 5, (7 * i, 3 * i))
    out = panels[1].room(90)
    for t, now in enumerate(x):
        if t == 200:
            rows = np.arange(90)
        ours, theirs = panels[0].close(rows, now), panels[1].close(rows, now, out)
        assert theirs is out
        for one, other in zip(ours, theirs, strict=True):
            assert one.tobytes() == other.tobytes()
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
    for name, array in panels[0].dump().items():
        assert array.tobytes() == panels[1].dump()[name].tobytes(), name


@pytest.mark.parametrize("t", [0, 1, 6, 7, 19, 20, 21, 130, 399])
def test_a_panel_that_was_written_down_goes_on_with_the_same_bits(t):
    x = np.array([[SERIES[name] for name in LONG] for _ in BEGUN])
    panel, again, rows = a_panel(), a_panel(), np.arange(len(BEGUN))
    for now in range(t):
        panel.close(rows, x[:, :, now])
    again.load_state({name: np.array(array) for name, array in panel.dump().items()})
    assert again.capacity == panel.capacity
    assert same_bits(again.usual(rows, 7), panel.usual(rows, 7))
    for now in range(t, t + 70):
        for ours, theirs in zip(*(one.close(rows, x[:, :, now % LENGTH]) for one in (panel, again)), strict=True):
            assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("cuts", [(0, 1), (1, 400), (6, 7, 8, 300), (19, 20, 21, 40, 41), (200,)])
def test_a_panel_fed_a_stretch_at_once_stands_where_single_steps_lead(cuts):
    x = np.stack([SERIES[name] for name in LONG], axis=1)
    slow, fast, row = a_panel(), a_panel(), np.array([3])
    for t in range(LENGTH):
        slow.close(row, x[t : t + 1])
    for a, b in itertools.pairwise([0, *cuts, LENGTH]):
        fast.run(3, x[a:b])
    for name, array in slow.dump().items():
        assert np.array_equal(array[3], fast.dump()[name][3], equal_nan=name == "ring"), name
    for t in range(130):
        for ours, theirs in zip(*(one.close(row, x[t : t + 1]) for one in (slow, fast)), strict=True):
            assert ours.tobytes() == theirs.tobytes()


def test_panels_of_rsi_and_atr_are_many_single_ones_also_when_fed_a_stretch_at_once():
    names = LONG
    rsi, atr = RSIPanel(), ATRPanel()
    rsi.grow(len(names))
    atr.grow(len(names))
    rows = np.arange(len(names))
    ones = [(RSI(), ATR()) for _ in names]
    x = np.stack([SERIES[name] for name in names])
    stretch = 123
    for i in rows:
        close = x[i, :stretch].tolist()
        rsi.run(i, close)
        atr.run(i, [c + 1 for c in close], [c - 1 for c in close], close)
        for c in close:
            ones[i][0].update(c)
            ones[i][1].update(c + 1, c - 1, c)
    for t in range(stretch, LENGTH):
        c = x[:, t]
        got = rsi.close(rows, c), atr.close(rows, c + 1, c - 1, c)
        want = [
            [o[0].update(v) for o, v in zip(ones, c, strict=True)],
            [o[1].update(v + 1, v - 1, v) for o, v in zip(ones, c, strict=True)],
        ]
        for (value, code, n), answers in zip(got, want, strict=True):
            assert same_bits(value, [a.value for a in answers])
            assert [REASONS[k] for k in code] == [a.reason for a in answers]
            assert n.tolist() == [a.n for a in answers]
    assert rsi.unsettled(rows).tolist() == [o[0].unsettled for o in ones]


@pytest.mark.parametrize(("window", "offset", "include_current"), [(20, 7, False), (300, 0, False), (300, 299, True)])
def test_long_columns_are_worked_on_in_stretches_and_nobody_can_tell(window, offset, include_current):
    x = 65_000 + np.cumsum(np.random.default_rng(8).standard_normal(3 * 32_768 + 17))
    x[9000:9400] = x[9000]  # flat for a while, across a stretch
    one = RollingZScore(window, offset=offset, include_current=include_current)
    steps = [one.update(v) for v in x.tolist()]
    value, code, n = PAIRS[0].readings(x, window, offset=offset, include_current=include_current)
    assert same_bits([s.value for s in steps], value)
    assert [s.reason for s in steps] == [REASONS[c] for c in code]
    assert [s.n for s in steps] == n.tolist()
